/** An AVI without a frame that anybody could decode: what its header says is all there is. */

const ascii = (text: string) => Buffer.from(text, 'latin1')
const long = (...values: readonly number[]) => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [n, value] of values.entries()) bytes.writeUInt32LE(value, n * 4)
  return bytes
}
const chunk = (name: string, ...parts: readonly Buffer[]) => {
  const data = Buffer.concat(parts)
  return Buffer.concat([ascii(name), long(data.length), data])
}
const list = (name: string, ...parts: readonly Buffer[]) => chunk('LIST', ascii(name), ...parts)

/** MPEG-4 part 2 of 32 x 24 pixels, 50 frames at 25 a second; 9,000 bytes and some more. */
export function emptyAvi(): Uint8Array {
  // Type, handler, flags, priority and language, initial frames, scale, rate, start, length, and four more.
  const header = [ascii('vids'), ascii('FMP4'), long(0, 0, 0, 1, 25, 0, 50, 0, 0, 0, 0, 0)]
  // Size of itself, width, height, planes and depth, codec, and five more.
  const format = [long(40, 32, 24, (24 << 16) | 1), ascii('FMP4'), long(0, 0, 0, 0, 0)]
  const stream = list('strl', chunk('strh', ...header), chunk('strf', ...format))
  return new Uint8Array(chunk('RIFF', ascii('AVI '), list('hdrl', stream), list('movi', Buffer.alloc(9000))))
}
