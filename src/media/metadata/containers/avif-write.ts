/** Metadata into the AVIF files that libavif writes: items that describe the primary one, and a property with the profile. */
import { concatBytes } from '../../../lib/bytes.ts'
import { children, find, topBox, type Box } from '../../heif/boxes.ts'
import { readItems, type Items } from '../../heif/items.ts'
import { createReader, type Reader } from '../../headers/reader.ts'
import { be16, be32, latin, utf8 } from '../bytes.ts'
import type { Metadata } from '../metadata.ts'
import { XMP_TYPE } from './avif-read.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** One more item. */
interface Added {
  readonly id: number
  readonly data: Uint8Array
  readonly entry: Bytes
}

/** In every other form than that of our encoder a file is given back as it is. */
export function writeAvifMetadata(file: Bytes, metadata: Metadata): Bytes {
  const r = createReader(file)
  const meta = topBox(r, 'meta')
  const boxes = children(r, meta.start + 4, meta.end)
  const items = readItems(r, file)
  if (!isPlain(r, boxes) || items.all.some((item) => items.placesOf(item)[0]!.start < meta.end)) return file
  const added = itemsOf(metadata, Math.max(...items.all) + 1)
  const rebuild = (moved: number) => {
    const parts = boxes.map((box) => {
      if (box.type === 'iloc') return locations(items, added, moved, file.length)
      if (box.type === 'iinf')
        return fullBox(
          'iinf',
          [...be16(items.all.length + added.length)],
          [file.subarray(box.start + 6, box.end), ...added.map(({ entry }) => entry)],
        )
      if (box.type === 'iref') return references(items.primary, added, file.subarray(box.start + 4, box.end))
      return box.type === 'iprp' ? withProfile(r, file, box, items.primary, metadata.icc) : copyOf(file, box)
    })
    const first = find(boxes, 'iref') ? [] : [references(items.primary, added)]
    return fullBox('meta', [], [...parts, ...first])
  }
  const moved = rebuild(0).length - (meta.end - meta.start + 8)
  return concatBytes([
    file.subarray(0, meta.start - 8),
    rebuild(moved),
    file.subarray(meta.end),
    ...(added.length === 0
      ? []
      : [
          box(
            'mdat',
            added.map(({ data }) => data),
          ),
        ]),
  ])
}

/** Short numbers everywhere, as libavif has them. */
function isPlain(r: Reader, boxes: readonly Box[]): boolean {
  const isFirst = (name: string) => {
    const found = find(boxes, name)
    return !found || r.u8(found.start) === 0
  }
  return ['iinf', 'iref', 'pitm'].every(isFirst)
}

function itemsOf({ exif, xmp }: Metadata, first: number): Added[] {
  const wanted = [
    ...(exif ? [{ data: concatBytes([new Uint8Array(4), exif]), type: 'Exif', words: 'Exif\0' }] : []),
    ...(xmp === undefined ? [] : [{ data: utf8(xmp), type: 'mime', words: `XMP\0${XMP_TYPE}\0` }]),
  ]
  return wanted.map(({ data, type, words }, index) => {
    const id = first + index
    return { id, data, entry: fullBox('infe', [...be16(id), 0, 0], [latin(type + words)], 2) }
  })
}

/** `iloc`: version 0, offsets and lengths of four bytes. What is added lies in a box behind the file. */
function locations(items: Items, added: readonly Added[], moved: number, fileLength: number): Bytes {
  const entry = (id: number, places: readonly { readonly start: number; readonly end: number }[]) => [
    ...be16(id),
    0,
    0,
    ...be16(places.length),
    ...places.flatMap(({ start, end }) => [...be32(start), ...be32(end - start)]),
  ]
  const old = items.all.flatMap((id) =>
    entry(
      id,
      items.placesOf(id).map(({ start, end }) => ({ start: start + moved, end: end + moved })),
    ),
  )
  let at = fileLength + moved + 8
  const more = added.flatMap(({ id, data }) => {
    at += data.length
    return entry(id, [{ start: at - data.length, end: at }])
  })
  return fullBox('iloc', [0x44, 0, ...be16(items.all.length + added.length), ...old, ...more])
}

function references(primary: number, added: readonly Added[], old: Uint8Array = new Uint8Array()): Bytes {
  const links = added.map(({ id }) =>
    box('cdsc', [Uint8Array.from([...be16(id), ...be16(1), ...be16(primary)])]),
  )
  return fullBox('iref', [], [old, ...links])
}

/** Among the properties, and among those of the primary item. Beside the coded colours, which still say how YCbCr is meant. */
function withProfile(
  r: Reader,
  file: Uint8Array,
  iprp: Box,
  primary: number,
  icc: Uint8Array | undefined,
): Bytes {
  if (!icc) return copyOf(file, iprp)
  const parts = children(r, iprp.start, iprp.end)
  const ipco = find(parts, 'ipco')
  const index = ipco ? children(r, ipco.start, ipco.end).length + 1 : 0
  return box(
    'iprp',
    parts.map((part) => {
      if (part.type === 'ipco')
        return box('ipco', [file.subarray(part.start, part.end), box('colr', [latin('prof'), icc])])
      return part.type === 'ipma' ? associate(r, file, part, primary, index) : copyOf(file, part)
    }),
  )
}

/** Of short entries: item, how many properties, a byte for each. */
function associate(r: Reader, file: Uint8Array, ipma: Box, item: number, index: number): Bytes {
  const entries: Uint8Array[] = []
  for (let at = ipma.start + 8; at < ipma.end; at += 3 + r.u8(at + 2)) {
    const count = r.u8(at + 2)
    const entry = file.slice(at, at + 3 + count)
    if (r.u16(at) !== item) entries.push(entry)
    else {
      entry[2] = count + 1
      entries.push(entry, Uint8Array.of(index))
    }
  }
  return fullBox('ipma', be32(r.u32(ipma.start + 4)), entries)
}

function box(type: string, content: readonly Uint8Array[]): Bytes {
  const body = concatBytes(content)
  return concatBytes([Uint8Array.from(be32(body.length + 8)), latin(type), body])
}

const fullBox = (type: string, head: readonly number[], content: readonly Uint8Array[] = [], version = 0) =>
  box(type, [Uint8Array.from([version, 0, 0, 0, ...head]), ...content])

const copyOf = (file: Uint8Array, { type, start, end }: Box) => box(type, [file.subarray(start, end)])
