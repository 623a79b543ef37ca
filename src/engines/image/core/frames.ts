/** Animations: the formats whose frames the core reads one after another, and those it writes them to. */
import type { Size } from '../../../plan/recipe.ts'
import type { CoreExports, Read } from './module.ts'
import { pngLevel, webpMethod, type CoreTarget } from './targets.ts'

export interface FrameReader {
  readonly name: string
  /** Its decoder needs the whole file at once. */
  readonly isWhole: boolean
  head(core: CoreExports, read: Read): Size
  /** Opens the canvas. */
  plan(core: CoreExports): void
  /** Draws the next frame on it; false when there is none. */
  next(core: CoreExports, read: Read): boolean
  /** Milliseconds that the frame stands, as stored. */
  delay(core: CoreExports): number
  /** How often the animation plays; 0: for ever. Known when the first frame is. */
  plays(core: CoreExports): number
}

export const FRAME_READERS = {
  gif: {
    name: 'GIF',
    isWhole: false,
    head(core, read) {
      core.gif_begin()
      read(core.gif_head)
      return { width: core.gif_width(), height: core.gif_height() }
    },
    plan: (core) => core.gif_plan(),
    next(core, read) {
      read(core.gif_next)
      return core.gif_found() !== 0
    },
    delay: (core) => core.gif_delay(),
    plays: (core) => core.gif_plays(),
  },
  webp: {
    name: 'WebP',
    isWhole: true,
    head(core, read) {
      read(core.webp_head)
      return { width: core.webp_width(), height: core.webp_height() }
    },
    plan: (core) => core.webp_frames_plan(),
    next(core) {
      core.webp_next()
      return core.webp_found() !== 0
    },
    delay: (core) => core.webp_delay(),
    plays: (core) => core.webp_plays(),
  },
  png: {
    name: 'PNG',
    isWhole: true,
    head(core, read) {
      core.png_frames_begin()
      read(core.png_frames_head)
      return { width: core.png_frames_width(), height: core.png_frames_height() }
    },
    plan: (core) => core.png_frames_plan(),
    next(core) {
      core.png_next()
      return core.png_found() !== 0
    },
    delay: (core) => core.png_delay(),
    plays: (core) => core.png_plays(),
  },
} satisfies Record<string, FrameReader>

export type FrameSourceFormat = keyof typeof FRAME_READERS
export const readsFrames = (format: string): format is FrameSourceFormat =>
  Object.hasOwn(FRAME_READERS, format)

export type FrameTargetFormat = 'gif' | 'webp' | 'png'

/** Opens the writer: it takes the pixels of each frame. */
export function openFrames(core: CoreExports, target: CoreTarget, size: Size, plays: number): void {
  FRAME_WRITERS[target.format as FrameTargetFormat](core, target, size, plays)
}
export const writesFrames = (format: string): format is FrameTargetFormat =>
  Object.hasOwn(FRAME_WRITERS, format)

type FrameWriter = (core: CoreExports, target: CoreTarget, size: Size, plays: number) => void

/** Of libwebp: lossless frames take a lower one than stills, there are many of them. */
const [LOSSLESS_METHOD, LOSSLESS_EFFORT] = [0, 75]

const FRAME_WRITERS: Readonly<Record<FrameTargetFormat, FrameWriter>> = {
  gif: (core, _, { width, height }, plays) => core.gif_frames(width, height, plays),
  webp(core, target, { width, height }, plays) {
    const { quality, lossless } = target
    const method = webpMethod(target, lossless ? LOSSLESS_METHOD : undefined)
    core.webp_frames(width, height, plays, lossless ? LOSSLESS_EFFORT : quality, method, lossless ? 1 : 0)
  },
  png: (core, target, { width, height }, plays) => core.png_frames(width, height, plays, pngLevel(target)),
}
