/** An AVIF file of one picture, with nothing in it that readers do not ask for (AV1 Image File Format v1.2, ISO/IEC 23008-12). */
import { concatBytes } from '../../lib/bytes.ts'
import type { CodedColors, Extent } from './properties.ts'
import { readStill } from './still.ts'

/** One coded picture, as encoders of AV1 give it: a temporal unit, from its sequence header on. */
export interface CodedItem {
  readonly unit: Uint8Array
  /** Its planes: one of grey, three of which two are halved, three alike. */
  readonly layout: 'grey' | '4:2:0' | '4:4:4'
}
export interface AvifContent extends Extent {
  readonly color: CodedItem
  readonly colors: CodedColors
  /** Of one plane, not multiplied into the colours. */
  readonly alpha?: CodedItem
}

interface Property {
  readonly box: Uint8Array
  /** A reader that does not know it must not show the picture. */
  readonly isEssential?: true
}
interface Item {
  readonly bytes: Uint8Array
  readonly properties: readonly Property[]
}

const ALPHA_TYPE = 'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha'

/** @throws MediaError INTERNAL where the coded pictures are none */
export function writeAvif({ width, height, color, colors, alpha }: AvifContent): Uint8Array<ArrayBuffer> {
  const extent = { box: fullBox('ispe', 0, u32(width), u32(height)) }
  const items = [itemOf(extent, color, { box: colorBox(colors) })]
  if (alpha) items.push(itemOf(extent, alpha, { box: fullBox('auxC', 0, text(ALPHA_TYPE), [0]) }))
  const head = box('ftyp', text('avif'), u32(0), ...['avif', 'mif1', 'miaf'].map(text))
  // Offsets do not change its length.
  const start = head.length + metaBox(items, 0).length + 8
  return concatBytes([head, metaBox(items, start), box('mdat', ...items.map(({ bytes }) => bytes))])
}

function itemOf(extent: Property, { unit, layout }: CodedItem, last: Property): Item {
  const { bytes, profile, level } = readStill(unit)
  const isGrey = layout === 'grey'
  const depths = isGrey ? [8] : [8, 8, 8]
  const halving = layout === '4:4:4' ? 0 : 0x0c
  const kind = [0x81, (profile << 5) | level, (isGrey ? 0x10 : 0) | halving, 0]
  const properties: Property[] = [
    extent,
    { box: fullBox('pixi', 0, [depths.length, ...depths]) },
    { box: box('av1C', kind), isEssential: true },
    last,
  ]
  return { bytes, properties }
}

const colorBox = ({ primaries, transfer, matrix, isFullRange }: CodedColors) =>
  box('colr', text('nclx'), u16(primaries), u16(transfer), u16(matrix), [isFullRange ? 0x80 : 0])

/** Items are numbered from 1, the picture itself first; what follows is its alpha. */
function metaBox(items: readonly Item[], start: number): Uint8Array {
  const numbers = items.map((_, at) => at + 1)
  const entry = (id: number) =>
    fullBox('infe', 2 << 24, u16(id), u16(0), text('av01'), text(id === 1 ? 'Color' : 'Alpha'), [0])
  return fullBox(
    'meta',
    0,
    fullBox('hdlr', 0, u32(0), text('pict'), new Uint8Array(13)),
    fullBox('pitm', 0, u16(1)),
    placesBox(items, start),
    fullBox('iinf', 0, u16(items.length), ...numbers.map(entry)),
    ...(items.length > 1 ? [fullBox('iref', 0, box('auxl', u16(2), u16(1), u16(1)))] : []),
    propertiesBox(items),
  )
}

/** Offsets and lengths of 4 bytes, counted from the start of the file. */
function placesBox(items: readonly Item[], start: number): Uint8Array {
  let at = start
  const places = items.map(({ bytes }, index) => {
    const place = [u16(index + 1), u16(0), u16(1), u32(at), u32(bytes.length)]
    at += bytes.length
    return concatBytes(place)
  })
  return fullBox('iloc', 0, [0x44, 0], u16(items.length), ...places)
}

/** Each property once; those of an item by their numbers, which count from 1. */
function propertiesBox(items: readonly Item[]): Uint8Array {
  const all = [...new Set(items.flatMap(({ properties }) => properties))]
  const links = items.map(({ properties }, index) => {
    const numbers = properties.map((one) => (all.indexOf(one) + 1) | (one.isEssential ? 0x80 : 0))
    return concatBytes([u16(index + 1), Uint8Array.from([numbers.length, ...numbers])])
  })
  const associations = fullBox('ipma', 0, u32(items.length), ...links)
  return box('iprp', box('ipco', ...all.map((one) => one.box)), associations)
}

type Part = Uint8Array | readonly number[]

function box(type: string, ...parts: readonly Part[]): Uint8Array {
  const content = parts.map((part) => Uint8Array.from(part))
  const length = content.reduce((sum, part) => sum + part.length, 8)
  return concatBytes([u32(length), text(type), ...content])
}

/** `kind`: its version, and flags in the lower 24 bits. */
const fullBox = (type: string, kind: number, ...parts: readonly Part[]) => box(type, u32(kind), ...parts)

const u16 = (value: number) => Uint8Array.of(value >>> 8, value)
const u32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
const text = (value: string) => new TextEncoder().encode(value)
