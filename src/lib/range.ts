/** `Range` of RFC 9110 section 14, single ranges of bytes only. */

export interface Span {
  /** First byte. */
  readonly start: number
  /** One past the last byte. */
  readonly end: number
}

/**
 * Reads a Range header against a representation of `size` bytes. `undefined` = answer the whole (no header, another
 * unit, several ranges, or malformed: a server may ignore these); `'unsatisfiable'` = 416.
 */
export function parseRange(header: string | null, size: number): Span | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '')
  if (!match) return undefined
  const [first, last] = [match[1] ?? '', match[2] ?? '']
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) }
}
