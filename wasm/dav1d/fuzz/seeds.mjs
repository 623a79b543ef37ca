/** Coded pictures of several kinds, each behind the four bytes that fuzz.c reads first. Usage: node seeds.mjs FOLDER */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'

const [WIDTH, HEIGHT] = [70, 53]
const folder = process.argv[2]
mkdirSync(folder, { recursive: true })
const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) =>
  i % 97 < 40 ? (i * 7) % 256 : Math.abs(Math.round(127 + 120 * Math.sin(i / 12))),
)
const picture = sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
const options = [{}, { chromaSubsampling: '4:4:4' }, { quality: 20 }, { lossless: true }]
let count = 0
for (const one of options)
  for (const image of [picture, picture.clone().greyscale(), picture.clone().toColourspace('b-w')]) {
    const file = await image
      .clone()
      .avif({ effort: 0, chromaSubsampling: '4:2:0', ...one })
      .toBuffer()
    // The data of a file of one item goes on to its end.
    const start = file.indexOf('mdat') + 4
    writeFileSync(
      join(folder, `${count}`),
      Buffer.concat([Uint8Array.of(count % 2 ? 129 : 0, count % 4, count % 8, count), file.subarray(start)]),
    )
    count++
  }
