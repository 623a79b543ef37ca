/** What an original is, for those inside: facts, a hash, a placeholder, a verdict; and pictures of it that are not kept. */
import type { Services } from './context.ts'
import { probe } from './engines/probe.ts'
import { openCover } from './engines/video/container/cover.ts'
import { isMediaError, limitError } from './error.ts'
import { formatOf, makeFrame, makeOnce, sampleTimes, type Probed } from './frames.ts'
import { sha256Hex } from './lib/hash.ts'
import { createSha256 } from './lib/sha256.ts'
import { cancelQuietly } from './lib/stream.ts'
import { isSeen, look, type Seen } from './look.ts'
import { formatRow, type FormatName } from './media/format.ts'
import { UNJUDGED, verdictOf, type Verdict } from './media/nsfw.ts'
import type { Original } from './media/original.ts'
import type { Ask } from './plan/plan.ts'
import { bytesOriginal } from './sources/bytes.ts'
import { hurriedOriginal } from './sources/hurried.ts'

/** What the description of a file says, as `format=json` has it. */
interface Description {
  readonly width: number | null
  readonly height: number | null
  /** Of a video true. */
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
  if (mediaClass !== 'image') {
    const probed = await openPicture(original, signal)
    if (probed.info.class === 'image') return makeOnce(probed, STILL, signal, services)
    return makeFrame(probed, 0, {}, signal, services)
  }
  const bytes = await readWhole(original, services)
  return make(bytesOriginal(bytes, 'memory'), STILL, signal, services)
}

const STILL = { format: 'jpeg', quality: 80, animated: false } as const

/** A video, or the picture that a file of sound carries, or the sound where it carries none. */
async function openPicture(original: Original, signal: AbortSignal): Promise<Probed> {
  const info = await probe(original, undefined, signal)
  const cover = info.class === 'audio' ? await openCover(original, info.format, signal) : undefined
  return cover ?? { original, info }
}

export interface SampledFrame {
  /** Seconds. */
  readonly timestamp: number
  readonly format: FormatName
  readonly bytes: Uint8Array
}

/** Near the start, the middle and the end of a video; a picture is its own one frame, unchanged, and of sound the one that it carries. @throws as `makeStill` */
export async function sampleFrames(
  original: Original,
  signal: AbortSignal,
  services: Services,
): Promise<SampledFrame[]> {
  const format = await formatOf(original)
  if (formatRow(format).class === 'image')
    return [{ timestamp: 0, format, bytes: await readWhole(original, services) }]
  const probed = await openPicture(original, signal)
  const { info } = probed
  if (info.class === 'image')
    return [{ timestamp: 0, format: info.format, bytes: await readWhole(probed.original, services) }]
  const frames: SampledFrame[] = []
  for (const timestamp of sampleTimes(info.duration ?? 0)) {
    const bytes = await makeFrame(probed, timestamp, {}, signal, services)
    frames.push({ timestamp, format: 'jpeg', bytes })
  }
  return frames
}

/** A classifier that fails says nothing: what it cannot judge goes through. */
export async function judge(
  { format, bytes }: Inspection,
  original: Original,
  signal: AbortSignal,
  services: Services,
): Promise<Verdict> {
  const { judging, logger } = services
  if (!judging) return UNJUDGED
  const whole = { format, original: bytes ? bytesOriginal(bytes, 'memory') : original }
  try {
    const seen = await seenOf(whole, signal)
    return seen ? verdictOf(await look(seen, judging, signal, services), judging.threshold) : UNJUDGED
  } catch (cause) {
    signal.throwIfAborted()
    logger.log('warn', 'not judged', { cause: String(isMediaError(cause) ? (cause.cause ?? cause) : cause) })
    return UNJUDGED
  }
}

/** Of sound the picture that it carries; undefined where there is nothing to see. */
async function seenOf(whole: Seen, signal: AbortSignal): Promise<Seen | undefined> {
  if (formatRow(whole.format).class === 'image') return whole
  const { original, info } = await openPicture(whole.original, signal)
  return info.class === 'image' || isSeen(info.format) ? { original, format: info.format } : undefined
}

async function make(original: Original, ask: Ask, signal: AbortSignal, services: Services) {
  return makeOnce({ original, info: await probe(original, undefined, signal) }, ask, signal, services)
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
