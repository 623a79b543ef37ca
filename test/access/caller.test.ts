/** Whose request it is: what a client writes itself never counts. */
import { describe, expect, test } from 'vitest'
import { callerOf } from '../../src/access/caller.ts'
import { createAddressSet } from '../../src/lib/cidr.ts'

const none = () => false
const proxies = createAddressSet(['10.0.0.0/8', '2001:db8:1::/48', '192.0.2.7'])
const edge = createAddressSet(['173.245.48.0/20', '2400:cb00::/32'])

function caller(
  peer: string | undefined,
  forwarded?: string,
  rules: Partial<Parameters<typeof callerOf>[1]> = {},
) {
  const headers = new Headers(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded })
  return callerOf({ peer, headers, isAtEdge: false }, { isProxy: proxies, isEdge: none, ...rules })
}

describe('the client', () => {
  test.each<
    [what: string, peer: string | undefined, forwarded: string | undefined, client: string | undefined]
  >([
    ['is the peer', '198.51.100.1', undefined, '198.51.100.1'],
    ['is the peer, whatever it claims', '198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['threats row 16: a peer in IPv4-mapped form is IPv4', '::ffff:198.51.100.1', undefined, '198.51.100.1'],
    ['threats row 16: in hexadecimal too', '::FFFF:c633:6401', undefined, '198.51.100.1'],
    ['threats row 16: a proxy in that form is a proxy', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['threats row 16: a hop in that form is IPv4', '10.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['is what our proxy saw', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['is the right-most hop that is not ours', '10.0.0.1', '1.1.1.1, 203.0.113.9, 10.2.3.4', '203.0.113.9'],
    ['a single trusted address', '192.0.2.7', '203.0.113.9', '203.0.113.9'],
    ['its neighbour is not trusted', '192.0.2.8', '203.0.113.9', '192.0.2.8'],
    ['IPv6 proxies and clients', '2001:db8:1::5', '2001:DB8:2::9', '2001:db8:2::9'],
    ['hops with ports', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    ['IPv6 hops with ports', '10.0.0.1', '[2001:db8:2::9]:4711', '2001:db8:2::9'],
    ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['all hops are ours', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['nonsense ends the walk', '10.0.0.1', '203.0.113.9, unknown', '10.0.0.1'],
    ['an empty hop ends the walk', '10.0.0.1', '203.0.113.9, ', '10.0.0.1'],
    ['octal parts are nonsense', '10.0.0.1', '010.0.0.1', '10.0.0.1'],
    ['nobody knows the peer', undefined, '203.0.113.9', undefined],
  ])('%s', (_, peer, forwarded, client) => {
    expect(caller(peer, forwarded)).toEqual({ address: client, isThroughEdge: false })
  })

  test('32 proxies in a row are believed, and no more', () => {
    const ours = (count: number) => Array.from({ length: count }, (_, i) => `10.0.1.${i}`).join(', ')
    expect(caller('10.0.0.1', `203.0.113.9, ${ours(31)}`).address).toBe('203.0.113.9')
    expect(caller('10.0.0.1', `203.0.113.9, ${ours(32)}`).address).toBe('10.0.1.0')
  })
})

describe('the edge', () => {
  const behind = (peer: string | undefined, forwarded?: string) => caller(peer, forwarded, { isEdge: edge })

  test.each<
    [what: string, peer: string | undefined, forwarded: string | undefined, through: boolean, client?: string]
  >([
    ['the peer is Cloudflare’s', '173.245.48.1', '203.0.113.9', true, '203.0.113.9'],
    ['in IPv4-mapped form (threats row 16)', '::ffff:173.245.48.1', '203.0.113.9', true, '203.0.113.9'],
    ['over IPv6', '2400:cb00::1', '203.0.113.9', true, '203.0.113.9'],
    ['what its client claims stands behind', '173.245.48.1', '1.1.1.1, 203.0.113.9', true, '203.0.113.9'],
    ['behind a proxy of ours', '10.0.0.1', '203.0.113.9, 173.245.48.1', true, '203.0.113.9'],
    [
      'a client inside Cloudflare is believed no further',
      '173.245.48.1',
      '1.1.1.1, 2400:cb00::99',
      true,
      '2400:cb00::99',
    ],
    ['a peer that is not', '198.51.100.1', undefined, false, '198.51.100.1'],
    ['a peer that claims to be behind it', '198.51.100.1', '173.245.48.1', false, '198.51.100.1'],
    ['left-most is never believed', '10.0.0.1', '173.245.48.1, 203.0.113.9', false, '203.0.113.9'],
    ['no peer, no edge', undefined, '173.245.48.1', false],
  ])('%s', (_, peer, forwarded, isThroughEdge, address) => {
    expect(behind(peer, forwarded)).toEqual({ isThroughEdge, address })
  })

  test('a platform at the edge is the edge, and its word for the peer is the client', () => {
    const headers = new Headers({ 'x-forwarded-for': '1.1.1.1, 2400:cb00::99' })
    const rules = { isProxy: none, isEdge: edge }
    expect(callerOf({ peer: '2400:cb00::99', headers, isAtEdge: true }, rules)).toEqual({
      address: '2400:cb00::99',
      isThroughEdge: true,
    })
  })
})
