/** Every row of the parameter table: what it takes, as what, and what it refuses. */
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { PARAMS, paramByWord, paramFields, paramRow, type ParamName } from '../../src/request/params.ts'
import { judgeFaults, readParams } from '../../src/request/read-params.ts'

const context = { outputSide: 8192 }
const white = { r: 255, g: 255, b: 255, a: 1 }

const FACTOR: { good: Array<[string, unknown]>; bad: string[] } = {
  good: [
    ['0', 0],
    ['1', 1],
    ['4', 4],
    ['0.25', 0.25],
  ],
  bad: ['', '-1', '4.1', '1e0', 'x'],
}

/** Accepted texts with their canonical values, then refused texts. Every row is here: the first test sees to it. */
const ROWS: Record<ParamName, { good: Array<[string, unknown]>; bad: string[] }> = {
  width: {
    good: [
      ['1', 1],
      ['640', 640],
      ['640.4', 640],
      ['640.5', 641],
      ['0.5', 1],
      ['8192', 8192],
      ['8192.4', 8192],
      ['007', 7],
    ],
    bad: [
      '',
      '0',
      '0.4',
      '-5',
      '8192.5',
      '8193',
      '1e3',
      '0x10',
      ' 640',
      '640px',
      'NaN',
      'Infinity',
      '٣',
      '1,5',
      '99999999999',
    ],
  },
  height: {
    good: [
      ['480', 480],
      ['479.5', 480],
    ],
    bad: ['', 'auto', '-1', '8193'],
  },
  fit: {
    good: [
      ['scale-down', 'scale-down'],
      ['contain', 'contain'],
      ['Cover', 'cover'],
      ['crop', 'crop'],
      ['pad', 'pad'],
      ['fill', 'fill'],
    ],
    bad: ['', 'inside', 'scale_down', 'constructor'],
  },
  gravity: {
    good: [
      ['center', { x: 0.5, y: 0.5 }],
      ['Auto', 'auto'],
      ['NORTH', { x: 0.5, y: 0 }],
      ['southeast', { x: 1, y: 1 }],
      ['0.3x0.7', { x: 0.3, y: 0.7 }],
      ['0x1', { x: 0, y: 1 }],
    ],
    bad: ['', 'up', 'automatic', '0.3', '0.3x', 'x', '1.1x0', '-0.1x0', '0.1x0.2x0.3', 'toString'],
  },
  dpr: {
    good: [
      ['0.1', 0.1],
      ['2', 2],
      ['5', 5],
    ],
    bad: ['', '0', '0.05', '5.1', '-1', '2x'],
  },
  format: {
    good: [
      ['auto', 'auto'],
      ['JPG', 'jpeg'],
      ['jpeg', 'jpeg'],
      ['avif', 'avif'],
      ['webp', 'webp'],
      ['png', 'png'],
      ['gif', 'gif'],
      ['mp4', 'mp4'],
      ['json', 'json'],
      ['h265', 'h265'],
      ['opus', 'opus'],
    ],
    bad: ['', 'bmp', 'image/png', '__proto__'],
  },
  quality: {
    good: [
      ['1', 1],
      ['100', 100],
      ['low', 'low'],
      ['Medium', 'medium'],
      ['high', 'high'],
      ['lossless', 'lossless'],
      ['Auto', 'auto'],
    ],
    bad: ['', '0', '101', '75.5', 'best', '-1'],
  },
  max_bytes: {
    good: [
      ['1', 1],
      ['50000', 50_000],
    ],
    bad: ['', '0', '-1', '1.5', '50k', '1000000000'],
  },
  background: {
    good: [
      ['fff', white],
      ['#FFFFFF', white],
      ['ffff', white],
      ['ffffff80', { r: 255, g: 255, b: 255, a: 0.502 }],
      ['white', white],
      ['RebeccaPurple', { r: 102, g: 51, b: 153, a: 1 }],
      ['transparent', { r: 0, g: 0, b: 0, a: 0 }],
      ['rgb(255,0,128)', { r: 255, g: 0, b: 128, a: 1 }],
      ['rgb(100% 0% 50% / 25%)', { r: 255, g: 0, b: 128, a: 0.25 }],
      ['rgba(1, 2, 3, 0.5)', { r: 1, g: 2, b: 3, a: 0.5 }],
      ['hsl(120deg 100% 50%)', { r: 0, g: 255, b: 0, a: 1 }],
      ['hsla(-120,100%,50%,0)', { r: 0, g: 0, b: 255, a: 0 }],
      ['hsl(0 0% 100%)', white],
      ['hsl(0.5turn 100% 50%)', { r: 0, g: 255, b: 255, a: 1 }],
    ],
    bad: [
      '',
      '#',
      'ff',
      'fffff',
      'ggg',
      'rgb(256,0,0)',
      'rgb(1,2)',
      'rgb(1,2,3,4,5)',
      'hsl(red,1,1)',
      'url(x)',
      'valueOf',
      'rgb(1,2,3',
      `rgb(1${' '.repeat(80)}2 3)`,
    ],
  },
  rotate: {
    good: [
      ['90', 90],
      ['-90', 270],
      ['450', 90],
      ['0', 0],
      ['360', 0],
      ['12.5', 12.5],
    ],
    bad: ['', 'left', '3601', '1e2'],
  },
  flip: {
    good: [
      ['h', 'h'],
      ['V', 'v'],
      ['hv', 'hv'],
    ],
    bad: ['', 'vh', 'x'],
  },
  pixelate: {
    good: [
      ['2', 2],
      ['256', 256],
    ],
    bad: ['', '1', '257', '2.5', '-4', 'x'],
  },
  blur: {
    good: [
      ['0.3', 0.3],
      ['250', 250],
    ],
    bad: ['', '0', '0.29', '251', 'x'],
  },
  brightness: FACTOR,
  contrast: FACTOR,
  gamma: FACTOR,
  saturation: FACTOR,
  grayscale: {
    good: [
      ['true', true],
      ['0', false],
    ],
    bad: ['', 'yes', '2'],
  },
  tint: {
    good: [
      ['white', white],
      ['fff', white],
    ],
    bad: ['', 'colour', '#12345'],
  },
  sharpen: {
    good: [
      ['0', 0],
      ['10', 10],
      ['0.5', 0.5],
    ],
    bad: ['', '-1', '10.1', 'x'],
  },
  overlay: {
    good: [
      ['/files/logo.png', '/files/logo.png'],
      ['/files/my logo#2 (50%).png', '/files/my logo#2 (50%).png'],
      ['/a', '/a'],
    ],
    bad: [
      '',
      '/',
      'logo.png',
      'https://example.com/logo.png',
      '/files/a.png?width=5',
      '/files/a.png?overlay=/files/b.png',
      '/files/../etc/passwd',
      '/files/%2e%2e/etc',
      '/files/.env',
      '/files\\a.png',
      '/files/a\u0000.png',
    ],
  },
  overlay_width: {
    good: [
      ['1', { px: 1 }],
      ['99.6', { px: 100 }],
      ['8192', { px: 8192 }],
      ['25%', { fraction: 0.25 }],
      ['100%', { fraction: 1 }],
    ],
    bad: ['', '0', '0.25', '0%', '-1', '8193', '101%', '%', '10px', '1e3'],
  },
  overlay_gravity: {
    good: [
      ['southeast', { x: 1, y: 1 }],
      ['0.25x0', { x: 0.25, y: 0 }],
    ],
    bad: ['', 'auto', '2x0', 'left'],
  },
  overlay_opacity: {
    good: [
      ['0', 0],
      ['0.5', 0.5],
      ['1', 1],
    ],
    bad: ['', '-0.1', '1.1', '50%', 'x'],
  },
  overlay_margin: {
    good: [
      ['0', { px: 0 }],
      ['16', { px: 16 }],
      ['2.5%', { fraction: 0.025 }],
    ],
    bad: ['', '-1', '8193', '101%', '1:2'],
  },
  crop: {
    good: [
      ['10:20:0:5', { width: { px: 10 }, height: { px: 20 }, x: { px: 0 }, y: { px: 5 } }],
      [
        '50%:25%:0%:100%',
        { width: { fraction: 0.5 }, height: { fraction: 0.25 }, x: { fraction: 0 }, y: { fraction: 1 } },
      ],
    ],
    bad: [
      '',
      '10:20',
      '10:20:0:0:0',
      '0:1:0:0',
      '1:0%:0:0',
      '-1:1:0:0',
      '1:1:101%:0',
      'a:b:c:d',
      '1e9:1:0:0',
      '0.4:1:0:0',
    ],
  },
  progressive: {
    good: [
      ['true', true],
      ['0', false],
    ],
    bad: ['', 'maybe'],
  },
  effort: {
    good: [
      ['0', 0],
      ['9', 9],
    ],
    bad: ['', '10', '-1', '1.5', 'high'],
  },
  animated: {
    good: [
      ['true', true],
      ['0', false],
    ],
    bad: ['', 'maybe'],
  },
  page: {
    good: [
      ['0', 0],
      ['12', 12],
    ],
    bad: ['', '-1', '1.5', '100000', 'last'],
  },
  trim: {
    good: [
      ['0', 0],
      ['100', 100],
    ],
    bad: ['', '-1', '101', '2.5', 'border', 'true'],
  },
  enlarge: {
    good: [
      ['true', true],
      ['1', true],
      ['FALSE', false],
      ['0', false],
    ],
    bad: ['', 'yes', '2'],
  },
  metadata: {
    good: [
      ['none', 'none'],
      ['Copyright', 'copyright'],
      ['keep', 'keep'],
    ],
    bad: ['', 'all', 'true'],
  },
  v: {
    good: [
      ['3', '3'],
      ['2024-01.a_b', '2024-01.a_b'],
    ],
    bad: ['', 'a b', 'x'.repeat(65), 'ü'],
  },
  derivative: { good: [['mobile', 'mobile']], bad: ['', 'a/b', 'x'.repeat(65)] },
  mode: {
    good: [
      ['frame', 'frame'],
      ['hls', 'hls'],
    ],
    bad: ['', 'film'],
  },
  time: {
    good: [
      ['90', '90'],
      ['11.3s', '11.3'],
      ['1m30s', '90'],
      ['1h2m3s', '3723'],
      ['50%', '50%'],
      ['-5', '-5'],
      ['auto', 'auto'],
      ['2m', '120'],
      ['0', '0'],
      ['-0', '0'],
    ],
    bad: ['', 's', '1s1m', '101%', '-50%', '1h-2m', '5 s', 'now'],
  },
  duration: {
    good: [
      ['10', '10'],
      ['1m', '60'],
      ['50%', '50%'],
    ],
    bad: ['', '0', '0%', '-5', 'auto'],
  },
  audio: { good: [['false', false]], bad: ['', 'off'] },
  fps: {
    good: [
      ['25', 25],
      ['29.97', 29.97],
    ],
    bad: ['', '0', '-1', '241'],
  },
  speed: { good: [['1.5', 1.5]], bad: ['', '0', '101'] },
  bitrate: {
    good: [
      ['2M', 2_000_000],
      ['800k', 800_000],
      ['96000', 96_000],
      ['1.5m', 1_500_000],
    ],
    bad: ['', '2G', '1', '-1k', 'k', '2000M'],
  },
  compression: {
    good: [
      ['auto', 'auto'],
      ['low', 'low'],
    ],
    bad: ['', 'none'],
  },
  track: {
    good: [
      ['0', 0],
      ['99', 99],
    ],
    bad: ['', '100', '-1', '1.5'],
  },
  imageCount: {
    good: [
      ['1', 1],
      ['400', 400],
    ],
    bad: ['', '0', '401', '2.5'],
  },
  columns: { good: [['5', 5]], bad: ['', '0', '401'] },
  loop: { good: [['true', true]], bad: ['', 'x'] },
  autoplay: { good: [['0', false]], bad: ['', 'x'] },
  muted: { good: [['1', true]], bad: ['', 'x'] },
  preload: { good: [['metadata', 'metadata']], bad: ['', 'all'] },
  filename: {
    good: [
      ['holiday.jpg', 'holiday.jpg'],
      ['Ünï codé.png', 'Ünï codé.png'],
    ],
    bad: ['', 'a/b', 'a\\b', 'a"b', 'a\nb', 'a\u0000', 'x'.repeat(121), 'gpj.\u202eexe'],
  },
  download: { good: [['true', true]], bad: ['', 'attachment'] },
  debug: {
    good: [
      ['view', 'view'],
      ['', ''],
      ['x'.repeat(99), 'x'.repeat(32)],
    ],
    bad: [],
  },
  exp: { good: [['1767225600', '1767225600']], bad: [] },
  kid: { good: [['k1', 'k1']], bad: [] },
  sig: { good: [['abc', 'abc']], bad: [] },
}

describe('the table', () => {
  test('has a test for each row, and unique words', () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(Object.keys(PARAMS).toSorted())
    const words = (Object.keys(PARAMS) as ParamName[]).flatMap((name) => [name, ...PARAMS[name].aliases])
    expect(new Set(words).size).toBe(words.length)
  })

  describe.each(Object.entries(ROWS) as Array<[ParamName, (typeof ROWS)[ParamName]]>)(
    '%s',
    (name, { good, bad }) => {
      test.each(good)('takes %j', (text, value) => {
        expect(paramRow(name).parse(text, context)).toEqual(value)
      })
      test.each(bad)('refuses %j', (text) => {
        expect(paramRow(name).parse(text, context)).toBeUndefined()
        const { faults, params } = readParams(new URLSearchParams([[name, text]]), context)
        expect([faults.map(({ parameter, value }) => [parameter, value]), params]).toEqual([
          [[name, text]],
          {},
        ])
      })
      test('its example is accepted', () => {
        expect(paramRow(name).parse(paramRow(name).example, context)).toBeDefined()
      })
    },
  )

  test.each([
    ['w', 'width'],
    ['h', 'height'],
    ['f', 'format'],
    ['q', 'quality'],
    ['g', 'gravity'],
    ['bg', 'background'],
  ])('%s is %s', (alias, name) => expect(paramByWord(alias)).toBe(name))

  test('words of objects are no parameters', () => {
    for (const word of ['__proto__', 'constructor', 'toString', '', 'Overlay'])
      expect(paramByWord(word)).toBeUndefined()
  })

  test('the form offers what shapes a picture', () => {
    const names = paramFields().map((field) => field.name)
    expect(names).toEqual([
      'width',
      'height',
      'fit',
      'gravity',
      'dpr',
      'background',
      'rotate',
      'flip',
      'crop',
      'trim',
      'enlarge',
      'format',
      'quality',
      'max_bytes',
      'animated',
      'page',
      'progressive',
      'effort',
      'metadata',
      'pixelate',
      'blur',
      'brightness',
      'contrast',
      'gamma',
      'saturation',
      'grayscale',
      'tint',
      'sharpen',
      'overlay',
      'overlay_width',
      'overlay_gravity',
      'overlay_opacity',
      'overlay_margin',
    ])
    for (const field of paramFields())
      if (field.control.kind === 'select')
        for (const option of field.control.options)
          expect(paramRow(field.name).parse(option, context), `${field.name}=${option}`).toBeDefined()
  })
})

const read = (query: string) => readParams(new URLSearchParams(query), context)

describe('reading', () => {
  test('the first of several counts, an own name before its alias, and the rest is named', () => {
    expect(read('width=1&width=2')).toMatchObject({
      params: { width: 1 },
      warnings: [{ parameter: 'width', reason: 'given more than once' }],
    })
    expect(read('w=1&width=2')).toMatchObject({ params: { width: 2 }, warnings: [{ parameter: 'w' }] })
    expect(read('w=2&width=2').warnings).toEqual([])
  })

  test('unknown ones are named, never taken', () => {
    expect(read('utm_source=x&overlays=5&width=1')).toEqual({
      params: { width: 1 },
      faults: [],
      warnings: [
        { parameter: 'utm_source', reason: 'unknown parameter' },
        { parameter: 'overlays', reason: 'unknown parameter' },
      ],
    })
  })

  test('all faults are told at once, with the numbers of the configuration', () => {
    const { faults } = readParams(new URLSearchParams('width=4097&fit=x&height='), { outputSide: 4096 })
    expect(faults).toEqual([
      { parameter: 'width', value: '4097', expected: 'a number from 1 to 4096' },
      { parameter: 'fit', value: 'x', expected: 'one of scale-down, contain, cover, crop, pad, fill' },
      { parameter: 'height', value: '', expected: 'a number from 1 to 4096' },
    ])
    let thrown: unknown
    try {
      judgeFaults(faults, 'reject')
    } catch (error) {
      thrown = error
    }
    expect(isMediaError(thrown) && [thrown.status, thrown.code, thrown.details]).toEqual([
      400,
      'INVALID_PARAMETER',
      faults,
    ])
    expect(judgeFaults(faults, 'warn').map(({ parameter }) => parameter)).toEqual(['width', 'fit', 'height'])
  })
})
