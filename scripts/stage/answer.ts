/** What an answer is worth: a whole picture of the size asked for, or a documented failure. */
import sharp from 'sharp'
import { ERRORS } from '../../src/error.ts'

export interface Expected {
  readonly path: string
  readonly width?: number
  readonly format?: string
  /** Codes of the contract, any of which is right; absent = a picture. */
  readonly codes?: readonly string[]
  /** With `codes`: a picture is right too. */
  readonly mayBePicture?: boolean
}

/** Undefined when the answer is right. */
export async function faultOf(expected: Expected, response: Response): Promise<string | undefined> {
  const body = new Uint8Array(await response.arrayBuffer())
  if (expected.codes === undefined || (expected.mayBePicture && response.status === 200))
    return pictureFault(expected, response, body)
  const code = codeOf(body)
  if (!expected.codes.includes(code))
    return `expected ${expected.codes.join(' or ')}, got ${response.status} ${code}`
  const status: number = ERRORS[code as keyof typeof ERRORS].status
  return status === response.status ? undefined : `${code} with status ${response.status}`
}

/** Whole to the last row: decoded, not only looked at. */
async function pictureFault(
  { width, format }: Expected,
  response: Response,
  body: Uint8Array,
): Promise<string | undefined> {
  if (response.status !== 200) return `expected 200, got ${response.status} ${codeOf(body)}`
  if (Number(response.headers.get('content-length') ?? body.length) !== body.length)
    return 'a length that is not true'
  try {
    const { info } = await sharp(body, { failOn: 'truncated' }).raw().toBuffer({ resolveWithObject: true })
    if (width !== undefined && info.width !== width) return `expected width ${width}, got ${info.width}`
    const type = response.headers.get('content-type')
    return format === undefined || type === `image/${format}` ? undefined : `expected ${format}, got ${type}`
  } catch {
    return 'a broken picture'
  }
}

function codeOf(body: Uint8Array): string {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(body)) as { error?: { code?: string } }
    return parsed.error?.code ?? 'no code'
  } catch {
    return 'no JSON'
  }
}
