/** Row 36 and section 1: thousands of signed addresses, changed in every way: none is let in that is not the one that was signed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signUrl } from '../../src/client.ts'
import { createRandom } from '../support/mutate.ts'
import { jpegPicture } from '../support/pictures.ts'
import { closeAll, outcome, stage } from './stage.ts'

const RING = 'k2:the newer secret,k1:the older secret'
const ORIGIN = 'http://media.test'
let service: ReturnType<typeof stage>

beforeAll(async () => {
  service = stage({}, { env: { MEDIAMORPH_SECRET: RING } })
  service.mount.put('a b.jpg', await jpegPicture({ width: 64, height: 48 }))
})
afterAll(closeAll)

/** What an address asks for: its path to the letter, and its words in any order that keeps those of one name in theirs. */
function meaning(text: string): string | undefined {
  if (!URL.canParse(text, ORIGIN)) return undefined
  const { pathname, searchParams, host } = new URL(text, ORIGIN)
  searchParams.sort()
  return JSON.stringify([host, pathname, [...searchParams]])
}

type Change = (url: string, random: (below: number) => number) => string

const at = (text: string, place: number, put: string, cut: number) =>
  text.slice(0, place) + put + text.slice(place + cut)
const words = (url: string, change: (pairs: string[]) => string[]) => {
  const [path = '', query = ''] = url.split('?')
  return `${path}?${change(query.split('&')).join('&')}`
}
const NAMES = [
  'width',
  'w',
  'WIDTH',
  'height',
  'sig',
  'Sig',
  'exp',
  'kid',
  'format',
  'v',
  'debug',
  'filename',
  'overlay',
  'x',
  'width[]',
  'width%00',
]
const VALUES = [
  '1',
  '20',
  '21',
  '',
  'k1',
  'k2',
  '99999999999',
  'webp',
  '/files/a%20b.jpg',
  '%00',
  'view',
  '-1',
]

const CHANGES: Readonly<Record<string, Change>> = {
  'a bit': (url, random) => {
    const place = 1 + random(url.length - 1)
    return at(url, place, String.fromCharCode(url.charCodeAt(place) ^ (1 << random(7))), 1)
  },
  'a letter put in': (url, random) =>
    at(url, 1 + random(url.length), String.fromCharCode(33 + random(94)), 0),
  'letters left out': (url, random) => at(url, 1 + random(url.length - 1), '', 1 + random(4)),
  'the case of a letter': (url, random) => {
    const place = 1 + random(url.length - 1)
    const letter = url[place]!
    return at(url, place, letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(), 1)
  },
  'a letter encoded': (url, random) => {
    const place = 1 + random(url.length - 1)
    return at(url, place, `%${url.charCodeAt(place).toString(16)}`, 1)
  },
  'a letter encoded twice': (url, random) => {
    const place = 1 + random(url.length - 1)
    return at(url, place, `%25${url.charCodeAt(place).toString(16)}`, 1)
  },
  'words in another order': (url, random) => words(url, (pairs) => pairs.toSorted(() => random(3) - 1)),
  'a word twice': (url, random) => words(url, (pairs) => [...pairs, pairs[random(pairs.length)]!]),
  'a word more': (url, random) =>
    words(url, (pairs) =>
      pairs.toSpliced(
        random(pairs.length + 1),
        0,
        `${NAMES[random(NAMES.length)]}=${VALUES[random(VALUES.length)]}`,
      ),
    ),
  'a word less': (url, random) => words(url, (pairs) => pairs.toSpliced(random(pairs.length), 1)),
  'another value': (url, random) =>
    words(url, (pairs) => {
      const place = random(pairs.length)
      return pairs.with(place, `${pairs[place]!.split('=')[0]}=${VALUES[random(VALUES.length)]}`)
    }),
  'a shorter signature': (url, random) => url.replace(/(sig=[\w-]*)/, (sig) => sig.slice(0, 4 + random(43))),
  'a longer signature': (url, random) => url.replace(/(sig=[\w-]*)/, (sig) => sig + 'AZaz09-_='[random(9)]),
  'the signature of another': (url, random) =>
    url.replace(
      /sig=[\w-]*/,
      () => `sig=${Buffer.from(Array.from({ length: 32 }, () => random(256))).toString('base64url')}`,
    ),
  'a path that climbs': (url, random) =>
    url.replace(
      '/files/',
      ['/files/./', '/files/x/../', '/files//', '/x/../files/', '/files/%2e/', '//files/'][random(6)]!,
    ),
}

test.each(Object.entries(CHANGES))(
  'row 36: signed addresses with %s: 403, or the very same request',
  async (name, change) => {
    const random = createRandom(36)
    const exp = Math.floor(Date.now() / 1000) + 3600
    const urls = await Promise.all(
      [
        '/files/a%20b.jpg?width=20&filename=x%20y.jpg&fit=cover&height=20',
        '/files/a%20b.jpg?w=30&w=20&format=webp',
      ].map((url, i) => signUrl(url, RING, i === 0 ? { exp, kid: 'k1' } : {})),
    )
    for (const url of urls) expect((await service.get(url)).status).toBe(200)
    let changed = 0
    for (let round = 0; round < 200; round++) {
      const url = urls[round % urls.length]!
      const other = change(url, random)
      const now = meaning(other)
      if (now === undefined) continue
      const isSame = now === meaning(url)
      if (!isSame) changed++
      const { status } = await service.get(other)
      if (isSame) expect([other, status]).toEqual([other, 200])
      else expect([other, status >= 400 && status < 500]).toEqual([other, true])
    }
    // Some ways of changing change nothing, but for the order of words none.
    if (name !== 'words in another order') expect(changed).toBeGreaterThan(20)
  },
)

test('row 36: nobody else signs: other secrets, names of keys, half a ring, the ring as a secret', async () => {
  const url = '/files/a%20b.jpg?width=20'
  for (const secret of [
    'other',
    'the newer secre',
    'the newer secret ',
    'The newer secret',
    RING.slice(3),
    'x:y,k1:other',
  ])
    for (const kid of [undefined, 'k1', 'k2', 'k3', '']) {
      const signed = await signUrl(kid === undefined ? url : `${url}&kid=${kid}`, secret)
      expect(await outcome(service.get(signed))).toEqual([403, 'BAD_SIGNATURE'])
    }
})
