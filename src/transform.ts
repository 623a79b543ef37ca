/** The work itself, within its bounds: the first engine that can makes it, while the memory for its originals is ours. */
import type { Services } from './context.ts'
import { runFirst } from './engines/choose.ts'
import type { Asked, Budget } from './engines/engine.ts'
import type { MediaInfo } from './media/info.ts'
import type { Original } from './media/original.ts'
import type { Rendition } from './media/rendition.ts'
import { timed, type RequestEvent } from './observe/event.ts'
import type { Recipe } from './plan/recipe.ts'
import { hurriedOriginal } from './sources/hurried.ts'

/** What is made, and of what. */
export interface Transformable {
  /** Name of the origin that the original is of. */
  readonly origin: string
  readonly original: Original
  readonly overlay: Original | undefined
  readonly info: MediaInfo
  readonly recipe: Recipe
  /** Of this service, for those who ask another; absent: nobody else can be asked. */
  readonly asked?: Omit<Asked, 'passed'>
}

export interface TransformOptions extends Pick<Budget, 'signal' | 'receive' | 'onProgress'> {
  readonly event: RequestEvent
  readonly services: Services
}

/** @param use has the rendition before the next one may begin. @throws NOT_SUPPORTED_HERE, BUSY, and what the engine throws */
export async function transform<T>(
  { origin, original, overlay, info, recipe, asked }: Transformable,
  { event, services, ...own }: TransformOptions,
  use: (rendition: Rendition) => Promise<T>,
): Promise<T> {
  const { transformMs, imageBytes, sourceBytes, outputBytes, sourceMs } = services.limits
  const budget: Budget = {
    ...own,
    ...(asked ? { asked: { ...asked, passed: event.passed ?? [] } } : {}),
    transformMs,
    imageBytes,
    sourceBytes,
    outputBytes,
  }
  // Of video and sound a part is held, and what is made of it.
  const weigh = ({ size = imageBytes }: Original) => Math.min(size, imageBytes)
  const weight = weigh(original) + (overlay ? weigh(overlay) : 0)
  const hurried = (one: Original) => hurriedOriginal(one, sourceMs)
  // Of video and sound each look has a time of its own.
  const main = info.class === 'image' ? hurried(original) : original
  const work = async () => {
    const rendition = await timed(event, 'transform', services.now, () =>
      runFirst(services.engines, { recipe, info, size: original.size }, (engine) =>
        engine.run(recipe, main, budget, overlay && hurried(overlay)),
      ),
    )
    return use(rendition)
  }
  return services.memory.run(own.signal, work, weight, origin)
}
