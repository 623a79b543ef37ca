/** Which derivative a request means: by name, by Akamai's width, or by client hints. Pure; says what it consulted. */
import type { HintWord } from './grammars/akamai.ts'
import { paramRow, type ParamName, type Params } from './params.ts'
import type { ParamWarning } from './read-params.ts'
import type { RequestRules, Responsive } from './rules.ts'
import { parseDecimal } from './values/number.ts'

export interface Choice {
  readonly name?: string
  /** The density was used up in choosing. */
  readonly usesDpr: boolean
  /** Request headers that were looked at. */
  readonly consulted: readonly string[]
  readonly warnings: readonly ParamWarning[]
}

export interface ChoiceInput {
  /** Explicit parameters. */
  readonly params: Params
  readonly hints: Readonly<Partial<Record<HintWord, string>>>
  readonly headers: Headers
  readonly responsive: 'hints' | 'always' | 'off'
}

/** A name beats Akamai's width, which beats client hints; a size of one's own beats both. */
export function chooseDerivative(input: ChoiceInput, rules: RequestRules): Choice {
  const named = input.params.derivative
  if (named !== undefined && rules.derivatives.has(named)) return { ...nothing, name: named }
  const choice = chooseUnnamed(input, rules)
  if (named === undefined) return choice
  const unknown = { parameter: 'derivative', reason: `no derivative is named ${named}` }
  return { ...choice, warnings: [unknown, ...choice.warnings] }
}

function chooseUnnamed(input: ChoiceInput, rules: RequestRules): Choice {
  if (input.params.width !== undefined || input.params.height !== undefined) return nothing
  const { imwidth, imheight } = input.hints
  const asked = widthOf(imwidth) ?? widthOf(imheight)
  if (asked !== undefined) return chosen(byWidth(asked, rules.responsive), [], false, rules)
  const choice = mayHint(input) ? chooseByHints(input, rules) : nothing
  const wrong = Object.entries({ imwidth, imheight }).filter(([, value]) => value !== undefined)
  const warnings = wrong.map(([parameter]) => ({ parameter, reason: 'expected a number from 1 to 100000' }))
  return { ...choice, warnings }
}

const nothing: Choice = { usesDpr: false, consulted: [], warnings: [] }

/** Hints choose for requests that shape something, or for all when the origin says `always`. */
function mayHint({ params, hints, responsive }: ChoiceInput): boolean {
  if (responsive === 'off') return false
  const shapes = (Object.keys(params) as ParamName[]).some(isVisual)
  return responsive === 'always' || shapes || hints['im-viewwidth'] !== undefined
}

function isVisual(name: ParamName): boolean {
  return paramRow(name).role === 'rendition' && name !== 'v'
}

function chooseByHints({ params, hints, headers }: ChoiceInput, rules: RequestRules): Choice {
  const { responsive } = rules
  if (responsive.breakpoints.length === 0 && responsive.defaultDerivative === undefined) return nothing
  const consulted: string[] = []
  const consult = (name: string) => {
    consulted.push(name)
    return headers.get(name) ?? undefined
  }
  const viewport =
    widthOf(hints['im-viewwidth']) ??
    widthOf(consult('Sec-CH-Viewport-Width')) ??
    widthOf(consult('Viewport-Width')) ??
    widthOf(consult('Width'))
  if (viewport !== undefined) {
    const density =
      params.dpr ??
      densityOf(hints['im-density']) ??
      densityOf(consult('Sec-CH-DPR')) ??
      densityOf(consult('DPR')) ??
      1
    return chosen(byWidth(viewport * density, responsive), consulted, true, rules)
  }
  const device = consult('CF-Device-Type')?.toLowerCase()
  const name = device !== undefined && rules.derivatives.has(device) ? device : responsive.defaultDerivative
  return chosen(name, consulted, false, rules)
}

/** The first breakpoint that is wide enough, else the default. */
function byWidth(width: number, { breakpoints, defaultDerivative }: Responsive): string | undefined {
  return breakpoints.find((point) => point.maxWidth >= width)?.derivative ?? defaultDerivative
}

function chosen(
  name: string | undefined,
  consulted: readonly string[],
  usesDpr: boolean,
  rules: RequestRules,
): Choice {
  const known = name !== undefined && rules.derivatives.has(name)
  return known ? { name, usesDpr, consulted, warnings: [] } : { usesDpr: false, consulted, warnings: [] }
}

const widthOf = (text: string | undefined) =>
  text === undefined ? undefined : parseDecimal(text.trim(), 1, 100_000)
const densityOf = (text: string | undefined) =>
  text === undefined ? undefined : parseDecimal(text.trim(), 0.1, 10)
