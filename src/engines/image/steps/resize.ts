/** Scaling: a whole-factor shrink where it pays, then Lanczos to the exact size. */
import { instantiateResize, type ResizeModule } from '../../../../wasm/jsquash/resize-glue.ts'
import type { Bitmap } from '../../../media/bitmap.ts'
import type { CodecContext } from '../codec.ts'
import type { Step } from '../pipeline.ts'
import { createSlot } from '../slot.ts'
import { shrinkBitmap, shrinkFactor } from './shrink.ts'

export function createResize(context: CodecContext): Step {
  const slot = createSlot<ResizeModule>(async () => {
    const api = instantiateResize(await context.loadWasm('squoosh_resize_bg'), () => context.tick())
    return { api, memoryBytes: () => api.memoryBytes() }
  })
  return async (bitmap, { resize }) => {
    if (!resize) return bitmap
    const factor = shrinkFactor(bitmap, resize)
    const near = factor > 1 ? shrinkBitmap(bitmap, factor, () => context.tick()) : bitmap
    if (near.width === resize.width && near.height === resize.height) return near
    const data = await slot.use('picture', (module) =>
      module.resize(near, resize.width, resize.height, hasAlpha(near)),
    )
    return { data, ...resize }
  }
}

function hasAlpha({ data }: Bitmap): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return true
  return false
}
