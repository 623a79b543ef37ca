/** FLV files written by hand, tag by tag (Adobe, "Video File Format Specification" version 10.1, annex E). */

const AUDIO = 8
const VIDEO = 9
const SCRIPT = 18

export function flv(...tags: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from('FLV\x01\x05\0\0\0\x09\0\0\0\0', 'latin1'), ...tags]))
}

function tag(kind: number, data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(11)
  head.writeUInt32BE(data.length)
  head[0] = kind
  const end = Buffer.alloc(4)
  end.writeUInt32BE(data.length + 11)
  return Buffer.concat([head, data, end])
}

export const video = (...bytes: readonly number[]) => tag(VIDEO, Uint8Array.from(bytes))
export const audio = (...bytes: readonly number[]) => tag(AUDIO, Uint8Array.from(bytes))

const name = (text: string) => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text, 'latin1')])
const double = (value: number) => {
  const bytes = Buffer.alloc(9)
  bytes.writeDoubleBE(value, 1)
  return bytes
}

/** `onMetaData` with an ECMA array of numbers. */
export function metaData(values: Readonly<Record<string, number>>): Uint8Array {
  const pairs = Object.entries(values).flatMap(([key, value]) => [name(key), double(value)])
  const count = Buffer.alloc(5)
  count[0] = 8
  count.writeUInt32BE(Object.keys(values).length, 1)
  const event = Buffer.concat([Buffer.from([2]), name('onMetaData')])
  return tag(SCRIPT, Buffer.concat([event, count, ...pairs, Buffer.from([0, 0, 9])]))
}

/** H.264 of 64 x 48 that nobody could decode, and AAC of 44.1 kHz. */
export function tinyFlv(): Uint8Array {
  const said = metaData({ duration: 1.5, width: 64, height: 48, framerate: 25, videodatarate: 200 })
  return flv(said, video(0x17, 0, 0, 0, 0), audio(0xaf, 0, 0x12, 0x10), video(0x17, 1, 0, 0, 0, 1, 2, 3))
}
