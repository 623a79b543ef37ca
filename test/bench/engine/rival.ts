/** sharp on the same tasks. One thread for a picture, and nothing remembered between calls: it would know the file again. */
import sharp from 'sharp'
import { recipeOf, type EngineTask } from './tasks.ts'

sharp.concurrency(1)
sharp.cache(false)

/** `quality` replaces that of the task. */
export function makeByRival(task: EngineTask, bytes: Uint8Array, quality = task.quality): Promise<Buffer> {
  const { to, animated = false, rival = {} } = task
  const { resize } = recipeOf(task)
  const picture = sharp(bytes, { animated })
  const scaled = resize ? picture.resize(resize.width, resize.height) : picture
  return scaled.toFormat(to, { ...(quality === undefined ? {} : { quality }), ...rival }).toBuffer()
}
