/** Files of sound that carry a picture, written by hand: no ffmpeg is needed. */

/** Frames of MPEG-1 layer 3, 128 kbit/s, 44.1 kHz, stereo, of silence: 26 ms each. */
export function silentMp3(frames = 40): Uint8Array {
  const frame = new Uint8Array(417)
  frame.set([0xff, 0xfb, 0x90, 0x64])
  return concat(Array.from({ length: frames }, () => frame))
}

export interface Tagged {
  readonly picture: Uint8Array
  readonly type?: string
  /** 3 is the front cover. */
  readonly kind?: number
}

/** Silence behind an ID3v2.3 tag of such pictures. */
export function taggedMp3(pictures: readonly Tagged[], frames?: number): Uint8Array {
  const apics = pictures.map(({ picture, type = 'image/png', kind = 3 }) => {
    const body = concat([Buffer.from(`\0${type}\0`), Uint8Array.of(kind, 0), picture])
    return concat([Buffer.from('APIC'), bigEndian(body.length), Uint8Array.of(0, 0), body])
  })
  const size = apics.reduce((sum, one) => sum + one.length, 0)
  const synchsafe = Uint8Array.from([21, 14, 7, 0], (shift) => (size >> shift) & 0x7f)
  return concat([Buffer.from('ID3\x03\0\0', 'latin1'), synchsafe, ...apics, silentMp3(frames)])
}

/** A picture block of FLAC (RFC 9639, 8.8), which Vorbis comments carry in base64. */
export function pictureBlock(picture: Uint8Array, type = 'image/png'): Uint8Array {
  const head = [bigEndian(3), bigEndian(type.length), Buffer.from(type), bigEndian(0)]
  return concat([...head, new Uint8Array(16), bigEndian(picture.length), picture])
}

const bigEndian = (value: number) => Uint8Array.from([24, 16, 8, 0], (shift) => (value >>> shift) & 255)
const concat = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
