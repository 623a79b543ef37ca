/** Which packets no other frame is decoded from: a frame that is not wanted itself can do without them. Pure. */

export interface Dependence {
  /** Of time: frames are decoded from those of their own layer and of lower ones alone. */
  readonly layer: number
  /** Others of its layer may need it. */
  readonly isNeeded: boolean
}

/** Of the parts of a packet; undefined where one says nothing of it. */
type Judge = (unit: Uint8Array) => Dependence | undefined

/**
 * @param description of the decoder's configuration (avcC, hvcC)
 * @returns undefined where packets of the codec are not told apart
 */
export function dependenceReader(
  codec: string,
  description: Uint8Array | undefined,
): ((packet: Uint8Array) => Dependence) | undefined {
  if (!description) return undefined
  if (codec === 'avc') return (packet) => read(packet, ((description[4] ?? 3) & 3) + 1, AVC)
  if (codec === 'hevc') return (packet) => read(packet, ((description[21] ?? 3) & 3) + 1, HEVC)
  return undefined
}

/** Those of a group that can be left out: nothing in it is decoded from them. */
export function disposable<Key>(group: ReadonlyMap<Key, Dependence>): Key[] {
  const highest = Math.max(...[...group.values()].map(({ layer }) => layer))
  return [...group].filter(([, { layer, isNeeded }]) => layer === highest && !isNeeded).map(([key]) => key)
}

const NEEDED: Dependence = { layer: 0, isNeeded: true }

/** ITU-T H.264, 7.3.1 and table 7-1: `nal_ref_idc` is 0 for what is no reference. */
const AVC: Judge = ([head = 0]) => {
  const type = head & 0x1f
  if (type >= 1 && type <= 5) return { layer: 0, isNeeded: (head & 0x60) !== 0 }
  // Messages, delimiters, filling; anything else sets something for what follows.
  return type === 6 || type === 9 || type === 12 ? undefined : NEEDED
}

/** ITU-T H.265, 7.3.1.2 and table 7-1: below 16, even types are no reference within their layer. */
const HEVC: Judge = ([head = 0, second = 1]) => {
  const type = (head >> 1) & 0x3f
  const layer = Math.max(0, (second & 7) - 1)
  if (type < 32) return { layer, isNeeded: type >= 16 || type % 2 === 1 }
  return type === 35 || type >= 38 ? undefined : { layer, isNeeded: true }
}

/** Each part stands behind its length. */
function read(packet: Uint8Array, lengthBytes: number, judge: Judge): Dependence {
  let layer = 0
  let isNeeded: boolean | undefined
  for (let at = 0; at < packet.length;) {
    let length = 0
    for (let n = 0; n < lengthBytes; n++) length = length * 256 + (packet[at + n] ?? 0)
    at += lengthBytes
    const judged =
      length === 0 || at + length > packet.length ? NEEDED : judge(packet.subarray(at, at + length))
    layer = Math.max(layer, judged?.layer ?? 0)
    if (judged) isNeeded = isNeeded === true || judged.isNeeded
    at += length
  }
  return { layer, isNeeded: isNeeded ?? true }
}
