/** SVG drawn: as librsvg (through sharp) draws it, and nothing of what an SVG file may do besides. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { isMediaError } from '../../src/error.ts'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { createSvgCodec } from '../../src/engines/image/codecs/svg.ts'
import { Stopped } from '../../src/engines/image/slot.ts'
import { readWholeInfo } from '../../src/media/read-info.ts'
import { drawableSvg } from '../../src/media/svg/picture.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { psnr, rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

const run = createImageWorker({ loadWasm, tick: () => {} })
const utf8 = (text: string) => new TextEncoder().encode(text)
const svg = (content: string, attributes = 'width="120" height="80"') =>
  utf8(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${content}</svg>`,
  )
const clean = (bytes: Uint8Array) => drawableSvg(bytes)
const make = async (bytes: Uint8Array, change: Partial<ImageRecipe> = {}) => {
  const info = readWholeInfo('svg', bytes)
  if (info.class !== 'image') throw new Error('not a picture')
  const { width, height } = info
  const recipe: ImageRecipe = { kind: 'image', from: 'svg', orient: 1, to: 'png', width, height, ...change }
  return rgba((await run({ recipe, bytes, pixels: 1e8, frames: 10 })).body)
}
const flat = async (bytes: Uint8Array) => sharp(bytes).flatten({ background: '#fff' }).raw().toBuffer()
const over = ({ data }: { data: Uint8Array }) =>
  Array.from({ length: (data.length / 4) * 3 }, (_, i) => {
    const [at, alpha] = [Math.floor(i / 3) * 4, data[Math.floor(i / 3) * 4 + 3] ?? 0]
    return Math.round(((data[at + (i % 3)] ?? 0) * alpha + 255 * (255 - alpha)) / 255)
  })

const BALL =
  '<defs><radialGradient id="g"><stop offset="0" stop-color="#fff"/><stop offset="1" stop-color="#06c"/></radialGradient></defs><circle cx="60" cy="40" r="34" fill="url(#g)"/>'

describe('as librsvg draws it', () => {
  test.each([
    [
      'shapes',
      '<rect x="5" y="5" width="50" height="40" rx="8" fill="#c30"/><ellipse cx="80" cy="50" rx="30" ry="20" fill="none" stroke="navy" stroke-width="5" stroke-dasharray="9 4"/>',
    ],
    [
      'paths',
      '<path d="M10 70 C 40 10, 80 10, 110 70 S 20 90 60 20 Z" fill="#393" fill-rule="evenodd" stroke="#000"/>',
    ],
    ['a gradient', BALL],
    [
      'opacity',
      '<g opacity="0.5"><rect width="60" height="60" fill="red"/><rect x="30" y="20" width="60" height="60" fill="blue"/></g>',
    ],
    [
      'transforms',
      '<g transform="translate(60 40) rotate(30) scale(1.2 .8)"><rect x="-30" y="-20" width="60" height="40" fill="#939"/></g>',
    ],
    [
      'a clip path',
      '<clipPath id="c"><circle cx="60" cy="40" r="30"/></clipPath><rect width="120" height="80" fill="teal" clip-path="url(#c)"/>',
    ],
    [
      'a mask',
      '<mask id="m"><rect width="120" height="80" fill="#888"/></mask><rect width="90" height="60" fill="#000" mask="url(#m)"/>',
    ],
    [
      'uses',
      '<defs><g id="a"><rect width="20" height="20" fill="#f80"/></g></defs><use href="#a"/><use xlink:href="#a" x="40" y="30"/>',
    ],
    [
      'a pattern',
      '<pattern id="p" width="10" height="10" patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="#07a"/></pattern><rect width="120" height="80" fill="url(#p)"/>',
    ],
    [
      'a style sheet',
      '<style>.a { fill: #a0a } rect { stroke: #050; stroke-width: 4 }</style><rect class="a" x="10" y="10" width="80" height="50"/>',
    ],
    [
      'a blur',
      '<filter id="f"><feGaussianBlur stdDeviation="4"/></filter><rect x="30" y="20" width="60" height="40" fill="#024" filter="url(#f)"/>',
    ],
    ['a link', '<a href="https://example.com/"><rect x="10" y="10" width="50" height="50" fill="#0a0"/></a>'],
  ])('%s', async (_, content) => {
    const bytes = svg(content)
    expect(psnr(over(await make(bytes)), await flat(bytes))).toBeGreaterThan(30)
  })

  test('a picture inside of it', async () => {
    const png = (await picture({ width: 40, height: 30 }).png().toBuffer()).toString('base64')
    const bytes = svg(`<image x="10" y="10" width="80" height="60" href="data:image/png;base64,${png}"/>`)
    expect(psnr(over(await make(bytes)), await flat(bytes))).toBeGreaterThan(28)
  })

  test('is drawn at the size that is wanted, not scaled to it', async () => {
    const bytes = svg(BALL)
    const large = await make(bytes, { resize: { width: 960, height: 640 }, width: 960, height: 640 })
    const drawn = await sharp(bytes, { density: 72 * 8 })
      .flatten({ background: '#fff' })
      .raw()
      .toBuffer()
    expect(psnr(over(large), drawn)).toBeGreaterThan(35)
    const part = await make(bytes, {
      crop: { x: 30, y: 10, width: 60, height: 60 },
      resize: { width: 480, height: 480 },
      width: 480,
      height: 480,
    })
    const cut = await sharp(drawn, { raw: { width: 960, height: 640, channels: 3 } })
      .extract({ left: 240, top: 80, width: 480, height: 480 })
      .raw()
      .toBuffer()
    expect(psnr(over(part), cut)).toBeGreaterThan(35)
  })
})

describe('its size', () => {
  test.each([
    ['width="30" height="20"', 30, 20],
    ['width="1in" height="72pt"', 96, 96],
    ['width="10mm" height="2.54cm"', 38, 96],
    ['viewBox="0 0 64 48"', 64, 48],
    ['width="128" viewBox="0 0 64 48"', 128, 96],
    ['width="100%" height="100%" viewBox="5,5,64,48"', 64, 48],
    ['height="24" viewBox="0 0 64 48"', 32, 24],
    ['', 300, 150],
    ['width="0.2" height="7.6"', 1, 8],
  ])('%s is %ix%i', async (attributes, width, height) => {
    const bytes = svg('<rect width="5" height="5"/>', attributes)
    expect(readWholeInfo('svg', bytes)).toMatchObject({ width, height, hasAlpha: true, format: 'svg' })
    expect(await make(bytes)).toMatchObject({ width, height })
  })

  test.each(['width="0" height="5"', 'width="-4" height="5"', 'width="1e30" height="5"'])(
    '%s is damage',
    (attributes) => {
      expect(() => readWholeInfo('svg', svg('', attributes))).toThrow(
        expect.objectContaining({ code: 'CORRUPT_MEDIA' }),
      )
    },
  )

  test('what is too large is never drawn', async () => {
    const bytes = svg('<rect width="5" height="5"/>', 'width="100000" height="100000"')
    await expect(
      make(bytes, { resize: { width: 10, height: 10 }, width: 10, height: 10 }),
    ).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'pixels' },
    })
  })
})

/** Rows 24 to 28 of the table of threats. */
describe('what means harm', () => {
  const SQUARE = '<rect width="40" height="40" fill="red"/>'

  test.each([
    [
      'row 24: a file that is included',
      `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>`,
      /passwd|include/,
    ],
    [
      'row 24: a picture of this machine',
      '<image href="file:///etc/passwd" width="9" height="9"/>',
      /passwd/,
    ],
    ['row 24: text of elsewhere', '<tref xlink:href="file:///etc/passwd#x"/>', /passwd|tref/],
    [
      'row 25: a picture of elsewhere',
      '<image xlink:href="http://127.0.0.1:1/a.png" width="9" height="9"/>',
      /127/,
    ],
    [
      'row 25: a filter of elsewhere',
      '<rect width="9" height="9" style="filter: url(http://127.0.0.1:1/f.svg#f)"/>',
      /127/,
    ],
    [
      'row 25: a filter that loads',
      '<filter id="f"><feImage href="http://127.0.0.1:1/a.png"/></filter>',
      /127|feImage/,
    ],
    [
      'row 25: a colour of elsewhere',
      '<rect width="9" height="9" fill="url(http://127.0.0.1:1/a.svg#p)"/>',
      /127/,
    ],
    [
      'row 27: a style sheet that imports',
      '<style>@import url("http://127.0.0.1:1/a.css");</style>',
      /127|import/,
    ],
    ['row 27: a style sheet in hiding', '<style>@\\69mport "http://127.0.0.1:1/a.css";</style>', /127|mport/],
    [
      'row 27: a font',
      '<style>@font-face { font-family: a; src: url(http://127.0.0.1:1/a.woff) }</style>',
      /127|font-face/,
    ],
    ['row 27: a processing instruction', '<?xml-stylesheet href="http://127.0.0.1:1/a.css"?>', /127/],
    [
      'row 28: a script',
      '<script>alert(1)</script><svg:script xmlns:svg="http://www.w3.org/2000/svg">alert(2)</svg:script>',
      /alert/,
    ],
    ['row 28: an event', '<rect width="9" height="9" onload="alert(1)" ONCLICK="alert(2)"/>', /alert/],
    [
      'row 28: a link that runs',
      '<a xlink:href="javascript:alert(1)"><rect width="9" height="9"/></a>',
      /alert/,
    ],
    [
      'row 28: a foreign object',
      '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="http://127.0.0.1:1/"/><form action="http://127.0.0.1:1/"/></foreignObject>',
      /iframe|form|127/,
    ],
    [
      'row 28: a use of elsewhere',
      '<use href="http://127.0.0.1:1/a.svg#a"/><use xlink:href="data:image/svg+xml,&lt;svg id=&quot;a&quot;/>#a"/>',
      /127|data:/,
    ],
    [
      'row 28: an SVG in an SVG',
      `<image href="data:image/svg+xml;base64,${btoa('<svg/>')}" width="9" height="9"/>`,
      /data:/,
    ],
    [
      'row 28: an animation',
      '<animate attributeName="href" values="javascript:alert(1)"/><set attributeName="onload" to="alert(1)"/>',
      /alert|animate|set /,
    ],
  ])('%s goes, and the rest is drawn', async (_, content, gone) => {
    const bytes = svg(`${SQUARE}${content}`)
    expect(clean(bytes)).not.toMatch(gone)
    const { data } = await make(bytes)
    const at = (30 * 120 + 30) * 4
    expect(Array.from(data.subarray(at, at + 4))).toEqual([255, 0, 0, 255])
  })

  const bomb = (levels: number, width: number) =>
    Array.from({ length: levels }, (_, level) => {
      const uses = Array.from({ length: width }, () => `<use href="#l${level}"/>`).join('')
      return `<g id="l${level + 1}">${uses}</g>`
    }).join('')

  test.each([
    ['row 25: uses of uses', svg(`<rect id="l0" width="1" height="1"/>${bomb(9, 10)}<use href="#l9"/>`)],
    [
      'row 25: patterns of patterns',
      svg(
        `<defs><rect id="l0" width="1" height="1"/>${Array.from({ length: 9 }, (_, i) => `<pattern id="p${i + 1}" width="9" height="9">${`<rect width="9" height="9" fill="url(#p${i})"/>`.repeat(10)}</pattern>`).join('')}</defs><rect width="9" height="9" fill="url(#p9)"/>`,
      ),
    ],
    [
      'row 26: entities',
      utf8(
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&b;</text></svg>',
      ),
    ],
    ['row 26: an entity that nobody defined', svg('<text>&lol;</text>')],
    ['row 28: elements without end', svg('<g>'.repeat(300) + '</g>'.repeat(300))],
    ['row 28: too many elements', svg('<g/>'.repeat(100_001))],
    ['row 28: tags that do not match', svg('<g><rect></g></rect>')],
    ['row 28: an end too early', svg('').subarray(0, -4)],
    ['row 28: two roots', utf8('<svg width="9" height="9"/><svg/>')],
  ])('%s: an answer at once', async (_, bytes) => {
    const start = performance.now()
    await expect(make(bytes)).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
    expect(performance.now() - start).toBeLessThan(2000)
  })

  test('row 27: a style sheet that is harmless in pieces alone', () => {
    const content = '<style>rect{fill:u<![CDATA[rl(http://127.0.0.1:1/a.svg#p)]]>}</style>'
    expect(clean(svg(SQUARE + content))).not.toContain('127')
  })

  test('row 25: references behind each other without end', async () => {
    const chain = Array.from({ length: 40_000 }, (_, i) => `<use id="u${i}" href="#u${i + 1}"/>`).join('')
    await expect(make(svg(chain))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('row 26: entities by the names of objects', async () => {
    await expect(make(svg('<text>&constructor;</text>'))).rejects.toMatchObject({ code: 'CORRUPT_MEDIA' })
  })

  test('of two addresses of one picture the measured one is drawn', async () => {
    const [small, huge] = await Promise.all(
      [8, 7000].map(async (side) => {
        const made = sharp({ create: { width: side, height: side, channels: 3, background: '#123' } })
        return `data:image/png;base64,${(await made.png().toBuffer()).toString('base64')}`
      }),
    )
    const text = clean(svg(`<image width="9" height="9" href="${small}" xlink:href="${huge}"/>`))
    expect(text).toContain(small)
    expect(text).not.toContain(huge)
  })

  test('row 25: what refers to itself is drawn or refused', async () => {
    for (const content of [
      '<g id="a"><use href="#a"/></g>',
      '<pattern id="a" width="9" height="9"><rect width="9" height="9" fill="url(#a)"/></pattern><rect width="9" height="9" fill="url(#a)"/>',
      '<mask id="a" mask="url(#a)"/><rect width="9" height="9" mask="url(#a)"/>',
      '<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/><rect width="9" height="9" fill="url(#b)"/>',
    ])
      expect((await make(svg(SQUARE + content))).width).toBe(120)
  })

  test('row 25: what takes too long is stopped', async () => {
    let end = Infinity
    const stoppable = createSvgCodec({
      loadWasm,
      tick() {
        if (performance.now() > end) throw new Stopped()
      },
    })
    const noise =
      '<filter id="f"><feTurbulence baseFrequency="0.9" numOctaves="200"/></filter><rect width="4000" height="4000" filter="url(#f)"/>'
    end = performance.now() + 300
    const start = performance.now()
    await expect(stoppable.draw!(svg(noise, 'width="4000" height="4000"'), 1)).rejects.toBeInstanceOf(Stopped)
    expect(performance.now() - start).toBeLessThan(5000)
    end = Infinity
    expect((await stoppable.draw!(svg(SQUARE), 1)).width).toBe(120)
  })

  test('pictures inside that are too large together', async () => {
    const huge = await sharp({ create: { width: 6000, height: 6000, channels: 3, background: '#123' } })
      .png()
      .toBuffer()
    const bytes = svg(`<image width="9" height="9" href="data:image/png;base64,${huge.toString('base64')}"/>`)
    await expect(make(bytes)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  test('damaged files end with a code or a picture, and the next one is right', async () => {
    const bytes = svg(
      `${BALL}<style>.a{fill:#a0a}</style><use href="#x"/><g id="x" transform="scale(2)"><path class="a" d="M1 2 L 30 40 z"/></g>`,
    )
    const whole = await make(bytes)
    let state = 5
    const random = (below: number) => (state = (state * 48271) % 2147483647) % below
    for (let round = 0; round < 400; round++) {
      const damaged = Uint8Array.from(bytes)
      for (let i = random(4); i >= 0; i--) damaged[random(damaged.length)] = 32 + random(95)
      try {
        await make(damaged)
      } catch (error) {
        if (!isMediaError(error)) throw error
        expect(['CORRUPT_MEDIA', 'LIMIT_EXCEEDED']).toContain(error.code)
      }
    }
    expect(psnr((await make(bytes)).data, whole.data)).toBe(Infinity)
  })
})
