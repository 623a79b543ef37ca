/** Small helpers on byte arrays. */
import { nextTurn, TURN_BYTES } from './turn.ts'

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Undefined when the text is not pairs of hex digits. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^(?:[\da-f]{2})*$/i.test(text)) return undefined
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** RFC 4648 section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** RFC 4648 section 4, with padding. */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  // A multiple of three, so that no part but the last is padded.
  for (let at = 0; at < bytes.length; at += 24_573)
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + 24_573))))
  return parts.join('')
}

/** Undefined when the text is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const binary = atob(text)
    const bytes = new Uint8Array(binary.length)
    for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at)
    return bytes
  } catch {
    return undefined
  }
}

/** Reads base64url with or without padding; undefined when the text is not base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*={0,2}$/.test(text)) return undefined
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
  } catch {
    return undefined
  }
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export interface Gathered {
  add(part: Uint8Array): void
  whole(): Promise<Uint8Array<ArrayBuffer>>
}

/** Parts that come one by one, as one: where their length is known beforehand, they are never held twice. */
export function gather(length: number | undefined): Gathered {
  if (length === undefined) {
    const parts: Uint8Array[] = []
    return { add: (part) => void parts.push(part), whole: () => joinInTurns(parts) }
  }
  const bytes = new Uint8Array(length)
  let at = 0
  return {
    add(part) {
      bytes.set(part, at)
      at += part.length
    },
    whole: async () => (at === length ? bytes : bytes.slice(0, at)),
  }
}

/** Of tens of megabytes, a copy at once would take as many milliseconds. */
async function joinInTurns(parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let [at, turn] = [0, TURN_BYTES]
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
    if (at < turn) continue
    turn = at + TURN_BYTES
    await nextTurn()
  }
  return whole
}
