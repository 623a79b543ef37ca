/** Paths: decoded once, and refused when any reading of them could climb or hide. */
import { MediaError } from '../error.ts'

/**
 * The decoded path of a URL's pathname.
 * @throws INVALID_PATH for dot-segments and dot-files in any encoding, backslashes, control characters, bad escapes
 */
export function decodePath(pathname: string): string {
  const path = decode(pathname)
  const fault = pathFault(path)
  if (fault !== undefined) throw refusal(fault)
  return path
}

/** Why a decoded path is refused; undefined when it is not. */
export function pathFault(path: string): string | undefined {
  const all = readings(path)
  if (!all) return 'it is percent-encoded too many times over'
  if (all.some((reading) => /[\p{Cc}\\]/u.test(reading)))
    return 'control characters and backslashes are not allowed'
  if (all.some((reading) => reading.split('/').some((segment) => segment.startsWith('.'))))
    return 'segments may not begin with a dot'
  return undefined
}

function decode(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    throw refusal('it is not percent-encoded UTF-8')
  }
}

/** More layers of percent-encoding than any name has; each costs another look at the path. */
const DEEPEST = 4

/**
 * The path, and what careless further decodings would make of it: plain characters only, for as long as there are any.
 * Undefined: there is no end of it.
 */
function readings(path: string): string[] | undefined {
  const seen = [path]
  for (let last = path; seen.length <= DEEPEST;) {
    const next = last.replace(/%([0-7][\da-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    if (next === last) return seen
    seen.push(next)
    last = next
  }
  return undefined
}

function refusal(reason: string): MediaError {
  return new MediaError('INVALID_PATH', `Path is refused: ${reason}`)
}
