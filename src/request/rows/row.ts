/** The shape of a row of the parameter table, and what rows share. */
import type { MediaClass } from '../../media/format.ts'
import { parseBoolean } from '../values/number.ts'

export interface ParamContext {
  /** Largest side of a result, in pixels. */
  readonly outputSide: number
  /** Words of `format` that a configuration must enable, and has. Default: none. */
  readonly enabledFormats?: readonly string[]
}

/**
 * `rendition`: shapes the bytes and enters the key. `timed`: the same, for video and audio alone. `response`: shapes
 * headers only. `select`: stands for other parameters. `access`: signatures.
 */
export type ParamRole = 'rendition' | 'timed' | 'response' | 'select' | 'access'

export type ParamControl =
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step: number }
  | { readonly kind: 'select'; readonly options: readonly string[] }
  | { readonly kind: 'text' | 'color' | 'checkbox' }

export interface ParamRow<T = unknown> {
  readonly aliases: readonly string[]
  readonly classes: readonly MediaClass[]
  readonly role: ParamRole
  /** The canonical value; undefined = not accepted. */
  parse(text: string, context: ParamContext): T | undefined
  /** What is accepted, in words: for errors and docs. `{outputSide}` and `{enabledFormats}` stand for what is configured. */
  readonly expected: string
  /** What an absent parameter means. */
  readonly fallback: string
  readonly doc: string
  readonly example: string
  readonly control: ParamControl
}

/** `expected` with what is configured. */
export function expectation(row: ParamRow, { outputSide, enabledFormats = [] }: ParamContext): string {
  return row.expected
    .replace('{outputSide}', String(outputSide))
    .replace('{enabledFormats}', enabledFormats.map((word) => `, ${word}`).join(''))
}

export const IMAGE: readonly MediaClass[] = ['image']
export const VISUAL: readonly MediaClass[] = ['image', 'video']
export const TIMED: readonly MediaClass[] = ['video', 'audio']
export const ALL: readonly MediaClass[] = ['image', 'video', 'audio']
export const NO_ALIASES: readonly string[] = []
export const TEXT = { kind: 'text' } as const

/** A row that takes one of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]) {
  const known: ReadonlySet<string> = new Set(words)
  return {
    parse: (text: string) => (known.has(text.toLowerCase()) ? (text.toLowerCase() as T) : undefined),
    expected: `one of ${words.join(', ')}`,
    control: { kind: 'select', options: words } as const,
  }
}

/** A row that takes true or false. */
export const BOOL = { parse: parseBoolean, expected: 'true or false', control: { kind: 'checkbox' } as const }
