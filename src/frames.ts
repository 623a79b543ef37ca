/** Frames of a video as pictures, made by the engines and not kept, and which of them tell what it shows. */
import type { Services } from './context.ts'
import { runFirst } from './engines/choose.ts'
import { MediaError } from './error.ts'
import type { FormatName } from './media/format.ts'
import type { MediaInfo } from './media/info.ts'
import type { Original } from './media/original.ts'
import { sniff } from './media/sniff.ts'
import type { Ask } from './plan/plan.ts'

const HEAD_BYTES = 4096

/** @throws UNSUPPORTED_MEDIA, and what the source throws */
export async function formatOf(original: Original): Promise<FormatName> {
  const format = sniff(await original.read({ start: 0, end: HEAD_BYTES }))
  if (format === undefined) throw new MediaError('UNSUPPORTED_MEDIA')
  return format
}

/** An original, and what probing it has told. */
export interface Probed {
  readonly original: Original
  readonly info: MediaInfo
}

/** The bytes of a rendition that is not kept. @throws what resolving and the engine throw, NOT_SUPPORTED_HERE */
export async function makeOnce(
  { original, info }: Probed,
  ask: Ask,
  signal: AbortSignal,
  services: Services,
): Promise<Uint8Array> {
  const source = { origin: '', path: '', captures: {} }
  const recipe = services.resolve({ source, ask, accepts: [], text: '' }, info)
  const { main } = await runFirst(services.engines, { recipe, info, size: original.size }, (engine) =>
    engine.run(recipe, original, { signal, ...services.limits }),
  )
  return main.body
}

/** A JPEG of the frame at `time` seconds, or of the one that is chosen. @throws as `makeOnce` */
export function makeFrame(
  probed: Probed,
  time: number | 'auto',
  more: Pick<Ask, 'width' | 'height'>,
  signal: AbortSignal,
  services: Services,
): Promise<Uint8Array> {
  const timed = { mode: 'frame', time: String(time) }
  return makeOnce(probed, { format: 'jpeg', quality: 80, ...more, timed }, signal, services)
}

/** Seconds: near the start, the middle and near the end of a video of so many, each once. */
export function sampleTimes(duration: number): number[] {
  const { start, end } = innerBounds(duration)
  return inOrder([start, duration / 2, end])
}

/** Of a video of ten minutes one frame more is looked at, of twenty two. */
const SECONDS_A_LOOK = 600
const MOST_LOOKS = 12

/**
 * Seconds: the first frame, which players show before all else, and `count` evenly from near the start to near the end, or
 * more of a long video.
 */
export function lookTimes(duration: number, count: number): number[] {
  const looks = Math.max(count, Math.min(MOST_LOOKS, count + Math.floor(duration / SECONDS_A_LOOK)))
  if (looks === 1) return inOrder([0, duration / 2])
  const { start, end } = innerBounds(duration)
  const times = Array.from({ length: looks }, (_, at) => start + ((end - start) * at) / (looks - 1))
  return inOrder([0, ...times])
}

/** Films fade in and out. */
function innerBounds(duration: number) {
  const end = duration > 2 ? duration - 1 : duration * 0.95
  return { start: Math.min(2, Math.max(1, 0.1 * duration + 0.5), end), end }
}

function inOrder(times: readonly number[]): number[] {
  const rounded = times.map((time) => Math.round(time * 1000) / 1000)
  return [...new Set(rounded)].toSorted((a, b) => a - b)
}
