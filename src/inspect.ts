/** What an original is, for those inside: facts, a hash, a placeholder, a verdict; and pictures of it that are not kept. */
import type { Services } from './context.ts'
import { chooseEngine } from './engines/choose.ts'
import { probe } from './engines/probe.ts'
import { isMediaError, limitError, MediaError } from './error.ts'
import { sha256Hex } from './lib/hash.ts'
import { createSha256 } from './lib/sha256.ts'
import { cancelQuietly } from './lib/stream.ts'
import { formatRow, type FormatName } from './media/format.ts'
import { UNJUDGED, verdictOf, type Verdict } from './media/nsfw.ts'
import type { Original } from './media/original.ts'
import { sniff } from './media/sniff.ts'
import type { Ask } from './plan/plan.ts'
import { bytesOriginal } from './sources/bytes.ts'
import { hurriedOriginal } from './sources/hurried.ts'

/** What the description of a file says, as `format=json` has it. */
interface Description {
  readonly width: number | null
  readonly height: number | null
  /** Of pictures. */
  readonly animated?: boolean | null
  /** Seconds, of video and sound. */
  readonly duration?: number | null
  readonly placeholder: { readonly thumbhash: string } | null
}

export interface Inspection {
  readonly format: FormatName
  readonly mime: string
  /** Hex SHA-256. */
  readonly hash: string
  /** Bytes. */
  readonly size: number
  /** Absent where its container is read by nobody here. */
  readonly description?: Description
  /** The whole file, of pictures, and of others that are no larger than pictures may be. */
  readonly bytes?: Uint8Array
}

const HEAD_BYTES = 4096

/** @throws UNSUPPORTED_MEDIA, SOURCE_TOO_LARGE, CORRUPT_MEDIA, UNSUPPORTED_CODEC, and what the source throws */
export async function inspect(
  original: Original,
  signal: AbortSignal,
  services: Services,
): Promise<Inspection> {
  const format = await formatOf(original)
  const { mime, class: mediaClass } = formatRow(format)
  const isLarge = (original.size ?? Infinity) > services.limits.imageBytes
  if (mediaClass !== 'image' && isLarge) {
    const description = await describe(original, signal, services)
    return { format, mime, ...(await hashStream(original, signal, services)), description }
  }
  const bytes = await readWhole(original, services)
  const description = await describe(bytesOriginal(bytes, 'memory'), signal, services)
  return { format, mime, hash: await sha256Hex(bytes), size: bytes.length, bytes, description }
}

async function describe(original: Original, signal: AbortSignal, services: Services): Promise<Description> {
  const body = await make(original, { format: 'json' }, signal, services)
  return JSON.parse(new TextDecoder().decode(body)) as Description
}

/** A JPEG of the picture, of its first frame or that of the video. @throws INVALID_PARAMETER of sound, and as `inspect` */
export async function makeStill(
  original: Original,
  signal: AbortSignal,
  services: Services,
): Promise<Uint8Array> {
  const { class: mediaClass } = formatRow(await formatOf(original))
  if (mediaClass !== 'image') return makeFrame(original, 0, signal, services)
  const bytes = await readWhole(original, services)
  const ask = { format: 'jpeg', quality: 80, animated: false } as const
  return make(bytesOriginal(bytes, 'memory'), ask, signal, services)
}

function makeFrame(
  original: Original,
  time: number,
  signal: AbortSignal,
  services: Services,
): Promise<Uint8Array> {
  const timed = { mode: 'frame', time: String(time) }
  return make(original, { format: 'jpeg', quality: 80, timed }, signal, services)
}

export interface SampledFrame {
  /** Seconds. */
  readonly timestamp: number
  readonly format: FormatName
  readonly bytes: Uint8Array
}

/** Near the start, the middle and the end of a video; a picture is its own one frame, unchanged. @throws as `makeStill` */
export async function sampleFrames(
  original: Original,
  signal: AbortSignal,
  services: Services,
): Promise<SampledFrame[]> {
  const format = await formatOf(original)
  if (formatRow(format).class === 'image')
    return [{ timestamp: 0, format, bytes: await readWhole(original, services) }]
  const info = await probe(original, undefined, signal)
  const frames: SampledFrame[] = []
  for (const timestamp of sampleTimes(info.class === 'image' ? 0 : (info.duration ?? 0)))
    frames.push({ timestamp, format: 'jpeg', bytes: await makeFrame(original, timestamp, signal, services) })
  return frames
}

/** Of a clip of so many seconds, each once. */
function sampleTimes(duration: number): number[] {
  const start = Math.min(2, Math.max(1, 0.1 * duration + 0.5))
  const end = duration > 2 ? duration - 1 : duration * 0.95
  const times = [Math.min(start, end), duration / 2, end].map((time) => Math.round(time * 1000) / 1000)
  return [...new Set(times)].toSorted((a, b) => a - b)
}

/** A classifier that fails says nothing: what it cannot judge goes through. */
export async function judge(
  { format, bytes }: Inspection,
  signal: AbortSignal,
  { judging, logger }: Services,
): Promise<Verdict> {
  if (!judging || !bytes || formatRow(format).class !== 'image') return UNJUDGED
  const { classifier, threshold } = judging
  try {
    return verdictOf(await classifier.classify(bytesOriginal(bytes, 'memory'), signal), threshold)
  } catch (cause) {
    signal.throwIfAborted()
    logger.log('warn', 'not judged', { cause: String(isMediaError(cause) ? (cause.cause ?? cause) : cause) })
    return UNJUDGED
  }
}

async function formatOf(original: Original): Promise<FormatName> {
  const format = sniff(await original.read({ start: 0, end: HEAD_BYTES }))
  if (format === undefined) throw new MediaError('UNSUPPORTED_MEDIA')
  return format
}

async function make(
  original: Original,
  ask: Ask,
  signal: AbortSignal,
  services: Services,
): Promise<Uint8Array> {
  const info = await probe(original, undefined, signal)
  const source = { origin: '', path: '', captures: {} }
  const recipe = services.resolve({ source, ask, accepts: [], text: '' }, info)
  const engine = await chooseEngine(services.engines, recipe, info)
  const { main } = await engine.run(recipe, original, { signal, ...services.limits })
  return main.body
}

async function readWhole(original: Original, { limits }: Services): Promise<Uint8Array> {
  const { imageBytes, sourceMs } = limits
  const tooLarge = (size: number) => limitError('imageBytes', size, imageBytes, 'SOURCE_TOO_LARGE')
  if ((original.size ?? 0) > imageBytes) throw tooLarge(original.size ?? 0)
  const bytes = await hurriedOriginal(original, sourceMs).read({ start: 0, end: imageBytes + 1 })
  if (bytes.length > imageBytes) throw tooLarge(bytes.length)
  return bytes
}

/** Never whole in memory. */
async function hashStream(original: Original, signal: AbortSignal, { limits }: Services) {
  const hash = createSha256()
  let size = 0
  const reader = original.stream().getReader()
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      signal.throwIfAborted()
      size += step.value.length
      if (size > limits.sourceBytes)
        throw limitError('sourceBytes', size, limits.sourceBytes, 'SOURCE_TOO_LARGE')
      hash.update(step.value)
    }
  } catch (error) {
    await cancelQuietly(reader, error)
    throw error
  }
  return { hash: hash.digest(), size }
}
