import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { inCidr, isPublicAddress, normalizeAddress, parseCidr } from '../../src/lib/cidr.ts'

const PUBLIC = [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700::1111',
  '2a00:1450:4001::200e',
  '::ffff:1.1.1.1',
  '::1.1.1.1',
  '64:ff9b::101:101',
  '2002:101:101::1',
  '2001:0:101:101::fefe:fefe',
  '2606:4700::5efe:1.1.1.1',
]

const REFUSED = [
  '0.0.0.0',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.0',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.16.0.0',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fc00::1',
  'fdff::1',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  '2001:db8::1',
  '2001:1::1',
  '3fff::1',
  '4000::1',
  '100::1',
  '::ffff:127.0.0.1',
  '::FFFF:7f00:1',
  '::127.0.0.1',
  '::7f00:1',
  '::ffff:0:127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b:1::1.1.1.1',
  '64:ff9b:1:fffe:7f:0:100:0',
  '2002:7f00:1::',
  '2002:a00:1::1',
  '2001:0:101:101::80ff:fffe',
  '2001:0:7f00:1::fefe:fefe',
  '2606:4700::5efe:127.0.0.1',
  '2606:4700::200:5efe:10.0.0.1',
  '2002:808:808::5efe:7f00:1',
  '',
  'localhost',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '01.1.1.1',
  '1.1.1.256',
  '1.1.1.1.1',
  '1::2::3',
  '1:2:3:4:5:6:7:8:9',
  '12345::',
  ':::',
  '::1.1.1',
]

test.each(PUBLIC)('%s is public', (ip) => expect(isPublicAddress(ip)).toBe(true))
test.each(REFUSED)('%s is not public', (ip) => expect(isPublicAddress(ip)).toBe(false))

test('an IPv4 address is judged alike however IPv6 holds it', () => {
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      const hex = ip
        .split('.')
        .map((part) => Number(part).toString(16).padStart(2, '0'))
        .join('')
      const groups = `${hex.slice(0, 4)}:${hex.slice(4)}`
      const forms = [`::ffff:${ip}`, `::${groups}`, `64:ff9b::${ip}`, `2002:${groups}::1`]
      expect(forms.map(isPublicAddress)).toEqual(forms.map(() => isPublicAddress(ip)))
    }),
  )
})

/** The rules of RFC 6890 octet by octet, sharing nothing with the code under test. */
function isPublicV4BySight(ip: string): boolean {
  const [a = 0, b = 0, c = 0] = ip.split('.').map(Number)
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false
  if (a === 100) return b < 64 || b > 127
  if (a === 169) return b !== 254
  if (a === 172) return b < 16 || b > 31
  if (a === 198) return b !== 18 && b !== 19 && !(b === 51 && c === 100)
  if (a === 203) return !(b === 0 && c === 113)
  if (a !== 192) return true
  return b !== 168 && !(b === 0 && (c === 0 || c === 2)) && !(b === 88 && c === 99)
}

/** A random address, near the edges of the special blocks more often than chance would have it. */
const nearEdges = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(0, 9, 10, 11, 100, 126, 127, 128, 169, 172, 192, 198, 203, 223, 224, 255),
      fc.nat(255),
    ),
    fc.oneof(
      fc.constantFrom(0, 15, 16, 17, 18, 19, 20, 31, 32, 51, 63, 64, 88, 127, 128, 167, 168, 254),
      fc.nat(255),
    ),
    fc.oneof(fc.constantFrom(0, 2, 99, 100, 113), fc.nat(255)),
    fc.nat(255),
  )
  .map((parts) => parts.join('.'))

test('IPv4 is judged as an oracle judges it by sight', () => {
  fc.assert(
    fc.property(nearEdges, (ip) => isPublicAddress(ip) === isPublicV4BySight(ip)),
    { numRuns: 20_000 },
  )
})

test('nothing outside 2000::/3 is public unless it holds IPv4', () => {
  fc.assert(
    fc.property(fc.ipV6(), (ip) => {
      if (!isPublicAddress(ip)) return
      const holdsV4 = /^(?:::|0{1,4}:|64:ff9b:)/i.test(ip) || ip.startsWith('0064:')
      expect(holdsV4 || /^[23][\da-f]{3}:/i.test(ip)).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['10.0.0.0/8', '[::ffff:a01:203]', true],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['0.0.0.0/0', '8.8.8.8', true],
  ['0.0.0.0/0', '::1', false],
  ['fd00::/8', 'fd12::1', true],
  ['fd00::/8', 'fe80::1', false],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['::/0', 'nonsense', false],
])('%s and %s: %s', (cidr, ip, inside) => expect(inCidr(ip, parseCidr(cidr)!)).toBe(inside))

test.each([
  '10.0.0.0/33',
  '10.0.0.1/8',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10/8',
  'fd00::/129',
  'x',
  '',
  'fe80::%1/10',
])('%s is no block', (text) => expect(parseCidr(text)).toBeUndefined())

test.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:0a00:0001', '10.0.0.1'],
  ['[2001:DB8::1]', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['10.0.0.1', '10.0.0.1'],
])('%s is normalised to %s', (ip, expected) => expect(normalizeAddress(ip)).toBe(expected))
