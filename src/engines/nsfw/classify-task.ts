/** A picture from its file to what a network says of each of its frames. Runs in a worker; knows no request. */
import { MediaError } from '../../error.ts'
import { createLazy } from '../../lib/once.ts'
import type { Bitmap } from '../../media/bitmap.ts'
import type { Net, NetLoaders, NetName } from '../../platform.ts'
import type { ImageTask } from '../image/image-task.ts'
import type { ImageRecipe } from '../../plan/recipe.ts'
import { toFloats, type PixelOrder } from './pixels.ts'

/** Which network, and what it takes. */
export interface NetRef {
  readonly name: NetName
  /** Path of its file, of those that have one. */
  readonly path?: string
  readonly pixels: PixelOrder
}

export interface ClassifyTask extends Omit<ImageTask, 'recipe' | 'overlay'> {
  readonly net: NetRef
  /** Of pictures of NET_SIDE by NET_SIDE; none: the network is only loaded. */
  readonly recipes: readonly ImageRecipe[]
}

/** Makes the picture of a recipe. */
export type See = (task: Omit<ImageTask, 'recipe'> & { readonly recipe: ImageRecipe }) => Promise<Bitmap>

/**
 * Networks stay loaded.
 *
 * @returns the scores of each frame, as the network orders its classes
 * @throws what decoding throws, and NSFW_UNJUDGED when the network cannot be had or fails
 */
export function createClassifyWorker(see: See, loaders: NetLoaders = {}) {
  const loaded = new Map<string, () => Promise<Net>>()

  function open({ name, path = '' }: NetRef): Promise<Net> {
    const key = `${name} ${path}`
    const lazy = loaded.get(key) ?? createLazy(() => load(loaders, name, path), false)
    loaded.set(key, lazy)
    return lazy()
  }

  return async ({ net: ref, recipes, ...file }: ClassifyTask): Promise<number[][]> => {
    const net = await orUnjudged(() => open(ref))
    const scores: number[][] = []
    for (const recipe of recipes) {
      const pixels = toFloats(await see({ ...file, recipe }), ref.pixels)
      scores.push(await orUnjudged(async () => Array.from(await net(pixels))))
    }
    return scores
  }
}

async function load(loaders: NetLoaders, name: NetName, path: string): Promise<Net> {
  const loader = loaders[name]
  if (!loader) throw new Error(`There is no way to run "${name}" here`)
  return loader(path)
}

async function orUnjudged<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new MediaError('NSFW_UNJUDGED', undefined, { cause })
  }
}
