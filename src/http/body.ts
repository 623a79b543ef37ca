/** Bodies of requests: counted while they are read, and not waited for without end. */
import { limitError, MediaError } from '../error.ts'
import { concatBytes } from '../lib/bytes.ts'
import { orAbort } from '../lib/once.ts'
import { cancelQuietly } from '../lib/stream.ts'

export interface BodyLimits {
  readonly bodyBytes: number
  /** Milliseconds in which all of it must be here. */
  readonly requestMs: number
}

/**
 * The whole body.
 * @throws BODY_TOO_LARGE, REQUEST_TIMEOUT, CLIENT_GONE by way of the request's signal
 */
export async function readBody(
  request: Request,
  { bodyBytes, requestMs }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > bodyBytes) throw tooLarge(declared, bodyBytes)
  if (!request.body) return new Uint8Array()
  const reader = request.body.getReader()
  const controller = new AbortController()
  const clock = setTimeout(() => controller.abort(new MediaError('REQUEST_TIMEOUT')), requestMs)
  const signal = AbortSignal.any([request.signal, controller.signal])
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { value } = await orAbort(reader.read(), signal)
      if (!value) return concatBytes(parts)
      size += value.length
      if (size > bodyBytes) throw tooLarge(size, bodyBytes)
      parts.push(value)
    }
  } catch (error) {
    void cancelQuietly(reader, error)
    throw error
  } finally {
    clearTimeout(clock)
  }
}

/** A flat object of texts, as JSON or as a form. @throws INVALID_BODY, and what `readBody` throws */
export async function readFields(
  request: Request,
  limits: BodyLimits,
): Promise<Readonly<Record<string, unknown>>> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const read = FIELDS[type]
  if (!read) throw new MediaError('INVALID_BODY', `Expected ${Object.keys(FIELDS).join(' or ')}`)
  const bytes = await readBody(request, limits)
  return toObject(() => read(new TextDecoder().decode(bytes)))
}

/** An object as JSON, whatever it is called. @throws INVALID_BODY, and what `readBody` throws */
export async function readObject(
  request: Request,
  limits: BodyLimits,
): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readBody(request, limits)
  return toObject(() => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
}

function toObject(read: () => unknown): Readonly<Record<string, unknown>> {
  try {
    const value = read()
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below.
  }
  throw new MediaError('INVALID_BODY', 'Expected an object')
}

const FIELDS: Readonly<Record<string, (text: string) => unknown>> = {
  'application/json': (text) => JSON.parse(text),
  'application/x-www-form-urlencoded': (text) => Object.fromEntries(new URLSearchParams(text)),
}

function tooLarge(size: number, maximum: number): MediaError {
  return limitError('bodyBytes', size, maximum, 'BODY_TOO_LARGE')
}
