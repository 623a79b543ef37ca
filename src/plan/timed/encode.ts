/** Pictures of a video made anew: their size, their steps, and what the encoder is told. Pure. */
import type { FormatName } from '../../media/format.ts'
import type { VideoTrack } from '../../media/info.ts'
import { coversAll, requireCrop, stepsOf } from '../bounds.ts'
import { layOut, type Layout } from '../geometry.ts'
import type { Ask, Color } from '../plan.ts'
import type { Size } from '../recipe.ts'
import type { MovingName, VideoCodecName, VideoEncoding } from './recipe.ts'
import { timedWord } from './words.ts'

/** Of any size, and transparent wherever nothing is. */
const MOVING: ReadonlySet<FormatName> = new Set(['gif', 'webp'])

type Steps = Pick<
  VideoEncoding,
  'crop' | 'rotate' | 'flip' | 'cut' | 'resize' | 'pad' | 'background' | 'alpha'
>

/** Whether packets cannot stay as they are: what would change nothing does not count. */
export function asksForPixels(ask: Ask, video: VideoTrack): boolean {
  const { quality, background } = ask
  const compression = timedWord(ask, 'compression')
  const speed = Number(timedWord(ask, 'speed') ?? 1)
  if (timedWord(ask, 'fps') !== undefined || timedWord(ask, 'bitrate') !== undefined || speed !== 1)
    return true
  if (quality !== undefined && quality !== 'auto') return true
  if (compression !== undefined && compression !== 'auto') return true
  if (background && background.a > 0 && video.hasAlpha) return true
  return Object.keys(layOutFreely(ask, video).steps).length > 0
}

/** Before sides are made even. */
function layOutFreely(ask: Ask, video: VideoTrack) {
  const crop = ask.crop && requireCrop(ask, video)
  const upright: Size = crop ?? video
  const rotate =
    ask.rotate === undefined ? undefined : { degrees: ask.rotate, ...turned(upright, ask.rotate) }
  const before: Size = rotate ?? upright
  const layout = layOut(before, ask)
  const steps = {
    ...(crop && !coversAll(crop, video) ? { crop } : {}),
    ...(rotate ? { rotate } : {}),
    ...(ask.flip === undefined ? {} : { flip: ask.flip }),
    ...stepsOf(layout, before),
  }
  return { steps, before, layout }
}

/** @param to alpha is kept where it holds it */
export function layOutVideo(ask: Ask, video: VideoTrack, to: FormatName): { steps: Steps; size: Size } {
  const { steps: free, before, layout } = layOutFreely(ask, video)
  const { cut: _, resize: __, pad: ___, ...first } = free
  const holds = MOVING.has(to)
  const even = holds ? layout : makeEven(layout)
  const isOblique = ask.rotate !== undefined && ask.rotate % 90 !== 0
  const shows = video.hasAlpha || even.pad !== undefined || isOblique
  const isOver = ask.background !== undefined && ask.background.a > 0
  const alpha = (holds ? shows : to === 'webm' && video.hasAlpha) && !isOver
  return {
    steps: {
      ...first,
      ...stepsOf(even, before),
      ...(alpha ? { alpha } : shows ? { background: opaque(ask.background) } : {}),
    },
    size: even.pad?.canvas ?? even.resize,
  }
}

/** What a turned picture measures: the box around it. */
function turned({ width, height }: Size, degrees: number): Size {
  const angle = (degrees * Math.PI) / 180
  const [sin, cos] = [Math.abs(Math.sin(angle)), Math.abs(Math.cos(angle))]
  return {
    width: Math.max(1, Math.round(width * cos + height * sin)),
    height: Math.max(1, Math.round(width * sin + height * cos)),
  }
}

const evenSide = (side: number) => Math.max(2, side - (side % 2))
const evenSize = ({ width, height }: Size): Size => ({ width: evenSide(width), height: evenSide(height) })

/** Colour is stored for two pixels by two. */
function makeEven({ cut, resize, pad }: Layout): Layout {
  const inner = evenSize(resize)
  if (!pad) return { ...(cut ? { cut } : {}), resize: inner }
  const canvas = evenSize(pad.canvas)
  const place = (at: number, room: number) => Math.max(0, Math.min(at - (at % 2), room))
  const x = place(pad.x, canvas.width - inner.width)
  const y = place(pad.y, canvas.height - inner.height)
  const fills = inner.width >= canvas.width && inner.height >= canvas.height
  return {
    ...(cut ? { cut } : {}),
    resize: fills ? canvas : inner,
    ...(fills ? {} : { pad: { ...inner, x, y, canvas } }),
  }
}

/** What has no alpha stands on white. */
function opaque(asked: Color | undefined): Color {
  const { r, g, b, a } = asked ?? { r: 255, g: 255, b: 255, a: 1 }
  const over = (channel: number) => Math.round(channel * a + 255 * (1 - a))
  return { r: over(r), g: over(g), b: over(b), a: 1 }
}

/** Constant quality of each encoder: what `low`, `medium` and `high` are, and its bounds. Lower is better. */
const QUALITIES: Readonly<
  Record<Exclude<VideoCodecName, MovingName>, readonly [low: number, high: number, worst: number]>
> = {
  avc: [28, 18, 51],
  hevc: [30, 21, 51],
  vp9: [40, 26, 63],
  av1: [42, 28, 63],
}
const WORDS = { low: 60, medium: 75, high: 90, lossless: 100, auto: 75 } as const

/** From fast to small. */
const EFFORTS = { low: 0, auto: 1, medium: 2, high: 3 } as const

export function rateOf(
  ask: Ask,
  codec: Exclude<VideoCodecName, MovingName>,
): Pick<VideoEncoding, 'crf' | 'bitrate' | 'effort'> {
  const bitrate = timedWord(ask, 'bitrate')
  const { quality: asked = 'medium' } = ask
  const quality = typeof asked === 'number' ? asked : WORDS[asked]
  const [low, high, worst] = QUALITIES[codec]
  const crf = Math.round(low + ((quality - WORDS.low) * (high - low)) / (WORDS.high - WORDS.low))
  return {
    ...(bitrate === undefined ? { crf: Math.min(worst, Math.max(1, crf)) } : { bitrate: Number(bitrate) }),
    effort: effortOf(ask),
  }
}

/** 0 to 3. */
export function effortOf(ask: Ask): number {
  const word = timedWord(ask, 'compression') as keyof typeof EFFORTS | undefined
  return word ? EFFORTS[word] : ask.effort === undefined ? EFFORTS.auto : Math.floor(ask.effort / 2.5)
}
