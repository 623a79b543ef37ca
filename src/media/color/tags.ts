/** The header and the directory of ICC profiles: ICC.1:2022 section 7. */

export const HEADER_BYTES = 128
/** Behind them the directory: how many tags there are, then name, place and length of each. */
export const ENTRY_BYTES = 12
const MOST_TAGS = 200

export interface Tag {
  readonly at: number
  readonly length: number
}

/** By name; of those with the same one, the first. @throws RangeError where the profile ends too early */
export function readTags(view: DataView): ReadonlyMap<string, Tag> {
  const tags = new Map<string, Tag>()
  const count = Math.min(view.getUint32(HEADER_BYTES), MOST_TAGS)
  for (let i = 0; i < count; i++) {
    const entry = entryAt(i)
    const name = textAt(view, entry)
    if (!tags.has(name)) tags.set(name, { at: view.getUint32(entry + 4), length: view.getUint32(entry + 8) })
  }
  return tags
}

export const entryAt = (index: number): number => HEADER_BYTES + 4 + ENTRY_BYTES * index

export function textAt(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)))
}
