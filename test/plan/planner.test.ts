/** One question, one plan: however it is put. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { planKey, recipeKey } from '../../src/plan/key.ts'
import { planRequest } from '../../src/plan/planner.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { PARAMS, type ParamName } from '../../src/request/params.ts'
import { ask, rulesOf } from '../request/support.ts'

const rules = rulesOf()
const planOf = (path: string, headers: Record<string, string> = {}, by = rules) =>
  planRequest(ask(path, headers, by), by)
const asked = (query: string) => planOf(`/off/a.jpg?${query}`).ask
const textOf = (query: string, headers: Record<string, string> = {}) =>
  planOf(`/files/a.jpg?${query}`, headers).text

describe('the canonical question', () => {
  test.each<[string, object]>([
    ['width=100', { width: 100 }],
    ['width=100&dpr=2', { width: 200 }],
    ['width=100&height=51&dpr=0.5', { width: 50, height: 26 }],
    ['width=8000&height=4000&dpr=2', { width: 8192, height: 4096 }],
    ['width=1&dpr=0.1', { width: 1 }],
    ['dpr=2', {}],
    ['width=100&fit=scale-down&format=auto&rotate=0&enlarge=false', { width: 100 }],
    ['width=100&height=50&fit=contain', { width: 100, height: 50 }],
    ['width=100&fit=cover&gravity=north', { width: 100 }],
    ['width=100&height=50&fit=cover&gravity=center', { width: 100, height: 50, fit: 'cover' }],
    [
      'width=100&height=50&fit=cover&gravity=0.5x0',
      { width: 100, height: 50, fit: 'cover', gravity: { x: 0.5, y: 0 } },
    ],
    ['width=100&height=50&fit=fill&gravity=north', { width: 100, height: 50, fit: 'fill' }],
    ['enlarge=true&format=png', { format: 'png' }],
    ['format=jpg', { format: 'jpeg' }],
    ['fps=25&time=1m30s&width=5', { width: 5, timed: { fps: '25', time: '90' } }],
    ['width=5&filename=x.jpg&download=1&debug=view&loop=1&exp=1&kid=a&sig=b&unknown=1', { width: 5 }],
    ['width=5&brightness=1&contrast=1&gamma=1&saturation=1&grayscale=0&sharpen=0', { width: 5 }],
    ['blur=3&saturation=0.50&grayscale=1', { effects: { blur: 3, saturation: 0.5, grayscale: true } }],
    ['format=json&metadata=none', { format: 'json' }],
    ['format=json&metadata=keep', { format: 'json', metadata: 'keep' }],
    ['format=webp&metadata=keep', { format: 'webp', metadata: 'keep' }],
    ['format=webp&metadata=none', { format: 'webp' }],
    ['width=5&v=2', { width: 5, v: '2' }],
  ])('%s', (query, expected) => expect(asked(query)).toEqual(expected))

  test('names the original by origin, path and captures, decoded', () => {
    expect(planOf('/files/a%20b.jpg?width=5').source).toEqual({
      origin: 'files',
      path: '/files/a b.jpg',
      captures: { 1: 'a b.jpg', key: 'a b.jpg' },
    })
    expect(planOf('/files/a%2Djpg?width=5').text).toBe(planOf('/files/a-jpg?width=5').text)
  })

  test('is frozen', () => {
    expect(Object.isFrozen(planOf('/files/a.jpg?width=5'))).toBe(true)
  })

  test('holds what the client takes, collapsed, only where the format is left to us', () => {
    const as = (accept: string, query = 'width=5') => textOf(query, { accept })
    expect(as('image/webp,*/*')).toBe(as('text/html, image/webp;q=0.3'))
    expect(as('image/webp')).not.toBe(as('image/avif,image/webp'))
    expect(as('image/webp', 'width=5&format=png')).toBe(as('', 'width=5&format=png'))
  })
})

describe('ways to a derivative', () => {
  test('all share one plan, and so do the values themselves', () => {
    const ways: Array<[string, Record<string, string>?]> = [
      ['derivative=mobile'],
      ['impolicy=mobile'],
      ['imref=impolicy=mobile'],
      ['imwidth=700'],
      ['imheight=854'],
      ['im-viewwidth=400&im-density=2'],
      ['format=auto', { 'Sec-CH-Viewport-Width': '427', 'Sec-CH-DPR': '2' }],
      ['dpr=2', { Width: '400' }],
      ['enlarge=false', { 'Viewport-Width': '700' }],
      ['rotate=0', { 'CF-Device-Type': 'mobile' }],
      ['width=640&height=360&fit=cover'],
      ['h=360&obj-fit=crop&w=640'],
    ]
    const texts = new Set(ways.map(([query, headers]) => textOf(query, headers)))
    expect(texts.size).toBe(1)
    expect(planOf('/cdn-cgi/image/width=640,height=360/files/a.jpg').text).toBe(
      textOf('width=640&height=360'),
    )
  })
})

/** Texts that the table accepts for each parameter that reaches a plan. */
const VALUES: Partial<Record<ParamName, readonly string[]>> = {
  width: ['1', '640', '640.4', '8192'],
  height: ['1', '480', '0.5'],
  fit: ['scale-down', 'contain', 'cover', 'crop', 'pad', 'fill'],
  gravity: ['center', 'auto', 'north', 'southwest', '0.3x0.7', '0.5x0.5'],
  dpr: ['0.1', '1', '2.5', '5'],
  format: ['auto', 'webp', 'jpg', 'jpeg', 'mp4', 'json'],
  trim: ['0', '10'],
  metadata: ['none', 'copyright', 'keep'],
  quality: ['1', '80', 'high', 'lossless', 'auto'],
  max_bytes: ['1', '50000'],
  background: ['white', 'fff', '#ffffff80', 'rgb(255,255,255)', 'hsl(0 0% 100%)', 'transparent'],
  rotate: ['0', '90', '-90', '360', '45.5'],
  flip: ['h', 'hv'],
  crop: ['10:10:0:0', '50%:50%:25%:25%'],
  enlarge: ['true', '0'],
  animated: ['true', 'false'],
  page: ['0', '7'],
  progressive: ['true', 'false'],
  effort: ['0', '9'],
  v: ['1', 'abc'],
  blur: ['1', '2.5'],
  brightness: ['1', '2'],
  grayscale: ['1', 'false'],
  tint: ['red', '#f00'],
  derivative: ['mobile', 'tablet', 'unknown'],
  time: ['1m30s', '50%', '-5'],
  fps: ['25'],
  bitrate: ['2M'],
}
const NAMES = Object.keys(VALUES) as ParamName[]

const pairs = fc
  .uniqueArray(fc.constantFrom(...NAMES), { maxLength: 8 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) => fc.tuple(fc.constant(name), fc.constantFrom(...(VALUES[name] ?? [])), fc.nat())),
    ),
  )
type Pair = readonly [ParamName, string, number]
const queryOf = (list: readonly Pair[], isAliased: boolean) =>
  new URLSearchParams(
    list.map(([name, value, pick]) => {
      const words = isAliased ? [name, ...PARAMS[name].aliases] : [name]
      return [words[pick % words.length] ?? name, value] as [string, string]
    }),
  ).toString()

describe('properties', () => {
  test('order, aliases and strangers never change the plan', () => {
    fc.assert(
      fc.property(pairs, fc.nat(), fc.string({ maxLength: 8 }), (list, seed, noise) => {
        const shuffled = list.toSorted((a, b) => ((a[2] + seed) % 97) - ((b[2] + seed) % 97))
        const plain = planOf(`/files/a.jpg?${queryOf(list, false)}`).text
        const stranger = new URLSearchParams([[`x-${noise}`, noise]]).toString()
        expect(planOf(`/files/a.jpg?${stranger}&${queryOf(shuffled, true)}`).text).toBe(plain)
      }),
      { numRuns: 2000 },
    )
  })

  test('canonical values, asked again, are the same plan', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const first = ask(`/off/a.jpg?${queryOf(list, true)}`)
        const again = ask(`/off/a.jpg?${new URLSearchParams(Object.entries(spell(first.params)))}`)
        expect(planRequest(again, rules).text).toBe(planRequest(first, rules).text)
      }),
      { numRuns: 2000 },
    )
  })

  test('any query and any headers give a plan or a 4xx, never another failure', () => {
    const word = fc.oneof(
      fc.constantFrom(
        ...Object.keys(PARAMS),
        'w',
        'bg',
        'imwidth',
        'imref',
        'impolicy',
        'obj-fit',
        'mute',
        'im-viewwidth',
        '__proto__',
        'constructor',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    )
    const value = fc.oneof(
      fc.constantFrom(
        ...Object.values(VALUES).flat(),
        '',
        '-1',
        '1e400',
        'NaN',
        '0x',
        '%',
        'a=b,c=d',
        '__proto__',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    )
    const header = fc.constantFrom(
      'accept',
      'sec-ch-viewport-width',
      'width',
      'dpr',
      'sec-ch-dpr',
      'cf-device-type',
      'save-data',
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, value), { maxLength: 8 }),
        fc.array(
          fc.tuple(
            header,
            fc.string({ maxLength: 12 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
          ),
          { maxLength: 4 },
        ),
        fc.constantFrom(
          '/files/a.jpg',
          '/always/a',
          '/filled/a',
          '/cdn-cgi/image/width=5,quality=x/files/a.jpg',
          '/%ff',
          '/files/..%2f',
        ),
        fc.constantFrom('reject', 'warn'),
        (query, headers, path, invalid) => {
          const by = rulesOf({ parameters: { invalid: invalid as 'reject' | 'warn' } })
          try {
            const plan = planOf(`${path}?${new URLSearchParams(query)}`, Object.fromEntries(headers), by)
            expect(JSON.parse(plan.text)).toMatchObject({
              source: { path: path.replace(/^\/cdn-cgi\/image\/[^/]*/, '') },
            })
          } catch (error) {
            if (!isMediaError(error)) throw error
            expect([400, 403, 404]).toContain(error.status)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('any path gives a plan or a 4xx', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '/',
        '..',
        '%2e',
        '%252e',
        '%5c',
        '%00',
        'files',
        'cdn-cgi',
        'image',
        'width=5',
        'https:',
        '%',
        '%ff',
        '.',
        'a',
        '//',
      ),
      fc.string({ maxLength: 4 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const url = new URL('http://media.test/')
        url.pathname = pieces.join('')
        try {
          const { path } = ask(url.href)
          expect(path.split('/').some((segment) => segment.startsWith('.'))).toBe(false)
        } catch (error) {
          if (!isMediaError(error)) throw error
          expect([400, 403, 404]).toContain(error.status)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('keys', () => {
  test('are hashes of the plan; of the recipe with the original it is made of', async () => {
    const [a, b] = [planOf('/files/a.jpg?w=5&h=6'), planOf('/files/a.jpg?height=6&width=5')]
    expect(await planKey(a)).toMatch(/^[\da-f]{64}$/)
    expect(await planKey(a)).toBe(await planKey(b))
    expect(await planKey(a)).not.toBe(await planKey(planOf('/files/b.jpg?w=5&h=6')))
    const recipe: ImageRecipe = {
      kind: 'image',
      from: 'png',
      orient: 1,
      to: 'webp',
      quality: 80,
      width: 5,
      height: 6,
    }
    const turned = Object.fromEntries(Object.entries(recipe).toReversed()) as unknown as ImageRecipe
    const keys = await Promise.all([
      recipeKey(recipe, 'source', 'v1'),
      recipeKey(turned, 'source', 'v1'),
      recipeKey(recipe, 'source', 'v2'),
      recipeKey(recipe, 'other', 'v1'),
      recipeKey({ ...recipe, width: 6 }, 'source', 'v1'),
    ])
    expect(keys[1]).toBe(keys[0])
    expect(new Set(keys).size).toBe(4)
  })
})

/** Canonical values as texts that mean them. */
function spell(canonical: object): Record<string, string> {
  const { effects = {}, ...rest } = canonical as { effects?: object }
  const params = { ...rest, ...effects }
  const side = (length: object) =>
    'px' in length ? String(length.px) : `${Number((length as { fraction: number }).fraction) * 100}%`
  const spelt = (name: string, value: unknown): string => {
    if (typeof value !== 'object' || value === null) return String(value)
    const of = value as Record<string, never>
    if (name === 'gravity') return `${of['x']}x${of['y']}`
    if (name === 'background' || name === 'tint') return `rgb(${of['r']} ${of['g']} ${of['b']} / ${of['a']})`
    return ['width', 'height', 'x', 'y'].map((part) => side(of[part] as unknown as object)).join(':')
  }
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, spelt(name, value)]))
}
