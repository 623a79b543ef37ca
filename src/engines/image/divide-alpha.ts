import type { Bitmap } from '../../media/bitmap.ts'

/**
 * Colours that have their alpha multiplied in become plain ones, in place.
 * @param alpha beside four colours, where these leave no room for it
 */
export function divideAlpha(
  { data, alpha: beside }: Bitmap & { alpha?: Uint8ClampedArray },
  tick: () => void,
): void {
  const colors = beside ? 4 : 3
  for (let at = 0; at < data.length; at += 4) {
    if (at % 65_536 === 0) tick()
    const alpha = beside?.[at / 4] ?? (data[at + 3] as number)
    if (alpha === 0 || alpha === 255) continue
    for (let i = at; i < at + colors; i++) data[i] = ((data[i] as number) * 255) / alpha
  }
}
