import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { compileRules } from '../../src/request/compile.ts'
import { ask, rulesOf } from './support.ts'

/** Without breakpoints, so that nothing is chosen by hints. */
const plain = rulesOf({ responsive: { breakpoints: [] } })

function codeOf(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return isMediaError(error) ? error.code : error
  }
}

describe('the native grammar', () => {
  test('a bare path is the original', () => {
    expect(ask('/files/a/b%20c.jpg')).toEqual({
      grammar: 'native',
      path: '/files/a/b c.jpg',
      origin: 'files',
      captures: { 1: 'a/b c.jpg', key: 'a/b c.jpg' },
      asked: {},
      params: {},
      isBare: true,
      warnings: [],
      vary: [],
      accepts: [],
    })
  })

  test.each([
    '?v=3',
    '?filename=x.jpg&download=1',
    '?debug=view',
    '?utm=1',
    '?exp=1&sig=x&kid=y',
    '?derivative=unknown',
    '?loop=true',
  ])('%s leaves it the original', (query) =>
    expect(ask(`/files/a.jpg${query}`)).toMatchObject({ isBare: true, vary: [], accepts: [] }),
  )

  test.each([
    '?width=5',
    '?format=auto',
    '?dpr=2',
    '?rotate=0',
    '?fps=25',
    '?derivative=mobile',
    '?imwidth=5',
    '?enlarge=false',
  ])('%s asks for a rendition', (query) => expect(ask(`/files/a.jpg${query}`).isBare).toBe(false))

  test('what shapes the response stays apart', () => {
    const request = ask('/files/a.jpg?filename=b.jpg&download=true&loop=1&preload=none&debug=view')
    expect(request).toMatchObject({
      disposition: { filename: 'b.jpg', download: true },
      playback: { loop: 'true', preload: 'none' },
      debug: 'view',
    })
  })

  test('wrong values: all at once, or warnings', () => {
    expect(codeOf(() => ask('/files/a.jpg?width=x&fit=y'))).toBe('INVALID_PARAMETER')
    const mild = ask('/files/a.jpg?width=x&height=20', {}, rulesOf({ parameters: { invalid: 'warn' } }))
    expect(mild.params).toEqual({ height: 20 })
    expect(mild.warnings).toEqual([{ parameter: 'width', reason: 'expected a number from 1 to 8192' }])
    expect(ask('/files/a.jpg?width=x', {}, rulesOf({ parameters: { invalid: 'warn' } })).isBare).toBe(true)
  })

  test("the origin's defaults fill up renditions, and only those", () => {
    expect(ask('/filled/a.jpg')).toMatchObject({ isBare: true })
    expect(Object.keys(ask('/filled/a.jpg').params)).toEqual([])
    expect(ask('/filled/a.jpg?width=10&fit=pad').params).toEqual({ width: 10, fit: 'pad', quality: 'high' })
  })
})

describe('Accept', () => {
  test.each<[string, string[]]>([
    ['image/avif,image/webp,*/*;q=0.8', ['avif', 'webp']],
    ['image/webp, image/avif', ['avif', 'webp']],
    ['IMAGE/WEBP;q=0.1', ['webp']],
    ['image/avif;q=0,image/webp;q=0.000', []],
    ['image/avif;q=0.001', ['avif']],
    ['image/*', []],
    ['*/*', []],
    ['', []],
    ['image/avifx,xximage/webp', []],
  ])('%s gives %j', (accept, accepts) => {
    expect(ask('/files/a.jpg?width=5', { accept })).toMatchObject({ accepts, vary: ['Accept'] })
  })
  test('is not looked at when the format is said', () => {
    for (const query of ['width=5&format=png', 'derivative=desktop'])
      expect(ask(`/files/a.jpg?${query}`, { accept: 'image/avif' })).toMatchObject({ accepts: [], vary: [] })
  })
})

describe('derivatives', () => {
  test('replace explicit values and keep the others', () => {
    const request = ask('/files/a.jpg?derivative=mobile&width=9&fit=pad&flip=h')
    expect(request).toMatchObject({
      derivative: 'mobile',
      params: { width: 640, height: 360, fit: 'cover', flip: 'h' },
    })
    expect(request.params).not.toHaveProperty('derivative')
    expect(request.asked).toEqual({ derivative: 'mobile', width: 9, fit: 'pad', flip: 'h' })
  })
  test('that do not exist are named and ignored: everything else goes on', () => {
    const request = ask('/files/a.jpg?derivative=nope&width=9')
    expect(request.params).toEqual({ width: 9 })
    expect(request.warnings).toEqual([{ parameter: 'derivative', reason: 'no derivative is named nope' }])
    expect(ask('/files/a.jpg?derivative=nope&imwidth=700').derivative).toBe('mobile')
    expect(ask('/files/a.jpg?derivative=constructor').isBare).toBe(true)
  })
  test.each<[string, string | undefined]>([
    ['imwidth=1', 'mobile'],
    ['imwidth=854', 'mobile'],
    ['imwidth=854.5', 'tablet'],
    ['imwidth=1280', 'tablet'],
    ['imwidth=1281', 'desktop'],
    ['imheight=100', 'mobile'],
    ['imwidth=2000&impolicy=mobile', 'mobile'],
    ['impolicy=tablet&derivative=mobile', 'mobile'],
    ['imwidth=100&width=50', undefined],
    ['imwidth=abc', undefined],
  ])('%s selects %s', (query, name) => expect(ask(`/files/a.jpg?${query}`).derivative).toBe(name))
  test('a width that is none is named', () => {
    expect(ask('/files/a.jpg?imwidth=abc').warnings).toMatchObject([{ parameter: 'imwidth' }])
  })
  test('without breakpoints nothing is selected', () => {
    const bare = rulesOf({ responsive: { breakpoints: [] } })
    expect(ask('/files/a.jpg?imwidth=100', {}, bare)).toMatchObject({ isBare: true, vary: [] })
    expect(ask('/always/a.jpg', { 'sec-ch-viewport-width': '700' }, bare)).toMatchObject({
      isBare: true,
      vary: [],
    })
  })
})

describe('client hints', () => {
  const query = '/files/a.jpg?format=webp'
  test.each<[Record<string, string>, string, string[]]>([
    [{ 'Sec-CH-Viewport-Width': '800' }, 'mobile', ['Sec-CH-Viewport-Width', 'Sec-CH-DPR', 'DPR']],
    [
      { 'Sec-CH-Viewport-Width': '500', 'Sec-CH-DPR': '2' },
      'tablet',
      ['Sec-CH-Viewport-Width', 'Sec-CH-DPR'],
    ],
    [
      { 'Viewport-Width': '500', DPR: '3' },
      'desktop',
      ['Sec-CH-Viewport-Width', 'Viewport-Width', 'Sec-CH-DPR', 'DPR'],
    ],
    [{ Width: '500' }, 'mobile', ['Sec-CH-Viewport-Width', 'Viewport-Width', 'Width', 'Sec-CH-DPR', 'DPR']],
    [
      { 'CF-Device-Type': 'mobile' },
      'mobile',
      ['Sec-CH-Viewport-Width', 'Viewport-Width', 'Width', 'CF-Device-Type'],
    ],
    [
      { 'CF-Device-Type': 'fridge' },
      'desktop',
      ['Sec-CH-Viewport-Width', 'Viewport-Width', 'Width', 'CF-Device-Type'],
    ],
    [
      { 'Sec-CH-Viewport-Width': 'wide' },
      'desktop',
      ['Sec-CH-Viewport-Width', 'Viewport-Width', 'Width', 'CF-Device-Type'],
    ],
  ])('%j select %s, consulting %j', (headers, derivative, vary) => {
    expect(ask(query, headers)).toMatchObject({ derivative, vary })
  })
  test('a dpr that chose is used up, one that did not multiplies', () => {
    const hinted = ask('/files/a.jpg?dpr=2&format=png', { 'sec-ch-viewport-width': '600' })
    expect(hinted).toMatchObject({ derivative: 'tablet', params: { width: 1280, format: 'png' } })
    expect(hinted.params).not.toHaveProperty('dpr')
    expect(ask('/files/a.jpg?dpr=2&derivative=tablet').params).toEqual({ width: 1280, dpr: 2 })
  })
  test('are not looked at for a size, a derivative, a bare path, or where the origin says off', () => {
    const headers = { 'sec-ch-viewport-width': '600' }
    for (const path of [
      '/files/a.jpg?width=5&format=png',
      '/files/a.jpg?derivative=desktop',
      '/files/a.jpg',
      '/files/a.jpg?fps=25&format=png&height=4',
      '/off/a.jpg?format=png',
      '/files/a.jpg?v=3',
    ])
      expect(ask(path, headers).vary, path).toEqual([])
  })
  test('always: a bare path too', () => {
    expect(ask('/always/a.jpg', { 'sec-ch-viewport-width': '600' })).toMatchObject({
      derivative: 'mobile',
      isBare: false,
    })
  })
  test("Akamai's words stand for the headers", () => {
    const request = ask('/files/a.jpg?im-viewwidth=500&im-density=2', {
      'sec-ch-viewport-width': '9',
      'sec-ch-dpr': '1',
    })
    expect(request).toMatchObject({ derivative: 'tablet', vary: ['Accept'] })
  })
})

describe("Akamai's words", () => {
  test.each<[string, object]>([
    ['w=10&h=20&q=50&f=png', { width: 10, height: 20, quality: 50, format: 'png' }],
    ['imformat=h264&start=1m&dur=5', { format: 'mp4', time: '60', duration: '5' }],
    ['imdensity=2&width=10', { dpr: 2, width: 10 }],
    ['obj-fit=crop&w=1&h=1', { fit: 'cover', width: 1, height: 1 }],
    ['obj-fit=fill&w=1', { fit: 'contain', width: 1 }],
    ['mute=true&width=1', { audio: false, width: 1 }],
    ['mute=0&width=1', { audio: true, width: 1 }],
    ['imformat=png&format=webp', { format: 'webp' }],
    ['imformat=png&f=webp', { format: 'webp' }],
    ['imref=width=10,height=20', { width: 10, height: 20 }],
    ['imref=width=10,imformat=png&w=30', { width: 30, format: 'png' }],
  ])('%s', (query, params) => expect(ask(`/files/a.jpg?${query}`, {}, plain).params).toEqual(params))
})

describe("Cloudflare's grammar", () => {
  test('is the same question in other words', () => {
    const request = ask('/cdn-cgi/image/width=100,height=50,fit=cover,quality=80,format=webp/files/a%20b.jpg')
    expect(request).toMatchObject({
      grammar: 'cloudflare',
      path: '/files/a b.jpg',
      origin: 'files',
      params: { width: 100, height: 50, fit: 'cover', enlarge: true, quality: 80, format: 'webp' },
    })
    expect(ask('/cdn-cgi/media/mode=frame,time=2s,width=100,fit=crop/files/a.mp4').params).toEqual({
      mode: 'frame',
      time: '2',
      width: 100,
      fit: 'crop',
    })
  })
  test.each<[string, object]>([
    ['fit=scale-down', { fit: 'scale-down' }],
    ['fit=contain', { fit: 'contain', enlarge: true }],
    ['fit=crop', { fit: 'crop' }],
    ['fit=pad', { fit: 'pad', enlarge: true }],
    ['fit=squeeze', { fit: 'fill', enlarge: true }],
    ['gravity=left', { gravity: { x: 0, y: 0.5 } }],
    ['g=0.2x0.4', { gravity: { x: 0.2, y: 0.4 } }],
    ['format=baseline-jpeg', { format: 'jpeg' }],
    ['q=medium-high', { quality: 'high' }],
    ['background=%23ff0000', { background: { r: 255, g: 0, b: 0, a: 1 } }],
    ['trim=border', { trim: 10 }],
    ['trim.border.tolerance=25', { trim: 25 }],
    ['trim=border,trim.border.tolerance=255', { trim: 100 }],
    ['metadata=keep', { metadata: 'keep' }],
    ['metadata=copyright', { metadata: 'copyright' }],
    ['rotate=90,flip=h,dpr=2', { rotate: 90, flip: 'h', dpr: 2 }],
    [
      'blur=20,sharpen=1,brightness=0.5,contrast=1.5,gamma=2,saturation=0',
      { blur: 20, sharpen: 1, brightness: 0.5, contrast: 1.5, gamma: 2, saturation: 0 },
    ],
  ])('%s', (options, params) =>
    expect(ask(`/cdn-cgi/image/${options}/files/a.jpg`, {}, plain).params).toEqual(params),
  )
  test('what we do not have is named', () => {
    const request = ask('/cdn-cgi/image/width=5,anim=false,border=1,trim=20,onerror=redirect/files/a.jpg')
    expect(request).toMatchObject({ params: { width: 5, animated: false }, onError: 'redirect' })
    expect(request.warnings.map(({ parameter }) => parameter)).toEqual(['border', 'trim'])
  })
  test.each<[string, string]>([
    ['/cdn-cgi/image/width=5/https://example.com/a.jpg', 'ACCESS_DENIED'],
    ['/cdn-cgi/image/width=5/HTTP:%2F%2Fexample.com%2Fa.jpg', 'ACCESS_DENIED'],
    ['/cdn-cgi/image/width=5/https%3A%2F%2Fexample.com%2Fa.jpg', 'ACCESS_DENIED'],
    ['/cdn-cgi/image/width=5', 'INVALID_URL'],
    ['/cdn-cgi/image/width=%ff/files/a.jpg', 'INVALID_URL'],
    ['/cdn-cgi/image/width=0/files/a.jpg', 'INVALID_PARAMETER'],
    ['/cdn-cgi/image/width=5/nowhere/a.jpg', 'NO_MATCHING_ORIGIN'],
    ['/cdn-cgi/image/width=5/files/..%2Fa.jpg', 'INVALID_PATH'],
    ['/cdn-cgi/trace/x', 'NO_MATCHING_ORIGIN'],
  ])('%s is %s', (path, code) => expect(codeOf(() => ask(path))).toBe(code))
  test('slow-connection-quality replaces quality for those who say so, and says what it looked at', () => {
    const path = '/cdn-cgi/image/format=webp,quality=80,slow-connection-quality=30/files/a.jpg?'
    const all = ['Save-Data', 'ECT', 'RTT', 'Downlink']
    expect(ask(path, {}, plain)).toMatchObject({ params: { quality: 80 }, vary: all })
    expect(ask(path, { 'save-data': 'on' }, plain)).toMatchObject({
      params: { quality: 30 },
      vary: ['Save-Data'],
    })
    expect(ask(path, { ect: '3g' }, plain)).toMatchObject({
      params: { quality: 30 },
      vary: ['Save-Data', 'ECT'],
    })
    expect(ask(path, { rtt: '50', downlink: '1.5' }, plain)).toMatchObject({
      params: { quality: 30 },
      vary: all,
    })
  })
})

describe('compiling the configuration', () => {
  test('names every fault by its path', () => {
    const { faults } = compileRules({
      origins: [{ name: 'a', match: '^/(.+)$', responsive: 'hints', defaults: { fit: 'sideways' } }],
      derivatives: { small: { width: 0, colour: 'red' } },
      responsive: { breakpoints: [{ maxWidth: 5, derivative: 'tiny' }], defaultDerivative: 'none' },
      parameters: { invalid: 'reject' },
      limits: { outputSide: 100 },
      formats: { jxl: false },
    })
    expect(faults.map(({ path }) => path).toSorted()).toEqual([
      'derivatives.small.colour',
      'derivatives.small.width',
      'origins[0].defaults.fit',
      'responsive.breakpoints[0].derivative',
      'responsive.defaultDerivative',
    ])
  })
})
