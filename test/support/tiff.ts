/** TIFF files made by hand: 8 bytes (BigTIFF: 16), the directory, what does not fit into it, then the blocks. */

export interface TiffParts {
  readonly width: number
  readonly height: number
  readonly order?: 'II' | 'MM'
  readonly bits?: number
  readonly samples?: number
  readonly photometric?: number
  readonly compression?: number
  /** Strips, or tiles if further fields say so. */
  readonly blocks: readonly Uint8Array[]
  /** Fields besides, and instead: one value or several. Those that are empty are left out. */
  readonly fields?: Readonly<Record<number, readonly number[]>>
  /** Behind everything else; `fields[347]` may be `TABLES` to point there. */
  readonly tables?: Uint8Array
  readonly isBig?: boolean
}

const [SHORT, LONG, UNDEFINED, LONG8] = [3, 4, 7, 16]

/** One file of several pages. */
export function buildPages(pages: readonly TiffParts[]): Uint8Array<ArrayBuffer> {
  let file = new Uint8Array()
  let link = 0
  for (const page of pages) {
    const { bytes, next } = layOut(page, file.length)
    const whole = new Uint8Array(file.length + bytes.length)
    whole.set(file)
    whole.set(bytes, file.length)
    const { isBig = false, order = 'II' } = page
    if (link > 0)
      write(new DataView(whole.buffer), link, file.length + (isBig ? 16 : 8), isBig, order === 'II')
    file = whole
    link = next
  }
  return file
}

export const buildTiff = (parts: TiffParts): Uint8Array<ArrayBuffer> => layOut(parts, 0).bytes

function write(view: DataView, at: number, value: number, isBig: boolean, little: boolean): void {
  if (isBig) view.setBigUint64(at, BigInt(value), little)
  else view.setUint32(at, value, little)
}

/** @param base where it will stand. `next`: where the offset of the next page goes */
function layOut({ width, height, order = 'II', isBig = false, ...parts }: TiffParts, base: number) {
  const little = order === 'II'
  const [directory, countBytes, entryBytes, room] = isBig ? [16, 8, 20, 8] : [8, 2, 12, 4]
  const { bits = 8, samples = 3, photometric = samples < 3 ? 1 : 2, compression = 1, blocks, tables } = parts
  const isTiled = parts.fields?.[322] !== undefined
  const [offsetTag, lengthTag] = isTiled ? [324, 325] : [273, 279]
  const fields: Record<number, readonly number[]> = {
    256: [width],
    257: [height],
    258: Array.from({ length: samples }, () => bits),
    259: [compression],
    262: [photometric],
    277: [samples],
    [lengthTag]: blocks.map(({ length }) => length),
    ...parts.fields,
    // Filled in below.
    [offsetTag]: blocks.map(() => 0),
  }
  const tags = Object.keys(fields)
    .map(Number)
    .concat(tables ? [347] : [])
  const used = tags.filter((tag) => tag === 347 || fields[tag]!.length > 0).toSorted((a, b) => a - b)
  const longBytes = isBig ? 8 : 4
  const sizeOf = (tag: number) => (isLong(tag) ? longBytes : 2) * (fields[tag]?.length ?? 0)
  const extra = used.reduce((sum, tag) => sum + (sizeOf(tag) > room ? sizeOf(tag) : 0), 0)
  const next = directory + countBytes + used.length * entryBytes
  const behind = next + room
  const data = blocks.reduce((sum, { length }) => sum + length, 0)
  const file = new Uint8Array(behind + extra + data + (tables?.length ?? 0))
  const view = new DataView(file.buffer)
  file.set(Buffer.from(order, 'latin1'))
  view.setUint16(2, isBig ? 43 : 42, little)
  if (isBig) view.setUint16(4, 8, little)
  write(view, isBig ? 8 : 4, base + directory, isBig, little)
  if (isBig) view.setBigUint64(directory, BigInt(used.length), little)
  else view.setUint16(directory, used.length, little)

  let at = behind + extra
  fields[offsetTag] = blocks.map((block) => {
    file.set(block, at)
    at += block.length
    return base + at - block.length
  })
  if (tables) file.set(tables, at)
  let place = behind
  used.forEach((tag, i) => {
    const entry = directory + countBytes + i * entryBytes
    const inside = entry + 4 + room
    view.setUint16(entry, tag, little)
    if (tag === 347 && tables) {
      view.setUint16(entry + 2, UNDEFINED, little)
      write(view, entry + 4, tables.length, isBig, little)
      write(view, inside, base + at, isBig, little)
      return
    }
    const values = fields[tag]!
    view.setUint16(entry + 2, isLong(tag) ? (isBig ? LONG8 : LONG) : SHORT, little)
    write(view, entry + 4, values.length, isBig, little)
    const isInside = sizeOf(tag) <= room
    const to = isInside ? inside : place
    if (!isInside) {
      write(view, inside, base + place, isBig, little)
      place += sizeOf(tag)
    }
    values.forEach((value, k) =>
      isLong(tag)
        ? write(view, to + k * longBytes, value, isBig, little)
        : view.setUint16(to + k * 2, value, little),
    )
  })
  return { bytes: file, next: base + next }
}

const isLong = (tag: number) => [256, 257, 273, 278, 279, 324, 325].includes(tag)
