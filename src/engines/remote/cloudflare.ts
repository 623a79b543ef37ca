/** Cloudflare's Media Transformations: frames, sheets, videos and sound, for those who have no ffmpeg. The original is streamed to it, or fetched by it. */
import { isMediaError, limitError, MediaError, type ErrorCode } from '../../error.ts'
import { unlessAborted } from '../../lib/unless-aborted.ts'
import { readAll } from '../../lib/stream.ts'
import type { ImageInfo, MediaInfo } from '../../media/info.ts'
import type { Original } from '../../media/original.ts'
import { readInfo } from '../../media/read-info.ts'
import type { Rendition } from '../../media/rendition.ts'
import { sniff } from '../../media/sniff.ts'
import type { ImageRecipe, PictureRecipe, Recipe, Size } from '../../plan/recipe.ts'
import type { MediaWish } from '../../platform.ts'
import { EngineFailed, type Budget, type Engine } from '../engine.ts'
import type { MakePicture } from '../video/ffmpeg/engine.ts'
import { keepStoryboard } from '../video/ffmpeg/storyboard.ts'
import { cloudflareError, numberOf } from './cloudflare-errors.ts'
import type { SpriteRecipe } from '../../plan/timed/sprite.ts'
import { afterScaling, frameSize, wishFor, type Wished } from './wish.ts'

const NAME = 'cloudflare'

/** @throws MediaError of its failure, or the signal's reason */
export type Transform = (original: Original, wish: MediaWish, budget: Budget) => Promise<Response>

export interface CloudflareOptions {
  readonly transform: Transform
  /** Bytes of the largest original that it is given. */
  readonly sourceBytes: number
  readonly makePicture: MakePicture
}

/** Content-Type that each mode must come with: what is sent back untouched is no result. */
const TYPES: Readonly<Record<MediaWish['output']['mode'], RegExp>> = {
  frame: /^image\//,
  spritesheet: /^image\//,
  audio: /^audio\/|^video\/mp4/,
  video: /^video\//,
}

export function createCloudflareEngine({ transform, sourceBytes, makePicture }: CloudflareOptions): Engine {
  const wished = (recipe: Recipe, info: MediaInfo, size: number | undefined): Wished =>
    info.class === 'image'
      ? { lack: 'a reader of pictures' }
      : wishFor(recipe, { size, most: sourceBytes, duration: info.duration })

  async function fetchMade(wish: MediaWish, original: Original, budget: Budget) {
    const late = AbortSignal.timeout(budget.transformMs)
    const over = new AbortController()
    const signal = AbortSignal.any([budget.signal, late, over.signal])
    try {
      const made = transform(original, wish, { ...budget, signal })
      return await unlessAborted(
        made.then((response) => readMade(response, wish, original, budget)),
        signal,
      )
    } catch (error) {
      budget.signal.throwIfAborted()
      if (late.aborted) throw new EngineFailed(new MediaError('REMOTE_TIMEOUT'))
      throw isMediaError(error) && !SOURCES.has(error.code) ? new EngineFailed(error) : error
    } finally {
      // What it has not read it does not want.
      over.abort()
    }
  }

  async function finish(body: Uint8Array, picture: PictureRecipe, wanted: Size, budget: Budget) {
    const png = await scaledTo(body, wanted, budget)
    return makePicture(png, picture, { ...budget, imageBytes: Math.max(budget.imageBytes, png.length) })
  }

  /** As large as was asked for: its sides may be even, or one off. */
  async function scaledTo(body: Uint8Array, wanted: Size, budget: Budget): Promise<Uint8Array> {
    const { format, width, height } = pictureIn(body)
    if (format === 'png' && width === wanted.width && height === wanted.height) return body
    const recipe: ImageRecipe = {
      kind: 'image',
      from: format,
      orient: 1,
      ...(width === wanted.width && height === wanted.height ? {} : { resize: wanted }),
      to: 'png',
      effort: 0,
      ...wanted,
    }
    const { main } = await makePicture(body, recipe, budget)
    return main.body
  }

  return {
    name: NAME,
    can: (recipe, info, size) => 'wish' in wished(recipe, info, size),
    async lack(recipe, info, size) {
      const answer = wished(recipe, info, size)
      return 'lack' in answer && info.class !== 'image' ? answer.lack : undefined
    },
    async run(recipe, original, budget) {
      if (recipe.kind === 'storyboard') return keepStoryboard(recipe, NAME)
      // How long it is has been looked at.
      const answer = wishFor(recipe, { size: original.size, most: sourceBytes, duration: 0 })
      if ('lack' in answer) throw new MediaError('INTERNAL', undefined, { cause: answer.lack })
      const { type, body } = await fetchMade(answer.wish, original, budget)
      if (recipe.kind === 'frame') {
        const made = await finish(body, afterScaling(recipe.picture), frameSize(recipe), budget)
        return named(made)
      }
      if (recipe.kind === 'sprite') {
        requireGrid(pictureIn(body), recipe)
        return named(await finish(body, recipe.picture, gridOf(recipe), budget))
      }
      const size = recipe.kind === 'clip' ? { width: recipe.width, height: recipe.height } : {}
      return { main: { name: '', type, body }, facts: { engine: NAME, ...size } }
    },
  }
}

/** Failures of the original's own source: no other engine reads it better. */
const SOURCES: ReadonlySet<ErrorCode> = new Set([
  'SOURCE_FAILED',
  'SOURCE_TIMEOUT',
  'SOURCE_CHANGED',
  'NOT_FOUND',
  'GONE',
])

const named = (made: Rendition): Rendition => ({ ...made, facts: { ...made.facts, engine: NAME } })

/** Bounded. @throws what it says that it failed with */
async function readMade(
  response: Response,
  { output: { mode } }: MediaWish,
  { size }: Original,
  { outputBytes }: Budget,
): Promise<{ type: string; body: Uint8Array }> {
  const type = response.headers.get('content-type') ?? ''
  const body = response.body ? await readMost(response.body, outputBytes) : new Uint8Array()
  const isUntouched = mode !== 'frame' && mode !== 'spritesheet' && body.length === size
  if (body.length > 0 && TYPES[mode].test(type) && !isUntouched)
    return { type: type.split(';', 1)[0] ?? '', body }
  throw cloudflareError(undefined, `${body.length} bytes of ${type || 'no type'} as ${mode}`)
}

async function readMost(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  try {
    return await readAll(stream, most)
  } catch (error) {
    if (!isMediaError(error)) throw cloudflareError(numberOf(error), error)
    throw error.code === 'SOURCE_TOO_LARGE' ? limitError('outputBytes', most + 1, most) : error
  }
}

function pictureIn(body: Uint8Array): ImageInfo {
  try {
    const format = sniff(body)
    const info = format && readInfo(format, body)
    if (info?.class === 'image') return info
  } catch (error) {
    throw new EngineFailed(cloudflareError(undefined, error))
  }
  throw new EngineFailed(cloudflareError(undefined, 'no picture came'))
}

const gridOf = ({ tile, columns, rows }: SpriteRecipe): Size => ({
  width: tile.width * columns,
  height: tile.height * rows,
})

/** Players look for each tile where we say that it stands. */
function requireGrid({ width, height }: Size, recipe: SpriteRecipe): void {
  const grid = gridOf(recipe)
  if (width === grid.width && height === grid.height) return
  const message = 'Cloudflare cannot make that: its sheets are laid otherwise'
  throw new EngineFailed(new MediaError('NOT_SUPPORTED_HERE', message, { details: { width, height, grid } }))
}
