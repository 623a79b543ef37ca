/** `limits`: what one request may cost. Several rooms keep them, so they stand together here. */
import * as z from 'zod'

const count = (fallback: number, description: string, least = 1, most = Number.MAX_SAFE_INTEGER) =>
  z.int().min(least).max(most).default(fallback).describe(description)

export const limitsSchema = z
  .strictObject({
    sourceBytes: count(524_288_000, 'Bytes of an original that one transformation may read'),
    imageBytes: count(67_108_864, "Bytes of a picture's original"),
    pixels: count(100_000_000, 'Pixels of the original, over all frames, by its header'),
    frames: count(1000, 'Frames of the original'),
    outputSide: count(8192, 'Pixels of a side of the result', 1, 16_384),
    outputPixels: count(64_000_000, 'Pixels of the result'),
    outputBytes: count(268_435_456, 'Bytes of video or sound that is made'),
    memoryBytes: count(
      805_306_368,
      'Bytes of memory for the work on one picture, its original apart',
      16_777_216,
    ),
    transformMs: count(30_000, 'Milliseconds of work for one rendition'),
    concurrency: z
      .union(
        [z.literal('cpus'), z.int().min(1).max(1024)],
        'expected "cpus" or a whole number from 1 to 1024',
      )
      .default('cpus')
      .describe('Transformations at a time; `cpus` = one for each core'),
    queue: count(256, 'Transformations that may wait; then 503', 0),
    bodyBytes: count(33_554_432, 'Bytes of a request body; then 413'),
    urlBytes: count(8192, 'Bytes of an address; then 414', 64, 65_536),
    headerBytes: count(16_384, 'Bytes of the headers of a request; then 431', 1024, 262_144),
    headerCount: count(100, 'Headers of a request; then 431', 8, 1000),
    headersMs: count(
      15_000,
      'Milliseconds in which the head of a request must be here; then its connection ends (Node; Bun: 12 s, whatever this says)',
      500,
      600_000,
    ),
    requestMs: count(
      120_000,
      'Milliseconds in which a request with its body must be here; then 408',
      100,
      3_600_000,
    ),
    keepAliveMs: count(
      75_000,
      'Milliseconds that a connection may be idle between requests; longer than a proxy in front waits (Node, Bun)',
      1000,
      255_000,
    ),
  })
  .prefault({})
  .describe('What one request may cost; all are checked before it is spent')
