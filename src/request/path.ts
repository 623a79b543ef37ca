/** Paths: decoded once, and refused when any reading of them could climb or hide. */
import { MediaError } from '../error.ts'

/**
 * The decoded path of a URL's pathname.
 * @throws INVALID_PATH for dot-segments and dot-files in any encoding, backslashes, control characters, bad escapes
 */
export function decodePath(pathname: string): string {
  const path = decode(pathname)
  for (const reading of [path, tryDecode(path)]) {
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

/** What a careless second decoding further on would see. */
function tryDecode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function refusal(reason: string): MediaError {
  return new MediaError('INVALID_PATH', `Path is refused: ${reason}`)
}
