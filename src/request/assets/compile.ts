/** Makes rules of the rows that a configuration writes, or a preset. */
import { paramByWord, type Params } from '../params.ts'
import type { Words } from '../compile.ts'
import { compileAssetPath } from './path.ts'
import type { AssetRule, SizeLadder } from './rule.ts'

/** A row, all defaults filled in. */
export interface AssetWords {
  /** Name of the origin behind it. */
  readonly origin: string
  readonly paths: readonly string[]
  readonly formats: readonly string[]
  readonly animate?: readonly string[] | undefined
  readonly sizes?: SizeLadder | undefined
  readonly qualities: Readonly<Record<string, string | number>>
  readonly parameters: readonly string[]
  readonly defaults: Words
  readonly formatDefaults: Readonly<Record<string, Words>>
  readonly set: Words
  readonly download: boolean
  /** Addresses on other hosts have its words and defaults too. */
  readonly setsManner?: boolean
}

/** @param read a set of parameters; what is wrong with it is noted under the path of its field */
export function compileAsset(
  words: AssetWords,
  path: string,
  read: (path: string, values: Words) => Params,
): AssetRule {
  const { origin, paths, formats, animate, sizes, parameters, download } = words
  read(`${path}.set`, words.set)
  return {
    origin,
    paths: paths.map(compileAssetPath),
    formats: new Set(formats),
    ...(animate ? { animate: new Set(animate) } : {}),
    ...(sizes ? { sizes } : {}),
    qualities: textsOf(words.qualities),
    parameters: new Set(parameters.flatMap((word) => paramByWord(word) ?? [])),
    defaults: read(`${path}.defaults`, words.defaults),
    formatDefaults: new Map(
      Object.entries(words.formatDefaults).map(([format, values]) => [
        format,
        read(`${path}.formatDefaults.${format}`, values),
      ]),
    ),
    set: textsOf(words.set),
    download,
  }
}

function textsOf(words: Words): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(words).map(([name, value]) => [name, String(value)]))
}
