/** The compressions of TIFF 6.0 that lose nothing, but for faxes. What a block holds beyond what is expected is not looked at; less is damage. */
import { MediaError } from '../../../error.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import { isFax, type TiffCompression, type TiffFax, type TiffHeader } from '../../../media/headers/tiff.ts'
import { createFaxDecoder } from './fax.ts'

type Tick = () => void
type Decompress = (data: Uint8Array, length: number, tick: Tick) => Uint8Array | Promise<Uint8Array>

/** Codes between two ticks. */
const STRIDE = 16_384

/** Each gives exactly `length` bytes. @throws CORRUPT_MEDIA */
const DECOMPRESS: Readonly<Record<Exclude<TiffCompression, 'jpeg' | TiffFax>, Decompress>> = {
  none: (data, length) => whole(data, length),
  packbits: unpackBits,
  lzw: expandLzw,
  deflate: inflate,
}

export type Expand = (
  data: Uint8Array,
  block: { readonly rows: number; readonly rowBytes: number },
  tick: Tick,
) => Uint8Array | Promise<Uint8Array>

/** For every block of a picture; undefined for JPEG. */
export function expanderOf(header: TiffHeader): Expand | undefined {
  const { compression, block } = header
  if (compression === 'jpeg') return undefined
  if (isFax(compression)) {
    const expand = createFaxDecoder(compression, header, block.width)
    return (data, { rows }, tick) => expand(data, rows, tick)
  }
  const decompress = DECOMPRESS[compression]
  return (data, { rows, rowBytes }, tick) => decompress(data, rows * rowBytes, tick)
}

function whole(data: Uint8Array, length: number): Uint8Array {
  if (data.length < length) throw tooShort()
  return data.subarray(0, length)
}

const tooShort = () => corrupt('TIFF', 'it is truncated')

/** Section 9: a count, then as many bytes as they are, or one byte that is repeated. */
function unpackBits(data: Uint8Array, length: number, tick: Tick): Uint8Array {
  const out = new Uint8Array(length)
  let to = 0
  for (let at = 0, codes = 0; to < length; codes++) {
    if (codes % STRIDE === 0) tick()
    const count = data[at++]
    if (count === undefined) throw tooShort()
    if (count === 128) continue
    const run = count < 128 ? count + 1 : 257 - count
    const end = Math.min(to + run, length)
    if (at + (count < 128 ? end - to : 1) > data.length) throw tooShort()
    if (count < 128) out.set(data.subarray(at, at + end - to), to)
    else out.fill(data[at] ?? 0, to, end)
    at += count < 128 ? run : 1
    to = end
  }
  return out
}

const [CLEAR, END, FIRST] = [256, 257, 258]
const MOST_CODES = 4096

/** Section 13: codes of 9 to 12 bits, the highest bit first, longer by one code earlier than elsewhere. */
function expandLzw(data: Uint8Array, length: number, tick: Tick): Uint8Array {
  const out = new Uint8Array(length)
  // A string is a copy of what was written before: where, and how long.
  const [starts, lengths] = [new Uint32Array(MOST_CODES), new Uint16Array(MOST_CODES)]
  let [at, bits, held, width, next] = [0, 0, 0, 9, FIRST]
  let [to, lastStart, lastLength] = [0, 0, 0]

  function read(): number {
    while (bits < width) {
      const byte = data[at++]
      if (byte === undefined) throw tooShort()
      held = ((held << 8) | byte) & 0xffffff
      bits += 8
    }
    bits -= width
    return (held >> bits) & ((1 << width) - 1)
  }

  for (let codes = 0; to < length; codes++) {
    if (codes % STRIDE === 0) tick()
    const code = read()
    if (code === END) throw tooShort()
    if (code === CLEAR) {
      ;[width, next, lastLength] = [9, FIRST, 0]
      continue
    }
    if (code > next || (code === next && lastLength === 0) || (code >= FIRST && lastLength === 0))
      throw corrupt('TIFF', 'its data is damaged')
    // What was written last and one byte more is the string of the code after it.
    if (lastLength > 0 && next < MOST_CODES) {
      starts[next] = lastStart
      lengths[next] = lastLength + 1
      next++
    }
    const from = code < FIRST ? to : (starts[code] ?? 0)
    const size = code < FIRST ? 1 : (lengths[code] ?? 0)
    const end = Math.min(to + size, length)
    if (code < FIRST) out[to] = code
    // One by one: a string may go on into itself.
    else for (let i = to, j = from; i < end; i++, j++) out[i] = out[j] ?? 0
    ;[lastStart, lastLength] = [to, size]
    to = end
    if (next >= (1 << width) - 1 && width < 12) width++
  }
  return out
}

/** Both numbers of it mean zlib's format. No more is inflated than is wanted. */
async function inflate(data: Uint8Array, length: number, tick: Tick): Promise<Uint8Array> {
  const out = new Uint8Array(length)
  const stream = new Blob([data as Uint8Array<ArrayBuffer>]).stream()
  const reader = stream.pipeThrough(new DecompressionStream('deflate')).getReader()
  try {
    for (let to = 0; to < length;) {
      tick()
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new MediaError('CORRUPT_MEDIA', 'Cannot read the TIFF: its data is damaged', { cause })
      })
      if (done) throw tooShort()
      out.set(value.subarray(0, length - to), to)
      to += value.length
    }
    return out
  } finally {
    reader.cancel().catch(() => undefined)
  }
}
