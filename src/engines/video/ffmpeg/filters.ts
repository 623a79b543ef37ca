/** Filters of an ffmpeg, written of numbers alone: no word of a client stands in them. Pure. */
import type { Color } from '../../../plan/plan.ts'
import type { SoundEncoding, VideoEncoding } from '../../../plan/timed/recipe.ts'
import { uprightFilters } from './arguments.ts'
import type { Input } from './input.ts'

type Times = Pick<Input, 'start' | 'shown' | 'end'>

/** The clock of Matroska rounds to milliseconds. */
const SLACK = 0.001

/** Without an exponent. */
export const decimal = (value: number): string => String(Number(value.toFixed(6)))

export interface VideoOptions {
  /** There are `zscale` and `tonemap`. */
  readonly canToneMap: boolean
}

export function videoFilters(encoding: VideoEncoding, times: Times, { canToneMap }: VideoOptions): string[] {
  const { from, crop, rotate, flip, cut, resize, pad, background, alpha, fps, speed } = encoding
  return [
    ...timeFilters(times, speed),
    ...(fps === undefined ? [] : rateFilters(fps, times, speed)),
    ...uprightFilters(from),
    ...(from.isHdr && canToneMap ? TONE_MAP : []),
    ...(alpha || from.hasAlpha ? ['format=yuva444p'] : []),
    ...cropFilter(crop),
    ...(rotate ? turnFilters(rotate, encoding) : []),
    ...FLIPS[flip ?? ''],
    ...cropFilter(cut),
    ...(resize ? [`scale=${resize.width}:${resize.height}:flags=lanczos`] : []),
    ...(pad ? [padFilter(pad, alpha ? undefined : background)] : []),
    ...(from.hasAlpha && background && !alpha ? flatten(background) : []),
    'setsar=1',
    ...storedAs(encoding),
  ]
}

/** Pixels as the encoder takes them. */
function storedAs({ alpha, codec, quality, palette }: VideoEncoding): string[] {
  if (codec === 'gif') return [`format=${alpha ? 'rgba' : 'rgb24'}`, paletteFilters(palette)]
  if (quality === 'lossless') return ['format=bgra']
  return [`format=${alpha ? 'yuva420p' : 'yuv420p'}`]
}

/** Its own for each frame: no frame is held back. */
function paletteFilters(palette: VideoEncoding['palette']): string {
  const [mode, use] = palette === 'own' ? ['single', ':new=1'] : ['full', '']
  return `split[seen][used];[seen]palettegen=stats_mode=${mode}[palette];[used][palette]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle${use}`
}

/** The frame that stands at the start is shown from there on, all others at their own times. */
function timeFilters({ start, shown, end }: Times, speed: number): string[] {
  const bounds = [
    ...(shown === undefined ? [] : [`start=${decimal(shown - SLACK)}`]),
    ...(end === undefined ? [] : [`end=${decimal(end - SLACK)}`]),
  ]
  const time = `(PTS-${decimal(start)}/TB)/${decimal(speed)}`
  return [...(bounds.length > 0 ? [`trim=${bounds.join(':')}`] : []), `setpts=round(max(0\\,${time}))`]
}

/** Each time shows the last frame that is not after it; the end of the last one begins none. */
function rateFilters(fps: number, { start, end }: Times, speed: number): string[] {
  const rated = `fps=${decimal(fps)}:round=up`
  if (end === undefined) return [rated]
  const frames = Math.ceil(((end - start) / speed) * fps - SLACK * fps)
  return [rated, `trim=end_frame=${Math.max(1, frames)}`]
}

/** PQ and HLG for screens that know neither. */
const TONE_MAP = [
  'zscale=transfer=linear:npl=100',
  'format=gbrpf32le',
  'zscale=primaries=bt709',
  'tonemap=hable:desat=0',
  'zscale=transfer=bt709:matrix=bt709:range=limited',
  'format=yuv420p',
]

export const FLIPS: Readonly<Record<'' | 'h' | 'v' | 'hv', readonly string[]>> = {
  '': [],
  h: ['hflip'],
  v: ['vflip'],
  hv: ['hflip', 'vflip'],
}

export function cropFilter(box: VideoEncoding['crop']): string[] {
  return box ? [`crop=${box.width}:${box.height}:${box.x}:${box.y}:exact=1`] : []
}

export const QUARTERS: Readonly<Record<number, readonly string[]>> = {
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
}

function turnFilters(
  { degrees, width, height }: NonNullable<VideoEncoding['rotate']>,
  { background, alpha }: VideoEncoding,
): readonly string[] {
  const quarter = QUARTERS[degrees]
  if (quarter) return quarter
  const radians = decimal((degrees * Math.PI) / 180)
  const under = alpha ? CLEAR : colorOf(background)
  // With half the colour a turn would smear it.
  return [
    `format=${alpha ? 'yuva444p' : 'yuv444p'}`,
    `rotate=a=${radians}:ow=${width}:oh=${height}:c=${under}`,
  ]
}

export function padFilter(
  { canvas, x, y }: NonNullable<VideoEncoding['pad']>,
  background: Color | undefined,
): string {
  return `pad=${canvas.width}:${canvas.height}:${x}:${y}:color=${background ? colorOf(background) : CLEAR}`
}

/** A picture of one colour, made of the picture itself, and that upon it. */
function flatten({ r, g, b }: Color): string[] {
  const fill = `lutrgb=r=${r}:g=${g}:b=${b}:a=255`
  return ['format=rgba', `split[over][under];[under]${fill}[flat];[flat][over]overlay=format=rgb`]
}

export const CLEAR = '0x000000@0'

function colorOf(color: Color | undefined): string {
  const { r, g, b } = color ?? { r: 255, g: 255, b: 255 }
  return `0x${[r, g, b].map((channel) => channel.toString(16).padStart(2, '0')).join('')}@1`
}

export function soundFilters(
  { speed, sampleRate }: Pick<SoundEncoding, 'speed' | 'sampleRate'>,
  { start, end }: Times,
): string[] {
  return [
    `atrim=start=${decimal(start)}${end === undefined ? '' : `:end=${decimal(end)}`}`,
    `asetpts=PTS-${decimal(start)}/TB`,
    // Where sound is missing, silence keeps the rest in its place.
    'aresample=async=1:first_pts=0',
    ...tempo(speed),
    `aresample=${sampleRate}`,
  ]
}

/** One of them goes from half the speed to a hundred times. */
function tempo(speed: number): string[] {
  if (speed === 1) return []
  return speed < 0.5 ? ['atempo=0.5', ...tempo(speed * 2)] : [`atempo=${decimal(speed)}`]
}
