/** Another picture on the result: "over" of Porter and Duff, as flatten has it the other way round. */
import type { Bitmap } from '../../../media/bitmap.ts'
import type { Step } from './step.ts'

/** @param layer the overlay, at the size it has on the result */
export const layOver =
  (layer: Bitmap): Step =>
  (bitmap, { overlay }, tick) => {
    if (!overlay) return bitmap
    const { width } = bitmap
    const data = new Uint8ClampedArray(bitmap.data)
    const weight = (overlay.opacity ?? 1) / 255
    for (let row = 0; row < layer.height; row++) {
      tick()
      const target = ((overlay.y + row) * width + overlay.x) * 4
      composeRow(
        data,
        target,
        layer.data.subarray(row * layer.width * 4, (row + 1) * layer.width * 4),
        weight,
      )
    }
    return { ...bitmap, data }
  }

/** @param weight what an alpha of the row is multiplied with to be 0 to 1 */
function composeRow(data: Uint8ClampedArray, target: number, row: Uint8ClampedArray, weight: number): void {
  for (let at = 0, to = target; at < row.length; at += 4, to += 4) {
    const over = (row[at + 3] as number) * weight
    if (over === 0) continue
    const under = ((data[to + 3] as number) / 255) * (1 - over)
    const alpha = over + under
    for (let i = 0; i < 3; i++)
      data[to + i] = ((row[at + i] as number) * over + (data[to + i] as number) * under) / alpha
    data[to + 3] = alpha * 255
  }
}
