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

/** What the description of a picture says, as `format=json` has it. */
interface Description {
  readonly width: number | null
  readonly height: number | null
  readonly animated: boolean | null
  readonly placeholder: { readonly thumbhash: string } | null
}

export interface Inspection {
  readonly format: FormatName
  readonly mime: string
  /** Hex SHA-256. */
  readonly hash: string
  /** Bytes. */
  readonly size: number
  /** Of pictures. */
  readonly description?: Description
  /** The whole file, of pictures, and of others that are no larger than pictures may be. */
  readonly bytes?: Uint8Array
}

export interface WholePicture {
  readonly format: FormatName
  readonly bytes: Uint8Array
}

const HEAD_BYTES = 4096

/** @throws UNSUPPORTED_MEDIA, SOURCE_TOO_LARGE, CORRUPT_MEDIA, UNSUPPORTED_CODEC, and what the source throws */
export async function inspect(
  original: Original,
  signal: AbortSignal,
  services: Services,
): Promise<Inspection> {
  const format = await formatOf(original)
  const { mime } = formatRow(format)
  const isPicture = formatRow(format).class === 'image'
  if (!isPicture && (original.size ?? Infinity) > services.limits.imageBytes)
    return { format, mime, ...(await hashStream(original, signal, services)) }
  const bytes = await readWhole(original, services)
  const whole = { format, mime, hash: await sha256Hex(bytes), size: bytes.length, bytes }
  if (!isPicture) return whole
  const body = await make(bytes, { format: 'json' }, signal, services)
  const description = JSON.parse(new TextDecoder().decode(body)) as Description
  return { ...whole, description }
}

/** The file, which must be a picture. @throws NOT_SUPPORTED_HERE for video and audio, and as `inspect` */
export async function wholePicture(original: Original, services: Services): Promise<WholePicture> {
  const format = await formatOf(original)
  const { class: mediaClass } = formatRow(format)
  if (mediaClass !== 'image')
    throw new MediaError(
      'NOT_SUPPORTED_HERE',
      `Cannot take frames of ${mediaClass}: this version reads pictures only`,
    )
  return { format, bytes: await readWhole(original, services) }
}

/** The picture as a JPEG, its first frame. @throws as `inspect` */
export function makeStill(
  { bytes }: WholePicture,
  signal: AbortSignal,
  services: Services,
): Promise<Uint8Array> {
  return make(bytes, { format: 'jpeg', quality: 80, animated: false }, signal, services)
}

/** A classifier that fails says nothing: what it cannot judge goes through. */
export async function judge(
  { description, bytes }: Inspection,
  signal: AbortSignal,
  { judging, logger }: Services,
): Promise<Verdict> {
  if (!judging || !description || !bytes) return UNJUDGED
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
  bytes: Uint8Array,
  ask: Ask,
  signal: AbortSignal,
  services: Services,
): Promise<Uint8Array> {
  const original = bytesOriginal(bytes, 'memory')
  const info = await probe(original)
  const source = { origin: '', path: '', captures: {} }
  const recipe = services.resolve({ source, ask, accepts: [], text: '' }, info)
  const { transformMs, imageBytes } = services.limits
  const engine = chooseEngine(services.engines, recipe, info)
  const { main } = await engine.run(recipe, original, { signal, transformMs, imageBytes })
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
