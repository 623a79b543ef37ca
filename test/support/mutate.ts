/** Damaged files, the same ones for a seed: bits, bytes, lengths, pieces lost, repeated, or taken from another file. */

export type Random = (below: number) => number

/** Park and Miller's generator. */
export function createRandom(seed: number): Random {
  let state = (seed % 2_147_483_646) + 1
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

/** @param other of which pieces may be taken */
export function mutate(good: Uint8Array, other: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  let bytes = Uint8Array.from(good)
  for (let rounds = 1 + random(3); rounds > 0; rounds--) {
    const change = CHANGES[random(CHANGES.length)]
    // Headers are where damage counts: half of it goes there.
    const at = random(random(2) ? bytes.length || 1 : Math.min(bytes.length || 1, 160))
    if (change) bytes = change(bytes, at, other, random)
  }
  return bytes
}

type Change = (
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  other: Uint8Array,
  random: Random,
) => Uint8Array<ArrayBuffer>

const set =
  (count: number, value: (random: Random, old: number) => number): Change =>
  (bytes, at, _, random) => {
    for (let i = at; i < Math.min(bytes.length, at + count); i++) bytes[i] = value(random, bytes[i] ?? 0)
    return bytes
  }

const CHANGES: readonly Change[] = [
  set(1, (random, old) => old ^ (1 << random(8))),
  set(1, (random) => random(256)),
  set(1, (random, old) => old + random(5) - 2),
  // Sizes and counts at the ends of their ranges.
  set(2, (random) => [0, 0xff, 0x7f, 0x80, 1][random(5)] ?? 0),
  set(4, () => 0),
  set(4, () => 0xff),
  (bytes, at) => bytes.slice(0, at),
  (bytes, at, _, random) => joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random(40))),
  (bytes, at, _, random) => {
    const piece = bytes.subarray(at, at + 1 + random(60))
    return joined(bytes.subarray(0, at), piece, piece, bytes.subarray(at + piece.length))
  },
  (bytes, at, other, random) => {
    const from = random(other.length || 1)
    return joined(bytes.subarray(0, at), other.subarray(from, from + 1 + random(80)), bytes.subarray(at))
  },
]

const joined = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.concat(parts))
