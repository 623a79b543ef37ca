/** IP addresses as numbers: which are public, and which lie inside a block. Pure text and arithmetic, no look-up. */

/** An address: 32 bits for IPv4, 128 for IPv6. */
export interface Address {
  readonly version: 4 | 6
  readonly value: bigint
}

/** A block of addresses. */
export interface Cidr extends Address {
  /** Leading bits that count. */
  readonly bits: number
}

/** IPv4 that is not on the public internet: RFC 6890 and its successors, with 6to4 relays, multicast and reserved. */
const DENIED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map(block)

/** Inside 2000::/3 and yet not public: IETF protocol assignments (Teredo is judged before) and documentation. */
const DENIED_V6 = ['2001::/23', '2001:db8::/32', '3fff::/20'].map(block)

const GLOBAL_UNICAST = block('2000::/3')

/** Where an IPv6 address holds an IPv4 one: `shift` bits from the right, `flip` when its bits are inverted. */
const EMBEDDING: readonly { readonly block: Cidr; readonly shift: bigint; readonly flip?: boolean }[] = [
  { block: block('::/96'), shift: 0n },
  { block: block('::ffff:0:0/96'), shift: 0n },
  { block: block('::ffff:0:0:0/96'), shift: 0n },
  { block: block('64:ff9b::/96'), shift: 0n },
  { block: block('2002::/16'), shift: 80n },
  { block: block('2001::/32'), shift: 64n },
  { block: block('2001::/32'), shift: 0n, flip: true },
]

/** `::5efe:a.b.c.d` and `200:5efe:…` as interface identifiers (RFC 5214). */
const ISATAP = new Set([0x0000_5efen, 0x0200_5efen])
const LOW_32 = 0xffff_ffffn

/**
 * True when connecting to the address cannot reach anything but the public internet. Fails closed: what is not an
 * address is not public. IPv6 is public inside 2000::/3 only, or where it stands for a public IPv4 address; the local
 * NAT64 prefix 64:ff9b:1::/48 (RFC 8215) is never public.
 */
export function isPublicAddress(ip: string): boolean {
  const address = parseAddress(ip)
  if (!address) return false
  if (address.version === 4) return isPublicV4(address.value)
  if (ISATAP.has((address.value >> 32n) & LOW_32) && !isPublicV4(address.value & LOW_32)) return false
  const embedded = EMBEDDING.filter((row) => contains(row.block, address))
  if (embedded.length > 0) return embedded.every((row) => isPublicV4(extractV4(address.value, row)))
  return contains(GLOBAL_UNICAST, address) && !DENIED_V6.some((denied) => contains(denied, address))
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address; undefined when it is none, or has bits beyond its prefix. */
export function parseCidr(text: string): Cidr | undefined {
  const [base = '', prefix, ...more] = text.split('/')
  const address = parseAddress(base)
  if (!address || more.length > 0 || base.includes('%')) return undefined
  const width = address.version === 4 ? 32 : 128
  if (prefix === undefined) return { ...address, bits: width }
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity
  if (bits > width) return undefined
  return address.value & ((1n << BigInt(width - bits)) - 1n) ? undefined : { ...address, bits }
}

/** True when the address lies in the block. IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv4 here. */
export function inCidr(ip: string, cidr: Cidr): boolean {
  const address = parseAddress(normalizeAddress(ip))
  return address !== undefined && contains(cidr, address)
}

/** Whether an address lies in any of the blocks, which are read once. @throws Error when a text is no block */
export function createAddressSet(blocks: readonly string[]): (ip: string) => boolean {
  const parsed = blocks.map(block)
  return (ip) => {
    const address = parsed.length === 0 ? undefined : parseAddress(ip)
    if (!address) return false
    const plain = isMapped(address) ? ({ version: 4, value: address.value & LOW_32 } as const) : address
    return parsed.some((one) => contains(one, plain))
  }
}

/** IPv4 written as IPv6: `::ffff:1.2.3.4`. */
function isMapped({ version, value }: Address): boolean {
  return version === 6 && value >> 32n === 0xffffn
}

/** One spelling for comparing: without brackets and zone, lower case, `::ffff:1.2.3.4` as `1.2.3.4`. */
export function normalizeAddress(ip: string): string {
  const bare = ip
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .toLowerCase()
  // Most are IPv4 or contain no IPv4 at all, and need not be read.
  const address = bare.includes(':') ? parseAddress(bare) : undefined
  if (!address || !isMapped(address)) return bare
  return [24n, 16n, 8n, 0n].map((shift) => (address.value >> shift) & 0xffn).join('.')
}

/** Reads an IPv4 address in four decimal parts or an IPv6 address, with or without zone; undefined otherwise. */
export function parseAddress(text: string): Address | undefined {
  const v4 = parseV4(text)
  if (v4 !== undefined) return { version: 4, value: v4 }
  const v6 = parseV6(text.replace(/%.*$/, ''))
  return v6 === undefined ? undefined : { version: 6, value: v6 }
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.')
  // A leading zero is octal to some and decimal to others: neither is meant.
  const isSound = parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  if (parts.length !== 4 || !isSound) return undefined
  return BigInt(parts.reduce((whole, part) => whole * 256 + Number(part), 0))
}

function parseV6(text: string): bigint | undefined {
  const tail = /[^:]*\.[^:]*$/.exec(text)?.[0]
  const v4 = tail === undefined ? undefined : parseV4(tail)
  if (tail !== undefined && v4 === undefined) return undefined
  const groups = v4 === undefined ? text : text.slice(0, -tail!.length) + toGroups(v4)
  const halves = groups.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const [left = [], right = []] = halves
  const gap = 8 - left.length - right.length
  if (halves.length > 2 || (halves.length === 2 ? gap < 1 : gap !== 0)) return undefined
  const all = [...left, ...Array<string>(halves.length === 2 ? gap : 0).fill('0'), ...right]
  if (!all.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined
  return joinParts(
    all.map((group) => Number.parseInt(group, 16)),
    16n,
  )
}

function joinParts(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((whole, part) => (whole << width) | BigInt(part), 0n)
}

function toGroups(v4: bigint): string {
  return `${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`
}

function contains(cidr: Cidr, address: Address): boolean {
  if (cidr.version !== address.version) return false
  const host = BigInt((cidr.version === 4 ? 32 : 128) - cidr.bits)
  return cidr.value >> host === address.value >> host
}

function isPublicV4(value: bigint): boolean {
  return !DENIED_V4.some((denied) => contains(denied, { version: 4, value }))
}

function extractV4(value: bigint, { shift, flip }: (typeof EMBEDDING)[number]): bigint {
  const v4 = (value >> shift) & LOW_32
  return flip ? v4 ^ LOW_32 : v4
}

function block(text: string): Cidr {
  const cidr = parseCidr(text)
  if (!cidr) throw new Error(`Not a block of addresses: ${text}`)
  return cidr
}
