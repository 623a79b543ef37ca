import type { Bitmap } from '../../media/bitmap.ts'

/** Colours that have their alpha multiplied in become plain ones, in place. */
export function divideAlpha({ data }: Bitmap, tick: () => void): void {
  for (let at = 0; at < data.length; at += 4) {
    if (at % 65_536 === 0) tick()
    const alpha = data[at + 3] as number
    if (alpha === 255 || alpha === 0) continue
    for (let i = at; i < at + 3; i++) data[i] = ((data[i] as number) * 255) / alpha
  }
}
