/** Originals made on the spot: photographs of any size, and files that mean harm. */
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { ROOT } from './service.ts'

type Picture = ReturnType<typeof sharp>

/** A JPEG of exactly this size, of a sample when the checkout has one, with grain so that it costs like a photograph. */
export async function photograph(width: number, height: number): Promise<Buffer> {
  const picture = (await sample()) ?? scene()
  const [across, down] = [Math.min(512, width), Math.min(512, height)]
  const grain = await sharp(randomBytes(across * down), { raw: { width: across, height: down, channels: 1 } })
    .linear(0.12, 112)
    .toColourspace('srgb')
    .png()
    .toBuffer()
  return sharp(await picture.resize(width, height, { fit: 'cover' }).toBuffer())
    .composite([{ input: grain, tile: true, blend: 'soft-light' }])
    .jpeg({ quality: 85 })
    .toBuffer()
}

async function sample(): Promise<Picture | undefined> {
  const folder = join(ROOT, 'samples')
  const all = await readdir(folder).catch(() => [])
  const names = all.filter((name) => name.endsWith('.jpg')).toSorted()
  return names[0] === undefined ? undefined : sharp(join(folder, names[0])).rotate()
}

/** Hills, sky and a sun. */
function scene(): Picture {
  const [width, height] = [800, 600]
  const data = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(point(x / width, y / height), (y * width + x) * 3)
  }
  return sharp(data, { raw: { width, height, channels: 3 } }).png()
}

function point(x: number, y: number): number[] {
  const sun = (x - 0.7) ** 2 + (y - 0.25) ** 2 < 0.008
  const hill = y > 0.6 + 0.08 * Math.sin(x * 9) + 0.02 * Math.sin(x * 60)
  const leaves = 30 * Math.sin(x * 300) * Math.sin(y * 240)
  if (hill) return [50 + leaves, 110 + leaves - 60 * (y - 0.6), 50]
  return sun ? [255, 230, 150] : [110 + 90 * y, 150 + 70 * y, 235 - 30 * y]
}

/** A PNG of 16384 x 16384 grey pixels in some 33 kB: 268 megapixels once it is decoded. */
export function hugePng(side = 16_384): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  // One bit a pixel, greyscale; filter, compression and interlace are 0.
  header[8] = 1
  const rows = deflateSync(Buffer.alloc((side / 8 + 1) * side), { level: 9 })
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
