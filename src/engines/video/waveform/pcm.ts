/** Samples that are stored as they are, of all codecs of PCM: nothing needs to be decoded. */

interface Layout {
  readonly bytes: number
  /** -1 to 1. */
  read(view: DataView, at: number): number
}

const s16 = (isLittle: boolean): Layout => ({
  bytes: 2,
  read: (view, at) => view.getInt16(at, isLittle) / 0x8000,
})
const s32 = (isLittle: boolean): Layout => ({
  bytes: 4,
  read: (view, at) => view.getInt32(at, isLittle) / 0x80000000,
})
const f32 = (isLittle: boolean): Layout => ({
  bytes: 4,
  read: (view, at) => sound(view.getFloat32(at, isLittle)),
})
const f64 = (isLittle: boolean): Layout => ({
  bytes: 8,
  read: (view, at) => sound(view.getFloat64(at, isLittle)),
})

/** Not every pattern of bits is a number. */
const sound = (value: number) => (Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0)

const LAYOUTS: Readonly<Record<string, Layout>> = {
  'pcm-u8': { bytes: 1, read: (view, at) => (view.getUint8(at) - 0x80) / 0x80 },
  'pcm-s8': { bytes: 1, read: (view, at) => view.getInt8(at) / 0x80 },
  'pcm-s16': s16(true),
  'pcm-s16be': s16(false),
  'pcm-s24': {
    bytes: 3,
    read: (view, at) => (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 0x800000,
  },
  'pcm-s24be': {
    bytes: 3,
    read: (view, at) => (view.getInt16(at, false) * 256 + view.getUint8(at + 2)) / 0x800000,
  },
  'pcm-s32': s32(true),
  'pcm-s32be': s32(false),
  'pcm-f32': f32(true),
  'pcm-f32be': f32(false),
  'pcm-f64': f64(true),
  'pcm-f64be': f64(false),
}

export const isPcm = (codec: string | null): boolean => codec !== null && Object.hasOwn(LAYOUTS, codec)

/**
 * Hands over the mean of all channels, sample by sample.
 * @param first the first sample that counts, `last` the first that does not
 */
export function mixPcm(
  { codec, channels }: { readonly codec: string; readonly channels: number },
  bytes: Uint8Array,
  [first, last]: readonly [number, number],
  add: (sample: number) => void,
): void {
  const layout = LAYOUTS[codec]
  if (!layout) return
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frame = layout.bytes * channels
  const count = Math.min(Math.floor(bytes.length / frame), last)
  for (let index = Math.max(0, first); index < count; index++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++)
      sum += layout.read(view, index * frame + channel * layout.bytes)
    add(sum / channels)
  }
}
