/** What can be made of a video or of audio without decoding it: facts, parts of it, other containers. Runs everywhere. */
import { isMediaError, MediaError, type ErrorCode } from '../../../error.ts'
import { holds } from '../../../media/containers.ts'
import { formatRow, type FormatName } from '../../../media/format.ts'
import type { MediaInfo, TimedInfo } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import type { Rendition } from '../../../media/rendition.ts'
import type { Recipe } from '../../../plan/recipe.ts'
import type { ClipRecipe, FactsRecipe, SoundRecipe } from '../../../plan/timed/recipe.ts'
import type { Budget, Engine } from '../../engine.ts'
import { describeTimed } from '../facts.ts'
import { copyTracks } from './copy.ts'
import { openCover } from './cover.ts'
import { readsContainer, withContainer } from './open.ts'

const NAME = 'container'

export function createContainerEngine(): Engine {
  return {
    name: NAME,
    can: (recipe, info) => info.class !== 'image' && can(recipe, info),
    async run(recipe, original, budget) {
      if (recipe.kind === 'facts') return tell(recipe, original, budget.signal)
      if (recipe.kind !== 'clip' && recipe.kind !== 'sound')
        throw new MediaError('INTERNAL', undefined, { cause: recipe.kind })
      return rendition(
        formatRow(recipe.to).mime,
        await copy(recipe, original, budget),
        recipe.kind === 'clip' ? recipe : {},
      )
    },
  }
}

async function tell(recipe: FactsRecipe, original: Original, signal: AbortSignal): Promise<Rendition> {
  const cover = recipe.info.class === 'audio' ? await coverOf(original, recipe.from, signal) : undefined
  return rendition('application/json', describeTimed(recipe, { size: original.size, cover }))
}

/** What the index says holds whatever its tags are worth. */
async function coverOf(original: Original, format: FormatName, signal: AbortSignal) {
  try {
    return (await openCover(original, format, signal))?.info
  } catch (error) {
    if (isMediaError(error) && TAGS_FAULT.has(error.code)) return undefined
    throw error
  }
}

const TAGS_FAULT: ReadonlySet<ErrorCode> = new Set([
  'CORRUPT_MEDIA',
  'UNSUPPORTED_CODEC',
  'LIMIT_EXCEEDED',
  'SOURCE_TOO_LARGE',
  'TRANSFORM_TIMEOUT',
])

function can(recipe: Recipe, info: Extract<MediaInfo, TimedInfo>): boolean {
  if (recipe.kind === 'facts') return true
  if ((recipe.kind !== 'clip' && recipe.kind !== 'sound') || recipe.encoding) return false
  const sound = recipe.track === undefined ? undefined : info.audio?.[recipe.track]
  if (!readsContainer(recipe.from) || (sound && !holds(recipe.to, 'audio', sound.codec))) return false
  return recipe.kind === 'sound' || holds(recipe.to, 'video', info.video?.codec ?? null)
}

/** The deadline is one of working and waiting: the work itself is little. */
async function copy(
  recipe: ClipRecipe | SoundRecipe,
  original: Original,
  { signal, transformMs, sourceBytes, outputBytes }: Budget,
): Promise<Uint8Array<ArrayBuffer>> {
  const limits = { signal, bytes: sourceBytes, ms: transformMs }
  return withContainer(original, recipe.from, limits, async (input, reading) => {
    const video = recipe.kind === 'clip' ? await input.getPrimaryVideoTrack() : null
    const audio = recipe.track === undefined ? undefined : (await input.getAudioTracks())[recipe.track]
    return copyTracks(input, reading, {
      to: recipe.to,
      span: recipe,
      bytes: outputBytes,
      ...(video ? { video } : {}),
      ...(audio ? { audio } : {}),
    })
  })
}

function rendition(
  type: string,
  body: Uint8Array,
  facts: { readonly width?: number; readonly height?: number } = {},
): Rendition {
  const { width, height } = facts
  const size = width === undefined || height === undefined ? {} : { width, height }
  return { main: { name: '', type, body }, facts: { engine: NAME, ...size } }
}
