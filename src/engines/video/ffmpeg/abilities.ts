/** What a recipe needs of an ffmpeg, and what of that one lacks. */
import { MediaError } from '../../../error.ts'
import type { TimedInfo } from '../../../media/info.ts'
import type { Recipe } from '../../../plan/recipe.ts'
import type { Ffmpeg, FfmpegAbilities } from '../../../platform.ts'
import { readsContainer } from '../container/open.ts'
import { decodersFor } from './arguments.ts'
import { soundEncoderFor, videoEncodersFor } from './encode.ts'
import { readsWhole } from './whole.ts'

/** What is missing; undefined: nothing is. */
export async function lackOf(ffmpeg: Ffmpeg, recipe: Recipe, info: TimedInfo): Promise<string | undefined> {
  if (!readsContainer(info.format) && !readsWhole(info.format)) return `a reader of ${info.format}`
  const abilities = await ffmpeg.abilities()
  if (!abilities) return 'an ffmpeg'
  const needs = needsOf(recipe, info)
  if (!needs) return `an engine for ${recipe.kind}`
  const missing = needs.find(([kind, names]) => !names.some((name) => abilities[kind].has(name)))
  return (
    missing &&
    `${missing[0] === 'decoders' ? 'a decoder' : 'an encoder'}: ${missing[1].join(' or ') || 'its codec is not known'}`
  )
}

type Need = readonly [kind: 'decoders' | 'encoders', names: readonly string[]]

/** Undefined for what no ffmpeg makes. */
function needsOf(recipe: Recipe, info: TimedInfo): readonly Need[] | undefined {
  // A storyboard is of use where its sheet can be made.
  if (recipe.kind === 'storyboard') return [['decoders', info.video ? decodersFor(info.video) : []]]
  if (recipe.kind === 'frame' || recipe.kind === 'sprite') return [['decoders', decodersFor(recipe.track)]]
  if (recipe.kind === 'facts') return recipe.sample && [['decoders', decodersFor(recipe.sample.track)]]
  if ((recipe.kind !== 'clip' && recipe.kind !== 'sound') || !recipe.encoding) return undefined
  if (recipe.kind === 'sound') return [['encoders', [soundEncoderFor(recipe.encoding)]]]
  const { encoding } = recipe
  return [
    ['decoders', decodersFor(encoding.from)],
    ['encoders', videoEncodersFor(encoding, recipe)],
    ...(encoding.sound ? [['encoders', [soundEncoderFor(encoding.sound)]] as const] : []),
  ]
}

/** @throws NOT_SUPPORTED_HERE */
export function firstOf(
  abilities: FfmpegAbilities | undefined,
  kind: 'decoders' | 'encoders',
  names: readonly string[],
): string {
  const name = names.find((one) => abilities?.[kind].has(one))
  if (name) return name
  throw new MediaError('NOT_SUPPORTED_HERE', `No engine here has ${names.join(' or ')}`)
}
