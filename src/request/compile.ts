/** Makes `RequestRules` of the configuration's words. Faults carry the path of the field. */
import { compileAsset, type AssetWords } from './assets/compile.ts'
import type { RequestRules } from './rules.ts'
import { readParams } from './read-params.ts'
import { matchOverlay } from './match.ts'
import { paramByWord, type ParamName, type Params } from './params.ts'

export type Words = Readonly<Record<string, string | number | boolean>>

export interface RulesInput {
  readonly publicUrl?: string | undefined
  readonly origins: ReadonlyArray<{
    readonly name: string
    readonly match: string
    readonly responsive: 'hints' | 'always' | 'off'
    readonly defaults: Words
  }>
  readonly derivatives: Readonly<Record<string, Words>>
  readonly responsive: {
    readonly breakpoints: ReadonlyArray<{ readonly maxWidth: number; readonly derivative: string }>
    readonly defaultDerivative?: string | undefined
  }
  readonly parameters: { readonly invalid: 'reject' | 'warn' }
  readonly limits: { readonly outputSide: number }
  readonly external?: { readonly enabled: boolean; readonly parameters: readonly string[] }
  readonly assets?: readonly AssetWords[]
  readonly static?: string | null
  readonly compat?: { readonly grammars: readonly string[] }
  readonly formats: { readonly jxl: boolean }
}

export interface RulesFault {
  readonly path: string
  readonly message: string
}

/** The rules, and what is wrong with the parameters that a configuration names. */
export function compileRules(input: RulesInput): {
  readonly rules: RequestRules
  readonly faults: readonly RulesFault[]
} {
  const faults: RulesFault[] = []
  const { outputSide } = input.limits
  const enabledFormats = input.formats.jxl ? ['jxl'] : []
  const words = (path: string, values: Words): Params => {
    const query = new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)]))
    const read = readParams(query, { outputSide, enabledFormats })
    for (const fault of read.faults)
      faults.push({ path: `${path}.${fault.parameter}`, message: `expected ${fault.expected}` })
    for (const { parameter, reason } of read.warnings)
      faults.push({ path: `${path}.${parameter}`, message: reason })
    return read.params
  }
  const known = new Set(Object.keys(input.derivatives))
  const named = (path: string, name: string | undefined) => {
    if (name !== undefined && !known.has(name))
      faults.push({ path, message: `no derivative is named "${name}"` })
  }
  const { breakpoints, defaultDerivative } = input.responsive
  breakpoints.forEach((point, index) =>
    named(`responsive.breakpoints[${index}].derivative`, point.derivative),
  )
  named('responsive.defaultDerivative', defaultDerivative)
  const rows = input.assets ?? []
  const assets = rows.map((asset, index) => compileAsset(asset, `assets[${index}]`, words))
  const manner = assets[rows.findIndex(({ setsManner }) => setsManner)]
  const rules: RequestRules = {
    origins: input.origins.map(({ name, match, responsive, defaults }, index) => ({
      name,
      match: new RegExp(match, 'u'),
      responsive,
      defaults: words(`origins[${index}].defaults`, defaults),
    })),
    derivatives: new Map(
      Object.entries(input.derivatives).map(([name, values]) => [name, words(`derivatives.${name}`, values)]),
    ),
    responsive: {
      breakpoints: breakpoints.toSorted((a, b) => a.maxWidth - b.maxWidth),
      ...(defaultDerivative === undefined ? {} : { defaultDerivative }),
    },
    invalid: input.parameters.invalid,
    outputSide,
    enabledFormats,
    cloudflarePrefix: '/cdn-cgi',
    assets,
    isStatic: typeof input.static === 'string',
    vylux: input.compat?.grammars.includes('vylux') ?? false,
    ...(input.external?.enabled
      ? { external: { parameters: namesOf(input.external.parameters), ...(manner ? { manner } : {}) } }
      : {}),
    ...(input.publicUrl === undefined ? {} : { publicUrl: input.publicUrl.replace(/\/+$/, '') }),
  }
  checkOverlays(rules, faults)
  return { rules, faults }
}

function namesOf(words: readonly string[]): ReadonlySet<ParamName> {
  return new Set(words.flatMap((word) => paramByWord(word) ?? []))
}

/** Only when all origins are known does it show whether one of them has an overlay. */
function checkOverlays(rules: RequestRules, faults: RulesFault[]): void {
  const sets: Array<readonly [string, Params]> = [
    ...rules.origins.map(({ defaults }, index) => [`origins[${index}].defaults`, defaults] as const),
    ...[...rules.derivatives].map(([name, values]) => [`derivatives.${name}`, values] as const),
  ]
  for (const [path, { overlay }] of sets) {
    try {
      if (overlay !== undefined) matchOverlay(overlay, rules)
    } catch {
      faults.push({ path: `${path}.overlay`, message: `no origin has "${overlay}"` })
    }
  }
}
