/**
 * ICC profiles (ICC.1:2022) that a colour engine must read: tables of RGB or of inks, and curves of grey. What is handed to it is a copy
 * that holds the tags it needs, each of a kind that those may have, and nothing else.
 */
import { entryAt, HEADER_BYTES, readTags, textAt, type Tag } from './tags.ts'

export interface TableProfile {
  /** What it leads from. */
  readonly space: 'gray' | 'rgb' | 'cmyk'
  readonly bytes: Uint8Array<ArrayBuffer>
}

const SPACES: Readonly<Record<string, TableProfile['space']>> = { GRAY: 'gray', 'RGB ': 'rgb', CMYK: 'cmyk' }
/** Devices, and colour spaces; not links between devices, named colours, or abstract ones. */
const CLASSES: ReadonlySet<string> = new Set(['scnr', 'mntr', 'prtr', 'spac'])
const PLACES: ReadonlySet<string> = new Set(['XYZ ', 'Lab '])

const TABLES = ['mft1', 'mft2', 'mAB ']
const CURVES = ['curv', 'para']
/** By tag: the kinds that it may be of. */
const KINDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    A2B0: TABLES,
    kTRC: CURVES,
    wtpt: ['XYZ '],
    bkpt: ['XYZ '],
    chad: ['sf32'],
  }),
)
/** What must be there, one of these. */
const NEEDED: Readonly<Record<TableProfile['space'], readonly string[]>> = {
  gray: ['A2B0', 'kTRC'],
  rgb: ['A2B0'],
  cmyk: ['A2B0'],
}

/** Undefined for every other kind, and for damage that shows here. Never throws. */
export function readTableProfile(bytes: Uint8Array): TableProfile | undefined {
  try {
    return parse(bytes)
  } catch (error) {
    // A place outside of the profile.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function parse(bytes: Uint8Array): TableProfile | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const space = SPACES[textAt(view, 16)]
  const isKnown = CLASSES.has(textAt(view, 12)) && PLACES.has(textAt(view, 20)) && textAt(view, 36) === 'acsp'
  if (!space || !isKnown) return undefined
  const tags = [...readTags(view)].filter((tag) => isUsed(view, ...tag))
  const isWhole = tags.some(([name]) => NEEDED[space].includes(name))
  return isWhole ? { space, bytes: withTags(bytes, tags) } : undefined
}

function isUsed(view: DataView, name: string, { at, length }: Tag): boolean {
  return length >= 8 && at + length <= view.byteLength && KINDS.get(name)?.includes(textAt(view, at)) === true
}

/** Header, directory, and the tags' data one after the other. */
function withTags(bytes: Uint8Array, tags: readonly (readonly [string, Tag])[]): Uint8Array<ArrayBuffer> {
  let end = entryAt(tags.length)
  const placed = tags.map(([name, tag]) => {
    const to = end
    end += Math.ceil(tag.length / 4) * 4
    return { name, ...tag, to }
  })
  const copy = new Uint8Array(end)
  const view = new DataView(copy.buffer)
  copy.set(bytes.subarray(0, HEADER_BYTES))
  view.setUint32(0, end)
  view.setUint32(HEADER_BYTES, placed.length)
  for (const [i, { name, at, length, to }] of placed.entries()) {
    const entry = entryAt(i)
    for (let k = 0; k < 4; k++) copy[entry + k] = name.charCodeAt(k)
    view.setUint32(entry + 4, to)
    view.setUint32(entry + 8, length)
    copy.set(bytes.subarray(at, at + length), to)
  }
  return copy
}
