/** Files of `heic-kinds/`, the picture that all of them show, and what is coded in them. */
import { readFile } from 'node:fs/promises'
import { createReader } from '../../src/media/headers/reader.ts'
import { find } from '../../src/media/heif/boxes.ts'
import { readItems } from '../../src/media/heif/items.ts'

export const HEIC = { width: 96, height: 64 }

export const heicKind = async (name: string) =>
  Uint8Array.from(await readFile(new URL(`heic-kinds/${name}.heic`, import.meta.url)))

export function heicPixels(hasAlpha = false): Uint8Array {
  const data = new Uint8Array(HEIC.width * HEIC.height * 4)
  for (let y = 0; y < HEIC.height; y++)
    for (let x = 0; x < HEIC.width; x++) {
      const isInside = (x - 60) ** 2 + (y - 24) ** 2 < 260
      const color = isInside
        ? [220, 60, 40]
        : [40 + Math.round((160 * x) / 96), 60 + Math.round((120 * y) / 64), 110]
      const alpha = hasAlpha && !isInside ? Math.round((255 * (y + 1)) / 64) : 255
      data.set([...color, alpha], (y * HEIC.width + x) * 4)
    }
  return data
}

/** The bytes of the picture and the box that says how they are coded. */
export async function codedHeic(): Promise<{ bytes: number[]; hvcC: number[] }> {
  const file = await heicKind('plain')
  const r = createReader(file)
  const items = readItems(r, file)
  const box = find(items.properties(items.primary), 'hvcC')!
  return {
    bytes: Array.from(items.bytesOf(items.primary)),
    hvcC: Array.from(file.slice(box.start - 8, box.end)),
  }
}
