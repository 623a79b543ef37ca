/** Which origin answers for a path, and what its pattern captures of it. */
import { MediaError, overlayError } from '../error.ts'
import type { OriginRule, RequestRules } from './rules.ts'

/** An original by the path that an origin matches. */
export interface NamedOriginal {
  readonly origin: string
  /** Decoded, as Mediamorph sees it. */
  readonly path: string
  /** Named captures, and numbered ones under "1", "2", …; decoded. */
  readonly captures: Readonly<Record<string, string>>
}

/**
 * The original that a bare key names on an origin: the path is the key, behind what the pattern begins with. So a
 * rendition is the same whichever way it is asked for.
 * @throws NO_MATCHING_ORIGIN, INVALID_PATH
 */
export function matchKey(key: string, origin: OriginRule): NamedOriginal {
  const path = [literalStart(origin.match) + key, `/${key}`].find((one) => origin.match.test(one))
  if (path === undefined) throw new MediaError('NO_MATCHING_ORIGIN')
  return { origin: origin.name, path, captures: matchOrigin(path, [origin]).captures }
}

/** What every path begins with that the pattern matches, up to its first capture. */
function literalStart({ source }: RegExp): string {
  const [, text = '/'] = /^\^((?:[^\\^$.*+?()[\]{}|]|\\[^\w])*)\(/.exec(source) ?? []
  return text.replaceAll(/\\(.)/g, '$1')
}

/** @throws NO_MATCHING_ORIGIN, INVALID_PATH */
export function matchOrigin(path: string, origins: readonly OriginRule[]) {
  for (const origin of origins) {
    const match = origin.match.exec(path)
    if (!match) continue
    const numbered = match.slice(1).map((value, index) => [String(index + 1), value] as const)
    const named = Object.entries(match.groups ?? {})
    const captures = [...numbered, ...named].filter((pair): pair is [string, string] => pair[1] !== undefined)
    if (captures.some(([, value]) => value === ''))
      throw new MediaError('INVALID_PATH', 'Path is incomplete: a part that names the original is empty')
    return { origin, captures: Object.fromEntries(captures) }
  }
  throw new MediaError('NO_MATCHING_ORIGIN')
}

/** An overlay is an original: paths that are no origin's in an address are none's here. @throws as `matchOrigin` */
export function matchOverlay(
  path: string,
  { origins, cloudflarePrefix }: Pick<RequestRules, 'origins' | 'cloudflarePrefix'>,
): NamedOriginal {
  try {
    if (isReserved(path) || path.startsWith(`${cloudflarePrefix}/`))
      throw new MediaError('NO_MATCHING_ORIGIN')
    const { origin, captures } = matchOrigin(path, origins)
    return { origin: origin.name, path, captures }
  } catch (error) {
    throw overlayError(error, path)
  }
}

/** Reserved first segments: never an origin's, and 404 while the feature behind them is not there. */
const RESERVED = new Set(['metrics', 'api', 'admin', 'internal', 'sse', 'openapi.json', 'external'])

export function isReserved(pathname: string): boolean {
  const first = pathname.split('/', 2)[1] ?? ''
  return first.startsWith('_') || RESERVED.has(first)
}

/** Whether media may be behind a path. */
export function mayBeMedia(pathname: string, { external }: Pick<RequestRules, 'external'>): boolean {
  return !isReserved(pathname) || (external !== undefined && pathname.startsWith('/external/'))
}
