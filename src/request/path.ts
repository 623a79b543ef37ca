/** Paths: decoded once, and refused when any reading of them could climb or hide. */
import { MediaError } from '../error.ts'

/**
 * The decoded path of a URL's pathname.
 * @throws INVALID_PATH for dot-segments and dot-files in any encoding, backslashes, control characters, bad escapes
 */
export function decodePath(pathname: string): string {
  const path = decode(pathname)
  for (const reading of readings(path)) {
    if (/[\p{Cc}\\]/u.test(reading)) throw refusal('control characters and backslashes are not allowed')
    if (reading.split('/').some((segment) => segment.startsWith('.')))
      throw refusal('segments may not begin with a dot')
  }
  return path
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

/** The path, and what careless further decodings would make of it: plain characters only, for as long as there are any. */
function readings(path: string): string[] {
  const seen = [path]
  for (let last = path; seen.length <= DEEPEST;) {
    const next = last.replace(/%([0-7][\da-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    if (next === last) return seen
    seen.push(next)
    last = next
  }
  throw refusal('it is percent-encoded too many times over')
}

function refusal(reason: string): MediaError {
  return new MediaError('INVALID_PATH', `Path is refused: ${reason}`)
}
