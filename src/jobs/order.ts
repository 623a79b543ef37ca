/** What is ordered by `POST /api/jobs`: checked field by field, and turned into the request that a GET would be. Pure. */
import { MediaError } from '../error.ts'
import { matchKey } from '../request/match.ts'
import { paramByWord, paramRow } from '../request/params.ts'
import type { MediaRequest, RequestInput, RequestRules } from '../request/request.ts'
import { JOB_TYPES, type JobType } from './job.ts'
import { isFileType, readFileOptions } from './types/options.ts'
import { piecesOf, type Piece } from './types/pieces.ts'

export interface JobOrder {
  readonly type: JobType
  /** A path that an origin matches, or a key of the origin `source`. */
  readonly source: string
  /** Hex SHA-256 that the original must have. */
  readonly hash: string | undefined
  /** Of `render` parameters, of other types what they are told, defaults written out. */
  readonly options: unknown
  /** The files that are made, each as the parameters of its own GET. */
  readonly wanted: readonly Wanted[]
  /** Who wants to hear of the end. */
  readonly callbackUrl: string | undefined
}

export interface Wanted {
  readonly params: Params
  /** Absent: what is made lies in the cache. */
  readonly piece?: Piece
}
type Params = Readonly<Record<string, string | number | boolean>>

/** The origin that bare keys belong to. */
const KEYS_ORIGIN = 'source'
const FIELDS: ReadonlySet<string> = new Set(['type', 'source', 'hash', 'options', 'callback_url'])
const LONGEST = 4096

/** @throws INVALID_BODY that names the field */
export function readOrder(body: Readonly<Record<string, unknown>>): JobOrder {
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name))
  if (unknown !== undefined)
    throw wrong(unknown.slice(0, 64), `none of this name, but ${[...FIELDS].join(', ')}`)
  const { type, source, hash, options = {}, callback_url: callbackUrl } = body
  if (typeof type !== 'string' || !Object.hasOwn(JOB_TYPES, type))
    throw wrong('type', Object.keys(JOB_TYPES).join(', '))
  if (typeof source !== 'string' || source === '' || source.length > LONGEST || /[?#]/.test(source))
    throw wrong('source', 'the path of an original without a query, or its key')
  if (hash !== undefined && (typeof hash !== 'string' || !/^[0-9a-f]{64}$/i.test(hash)))
    throw wrong('hash', 'a SHA-256 in hex')
  if (callbackUrl !== undefined && !isAddress(callbackUrl))
    throw wrong('callback_url', 'an http or https address')
  const rest = { hash: hash?.toLowerCase(), callbackUrl }
  return { type: type as JobType, source, ...rest, ...wantedOf(type as JobType, options) }
}

function wantedOf(type: JobType, given: unknown): Pick<JobOrder, 'options' | 'wanted'> {
  if (!isFileType(type)) {
    const params = readOptions(given)
    return { options: params, wanted: [{ params }] }
  }
  const options = readFileOptions(type, given)
  return { options, wanted: piecesOf(type, options).map((piece) => ({ params: piece.params, piece })) }
}

function isAddress(given: unknown): given is string {
  return (
    typeof given === 'string' && given.length <= LONGEST && /^https?:\/\//i.test(given) && URL.canParse(given)
  )
}

function readOptions(given: unknown): Params {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw wrong('options', 'an object of parameters')
  const options = { ...given } as Record<string, unknown>
  for (const [word, value] of Object.entries(options)) {
    const name = paramByWord(word)
    if (name === undefined || !SHAPES.has(paramRow(name).role))
      throw wrong(`options.${word.slice(0, 64)}`, 'a parameter that shapes a rendition')
    if (!['string', 'number', 'boolean'].includes(typeof value))
      throw wrong(`options.${word}`, 'a text, a number, true or false')
  }
  return options as Params
}

const SHAPES: ReadonlySet<string> = new Set(['rendition', 'timed', 'select'])

/** The same request as a GET of a client that says nothing of itself. @throws what parsing throws, and INVALID_BODY */
export function requestOf(
  { source }: Pick<JobOrder, 'source'>,
  params: Params,
  rules: RequestRules,
  parse: (input: RequestInput) => MediaRequest,
): MediaRequest {
  const pathname = source.startsWith('/') ? source : encodeURI(pathOfKey(source, rules))
  const query = new URLSearchParams(Object.entries(params).map(([word, value]) => [word, String(value)]))
  const url = new URL(`http://localhost${pathname}`)
  url.search = query.toString()
  const request = parse({ method: 'GET', url, headers: new Headers() })
  if (request.fault) throw request.fault
  if (request.grammar !== 'native' && request.grammar !== 'assets')
    throw wrong('source', 'a path that an origin matches')
  if (request.isBare) throw wrong('options', 'a parameter that shapes a rendition')
  return request
}

function pathOfKey(key: string, { origins }: RequestRules): string {
  const origin = origins.find(({ name }) => name === KEYS_ORIGIN)
  if (!origin) throw wrong('source', `a path that begins with "/": there is no origin named "${KEYS_ORIGIN}"`)
  return matchKey(key, origin).path
}

function wrong(field: string, expected: string): MediaError {
  return new MediaError('INVALID_BODY', `Field "${field}" is wrong: expected ${expected}`, {
    details: [{ field, expected }],
  })
}
