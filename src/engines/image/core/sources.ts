/** The formats that the core reads: each becomes the picture (planes) or the pixels (RGBA) inside of it. */
import type { Bitmap } from '../../../media/bitmap.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import type { Size } from '../../../plan/recipe.ts'
import { isUnscaled, type View } from '../view.ts'
import { MediaError } from '../../../error.ts'
import { FRAME_READERS, readsFrames, type FrameReader, type FrameSourceFormat } from './frames.ts'
import type { Core, CoreExports, Read } from './module.ts'
import { setPlanes, setView, walkNumber, type Samples } from './planes.ts'

export interface CoreSource {
  readonly format: SourceFormat
  readonly bytes: Uint8Array
  /** As stored: what the header announced to those who checked the limits. */
  readonly stored: Size
  readonly view: View
  /** Which of its frames, from 0; absent: it is no animation. */
  readonly page?: number
}
export type SourceFormat = keyof typeof READERS | FrameSourceFormat

interface Reader {
  readonly name: string
  /** Its decoder needs the whole file at once. */
  readonly isWhole?: boolean
  head(core: CoreExports, read: Read): Size
  /** Whether its planes can be had as they are stored. */
  isPlanar(core: CoreExports): boolean
  /** Absent: it has none. */
  planes?(core: CoreExports, read: Read): void
  /** Absent: it has nothing but planes. */
  pixels?(core: CoreExports, read: Read): void
}

const READERS = {
  jpeg: {
    name: 'JPEG',
    head(core, read) {
      core.jpeg_begin()
      read(core.jpeg_head)
      return { width: core.jpeg_width(), height: core.jpeg_height() }
    },
    isPlanar: () => true,
    planes(core, read) {
      core.jpeg_plan()
      read(core.jpeg_rows)
    },
  },
  webp: {
    name: 'WebP',
    isWhole: true,
    head(core, read) {
      read(core.webp_head)
      return { width: core.webp_width(), height: core.webp_height() }
    },
    isPlanar: (core) => core.webp_is_planar() !== 0,
    planes(core) {
      core.webp_plan_planes()
      core.webp_planes()
    },
    pixels: (core) => core.webp_pixels(),
  },
  png: {
    name: 'PNG',
    head(core, read) {
      core.png_begin()
      read(core.png_head)
      return { width: core.png_width(), height: core.png_height() }
    },
    isPlanar: () => false,
    pixels(core, read) {
      core.png_plan()
      read(core.png_rows)
    },
  },
} satisfies Record<string, Reader>

export const nameOf = (format: SourceFormat): string =>
  readsFrames(format) ? FRAME_READERS[format].name : READERS[format].name
export const readsInCore = (format: string): format is SourceFormat =>
  Object.hasOwn(READERS, format) || readsFrames(format)

/** Leaves what the view shows, scaled and turned, in the core: as the picture or as the pixels. */
export function readSource(core: Core, source: CoreSource, samples: Samples): 'planes' | 'pixels' {
  const frames = frameReader(source)
  if (frames) return readFrame(core, source, frames)
  return readStill(core, source, READERS[source.format as keyof typeof READERS], samples)
}

/** GIF has no other way: a still one is an animation of one frame. */
function frameReader({ format, page }: CoreSource): FrameReader | undefined {
  if (!readsFrames(format)) return undefined
  return page !== undefined || format === 'gif' ? FRAME_READERS[format] : undefined
}

/** Reads the header, and holds it against what was announced. */
export function openSource(
  core: Core,
  source: CoreSource,
  reader: Pick<FrameReader, 'name' | 'isWhole' | 'head'>,
): Read {
  core.begin()
  const read = core.reader(source.bytes, reader.isWhole)
  const { width, height } = reader.head(core.exports, read)
  if (width !== source.stored.width || height !== source.stored.height)
    throw corrupt(reader.name, 'it is not what its header announced')
  setView(core.exports, source.view)
  return read
}

function readStill(core: Core, source: CoreSource, reader: Reader, samples: Samples): 'planes' | 'pixels' {
  const { exports } = core
  const read = openSource(core, source, { isWhole: false, ...reader })
  const { walk } = source.view
  // Pixels of a view that is not scaled are the format's own, to the bit.
  const wantsPixels = !samples.isSubsampled && isUnscaled(source.view)
  if (reader.pixels && (wantsPixels || !reader.isPlanar(exports))) {
    reader.pixels(exports, read)
    exports.pixels_turn(walkNumber(walk))
    return 'pixels'
  }
  setPlanes(exports, source.view, samples)
  reader.planes?.(exports, read)
  exports.picture_turn(walkNumber(walk))
  return 'planes'
}

function readFrame(core: Core, source: CoreSource, reader: FrameReader): 'pixels' {
  const { page = 0 } = source
  const read = openSource(core, source, reader)
  reader.plan(core.exports)
  for (let frame = 0; frame <= page; frame++) if (!reader.next(core.exports, read)) throw noSuchPage(frame)
  showCanvas(core, source.view)
  return 'pixels'
}

const noSuchPage = (frames: number) =>
  frames === 0
    ? new MediaError('CORRUPT_MEDIA', 'Cannot decode the picture: it has no frames')
    : new MediaError('INVALID_PARAMETER', `Parameter "page" is wrong: the picture has ${frames} of them`, {
        details: [{ parameter: 'page', expected: `a number from 0 to ${frames - 1}` }],
      })

/** The pixels become what the view shows of the frame on the canvas. `canvas_close` gives their memory back. */
export function showCanvas(core: Core, view: View): void {
  core.exports.canvas_to_pixels()
  core.exports.pixels_turn(walkNumber(view.walk))
}

/** The same for pixels that another decoder has made. */
export function readBitmap(core: Core, { data, width, height }: Bitmap, view: View): void {
  core.begin()
  core.write(core.exports.raw_begin(width, height), data)
  setView(core.exports, view)
  core.exports.raw_pixels()
  core.exports.pixels_turn(walkNumber(view.walk))
}
