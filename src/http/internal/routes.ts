/** Routes for those inside: what an upload is, and pictures of it. They do not exist without their secret. */
import { holdsSecret } from '../../access/credentials.ts'
import type { Services } from '../../context.ts'
import { MediaError, type ErrorCode } from '../../error.ts'
import { inspect, judge, makeStill, sampleFrames } from '../../inspect.ts'
import { toBase64 } from '../../lib/bytes.ts'
import { formatRow } from '../../media/format.ts'
import { UNJUDGED } from '../../media/nsfw.ts'
import type { Original } from '../../media/original.ts'
import { readObject, type BodyLimits } from '../body.ts'
import { problemResponse, toMediaError } from '../problem.ts'
import { readSubject, wrong, type Fields, type Subject, type SubjectType } from './subject.ts'

export interface InternalOptions extends BodyLimits {
  readonly services: Services
  readonly internalSecret: string | undefined
}

interface Asked {
  readonly request: Request
  readonly subject: Subject
  readonly original: Original
  readonly services: Services
}

interface Route {
  readonly types: readonly SubjectType[]
  read(body: Fields): void
  answer(asked: Asked): Promise<Response>
  /** What becomes of an error that is the subject's. */
  failed(error: MediaError, requestId: string): Response
}

const ROUTES: Readonly<Record<string, Route>> = {
  '/_metadata': {
    types: ['external', 'upload', 'base64', 's3'],
    read: allowsUnsafe,
    answer: metadata,
    failed: (error, requestId) => problemResponse(error, requestId, 'no-store', 400),
  },
  '/_thumbnail': {
    types: ['upload'],
    read: () => {},
    answer: thumbnail,
    failed: (error, requestId) => problemResponse(error, requestId, 'no-store', 404),
  },
  '/_frames': {
    types: ['upload', 's3'],
    read: () => {},
    answer: frames,
    failed: () => json({ frames: [] }),
  },
}

/** Errors that are not the subject's: they keep their status on every route. */
const KEPT: ReadonlySet<ErrorCode> = new Set([
  'UNAUTHORIZED',
  'METHOD_NOT_ALLOWED',
  'INVALID_BODY',
  'BODY_TOO_LARGE',
  'REQUEST_TIMEOUT',
  'NOT_SUPPORTED_HERE',
  'CLIENT_GONE',
  'BUSY',
  'STORE_FAILED',
  'INTERNAL',
])

/** Undefined where no such route exists, as without a secret none does. */
export function internalRoute(pathname: string, { internalSecret }: InternalOptions): Route | undefined {
  return internalSecret !== undefined && Object.hasOwn(ROUTES, pathname) ? ROUTES[pathname] : undefined
}

/**
 * @param note told of an error that the answer hides
 * @throws UNAUTHORIZED, METHOD_NOT_ALLOWED, INVALID_BODY, BODY_TOO_LARGE, and what is not the subject's fault
 */
export async function answerInternal(
  route: Route,
  visit: { readonly request: Request; readonly requestId: string; note(error: MediaError): void },
  options: InternalOptions,
): Promise<Response> {
  const { request } = visit
  if (!(await holdsSecret('internal', request.headers, options.internalSecret)))
    throw new MediaError('UNAUTHORIZED')
  if (request.method !== 'POST')
    throw new MediaError('METHOD_NOT_ALLOWED', 'Only POST is answered here', { details: { allow: 'POST' } })
  const { services, bodyBytes } = options
  try {
    // The body and the picture are held at once.
    const weight = bodyBytes + services.limits.imageBytes
    return await services.memory.run(request.signal, () => handle(route, request, options), weight)
  } catch (thrown) {
    const error = toMediaError(thrown, request.signal)
    if (KEPT.has(error.code)) throw error
    visit.note(error)
    return route.failed(error, visit.requestId)
  }
}

async function handle(route: Route, request: Request, options: InternalOptions): Promise<Response> {
  const { services } = options
  const body = await readObject(request, options)
  const subject = readSubject(body, route.types)
  route.read(body)
  const original = await subject.open(request.signal, services)
  try {
    return await route.answer({ request, subject, original, services })
  } finally {
    await original.close()
  }
}

const NSFW_WORDS: ReadonlySet<unknown> = new Set(['block', 'flag', 'allow'])

/** `isNSFWAllowed`, or the `nsfw` of version 3. @throws INVALID_BODY */
function allowsUnsafe(body: Fields): boolean {
  const { isNSFWAllowed, nsfw } = body
  if (typeof isNSFWAllowed === 'boolean') return isNSFWAllowed
  if (isNSFWAllowed === undefined && NSFW_WORDS.has(nsfw)) return nsfw === 'allow'
  throw wrong('isNSFWAllowed', 'true or false')
}

async function metadata({ request, subject, original, services }: Asked): Promise<Response> {
  const found = await inspect(original, request.signal, services)
  const { description, bytes } = found
  const isAllowed = allowsUnsafe(subject.fields)
  const verdict = isAllowed ? UNJUDGED : await judge(found, original, request.signal, services)
  if (subject.fields['with_base64'] === true && !bytes)
    throw new MediaError('SOURCE_TOO_LARGE', 'The original is too large to be answered whole')
  return json({
    format: found.format,
    content_type: found.mime,
    content_hash: found.hash,
    size: found.size,
    width: description?.width ?? undefined,
    height: description?.height ?? undefined,
    duration: typeof description?.duration === 'number' ? Math.ceil(description.duration) : undefined,
    placeholder: description && placeholderOf(description),
    base64: subject.fields['with_base64'] === true && bytes ? toBase64(bytes) : undefined,
    // Of videos and sound, which have a duration, it is not said.
    animated: description?.duration === undefined ? (description?.animated ?? undefined) : undefined,
    nsfw: verdict.isUnsafe,
    nsfw_probability: verdict.probability,
    nsfw_predictions: verdict.predictions,
  })
}

/** Of the smallest pictures there is nothing to hint at. */
function placeholderOf({
  width,
  height,
  placeholder,
}: NonNullable<Awaited<ReturnType<typeof inspect>>['description']>) {
  if (width === null || height === null) return undefined
  return Math.min(width, height) < 3 ? '' : placeholder?.thumbhash
}

async function thumbnail({ request, original, services }: Asked): Promise<Response> {
  const body = await makeStill(original, request.signal, services)
  const wantsJson = /\bapplication\/json\b/.test(request.headers.get('accept') ?? '')
  if (wantsJson) return json({ thumbnail: toBase64(body), mime_type: 'image/jpeg' })
  return new Response(body.slice(), { headers: { ...HEADERS, 'content-type': 'image/jpeg' } })
}

async function frames({ request, original, services }: Asked): Promise<Response> {
  const sampled = await sampleFrames(original, request.signal, services)
  return json({
    frames: sampled.map(({ timestamp, format, bytes }) => ({
      timestamp,
      mime_type: formatRow(format).mime,
      base64: toBase64(bytes),
    })),
  })
}

const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

function json(body: object): Response {
  return Response.json(body, { headers: HEADERS })
}
