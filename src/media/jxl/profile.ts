/** The ICC profile of a JPEG XL codestream, which stands between its header and its frames. */
import { corrupt } from '../headers/reader.ts'
import { createBitReader } from './bits.ts'
import { openNumbers } from './entropy.ts'
import { readHeaderFields, skipTransforms } from './header.ts'
import { MOST_ICC_BYTES, restoreProfile } from './icc-bytes.ts'

/** Of each byte: by the two before it. */
const CONTEXTS = 41

/** Undefined where it has none. @throws NeedsMore, CORRUPT_MEDIA, UNSUPPORTED_CODEC */
export function readJxlProfile(codestream: Uint8Array): Uint8Array | undefined {
  const r = createBitReader(codestream)
  const { colors, ...fields } = readHeaderFields(r)
  if (!colors.hasProfile) return undefined
  skipTransforms(r, fields)
  const length = r.long()
  if (length > MOST_ICC_BYTES) throw corrupt('JXL', 'its profile is too large')
  const numbers = openNumbers(r, CONTEXTS)
  const encoded = new Uint8Array(length)
  for (let at = 0; at < length; at++) {
    const value = numbers.next(at > 128 ? contextOf(encoded[at - 1] as number, encoded[at - 2] as number) : 0)
    if (value > 255) throw corrupt('JXL', 'its profile is damaged')
    encoded[at] = value
  }
  numbers.finish()
  return restoreProfile(encoded)
}

function contextOf(last: number, before: number): number {
  const [a, b] = [kindOf(last), kindOf(before)]
  // Of the one before, fewer kinds are told apart.
  const coarse = b < 2 ? b : before < 16 ? 2 : before > 240 ? 3 : 4
  return 1 + a + 8 * coarse
}

/** Letters, digits, zeros, ones, small and large numbers, 255, others. */
function kindOf(byte: number): number {
  const letter = String.fromCharCode(byte)
  if (/[a-z]/i.test(letter)) return 0
  if (/[0-9.,]/.test(letter)) return 1
  if (byte < 2) return 2 + byte
  if (byte < 16) return 4
  if (byte === 255) return 6
  return byte > 240 ? 5 : 7
}
