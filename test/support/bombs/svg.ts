/** SVG: rows 25 to 28 of the table of threats. */
import { buildPng } from '../png.ts'
import { type Bomb, LIMIT, CORRUPT, MADE } from './bomb.ts'

const svg = (content: string, attributes = 'width="100" height="100"') =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${content}</svg>`,
  )

export function svgBombs(): Bomb[] {
  const nested = (open: (level: number) => string, use: (level: number) => string) =>
    Array.from({ length: 9 }, (_, level) => open(level) + use(level).repeat(10)).join('')
  const uses = Array.from(
    { length: 9 },
    (_, i) => `<g id="l${i + 1}">${`<use href="#l${i}"/>`.repeat(10)}</g>`,
  ).join('')
  const filter = `<filter id="f" x="-1000000" y="-1000000" width="9000000" height="9000000">${'<feGaussianBlur stdDeviation="9000"/>'.repeat(6)}</filter>`
  const png = Buffer.from(
    buildPng({ width: 20_000, height: 20_000, bitDepth: 1, rows: new Uint8Array(10) }),
  ).toString('base64')
  const lol = nested(
    (level) => `<!ENTITY l${level + 1} "`,
    (level) => `&l${level};`,
  ).replaceAll(/;(?=<|$)/g, ';">')
  return [
    { name: 'SVG of 100000 x 100000', bytes: svg('', 'width="100000" height="100000"'), codes: [LIMIT] },
    {
      name: 'row 25: SVG of uses of uses',
      bytes: svg(`<rect id="l0" width="1" height="1"/>${uses}<use href="#l9"/>`),
      codes: [CORRUPT],
    },
    {
      name: 'row 25: SVG with a filter over everything',
      bytes: svg(`${filter}<rect width="9" height="9" filter="url(#f)"/>`),
      codes: [MADE, CORRUPT, LIMIT],
    },
    {
      name: 'row 25: SVG with a picture of 20000 x 20000',
      bytes: svg(`<image width="9" height="9" href="data:image/png;base64,${png}"/>`),
      codes: [LIMIT],
    },
    {
      name: 'row 26: SVG with a billion laughs',
      bytes: Buffer.from(
        `<!DOCTYPE svg [<!ENTITY l0 "ha">${lol}]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>&l9;</text></svg>`,
      ),
      codes: [CORRUPT, 'UNSUPPORTED_MEDIA'],
    },
    {
      name: 'row 28: SVG of 1 MB in one attribute',
      bytes: svg(`<path d="${'M0 0h1'.repeat(160_000)}"/>`),
      codes: [MADE, CORRUPT, LIMIT],
    },
    {
      name: 'row 28: SVG with 100,000 attributes',
      bytes: svg(`<g ${Array.from({ length: 1e5 }, (_, i) => `a${i}=""`).join(' ')}/>`),
      codes: [MADE, CORRUPT],
    },
    {
      name: 'row 28: SVG with 1 MB that never closes',
      bytes: svg(`<style>${'a{b:url('.repeat(120_000)}`),
      codes: [CORRUPT],
    },
  ]
}
