/** Every sample: its size, how many rays a pixel, how it is rendered and how its file is written. */
import sharp from 'sharp'
import { renderBubbles } from './bubbles.ts'
import { renderDunes } from './dunes.ts'
import { renderLake } from './lake.ts'
import { renderRidge } from './ridge.ts'
import { renderMarbles, renderStillLife } from './still-life.ts'
import { renderStreet } from './street.ts'

type Picture = ReturnType<typeof sharp>

export interface SamplePicture {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly samples: number
  /** 8-bit samples, row by row; RGBA where `channels` is 4. */
  readonly render: (width: number, height: number, samples: number) => Uint8Array
  readonly channels?: 4
  readonly encode: (picture: Picture) => Picture
}

const landscape = { width: 2000, height: 1333 }
const jpeg = (picture: Picture) => picture.jpeg({ quality: 90, chromaSubsampling: '4:2:0' })

export const PICTURES: readonly SamplePicture[] = [
  { file: 'lake.jpg', ...landscape, samples: 3, render: renderLake, encode: jpeg },
  { file: 'still-life.jpg', ...landscape, samples: 20, render: renderStillLife, encode: jpeg },
  { file: 'street.jpg', ...landscape, samples: 12, render: renderStreet, encode: jpeg },
  {
    file: 'dunes.jpg',
    width: 1333,
    height: 2000,
    samples: 5,
    render: renderDunes,
    // As a camera held upright writes it: lying on its side, with a note to turn it clockwise.
    encode: (picture) => jpeg(picture.rotate(270).withMetadata({ orientation: 6 })),
  },
  {
    file: 'bubbles.png',
    width: 900,
    height: 900,
    samples: 9,
    render: renderBubbles,
    channels: 4,
    encode: (picture) => picture.png({ compressionLevel: 9, adaptiveFiltering: true }),
  },
  {
    file: 'ridge.avif',
    ...landscape,
    samples: 3,
    render: renderRidge,
    // Shrunk: an AVIF takes long to open, and the page asks for it often.
    encode: (picture) => picture.resize(1500, 1000).avif({ quality: 68, effort: 5 }),
  },
  {
    file: 'marbles.webp',
    width: 1500,
    height: 1000,
    samples: 20,
    render: renderMarbles,
    encode: (picture) => picture.webp({ quality: 84, effort: 5 }),
  },
]

export async function encodePicture(picture: SamplePicture, pixels: Uint8Array): Promise<Uint8Array> {
  const { width, height, channels = 3, encode } = picture
  return new Uint8Array(await encode(sharp(pixels, { raw: { width, height, channels } })).toBuffer())
}
