/** Pictures: reads the original whole, hands it to a worker, gets the rendition back. */
import { isMediaError, MediaError, overlayError } from '../../error.ts'
import { formatRow } from '../../media/format.ts'
import type { Original } from '../../media/original.ts'
import type { Rendition } from '../../media/rendition.ts'
import type { Workers } from '../../platform.ts'
import type { MetadataRecipe, PictureRecipe, Recipe } from '../../plan/recipe.ts'
import type { Budget, Engine } from '../engine.ts'
import { readWhole } from '../read-whole.ts'
import { describe, describedAs, needsFile } from './describe/description.ts'
import type { ImageResult, ImageTask } from './image-task.ts'
import { MOST_BYTES } from './memory.ts'

export interface ImageEngineOptions {
  readonly workers: Workers
  /** Most pixels of an original; default 100 million. */
  readonly pixels?: number
  /** Most frames of an original; default 1,000. */
  readonly frames?: number
  /** Most bytes of memory for one picture, its original apart; default 768 MiB. */
  readonly memory?: number
}

export function createImageEngine({
  workers,
  pixels = 100_000_000,
  frames = 1_000,
  memory = MOST_BYTES,
}: ImageEngineOptions): Engine {
  async function runWhole(
    recipe: PictureRecipe,
    original: Original,
    budget: Budget,
    overlay?: Original,
  ): Promise<Rendition> {
    const [bytes, layer] = await Promise.all([
      readWhole(original, budget.imageBytes),
      overlay && readOverlay(overlay, budget.imageBytes),
    ])
    const task = {
      op: 'image',
      data: {
        recipe,
        bytes,
        ...(layer ? { overlay: layer } : {}),
        pixels,
        frames,
        memory,
      } satisfies ImageTask,
      transfer: [bytes.buffer, ...(layer ? [layer.buffer] : [])],
    }
    const result = await workers.run({ ...task, signal: budget.signal, deadlineMs: budget.transformMs })
    return toRendition(result as ImageResult)
  }

  return {
    name: 'image',
    can,
    async run(recipe, original, budget, overlay) {
      if (!isOfPicture(recipe)) throw new MediaError('INTERNAL', undefined, { cause: recipe.kind })
      if (recipe.kind !== 'metadata') return runWhole(recipe, original, budget, overlay)
      if (!needsFile(recipe)) return fromHeader(recipe, original)
      try {
        return await runWhole(recipe, original, budget)
      } catch (error) {
        const isTooLarge = isMediaError(error) && error.code === 'SOURCE_TOO_LARGE'
        if (isTooLarge) return fromHeader(recipe, original)
        throw error
      }
    },
  }
}

const PICTURES: ReadonlySet<Recipe['kind']> = new Set(['image', 'look', 'metadata'])

function isOfPicture(recipe: Recipe): recipe is PictureRecipe {
  return PICTURES.has(recipe.kind)
}

function can(recipe: Recipe): boolean {
  if (!isOfPicture(recipe)) return false
  if (recipe.kind === 'metadata') return true
  const { from } = recipe
  return formatRow(from).decodes && (recipe.kind === 'look' || formatRow(recipe.to).encodes)
}

/** Where the header suffices, or is all that may be read. */
function fromHeader(recipe: MetadataRecipe, { size }: Original): Rendition {
  return toRendition(describedAs(recipe, describe(recipe, { size })))
}

function toRendition({ body, type, ...facts }: ImageResult): Rendition {
  return { main: { name: '', type, body }, facts: { engine: 'image', ...facts } }
}

async function readOverlay(original: Original, most: Budget['imageBytes']): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readWhole(original, most)
  } catch (error) {
    throw overlayError(error)
  }
}
