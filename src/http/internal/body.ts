/** The body of an internal request: JSON, counted while it is read. */
import { limitError, MediaError } from '../../error.ts'
import { concatBytes } from '../../lib/bytes.ts'
import { orAbort } from '../../lib/once.ts'
import { cancelQuietly } from '../../lib/stream.ts'

/** Milliseconds in which all of it must be here. */
const PATIENCE_MS = 30_000

/** @throws BODY_TOO_LARGE, REQUEST_TIMEOUT, INVALID_BODY, or the reason of the request's signal */
export async function readObject(request: Request, most: number): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readBytes(request, most)
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below.
  }
  throw new MediaError('INVALID_BODY', 'Expected a JSON object')
}

async function readBytes(request: Request, most: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > most) throw tooLarge(declared, most)
  if (!request.body) return new Uint8Array()
  const reader = request.body.getReader()
  const late = AbortSignal.timeout(PATIENCE_MS)
  const signal = AbortSignal.any([request.signal, late])
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { value } = await orAbort(reader.read(), signal)
      if (!value) return concatBytes(parts)
      size += value.length
      if (size > most) throw tooLarge(size, most)
      parts.push(value)
    }
  } catch (error) {
    void cancelQuietly(reader, error)
    throw late.aborted ? new MediaError('REQUEST_TIMEOUT') : error
  }
}

const tooLarge = (size: number, most: number) => limitError('bodyBytes', size, most, 'BODY_TOO_LARGE')
