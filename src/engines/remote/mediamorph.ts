/** Another Mediamorph, which is asked for what cannot be made here: by a signed address of its own, with the same path. */
import { ERRORS, MediaError, type ErrorCode } from '../../error.ts'
import { parseKeyRing, signedText, signText } from '../../lib/hmac.ts'
import { hostAndPort } from '../../lib/host-pattern.ts'
import type { SafeFetch } from '../../lib/safe-fetch.ts'
import { PASSED_ON } from '../../lib/passed-on.ts'
import { cancelQuietly, readAll } from '../../lib/stream.ts'
import { formatRow } from '../../media/format.ts'
import type { RenditionFacts } from '../../media/rendition.ts'
import type { Ask } from '../../plan/plan.ts'
import type { Recipe } from '../../plan/recipe.ts'
import { writeAsk } from '../../plan/write-ask.ts'
import { plainPath } from '../../request/plain-path.ts'
import { EngineFailed, type Asked, type Budget, type Engine } from '../engine.ts'
import { keepStoryboard } from '../video/ffmpeg/storyboard.ts'

const NAME = 'remote'
export interface RemoteOptions {
  /** Without a slash at the end. */
  readonly url: string
  /** That the other one verifies with; absent: it wants no signatures. */
  readonly secret?: string | undefined
  readonly safeFetch: SafeFetch
  /** Milliseconds since the epoch. */
  now(): number
}

/** Seconds for which an address holds, up to twice as long: one of an hour is the same for all who ask. */
const HOLDS = 3600

export function createRemoteEngine({ url, secret, safeFetch, now }: RemoteOptions): Engine {
  const trustedHost = hostAndPort(new URL(url))

  async function addressOf(asked: Asked, ask: Ask): Promise<string> {
    const pathname = plainPath(asked.source)
    const query = writeAsk(ask)
    const [key] = secret === undefined ? [] : parseKeyRing(secret)
    if (key) {
      query.set('exp', String((Math.floor(now() / 1000 / HOLDS) + 2) * HOLDS))
      if (key.id !== undefined) query.set('kid', key.id)
      query.set('sig', await signText(signedText(pathname, query), key.secret))
    }
    return `${url}${pathname}?${query}`
  }

  async function send(asked: Asked, ask: Ask, { signal }: Budget): Promise<Response> {
    const accepts = asked.accepts.map((format) => formatRow(format).mime)
    const headers = {
      accept: [...accepts, '*/*'].join(),
      [PASSED_ON]: '1',
      ...(asked.passed.length > 0 ? { via: asked.passed.map((name) => `1.1 ${name}`).join(', ') } : {}),
    }
    try {
      return await safeFetch(await addressOf(asked, ask), { signal, headers, trustedHost })
    } catch (cause) {
      signal.throwIfAborted()
      throw new EngineFailed(connectionError(cause))
    }
  }

  async function fetchMade(asked: Asked, ask: Ask, budget: Budget) {
    const response = await send(asked, ask, budget)
    const { status, headers, body } = response
    if (status !== 200 || !body) throw new EngineFailed(await answeredError(response))
    const length = Number(headers.get('content-length') ?? 0)
    if (length > budget.outputBytes) {
      await cancelQuietly(body)
      throw tooLarge(length, budget)
    }
    try {
      return { headers, body: await readAll(body, budget.outputBytes) }
    } catch (cause) {
      budget.signal.throwIfAborted()
      if ((cause as { code?: unknown }).code === 'SOURCE_TOO_LARGE')
        throw tooLarge(budget.outputBytes + 1, budget)
      throw new EngineFailed(connectionError(cause))
    }
  }

  return {
    name: NAME,
    can: (recipe, info) => info.class !== 'image' && recipe.kind !== 'facts' && !isVeiled(recipe),
    async lack(recipe, info) {
      return info.class !== 'image' && isVeiled(recipe) ? 'a way to veil what it makes' : undefined
    },
    async run(recipe, _, budget) {
      if (recipe.kind === 'storyboard') return keepStoryboard(recipe, NAME)
      const { asked } = budget
      if (!asked)
        throw new EngineFailed(
          new MediaError('NOT_SUPPORTED_HERE', 'What is looked at on the way is not asked of others'),
        )
      const { headers, body } = await fetchMade(asked, asked.ask, budget)
      const type = headers.get('content-type') ?? ''
      if (!MADE.test(type))
        throw new EngineFailed(new MediaError('REMOTE_FAILED', undefined, { cause: type }))
      return { main: { name: '', type, body }, facts: factsOf(headers) }
    },
  }
}

/** What another Mediamorph answers with, and nothing that a browser would run. */
const MADE = /^(?:(?:image|video|audio)\/(?!svg)|application\/json(?:;|$))/
/** What the other one makes knows nothing of how its original was judged here. */
const isVeiled = (recipe: Recipe) =>
  (recipe.kind === 'frame' || recipe.kind === 'sprite') && recipe.picture.veil === true

function factsOf(headers: Headers): RenditionFacts {
  const numberIn = (name: string) => {
    const text = headers.get(name)
    return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : undefined
  }
  const [width, height] = [numberIn('x-resolved-width'), numberIn('x-resolved-height')]
  const quality = numberIn('x-quality')
  return {
    engine: NAME,
    ...(width === undefined || height === undefined ? {} : { width, height }),
    ...(quality === undefined ? {} : { quality }),
  }
}

const tooLarge = (value: number, { outputBytes }: Budget) =>
  new MediaError('LIMIT_EXCEEDED', `outputBytes is ${value}, the maximum is ${outputBytes}`, {
    details: { limit: 'outputBytes', value, maximum: outputBytes },
  })

function connectionError(cause: unknown): MediaError {
  const isLate = cause instanceof MediaError && cause.code === 'SOURCE_TIMEOUT'
  return new MediaError(isLate ? 'REMOTE_TIMEOUT' : 'REMOTE_FAILED', undefined, { cause })
}

/** Said of the original or of what is to be made of it: true here as well. */
const CARRIED: ReadonlySet<string> = new Set<ErrorCode>([
  'INVALID_PARAMETER',
  'SOURCE_TOO_LARGE',
  'UNSUPPORTED_MEDIA',
  'CORRUPT_MEDIA',
  'UNSUPPORTED_CODEC',
  'LIMIT_EXCEEDED',
  'TRANSFORM_TIMEOUT',
  'NOT_SUPPORTED_HERE',
  'SOURCE_FAILED',
  'SOURCE_CHANGED',
  'SOURCE_TIMEOUT',
  'STORE_FAILED',
  'BUSY',
  'REMOTE_FAILED',
  'REMOTE_TIMEOUT',
  'REQUEST_LOOP',
])
/** Bytes of an error. */
const MOST_SAID = 65_536
/** Seconds, where it does not say. */
const WAIT = 5

/** @returns what it says; of what is a matter between the two of us no more than that it failed */
async function answeredError({ status, headers, body }: Response): Promise<MediaError> {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  const retryAfter = seconds > 0 ? Math.min(Math.ceil(seconds), 3600) : WAIT
  const { code, message, details } = await saidIn(body)
  // A job makes it there: the same address has it later.
  if (status === 202 || code === 'RATE_LIMITED' || (status === 503 && !CARRIED.has(code ?? '')))
    return new MediaError('BUSY', undefined, { retryAfter })
  if (code !== undefined && CARRIED.has(code)) {
    const waits = 'retry' in ERRORS[code as ErrorCode] ? { retryAfter } : {}
    return new MediaError(code as ErrorCode, message, { details, ...waits })
  }
  const cause = `it answered ${status} ${code ?? ''}: ${message ?? ''}`
  return new MediaError('REMOTE_FAILED', undefined, { cause })
}

interface Said {
  readonly code?: string
  readonly message?: string
  readonly details?: unknown
}

async function saidIn(body: ReadableStream<Uint8Array> | null): Promise<Said> {
  try {
    const text = new TextDecoder().decode(body ? await readAll(body, MOST_SAID) : undefined)
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown; details?: unknown } }
    return {
      ...(typeof error?.code === 'string' ? { code: error.code } : {}),
      ...(typeof error?.message === 'string' ? { message: error.message.slice(0, 1000) } : {}),
      details: error?.details,
    }
  } catch {
    return {}
  }
}
