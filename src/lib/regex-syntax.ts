/**
 * The shape of an ECMAScript pattern, as far as its cost depends on it. Characters are over-approximated (a superset
 * is safe here); what cannot be judged (backreferences, lookbehind) is refused.
 */

/** Inclusive ranges of UTF-16 code units. */
export type CharSet = readonly (readonly [from: number, to: number])[]

export type RegexNode =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'start' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'look'; readonly body: RegexNode }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly body: RegexNode; readonly min: number; readonly max: number }

export const ANY: CharSet = [[0, 0xffff]]
const DIGIT: CharSet = [[0x30, 0x39]]
const WORD: CharSet = [...DIGIT, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]
const SPACE: CharSet = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  w: WORD,
  s: SPACE,
  D: complement(DIGIT),
  W: complement(WORD),
  S: complement(SPACE),
  p: ANY,
  P: ANY,
}
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12, '0': 0 }
const DEEPEST = 50

/** @throws Error that says what cannot be judged. The pattern must compile: ask `new RegExp` first. */
export function parseRegex(source: string): RegexNode {
  let at = 0
  let depth = 0
  const takes = (text: string): boolean => {
    if (!source.startsWith(text, at)) return false
    at += text.length
    return true
  }

  function choice(): RegexNode {
    const parts = [sequence()]
    while (takes('|')) parts.push(sequence())
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  function sequence(): RegexNode {
    const parts: RegexNode[] = []
    while (at < source.length && source[at] !== '|' && source[at] !== ')') parts.push(quantified(atom()))
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }

  function quantified(body: RegexNode): RegexNode {
    const match = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(source.slice(at, at + 40))
    if (!match) return body
    at += match[0].length
    const [, sign, low, comma, high] = match
    if (sign) return { kind: 'repeat', body, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity }
    const min = Number(low)
    return { kind: 'repeat', body, min, max: comma === '' ? min : high === '' ? Infinity : Number(high) }
  }

  function atom(): RegexNode {
    if (takes('(')) return group()
    if (takes('[')) return { kind: 'set', set: bracket() }
    if (takes('^')) return { kind: 'start' }
    if (takes('$')) return { kind: 'empty' }
    if (takes('.')) return { kind: 'set', set: ANY }
    if (takes('\\b') || takes('\\B')) return { kind: 'empty' }
    return { kind: 'set', set: character(false) }
  }

  function group(): RegexNode {
    if (++depth > DEEPEST) throw new Error('groups are nested too deeply')
    if (takes('?<=') || takes('?<!')) throw new Error('lookbehind is not supported')
    const isLook = takes('?=') || takes('?!')
    if (!isLook && source[at] === '?') at += /^\?(?::|<[^>]*>)/.exec(source.slice(at))?.[0].length ?? fail()
    const body = choice()
    at++
    depth--
    return isLook ? { kind: 'look', body } : body
  }

  function bracket(): CharSet {
    const negated = takes('^')
    const set: (readonly [number, number])[] = []
    while (!takes(']')) {
      const low = character(true)
      const isRange = source[at] === '-' && source[at + 1] !== ']'
      if (!isRange) set.push(...low)
      else {
        at++
        const high = character(true)
        const [from, to] = [low[0]![0], high.at(-1)![1]]
        // A class at either end makes the dash literal.
        set.push(
          ...(low.length === 1 && from <= to
            ? [[from, to] as const]
            : [...low, ...high, [0x2d, 0x2d] as const]),
        )
      }
    }
    return negated ? complement(set) : set
  }

  /** One character or escape. */
  function character(inBracket: boolean): CharSet {
    const char = source[at++]!
    return char === '\\' ? escape(inBracket) : only(char.charCodeAt(0))
  }

  function escape(inBracket: boolean): CharSet {
    const char = source[at++]!
    if (!inBracket && (/[1-9]/.test(char) || char === 'k'))
      throw new Error('backreferences are not supported')
    const known = CLASSES[char]
    if (known) {
      if (known === ANY) at += /^\{[^}]*\}/.exec(source.slice(at))?.[0].length ?? 0
      return known
    }
    const code = /^(?:x([\da-f]{2})|u([\da-f]{4})|u\{([\da-f]+)\}|c([a-z]))/i.exec(
      source.slice(at - 1, at + 12),
    )
    if (code) {
      at += code[0].length - 1
      if (code[3] || code[4]) return ANY
      return only(Number.parseInt(code[1] ?? code[2]!, 16))
    }
    return only(inBracket && char === 'b' ? 8 : (CONTROLS[char] ?? char.charCodeAt(0)))
  }

  const node = choice()
  if (at < source.length) fail()
  return node
}

function fail(): never {
  throw new Error('the pattern uses syntax that cannot be judged')
}

function only(code: number): CharSet {
  return [[code, code]]
}

function complement(set: CharSet): CharSet {
  const result: [number, number][] = []
  let next = 0
  for (const [from, to] of [...set].toSorted((a, b) => a[0] - b[0])) {
    if (from > next) result.push([next, from - 1])
    next = Math.max(next, to + 1)
  }
  if (next <= 0xffff) result.push([next, 0xffff])
  return result
}

export function overlaps(a: CharSet, b: CharSet): boolean {
  return a.some(([from, to]) => b.some(([low, high]) => from <= high && low <= to))
}
