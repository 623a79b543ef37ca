/** Scaling: an area filter where it pays, then Lanczos to the exact size. */
import { instantiateResize, type ResizeModule } from '../../../../wasm/jsquash/resize-glue.ts'
import { formatRow } from '../../../media/format.ts'
import type { CodecContext } from '../codec.ts'
import type { Step } from './step.ts'
import { cannotMake, createSlot } from '../slot.ts'
import { showsThrough } from './pixels.ts'
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
