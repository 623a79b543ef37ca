/** What an ffmpeg makes of a video for the engine for pictures, as a picture. Pure. */
import type { ImageInfo } from '../../media/info.ts'
import type { Size } from '../recipe.ts'

/** A PNG: upright, its pixels square. */
export function stillOf({ width, height }: Size, hasAlpha = false): ImageInfo {
  return {
    class: 'image',
    format: 'png',
    width,
    height,
    orientation: 1,
    hasAlpha,
    frames: 1,
    animated: false,
    bitDepth: 8,
    colorModel: 'rgb',
  }
}
