/**
 * How long a backtracking matcher may need for a pattern, in the worst case: linear, quadratic, or more. The pattern
 * becomes a position automaton (Glushkov) and is judged by how many paths one text may take through it (Weber and Seidl,
 * "On the degree of ambiguity of finite automata", 1991): two loops around one state on the same text are exponential,
 * each loop that can hand its text on to a later loop adds one power of the length. Errs on the refusing side.
 */
import { ANY, overlaps, parseRegex, type CharSet, type RegexNode } from './regex-syntax.ts'

/** Number of the power of the input's length: 1 linear, 2 quadratic. */
export type RegexCost = { readonly power: number } | { readonly unbounded: string }

const MOST_POSITIONS = 256
const MOST_STEPS = 3_000_000
const MOST_CHOICES = 10_000

export function regexCost(source: string): RegexCost {
  try {
    const parsed = simplify(parseRegex(source))
    const anywhere: RegexNode = { kind: 'repeat', body: { kind: 'set', set: ANY }, min: 0, max: Infinity }
    const whole: RegexNode = isAnchored(parsed) ? parsed : { kind: 'sequence', parts: [anywhere, parsed] }
    if (choices(whole) > MOST_CHOICES) return { unbounded: 'too many alternatives' }
    return { power: 1 + degree(toAutomaton(whole)) }
  } catch (error) {
    return { unbounded: error instanceof Error ? error.message : 'cannot be judged' }
  }
}

/**
 * Leaves only `?`, `*` and `+`. A counted repetition of one character class with a fixed count stays exact; any other
 * becomes the loop that contains it.
 */
function simplify(node: RegexNode): RegexNode {
  if (node.kind === 'sequence' || node.kind === 'choice')
    return { kind: node.kind, parts: node.parts.map(simplify) }
  if (node.kind === 'look') return { kind: 'look', body: simplify(node.body) }
  if (node.kind !== 'repeat') return node
  const body = simplify(node.body)
  const { min, max } = node
  if (max === 0) return { kind: 'empty' }
  if (max === 1) return { kind: 'repeat', body, min, max }
  if (isNullable(body)) throw new Error('a repeated group may match nothing')
  if (min === max && body.kind === 'set' && max <= 64)
    return { kind: 'sequence', parts: Array.from({ length: max }, () => body) }
  return { kind: 'repeat', body, min: Math.min(min, 1), max: Infinity }
}

function isNullable(node: RegexNode): boolean {
  if (node.kind === 'set') return false
  if (node.kind === 'sequence') return node.parts.every(isNullable)
  if (node.kind === 'choice') return node.parts.some(isNullable)
  return node.kind !== 'repeat' || node.min === 0 || isNullable(node.body)
}

/** True when every way in begins with `^`, so that the matcher tries one place only. */
function isAnchored(node: RegexNode): boolean {
  if (node.kind === 'sequence') return node.parts.length > 0 && isAnchored(node.parts[0]!)
  if (node.kind === 'choice') return node.parts.every(isAnchored)
  return node.kind === 'start'
}

/** Ways through the pattern outside its loops. */
function choices(node: RegexNode): number {
  if (node.kind === 'sequence') return node.parts.reduce((product, part) => product * choices(part), 1)
  if (node.kind === 'choice') return node.parts.reduce((sum, part) => sum + choices(part), 0)
  if (node.kind === 'look') return 1 + choices(node.body)
  return node.kind === 'repeat' ? choices(node.body) + (node.min === 0 ? 1 : 0) : 1
}

/** `follow[p]` lists the positions after p; twice when there are two ways. */
interface Automaton {
  readonly sets: readonly CharSet[]
  readonly follow: readonly (readonly number[])[]
}
interface Ends {
  readonly first: readonly number[]
  readonly last: readonly number[]
  readonly nullable: boolean
}

function toAutomaton(root: RegexNode): Automaton {
  const sets: CharSet[] = []
  const follow: number[][] = []
  const link = (last: readonly number[], first: readonly number[]) => {
    for (const position of last) follow[position]!.push(...first)
  }

  function walk(node: RegexNode): Ends {
    if (node.kind === 'set') {
      if (sets.length >= MOST_POSITIONS) throw new Error('the pattern is too long')
      follow.push([])
      const position = sets.push(node.set) - 1
      return { first: [position], last: [position], nullable: false }
    }
    if (node.kind === 'repeat') {
      const ends = walk(node.body)
      if (node.max === Infinity) link(ends.last, ends.first)
      return { ...ends, nullable: ends.nullable || node.min === 0 }
    }
    // What a lookahead reads is read again by what comes after it: a branch that leads nowhere.
    if (node.kind === 'look') return { first: walk(node.body).first, last: [], nullable: true }
    if (node.kind === 'choice') {
      const all = node.parts.map(walk)
      return {
        first: all.flatMap((ends) => ends.first),
        last: all.flatMap((ends) => ends.last),
        nullable: all.some((ends) => ends.nullable),
      }
    }
    if (node.kind !== 'sequence') return { first: [], last: [], nullable: true }
    return node.parts.map(walk).reduce(join, { first: [], last: [], nullable: true })
  }

  function join(before: Ends, after: Ends): Ends {
    link(before.last, after.first)
    return {
      first: before.nullable ? [...before.first, ...after.first] : before.first,
      last: after.nullable ? [...before.last, ...after.last] : after.last,
      nullable: before.nullable && after.nullable,
    }
  }

  walk(root)
  return { sets, follow }
}

/** 0 when a text has a bounded number of paths, k when there are at most O(length^k). @throws Error when exponential. */
function degree({ sets, follow }: Automaton): number {
  const reach = sets.map((_, position) => closure(follow, position))
  const loops = sets.map((_, p) => p).filter((p) => reach[p]!.has(p))
  let steps = 0
  const spend = (cost: number) => {
    steps += cost
    if (steps > MOST_STEPS) throw new Error('the pattern is too intricate')
  }

  /** All tuples of states that some text reaches together from `start`; calls `seen` on each edge target. */
  function explore(start: readonly number[], allowed: (tuple: readonly number[]) => boolean): Set<string> {
    const found = new Set<string>()
    const queue = [start]
    for (let tuple = queue.pop(); tuple; tuple = queue.pop()) {
      for (const next of product(tuple)) {
        spend(1)
        const name = next.join()
        if (!allowed(next) || found.has(name)) continue
        found.add(name)
        queue.push(next)
      }
    }
    return found
  }

  function product(tuple: readonly number[]): number[][] {
    let partial: number[][] = [[]]
    for (const state of tuple) {
      partial = partial.flatMap((head) =>
        [...new Set(follow[state])]
          .filter((next) => head.every((other) => overlaps(sets[other]!, sets[next]!)))
          .map((next) => [...head, next]),
      )
      spend(partial.length)
    }
    return partial
  }

  const together = (a: number, b: number) => reach[a]!.has(b) && reach[b]!.has(a)

  for (const p of loops) {
    const doubled = follow[p]!.some((next, i, all) => together(p, next) && all.indexOf(next) !== i)
    if (doubled) throw new Error('a repetition is repeated')
    const pairs = explore([p, p], ([a, b]) => together(p, a!) && together(p, b!))
    for (const name of pairs) {
      const [a, b] = name.split(',').map(Number)
      if (a === b) continue
      if (explore([a!, b!], ([c, d]) => together(p, c!) && together(p, d!)).has(`${p},${p}`))
        throw new Error('one text can be repeated in two ways')
    }
  }

  /** Some text leads p to p, p to q and q to q: everything the first loop reads, the second may read instead. */
  function handsOn(p: number, q: number): boolean {
    if (together(p, q) || !reach[p]!.has(q)) return false
    const inside = ([a, b, c]: readonly number[]) =>
      together(p, a!) && (b === q || reach[b!]!.has(q)) && together(q, c!)
    return explore([p, p, q], inside).has(`${p},${q},${q}`)
  }

  const powers = new Map<number, number>()
  function powerFrom(p: number): number {
    const known = powers.get(p)
    if (known !== undefined) return known
    powers.set(p, 0)
    const own = loops.map((q) =>
      handsOn(p, q) ? 1 + powerFrom(q) : !together(p, q) && reach[p]!.has(q) ? powerFrom(q) : 0,
    )
    const most = Math.max(0, ...own)
    powers.set(p, most)
    return most
  }
  return Math.max(0, ...loops.map(powerFrom))
}

/** The positions one or more steps after `start`. */
function closure(follow: readonly (readonly number[])[], start: number): Set<number> {
  const found = new Set<number>()
  const queue = [...follow[start]!]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue
    found.add(next)
    queue.push(...follow[next]!)
  }
  return found
}
