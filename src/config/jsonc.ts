/**
 * JSON with comments and trailing commas, as editors write it. Our own, because engines word the faults of `JSON.parse`
 * differently and only some say where; ours names line and column everywhere, and refuses a key that is given twice.
 */
import { ConfigError } from './fault.ts'

const DEEPEST = 64
const LITERALS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null }

/** @throws ConfigError with line and column. */
export function parseDocument(text: string): unknown {
  const reader = createReader(text.startsWith('\uFEFF') ? text.slice(1) : text)
  const value = reader.value(0)
  reader.end()
  return value
}

function createReader(text: string) {
  let at = 0

  function fail(message: string, where = at): never {
    const before = text.slice(0, where).split('\n')
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`
    throw new ConfigError([{ path: '', message: `not JSON at ${place}: ${message}` }])
  }

  /** Past white space and comments; the next character, or '' at the end. */
  function peek(): string {
    const gap = /(?:[ \t\r\n]+|\/\/[^\n]*|\/\*[^]*?\*\/)*/y
    gap.lastIndex = at
    gap.exec(text)
    at = gap.lastIndex
    if (text.startsWith('/*', at)) fail('a comment that is not closed')
    return text[at] ?? ''
  }

  function string(): string {
    const token = /"(?:[^"\\\n]|\\.)*"/y
    token.lastIndex = at
    const raw = token.exec(text)?.[0]
    if (raw === undefined) fail('a string that is not closed')
    try {
      const parsed = JSON.parse(raw) as string
      at += raw.length
      return parsed
    } catch {
      return fail('a string with a character or an escape that is not allowed')
    }
  }

  function object(depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    while (peek() !== '}') {
      if (text[at] !== '"') fail('expected a name in double quotes')
      const start = at
      const name = string()
      if (name === '__proto__') fail('a name that is not allowed', start)
      if (Object.hasOwn(result, name)) fail(`${JSON.stringify(name)} given twice`, start)
      if (peek() !== ':') fail('expected a colon')
      at++
      result[name] = value(depth)
      if (peek() === ',') at++
      else if (text[at] !== '}') fail('expected a comma or a closing brace')
    }
    at++
    return result
  }

  function array(depth: number): unknown[] {
    const result: unknown[] = []
    while (peek() !== ']') {
      result.push(value(depth))
      if (peek() === ',') at++
      else if (text[at] !== ']') fail('expected a comma or a closing bracket')
    }
    at++
    return result
  }

  function value(depth: number): unknown {
    if (depth > DEEPEST) fail('nested too deeply')
    const char = peek()
    if (char === '"') return string()
    if (char === '{' || char === '[') {
      at++
      return char === '{' ? object(depth + 1) : array(depth + 1)
    }
    return scalar()
  }

  function scalar(): unknown {
    const token = /[^\s,:[\]{}"/]+/y
    token.lastIndex = at
    const word = token.exec(text)?.[0]
    if (word === undefined) fail(at >= text.length ? 'the text ends too early' : 'expected a value')
    const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word)
    if (!isNumber && !Object.hasOwn(LITERALS, word)) fail(`${JSON.stringify(word)} is no value`)
    at += word.length
    return isNumber ? Number(word) : LITERALS[word]
  }

  function end(): void {
    if (peek() !== '') fail('text after the end of the document')
  }

  return { value, end }
}
