/** Run-length coding of BMP, of 4 and 8 bits a pixel. Pixels that nothing is said of stay transparent. */
import type { BmpHeader } from '../../../media/headers/bmp.ts'
import { corrupt } from '../../../media/headers/reader.ts'

/** Between two ticks. */
const COMMANDS = 1024
/** What follows a zero; more than these is a count of pixels that are not a run. */
const [END_OF_ROW, END, MOVE] = [0, 1, 2]

/** @throws CORRUPT_MEDIA, and what `tick` throws */
export function expandRuns(
  bytes: Uint8Array,
  { width, height, compression, pixels }: BmpHeader,
  colors: Uint32Array,
  words: Uint32Array,
  tick: () => void,
): void {
  const isNibbles = compression === 'rle4'
  let [at, x, row] = [pixels, 0, 0]

  function next(): number {
    const byte = bytes[at++]
    if (byte === undefined) throw corrupt('BMP', 'it is truncated')
    return byte
  }
  /** Runs that go on beyond the row are cut off there. */
  function put(index: number): void {
    if (x < width && row < height) words[(height - 1 - row) * width + x] = colors[index] ?? 0
    x++
  }
  const nibble = (byte: number, i: number) => (i % 2 === 0 ? byte >> 4 : byte & 15)

  function repeat(count: number): void {
    const byte = next()
    for (let i = 0; i < count; i++) put(isNibbles ? nibble(byte, i) : byte)
  }
  function copy(count: number): void {
    const length = isNibbles ? Math.ceil(count / 2) : count
    let byte = 0
    for (let i = 0; i < count; i++) {
      if (!isNibbles || i % 2 === 0) byte = next()
      put(isNibbles ? nibble(byte, i) : byte)
    }
    // Made up to pairs of bytes.
    at += length % 2
  }
  function moveTo(nextX: number, nextRow: number): void {
    ;[x, row] = [nextX, nextRow]
    if (x > width || row > height) throw corrupt('BMP', 'it draws outside of itself')
  }

  // A last row that is complete needs no mark of the end, and what comes after it is nothing.
  for (let command = 0; row < height && !(row === height - 1 && x >= width); command++) {
    if (command % COMMANDS === 0) tick()
    const count = next()
    if (count > 0) repeat(count)
    else {
      const code = next()
      if (code === END) return
      if (code === END_OF_ROW) moveTo(0, row + 1)
      else if (code === MOVE) moveTo(x + next(), row + next())
      else copy(code)
    }
  }
}
