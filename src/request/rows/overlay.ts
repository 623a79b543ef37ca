/** Another picture on the result: which, how large, where, and how much of it is seen. */
import { pathFault } from '../path.ts'
import { parseGravity } from '../values/gravity.ts'
import { isZero, parseLength } from '../values/length.ts'
import { parseDecimal } from '../values/number.ts'
import type { Gravity, Length } from '../values/types.ts'
import { IMAGE, NO_ALIASES, TEXT, type ParamContext, type ParamRow } from './row.ts'

const overlay = { aliases: NO_ALIASES, classes: IMAGE, role: 'rendition', control: TEXT } as const

export const OVERLAY_ROWS = {
  overlay: {
    ...overlay,
    parse: parseOverlay,
    expected: 'a path such as /files/logo.png: decoded, without a query of its own',
    fallback: 'none',
    example: '/demo/bubbles.png',
    doc: 'Path of a picture that an origin here has: it is laid over the result as the last step, the first frame of it over every frame. Unsigned addresses may name pictures of `public` origins only, a derivative or the defaults of an origin those of `derivatives` origins too.',
  },
  overlay_width: {
    ...overlay,
    parse: parseWidth,
    expected: 'a number from 1 to {outputSide}, or a percentage above 0 such as 25%',
    fallback: 'as it is',
    example: '25%',
    doc: "Width of the overlay in pixels of the result, or of the result's width. It keeps its shape and never exceeds the result.",
  },
  overlay_gravity: {
    ...overlay,
    parse: parsePlace,
    expected:
      'north, northeast, east, southeast, south, southwest, west, northwest, center, or a point such as 0.3x0.7',
    fallback: 'center',
    example: 'southeast',
    doc: 'Where the overlay is put.',
  },
  overlay_opacity: {
    ...overlay,
    parse: (value: string) => parseDecimal(value, 0, 1),
    expected: 'a number from 0 to 1',
    fallback: '1',
    control: { kind: 'number', min: 0, max: 1, step: 0.05 },
    example: '0.5',
    doc: 'How much of the overlay is seen; multiplies its alpha.',
  },
  overlay_margin: {
    ...overlay,
    parse: (value: string, { outputSide }: ParamContext) => parseLength(value, outputSide),
    expected: 'a number from 0 to {outputSide}, or a percentage such as 2%',
    fallback: '0',
    example: '16',
    doc: 'What stays free along all edges of the result, in its pixels or of its width. A larger overlay is made smaller.',
  },
} as const satisfies Record<string, ParamRow>

function parsePlace(text: string): Gravity | undefined {
  const place = parseGravity(text)
  return place === 'auto' ? undefined : place
}

/** A query would be parameters of the overlay's own, and those perhaps another overlay: there is one level. */
function parseOverlay(text: string): string | undefined {
  return /^\/[^?]+$/.test(text) && pathFault(text) === undefined ? text : undefined
}

function parseWidth(text: string, { outputSide }: ParamContext): Length | undefined {
  const width = parseLength(text, outputSide)
  return width === undefined || isZero(width) ? undefined : width
}
