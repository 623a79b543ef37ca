/**
 * Originals of the engine rows, made of the sample pictures. There is no chance in them: the same pixels each time, and the
 * same bytes as long as sharp stays the same.
 */
import sharp, { type Sharp } from 'sharp'
import { ROOT } from '../../../scripts/stage/service.ts'
import { SIZES, type InputName } from './sizes.ts'

const FRAMES = 30
const sample = (name: string) => `${ROOT}samples/${name}`

export async function makeInput(name: InputName): Promise<Buffer> {
  const [width, height] = SIZES[name]
  const jpeg = { quality: 85 }
  switch (name) {
    case '6mp.jpg':
      return (await grainy('lake.jpg', width, height)).jpeg(jpeg).toBuffer()
    case '12mp-progressive.jpg':
      return (await grainy('still-life.jpg', width, height)).jpeg({ ...jpeg, progressive: true }).toBuffer()
    case '12mp.jpg':
    case '48mp.jpg':
    case '100mp.jpg':
      return (await grainy('still-life.jpg', width, height)).jpeg(jpeg).toBuffer()
    case '6mp.webp':
      return (await grainy('lake.jpg', width, height)).webp({ quality: 85 }).toBuffer()
    case '6mp.avif':
      return (await grainy('lake.jpg', width, height)).avif({ quality: 65, effort: 2 }).toBuffer()
    case 'bubbles.png':
      return bubbles(width, height).png().toBuffer()
    case 'faded.png':
      return faded(width, height)
    case 'opaque.png':
    case '12mp.png':
      return (await grainy('lake.jpg', width, height)).png().toBuffer()
    case 'pan.gif':
      return animation(pan)
    case 'still.gif':
      return animation(still)
  }
}

/** Scaled up, a sample has less detail than a photograph of that size; grain makes up for it. */
async function grainy(name: string, width: number, height: number): Promise<Sharp> {
  const scaled = await sharp(sample(name))
    .autoOrient()
    .resize(width, height, { fit: 'cover' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { data } = scaled
  const next = noise()
  for (let at = 0; at < data.length; at += 3) {
    const grain = (next() & 15) + (next() & 15) - 15
    for (let i = at; i < at + 3; i++) data[i] = Math.min(255, Math.max(0, data[i]! + grain * 0.7))
  }
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
}

/** Marsaglia's xorshift, always from the same seed. */
function noise(): () => number {
  let state = 0x2545f491
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 8
  }
}

const bubbles = (width: number, height: number) =>
  sharp(sample('bubbles.png')).resize(width, height, { fit: 'cover' })

/** A photograph that is seen through the bubbles' alpha. */
async function faded(width: number, height: number): Promise<Buffer> {
  const alpha = await bubbles(width, height).extractChannel('alpha').toBuffer()
  return (await grainy('still-life.jpg', width, height)).joinChannel(alpha).png().toBuffer()
}

async function animation(frame: (at: number) => Promise<Buffer>): Promise<Buffer> {
  const [width, height] = SIZES['pan.gif']
  const frames = await Promise.all(Array.from({ length: FRAMES }, (_, at) => frame(at)))
  return sharp(Buffer.concat(frames), {
    raw: { width, height: height * FRAMES, channels: 3, pageHeight: height },
  })
    .gif({ effort: 1, delay: Array.from({ length: FRAMES }, () => 40) })
    .toBuffer()
}

/** The whole picture moves. */
async function pan(at: number): Promise<Buffer> {
  const [width, height] = SIZES['pan.gif']
  const area = { left: 10 * at, top: 2 * at, width, height }
  const wide = await sharp(sample('lake.jpg')).resize(1000).toBuffer()
  return sharp(wide).extract(area).removeAlpha().raw().toBuffer()
}

/** A disc wanders over a background that stays. */
async function still(at: number): Promise<Buffer> {
  const [width, height] = SIZES['still.gif']
  const angle = (2 * Math.PI * at) / FRAMES
  const [x, y] = [width / 2 + 150 * Math.cos(angle), height / 2 + 70 * Math.sin(angle)]
  const disc = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><circle cx="${x}" cy="${y}" r="32" fill="#d8452e"/></svg>`
  return sharp(sample('lake.jpg'))
    .resize(width, height, { fit: 'cover' })
    .composite([{ input: Buffer.from(disc) }])
    .removeAlpha()
    .raw()
    .toBuffer()
}
