/** Asset routes: addresses whose path names a stored picture or file, by the table of the configuration. No route has code. */
import { MediaError } from '../../error.ts'
import type { Address, AddressInput } from '../address.ts'
import { FORMAT_PART, matchAssetPath } from '../assets/path.ts'
import type { AssetRule } from '../assets/rule.ts'
import { sizeExpectation, sizeOn } from '../assets/size.ts'
import { paramByWord, paramRow, type Params } from '../params.ts'
import { decodePath } from '../path.ts'
import { judgeFaults, type ParamFault, type ParamWarning } from '../read-params.ts'
import type { RequestRules } from '../rules.ts'

/** Undefined when no row has such a path. @throws INVALID_PATH, INVALID_PARAMETER */
export function parseAsset({ url }: AddressInput, rules: RequestRules): Address | undefined {
  const { assets = [], invalid } = rules
  if (assets.length === 0) return undefined
  const path = decodePath(url.pathname)
  const found = findAsset(path, assets)
  if (!found) return undefined
  const { rule, captures } = found
  const format = formatOf(rule, captures[FORMAT_PART])
  if (format === undefined) formatOf(rule, url.searchParams.get('format') ?? undefined)
  const words = askedWords(rule, url.searchParams, format, invalid)
  return {
    grammar: 'assets',
    origin: rule.origin,
    path,
    captures,
    responsive: 'off',
    negotiates: false,
    defaults: defaultsFor(rule, format ?? words.query.get('format') ?? undefined),
    ...words,
    hints: {},
    consulted: [],
    ...(rule.download ? { disposition: { download: true, ...filenameOf(captures) } } : {}),
  }
}

/** An address of another grammar, with the words and defaults of a row. */
export function inManner(address: Address, rule: AssetRule): Address {
  const query = new URLSearchParams(
    [...address.query].map(([word, value]) => [
      word,
      paramByWord(word) === 'quality' ? qualityWord(rule, value) : value,
    ]),
  )
  return {
    ...address,
    query,
    negotiates: false,
    defaults: defaultsFor(rule, query.get('format') ?? undefined),
  }
}

function findAsset(path: string, assets: readonly AssetRule[]) {
  let wrong: MediaError | undefined
  for (const rule of assets)
    for (const pattern of rule.paths) {
      const match = matchAssetPath(path, pattern)
      if (!match) continue
      if ('captures' in match) return { rule, captures: match.captures }
      wrong ??= refusal([{ parameter: 'path', value: match.wrong.slice(0, 200), expected: match.expected }])
    }
  if (wrong) throw wrong
  return undefined
}

/** Undefined where the path does not say it. */
function formatOf({ formats }: AssetRule, extension: string | undefined): string | undefined {
  const format = extension?.toLowerCase()
  if (format === undefined || formats.has(format)) return format
  throw refusal([{ parameter: FORMAT_PART, value: format, expected: `one of ${[...formats].join(', ')}` }])
}

/** The query in our words: only what the row lets be asked, and what it sets whatever is asked. */
function askedWords(
  rule: AssetRule,
  query: URLSearchParams,
  format: string | undefined,
  invalid: RequestRules['invalid'],
): Pick<Address, 'query' | 'warnings'> {
  const words = new URLSearchParams()
  const warnings: ParamWarning[] = []
  const faults: ParamFault[] = []
  for (const [word, value] of query) {
    const name = paramByWord(word)
    if (word === 'size' && rule.sizes) continue
    // Said twice, and the path counts: Fluxer's clients send it along.
    if (name === 'format' && format !== undefined) continue
    if (name !== undefined && !isAllowed(rule, name))
      warnings.push({ parameter: word.slice(0, 64), reason: 'not allowed on this route' })
    else words.append(word, name === 'quality' ? qualityWord(rule, value) : value)
  }
  if (rule.sizes) {
    const asked = query.get('size') ?? undefined
    const side = sizeOn(rule.sizes, asked)
    if (side === undefined)
      faults.push({
        parameter: 'size',
        value: (asked ?? '').slice(0, 200),
        expected: sizeExpectation(rule.sizes),
      })
    for (const name of ['width', 'height']) words.set(name, String(side ?? rule.sizes.default))
  }
  if (format !== undefined) words.set('format', format)
  for (const [name, value] of Object.entries(rule.set)) words.set(name, value)
  return { query: words, warnings: [...warnings, ...judgeFaults(faults, invalid)] }
}

function isAllowed({ parameters }: AssetRule, name: NonNullable<ReturnType<typeof paramByWord>>): boolean {
  return parameters.has(name) || name === 'debug' || paramRow(name).role === 'access'
}

function qualityWord({ qualities }: AssetRule, value: string): string {
  return Object.hasOwn(qualities, value) ? (qualities[value] ?? value) : value
}

function defaultsFor({ animate, defaults, formatDefaults }: AssetRule, format: string | undefined): Params {
  const moves = animate === undefined || (format !== undefined && animate.has(format))
  return { ...defaults, ...(moves ? {} : { animated: false }), ...formatDefaults.get(toWord(format) ?? '') }
}

const toWord = (format: string | undefined) => (format === 'jpg' ? 'jpeg' : format)

function filenameOf({ filename }: Readonly<Record<string, string>>) {
  return filename === undefined ? {} : { filename }
}

function refusal(details: readonly ParamFault[]): MediaError {
  const [first] = details
  return new MediaError(
    'INVALID_PARAMETER',
    `Parameter "${first?.parameter}" is wrong: expected ${first?.expected}`,
    { details },
  )
}
