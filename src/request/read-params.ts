/** Reads words of a query against the parameter table. */
import { MediaError } from '../error.ts'
import { expectation } from './rows/row.ts'
import { paramByWord, paramRow, type ParamContext, type ParamName, type Params } from './params.ts'

/** A parameter that had no effect, and why. */
export interface ParamWarning {
  readonly parameter: string
  readonly reason: string
}

export interface ParamFault {
  readonly parameter: string
  readonly value: string
  readonly expected: string
}

export interface ReadParams {
  readonly params: Params
  readonly warnings: readonly ParamWarning[]
  readonly faults: readonly ParamFault[]
}

/** Of a parameter given more than once the first counts; its own name wins over an alias. An empty value is a wrong one. */
export function readParams(query: URLSearchParams, context: ParamContext): ReadParams {
  const params = new Map<ParamName, unknown>()
  const warnings: ParamWarning[] = []
  const faults: ParamFault[] = []
  const taken = new Map<ParamName, string>()
  for (const [word, value] of byRank(query)) {
    const name = paramByWord(word)
    if (name === undefined) {
      warnings.push({ parameter: word.slice(0, 64), reason: 'unknown parameter' })
    } else if (taken.has(name)) {
      if (taken.get(name) !== value) warnings.push({ parameter: word, reason: 'given more than once' })
    } else {
      taken.set(name, value)
      const parsed = paramRow(name).parse(value, context)
      if (parsed === undefined)
        faults.push({
          parameter: word,
          value: value.slice(0, 200),
          expected: expectation(paramRow(name), context),
        })
      else params.set(name, parsed)
    }
  }
  return { params: Object.fromEntries(params) as Params, warnings, faults }
}

/** Own names before aliases; otherwise as they come. */
function byRank(query: URLSearchParams): Array<[string, string]> {
  const pairs = [...query]
  return [...pairs.filter(isOwn), ...pairs.filter((pair) => !isOwn(pair))]
}

const isOwn = ([word]: [string, string]) => paramByWord(word) === word

/** 400 with every fault, or each one as a warning. */
export function judgeFaults(
  faults: readonly ParamFault[],
  invalid: 'reject' | 'warn',
): readonly ParamWarning[] {
  if (faults.length === 0) return []
  if (invalid === 'warn')
    return faults.map(({ parameter, expected }) => ({ parameter, reason: `expected ${expected}` }))
  const [first] = faults
  throw new MediaError(
    'INVALID_PARAMETER',
    `Parameter "${first?.parameter}" is wrong: expected ${first?.expected}`,
    { details: faults },
  )
}
