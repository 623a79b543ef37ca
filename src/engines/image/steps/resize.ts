/** Scaling: an area filter where it pays, then Lanczos to the exact size. */
import { instantiateResize, type ResizeModule } from '../../../../wasm/jsquash/resize-glue.ts'
import { formatRow } from '../../../media/format.ts'
import type { Bitmap } from '../../../media/bitmap.ts'
import type { CodecContext } from '../codec.ts'
import type { Step } from './step.ts'
import { cannotMake, createSlot } from '../slot.ts'
import { wordsOf } from './pixels.ts'
import { shrinkBitmap, shrunkSize } from './shrink.ts'

export function createResize(context: CodecContext): Step {
  const slot = createSlot<ResizeModule>(async () => {
    const api = instantiateResize(await context.loadWasm('squoosh_resize_bg'), () => context.tick())
    return { api, memoryBytes: () => api.memoryBytes() }
  })
  return async (bitmap, { from, resize }, tick) => {
    if (!resize) return bitmap
    const hasAlpha = formatRow(from).hasAlpha && showsThrough(bitmap)
    const size = shrunkSize(bitmap, resize)
    const isSmaller = size.width < bitmap.width || size.height < bitmap.height
    const near = isSmaller ? shrinkBitmap(bitmap, size, hasAlpha, tick) : bitmap
    if (near.width === resize.width && near.height === resize.height) return near
    const data = await slot.use(
      (module) => module.resize(near, resize.width, resize.height, hasAlpha),
      cannotMake('smaller picture'),
    )
    return { data, ...resize }
  }
}

/** Whether any pixel is not opaque: only then must colours be weighed by alpha, at twice the cost. */
function showsThrough(bitmap: Bitmap): boolean {
  const words = wordsOf(bitmap)
  for (let at = 0; at < words.length; at++) if ((words[at] as number) >>> 24 !== 255) return true
  return false
}
