/** Small files of every kind, each behind the eight bytes that fuzz.c reads first. Usage: node seeds.mjs FOLDER */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'

const [JPEG, PNG, WEBP, GIF, WEBP_FRAMES] = [0, 1, 2, 3, 4]
const [WIDTH, HEIGHT] = [37, 29]
const folder = process.argv[2]
mkdirSync(folder, { recursive: true })

const noise = (channels, seed) =>
  Uint8Array.from({ length: WIDTH * HEIGHT * channels }, (_, i) =>
    i % 97 < 40 ? (i * seed) % 256 : Math.abs(Math.round(127 + 120 * Math.sin(i / (5 + seed)))),
  )
const picture = (channels, seed = 7) =>
  sharp(noise(channels, seed), { raw: { width: WIDTH, height: HEIGHT, channels } })
const frames = async (channels) => {
  const pages = await Promise.all([3, 5, 5, 11].map((seed) => picture(channels, seed).png().toBuffer()))
  return sharp(pages, { join: { animated: true } })
}

const files = [
  ...[{}, { progressive: true }, { chromaSubsampling: '4:4:4' }, { progressive: true, quality: 30 }].map(
    (options) => [JPEG, picture(3).jpeg(options)],
  ),
  [JPEG, picture(3).greyscale().jpeg()],
  [JPEG, picture(3).greyscale().jpeg({ progressive: true })],
  ...[1, 3, 4].flatMap((channels) => [
    [PNG, picture(channels).png()],
    [PNG, picture(channels).png({ progressive: true, adaptiveFiltering: true })],
    [PNG, picture(channels).png({ palette: true })],
  ]),
  [PNG, picture(4).toColourspace('rgb16').png()],
  [WEBP, picture(3).webp()],
  [WEBP, picture(4).webp()],
  [WEBP, picture(4).webp({ lossless: true })],
  [WEBP, picture(3).webp({ nearLossless: true })],
  [GIF, (await frames(3)).gif({ delay: [50, 60, 70, 80] })],
  [GIF, (await frames(4)).gif({ loop: 3 })],
  [WEBP_FRAMES, (await frames(4)).webp({ quality: 50 })],
  [WEBP_FRAMES, (await frames(3)).webp({ lossless: true })],
]
for (const [index, [decoder, made]] of files.entries()) {
  const bytes = await made.toBuffer()
  for (let kind = 0; kind < 5; kind++) {
    const job = [
      decoder,
      kind,
      kind,
      3 + 60 * kind,
      kind === 4 ? 255 : 40 + 30 * kind,
      9 * kind,
      60,
      3 + 16 * (kind & 1),
    ]
    writeFileSync(join(folder, `${index}-${kind}`), Buffer.concat([Uint8Array.from(job), bytes]))
  }
}
