/** What a type makes, each file as the question that a GET of it would be. Pure. */
import type { CoverOptions, FileOptions, FileType, PreviewOptions, ThumbnailOptions } from './options.ts'

export type Stage = 'thumbnail' | 'cover' | 'preview' | 'transcode'

/** One file, or all of a ladder. */
export interface Piece {
  readonly stage: Stage
  /** Below the folder of the original; of a ladder the folder of its rungs. */
  readonly name: string
  readonly folder: 'images' | 'videos'
  readonly params: Readonly<Record<string, string | number | boolean>>
}

const PIECES: { readonly [T in FileType]: (options: FileOptions[T]) => Piece[] } = {
  'image:thumbnail': thumbnails,
  'video:cover': (options) => [cover(options)],
  'video:preview': (options) => [preview(options)],
  'video:transcode': () => [ladder()],
  'video:full': ({ cover: still, preview: clip }) => [cover(still), preview(clip), ladder()],
}

export function piecesOf<T extends FileType>(type: T, options: FileOptions[T]): Piece[] {
  return PIECES[type](options)
}

/** With both sides the picture fills them, as in Vylux. */
function thumbnails({ outputs }: ThumbnailOptions): Piece[] {
  return outputs.map(({ variant, width, height, format }) => ({
    stage: 'thumbnail',
    name: `${variant}.${format}`,
    folder: 'images',
    params: {
      ...(width > 0 ? { width } : {}),
      ...(height > 0 ? { height } : {}),
      ...(width > 0 && height > 0 ? { fit: 'cover' } : {}),
      format: format === 'jpg' ? 'jpeg' : format,
      // Of a video its first frame.
      mode: 'frame',
    },
  }))
}

function cover({ timestamp_sec: time }: CoverOptions): Piece {
  return {
    stage: 'cover',
    name: 'cover.jpg',
    folder: 'videos',
    params: { mode: 'frame', time, format: 'jpeg', quality: 'high' },
  }
}

function preview({ start_sec: time, duration, width, fps, format }: PreviewOptions): Piece {
  return {
    stage: 'preview',
    name: `preview.${format}`,
    folder: 'videos',
    params: {
      mode: 'video',
      time,
      duration,
      width,
      fps,
      format,
      ...(format === 'webp' ? { quality: 70, compression: 'high' } : {}),
    },
  }
}

/** Which rungs there are is known when the original is. */
function ladder(): Piece {
  return { stage: 'transcode', name: 'video', folder: 'videos', params: { mode: 'video' } }
}
