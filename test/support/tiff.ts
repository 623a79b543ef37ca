/** TIFF files made by hand: 8 bytes, the directory, what does not fit into it, then the blocks. */

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
}

const [SHORT, LONG, UNDEFINED] = [3, 4, 7]

export function buildTiff({ width, height, order = 'II', ...parts }: TiffParts): Uint8Array<ArrayBuffer> {
  const little = order === 'II'
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
  const sizeOf = (tag: number) => (isLong(tag) ? 4 : 2) * (fields[tag]?.length ?? 0)
  const extra = used.reduce((sum, tag) => sum + (sizeOf(tag) > 4 ? sizeOf(tag) : 0), 0)
  const directory = 8
  const behind = directory + 2 + used.length * 12 + 4
  const data = blocks.reduce((sum, { length }) => sum + length, 0)
  const file = new Uint8Array(behind + extra + data + (tables?.length ?? 0))
  const view = new DataView(file.buffer)
  file.set(Buffer.from(order, 'latin1'))
  view.setUint16(2, 42, little)
  view.setUint32(4, directory, little)
  view.setUint16(directory, used.length, little)

  let at = behind + extra
  fields[offsetTag] = blocks.map((block) => {
    file.set(block, at)
    at += block.length
    return at - block.length
  })
  if (tables) file.set(tables, at)
  let place = behind
  used.forEach((tag, i) => {
    const entry = directory + 2 + i * 12
    view.setUint16(entry, tag, little)
    if (tag === 347 && tables) {
      view.setUint16(entry + 2, UNDEFINED, little)
      view.setUint32(entry + 4, tables.length, little)
      view.setUint32(entry + 8, at, little)
      return
    }
    const values = fields[tag]!
    view.setUint16(entry + 2, isLong(tag) ? LONG : SHORT, little)
    view.setUint32(entry + 4, values.length, little)
    const isInside = sizeOf(tag) <= 4
    const to = isInside ? entry + 8 : place
    if (!isInside) {
      view.setUint32(entry + 8, place, little)
      place += sizeOf(tag)
    }
    values.forEach((value, k) =>
      isLong(tag) ? view.setUint32(to + k * 4, value, little) : view.setUint16(to + k * 2, value, little),
    )
  })
  return file
}

const isLong = (tag: number) => [256, 257, 273, 278, 279, 324, 325].includes(tag)
