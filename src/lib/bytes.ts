/** Small helpers on byte arrays. */

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** RFC 4648 section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
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
  whole(): Uint8Array<ArrayBuffer>
}

/** Parts that come one by one, as one: where their length is known beforehand, they are never held twice. */
export function gather(length: number | undefined): Gathered {
  if (length === undefined) {
    const parts: Uint8Array[] = []
    return { add: (part) => void parts.push(part), whole: () => concatBytes(parts) }
  }
  const bytes = new Uint8Array(length)
  let at = 0
  return {
    add(part) {
      bytes.set(part, at)
      at += part.length
    },
    whole: () => (at === length ? bytes : bytes.slice(0, at)),
  }
}
