/** What an internal request is about: its shapes as a table, and where each finds its original. */
import type { Services } from '../../context.ts'
import { MediaError } from '../../error.ts'
import { fromBase64 } from '../../lib/bytes.ts'
import type { Original } from '../../media/original.ts'
import { internalOrigin } from '../../request/address.ts'
import { pathFault } from '../../request/path.ts'
import { bytesOriginal } from '../../sources/bytes.ts'

export type Fields = Readonly<Record<string, unknown>>
type FieldKind = 'text' | 'flag' | 'text?' | 'flag?'

interface Shape {
  readonly fields: Readonly<Record<string, FieldKind>>
  open(fields: Readonly<Record<string, string>>, signal: AbortSignal, services: Services): Promise<Original>
}

const SHAPES = {
  external: {
    fields: { url: 'text', with_base64: 'flag?' },
    open: ({ url = '' }, signal, services) =>
      openAt(internalOrigin('external'), normal(url), signal, services),
  },
  upload: {
    fields: { upload_filename: 'text', filename: 'text?' },
    open: ({ upload_filename = '' }, signal, services) =>
      openAt(internalOrigin('upload'), keyOf('upload_filename', upload_filename), signal, services),
  },
  base64: {
    fields: { base64: 'text' },
    async open({ base64 = '' }) {
      const bytes = fromBase64(base64)
      if (!bytes) throw wrong('base64', 'base64 (RFC 4648, section 4)')
      return bytesOriginal(bytes, 'body')
    },
  },
  s3: {
    fields: { bucket: 'text', key: 'text', with_base64: 'flag?' },
    open: ({ bucket = '', key = '' }, signal, services) =>
      openAt(internalOrigin('s3', bucket), keyOf('key', key), signal, services),
  },
} as const satisfies Record<string, Shape>

export type SubjectType = keyof typeof SHAPES

export interface Subject {
  readonly type: SubjectType
  readonly fields: Fields
  open(signal: AbortSignal, services: Services): Promise<Original>
}

/** Unknown fields are ignored. @param types those that a route takes @throws INVALID_BODY */
export function readSubject(
  body: Fields,
  types: readonly SubjectType[],
  extra: Readonly<Record<string, FieldKind>> = {},
): Subject {
  const type = types.find((one) => one === body['type'])
  if (!type) throw wrong('type', types.join(', '))
  const shape: Shape = SHAPES[type]
  for (const [name, kind] of Object.entries({ ...shape.fields, ...extra })) checkField(name, kind, body[name])
  const texts = Object.entries(body).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return {
    type,
    fields: body,
    open: (signal, services) => shape.open(Object.fromEntries(texts), signal, services),
  }
}

function checkField(name: string, kind: FieldKind, value: unknown): void {
  if (value === undefined && kind.endsWith('?')) return
  const isText = kind.startsWith('text')
  if (isText ? typeof value === 'string' && value !== '' : typeof value === 'boolean') return
  throw wrong(name, isText ? 'a text' : 'true or false')
}

/** Named by the operator, or it does not exist. */
async function openAt(
  origin: string,
  key: string,
  signal: AbortSignal,
  services: Services,
): Promise<Original> {
  if (!services.policies.has(origin))
    throw new MediaError('NOT_FOUND', 'The configuration has no such place: see `internal`')
  return services.origins.open({ origin, path: key, captures: { key } }, signal)
}

function keyOf(field: string, key: string): string {
  const fault = pathFault(`/${key}`)
  if (fault !== undefined) throw new MediaError('INVALID_PATH', `Field "${field}" is refused: ${fault}`)
  return key
}

/** One reading of the address, for the check and for the fetch. */
function normal(text: string): string {
  try {
    const url = new URL(text)
    url.hash = ''
    return url.href
  } catch (cause) {
    throw new MediaError('INVALID_URL', 'Field "url" is no address', { cause })
  }
}

export function wrong(field: string, expected: string): MediaError {
  return new MediaError('INVALID_BODY', `Field "${field}" is wrong: expected ${expected}`, {
    details: [{ field, expected }],
  })
}
