import type { FormatName } from './format.ts'

/** EXIF orientation, TIFF 6.0 tag 0x0112: 1 is upright, 5 to 8 swap width and height. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

/** What a header says of an original, before anything is decoded. */
export interface ImageInfo {
  readonly class: 'image'
  readonly format: FormatName
  /** Pixels as displayed: orientation applied. */
  readonly width: number
  readonly height: number
  readonly orientation: Orientation
  readonly hasAlpha: boolean
  /** Frames known from the header; 1 for a still. */
  readonly frames: number
  readonly animated: boolean
  /** Bits a channel as stored: 1, 2, 4, 8, 10, 12 or 16; of JPEG XL 1 to 32. */
  readonly bitDepth: number
  readonly colorModel: 'gray' | 'rgb' | 'palette' | 'cmyk' | 'ycbcr'
}

/** Video and audio are recognised here and described by the video engine later. */
export interface TimedInfo {
  readonly class: 'video' | 'audio'
  readonly format: FormatName
}

export type MediaInfo = ImageInfo | TimedInfo
