/** Files of `jpeg-kinds/`, and the picture that all of them show. */
import { readFile } from 'node:fs/promises'

export const WIDTH = 96
export const HEIGHT = 64

export const rareJpeg = async (name: string): Promise<Uint8Array> =>
  Uint8Array.from(await readFile(new URL(`jpeg-kinds/${name}.jpg`, import.meta.url)))

/** As it was before it became a file: RGBA. */
export function drawn(): Uint8Array {
  const data = new Uint8Array(WIDTH * HEIGHT * 4)
  for (let y = 0, at = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, at += 4) {
      const isInside = (x - 48) ** 2 + (y - 32) ** 2 < 20 ** 2
      data.set(
        [Math.floor((x * 255) / (WIDTH - 1)), Math.floor((y * 255) / (HEIGHT - 1)), isInside ? 200 : 60, 255],
        at,
      )
    }
  return data
}

/** Flips `count` bits of a copy, always the same ones for the same seed. */
export function flipped(bytes: Uint8Array, seed: number, count = 3): Uint8Array {
  const copy = bytes.slice()
  let state = seed * 2 + 1
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647
  for (let i = 0; i < 8; i++) random()
  for (let i = 0; i < count; i++) copy[Math.floor(random() * copy.length)]! ^= 1 << Math.floor(random() * 8)
  return copy
}
