/** The numbers of `onMetaData` of an FLV file (Adobe, "Action Message Format", AMF 0). */
import type { Reader } from './reader.ts'

const [NUMBER, BOOLEAN, STRING, OBJECT, NULL, UNDEFINED, REFERENCE, MAP, END, LIST, DATE, LONG] = [
  0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12,
]
const DEEPEST = 8
/** Values in all: more are not looked at. */
const MOST = 10_000

/** Whatever makes no sense ends the list. @throws NeedsMore */
export function readScript(r: Reader, start: number, end: number): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>()
  if (end - start < 13 || r.u8(start) !== STRING || r.text(start + 3, r.u16(start + 1)) !== 'onMetaData')
    return numbers
  let left = MOST

  /** Behind the value at `at`; undefined: it makes no sense. */
  function skip(at: number, depth: number): number | undefined {
    const kind = r.u8(at)
    if (at >= end || depth > DEEPEST || --left < 0) return undefined
    if (kind === OBJECT || kind === MAP) return members(kind === MAP ? at + 5 : at + 1, depth + 1)
    if (kind === LIST) return items(at, depth + 1)
    return at + 1 + (SIZES[kind]?.(r, at + 1) ?? Infinity)
  }

  function members(from: number, depth: number): number | undefined {
    for (let at: number | undefined = from; at !== undefined && at < end;) {
      const length = r.u16(at)
      const value: number = at + 2 + length
      if (length === 0 && r.u8(value) === END) return value + 1
      if (value + 9 > end) return undefined
      if (depth === 1 && r.u8(value) === NUMBER) numbers.set(r.text(at + 2, length), r.f64(value + 1))
      at = skip(value, depth)
    }
    return undefined
  }

  function items(at: number, depth: number): number | undefined {
    let next: number | undefined = at + 5
    for (let n = r.u32(at + 1); n > 0 && next !== undefined; n--) next = skip(next, depth)
    return next
  }

  skip(start + 13, 0)
  return numbers
}

const none = () => 0
const SIZES: Readonly<Record<number, (r: Reader, at: number) => number>> = {
  [NUMBER as number]: () => 8,
  [BOOLEAN as number]: () => 1,
  [STRING as number]: (r, at) => 2 + r.u16(at),
  [NULL as number]: none,
  [UNDEFINED as number]: none,
  [REFERENCE as number]: () => 2,
  [DATE as number]: () => 10,
  [LONG as number]: (r, at) => 4 + r.u32(at),
}
