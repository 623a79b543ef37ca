/** Bytes and likeness of JPEG and WebP at one quality against sharp's, over many pictures. */
import sharp from 'sharp'
import { match, type Match } from './match.ts'
import type { Make } from './ours.ts'
import { installedPhotographs } from './photographs.ts'

/** Opaque ones of samples/; all computed, see its README. */
const SAMPLES = [
  'lake.jpg',
  'still-life.jpg',
  'street.jpg',
  'dunes.jpg',
  'ridge.avif',
  'marbles.webp',
] as const
const WIDTH = 720
const QUALITY = 80

/** Each sample whole, and two places of it from nearer; odd offsets, off the grid of a stored JPEG's blocks. */
const VIEWS = [
  { name: 'whole', across: WIDTH },
  { name: 'left', across: 1100, left: 43, top: 131 },
  { name: 'right', across: 1500, left: 691, top: 359 },
] as const

export interface QualityRow {
  readonly picture: string
  /** The file that it is a part of. */
  readonly original: string
  readonly isPhotograph: boolean
  readonly to: 'jpeg' | 'webp'
  readonly result: Match
}

type View = (typeof VIEWS)[number]
type Part = Omit<QualityRow, 'to' | 'result'> & { readonly path: string; readonly view: View }

/** Photographs whole, where there are enough of them; else the samples. */
function partsOf(root: string): Part[] {
  const photographs = installedPhotographs().map(({ name, path }) => ({
    picture: name,
    original: name,
    isPhotograph: true,
    path,
    view: VIEWS[0],
  }))
  if (photographs.length > 0) return photographs
  return SAMPLES.flatMap((sample) =>
    VIEWS.map((view) => ({
      picture: `${sample}, ${view.name}`,
      original: sample,
      isPhotograph: false,
      path: `${root}samples/${sample}`,
      view,
    })),
  )
}

export async function measureQuality(root: string, make: Make): Promise<QualityRow[]> {
  const rows: QualityRow[] = []
  for (const { path, view, ...part } of partsOf(root)) {
    const png = await cut(path, view)
    for (const to of ['jpeg', 'webp'] as const)
      rows.push({ ...part, to, result: await match(make, { png, to, quality: QUALITY }) })
  }
  return rows
}

async function cut(path: string, view: View): Promise<Buffer> {
  const scaled = await sharp(path).autoOrient().resize(view.across).removeAlpha().png().toBuffer({
    resolveWithObject: true,
  })
  if (!('left' in view)) return scaled.data
  const { left, top } = view
  const height = Math.min(480, scaled.info.height - top)
  return sharp(scaled.data)
    .extract({ left, top, width: Math.min(WIDTH, scaled.info.width - left), height })
    .png()
    .toBuffer()
}
