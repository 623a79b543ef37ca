/** Which renditions a ladder has for a video, and what each asks for. Pure. */
import type { Ask } from '../../plan/plan.ts'
import type { Size } from '../../plan/recipe.ts'

export type LadderCodec = 'h264' | 'av1'

export interface Rung extends Size {
  /** `r720_h264` */
  readonly id: string
  readonly codec: LadderCodec
  readonly ask: Ask
}

interface RungRow {
  /** Pixels of the shorter edge. */
  readonly side: number
  /** Constant quality of each encoder. */
  readonly crf: Readonly<Record<LadderCodec, number>>
  /** Bits a second of its sound. */
  readonly sound: number
}

const ROWS: readonly RungRow[] = [
  { side: 1080, crf: { h264: 22, av1: 30 }, sound: 128_000 },
  { side: 720, crf: { h264: 23, av1: 32 }, sound: 96_000 },
  { side: 480, crf: { h264: 24, av1: 34 }, sound: 64_000 },
  { side: 360, crf: { h264: 26, av1: 36 }, sound: 48_000 },
  { side: 240, crf: { h264: 28, av1: 38 }, sound: 32_000 },
]
/** What each encoder calls low and high, which `quality` counts as 60 and 90. */
const SCALES: Readonly<Record<LadderCodec, readonly [low: number, high: number]>> = {
  h264: [28, 18],
  av1: [42, 28],
}
const EFFORTS: Readonly<Record<LadderCodec, string>> = { h264: 'auto', av1: 'medium' }
/** Seconds from key frame to key frame: three groups are a segment of six. */
const GROUP = 2

/** None is larger than the original; of one that is smaller than all, its own size is the smallest. @param size as displayed */
export function ladderOf(size: Size): Rung[] {
  const shorter = Math.min(size.width, size.height)
  const rows = ROWS.filter(({ side }) => side <= shorter)
  const kept = rows.length > 0 ? rows : ROWS.slice(-1)
  return (['h264', 'av1'] as const).flatMap((codec) => kept.map((row) => rungOf(row, codec, size)))
}

function rungOf({ side, crf, sound }: RungRow, codec: LadderCodec, { width, height }: Size): Rung {
  const scale = Math.min(1, side / Math.min(width, height))
  const size = { width: evenly(width * scale), height: evenly(height * scale) }
  const [low, high] = SCALES[codec]
  const quality = Math.round(60 + ((low - crf[codec]) * 30) / (low - high))
  const timed = {
    mode: 'video',
    compression: EFFORTS[codec],
    groupSeconds: String(GROUP),
    soundRate: String(sound),
  }
  return {
    id: `r${side}_${codec}`,
    codec,
    ...size,
    ask: { ...size, fit: 'fill', format: codec, quality, timed },
  }
}

/** The nearest even number, and no larger than what there is. */
function evenly(side: number): number {
  const whole = Math.round(side)
  return Math.max(2, whole - (whole % 2))
}
