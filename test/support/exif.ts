/** EXIF made by hand: directories one behind the other, values behind each. */

export interface ExifEntry {
  readonly tag: number
  readonly type: number
  readonly data: Buffer
  /** Where its value has to lie. */
  readonly at?: number
}
export const ascii = (tag: number, text: string): ExifEntry => ({
  tag,
  type: 2,
  data: Buffer.from(`${text}\0`),
})
export const opaque = (tag: number, data: Buffer, at?: number): ExifEntry => ({
  tag,
  type: 7,
  data,
  ...(at === undefined ? {} : { at }),
})

export interface ExifParts {
  readonly order?: 'II' | 'MM'
  readonly root?: readonly ExifEntry[]
  readonly exif?: readonly ExifEntry[]
  readonly gps?: readonly ExifEntry[]
  /** Behind the root: a preview. */
  readonly thumbnail?: Buffer
}

const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8]

export function buildExif({ order = 'II', root = [], exif, gps, thumbnail }: ExifParts): Buffer {
  const little = order === 'II'
  const whole = Buffer.alloc(256 * 1024)
  const u16 = (value: number, at: number) =>
    little ? whole.writeUInt16LE(value, at) : whole.writeUInt16BE(value, at)
  const u32 = (value: number, at: number) =>
    little ? whole.writeUInt32LE(value, at) : whole.writeUInt32BE(value, at)
  whole.write(order, 'latin1')
  u16(42, 2)
  u32(8, 4)
  let end = 8
  const long = (tag: number) => ({ tag, type: 4, data: Buffer.alloc(4) })
  /** Gives where it ends, and where the value of each of its entries is written. */
  const directory = (entries: readonly ExifEntry[]) => {
    const start = end
    const places = new Map<number, number>()
    end = start + 2 + entries.length * 12 + 4
    u16(entries.length, start)
    for (const [index, { tag, type, data, at }] of entries.entries()) {
      const entry = start + 2 + index * 12
      u16(tag, entry)
      u16(type, entry + 2)
      u32(data.length / SIZES[type]!, entry + 4)
      const place = data.length <= 4 ? entry + 8 : (at ?? end)
      if (data.length > 4) u32(place, entry + 8)
      whole.set(data, place)
      if (data.length > 4) end = Math.max(end, place + data.length)
      places.set(tag, entry + 8)
    }
    return { next: start + 2 + entries.length * 12, places }
  }
  const pointers = [...(exif ? [long(0x8769)] : []), ...(gps ? [long(0x8825)] : [])]
  const first = directory([...root, ...pointers])
  for (const [tag, entries] of [
    [0x8769, exif],
    [0x8825, gps],
  ] as const) {
    if (!entries) continue
    u32(end, first.places.get(tag)!)
    directory(entries)
  }
  if (thumbnail) {
    u32(end, first.next)
    const second = directory([long(0x0201), long(0x0202)])
    u32(end, second.places.get(0x0201)!)
    u32(thumbnail.length, second.places.get(0x0202)!)
    whole.set(thumbnail, end)
    end += thumbnail.length
  }
  return whole.subarray(0, end)
}
