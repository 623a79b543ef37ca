/**
 * The parameter table: one row a parameter, in rows/. Validation, `docs/parameters.md`, the form of the sample page and
 * `mediamorph/client` all come from here; below it nobody enumerates parameters.
 */
import { EFFECT_ROWS } from './rows/effects.ts'
import { OUTPUT_ROWS } from './rows/output.ts'
import { OVERLAY_ROWS } from './rows/overlay.ts'
import { RESPONSE_ROWS } from './rows/response.ts'
import type { ParamControl, ParamRow } from './rows/row.ts'
import { TIMED_ROWS } from './rows/timed.ts'
import { VISUAL_ROWS } from './rows/visual.ts'

export type { ParamContext, ParamControl, ParamRole, ParamRow } from './rows/row.ts'

export const PARAMS = {
  ...VISUAL_ROWS,
  ...OUTPUT_ROWS,
  ...EFFECT_ROWS,
  ...OVERLAY_ROWS,
  ...TIMED_ROWS,
  ...RESPONSE_ROWS,
} as const satisfies Record<string, ParamRow>

export type ParamName = keyof typeof PARAMS
export type ParamValue<N extends ParamName> = Exclude<ReturnType<(typeof PARAMS)[N]['parse']>, undefined>
/** Validated, canonical values by parameter name. */
export type Params = { readonly [N in ParamName]?: ParamValue<N> }

export function paramRow(name: ParamName): ParamRow {
  return PARAMS[name]
}

const BY_WORD: ReadonlyMap<string, ParamName> = new Map(
  (Object.keys(PARAMS) as ParamName[]).flatMap((name) =>
    [name, ...PARAMS[name].aliases].map((word) => [word, name] as const),
  ),
)

/** The parameter that a word of the query means, by name or alias. */
export function paramByWord(word: string): ParamName | undefined {
  return BY_WORD.get(word)
}

export interface ParamField {
  readonly name: ParamName
  readonly control: ParamControl
  readonly help: string
  readonly fallback: string
  readonly example: string
}

/** What a form for pictures offers. */
export function paramFields(): ParamField[] {
  return (Object.keys(PARAMS) as ParamName[])
    .filter((name) => PARAMS[name].role === 'rendition' && name !== 'v')
    .map((name) => {
      const { control, doc, fallback, example } = paramRow(name)
      return { name, control, help: doc, fallback, example }
    })
}
