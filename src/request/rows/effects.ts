/** Effects on the pixels of the result, in their order of work. */
import type { Color } from '../values/types.ts'
import { parseColor } from '../values/color.ts'
import { parseDecimal, parseInteger } from '../values/number.ts'
import { BOOL, NO_ALIASES, type ParamRow } from './row.ts'

const effect = { aliases: NO_ALIASES, classes: ['image'], role: 'rendition', fallback: 'none' } as const

function amount(least: number, most: number, step: number) {
  return {
    ...effect,
    parse: (value: string) => parseDecimal(value, least, most),
    expected: `a number from ${least} to ${most}`,
    control: { kind: 'number', min: least, max: most, step },
  } as const
}
/** 1 = as it was. */
const factor = { ...amount(0, 4, 0.05), fallback: '1' }

export const EFFECT_ROWS = {
  pixelate: {
    ...amount(2, 256, 1),
    parse: (value: string) => parseInteger(value, 2, 256),
    expected: 'a whole number from 2 to 256',
    example: '16',
    doc: 'Side of the squares, in pixels of the result, that take the mean of their colours.',
  },
  blur: {
    ...amount(0.3, 250, 0.1),
    example: '5',
    doc: 'Gaussian blur; the number is its standard deviation in pixels of the result.',
  },
  brightness: { ...factor, example: '1.2', doc: 'Multiplies the colours: 0 is black, 2 twice as bright.' },
  contrast: { ...factor, example: '1.2', doc: 'Multiplies the distance of the colours from middle grey.' },
  gamma: { ...factor, example: '1.5', doc: 'Above 1 lightens the middle tones, below 1 darkens them.' },
  saturation: {
    ...factor,
    example: '0.5',
    doc: 'Multiplies the distance of the colours from grey: 0 is grey.',
  },
  grayscale: { ...effect, ...BOOL, fallback: 'false', example: 'true', doc: 'Takes the colours out.' },
  tint: {
    ...effect,
    parse: parseColor,
    expected: 'a CSS colour: a name, hex digits with or without #, rgb() or hsl()',
    control: { kind: 'color' },
    example: 'sienna',
    doc: 'Gives all pixels the hue of this colour, and leaves them their lightness.',
  },
  sharpen: {
    ...amount(0, 10, 0.1),
    fallback: '0',
    example: '1',
    doc: 'Unsharp mask: how many times the difference to the picture blurred by one pixel is added.',
  },
} as const satisfies Record<string, ParamRow>

export type EffectName = keyof typeof EFFECT_ROWS
/** What an effect must not be to do anything. */
const NOTHING: Readonly<Partial<Record<EffectName, unknown>>> = {
  brightness: 1,
  contrast: 1,
  gamma: 1,
  saturation: 1,
  grayscale: false,
  sharpen: 0,
}

/** Asked for and not without effect. Absent fields do nothing. */
export interface Effects {
  readonly pixelate?: number
  readonly blur?: number
  readonly brightness?: number
  readonly contrast?: number
  readonly gamma?: number
  readonly saturation?: number
  readonly grayscale?: boolean
  readonly tint?: Color
  readonly sharpen?: number
}

/** Undefined when nothing is left. */
export function effectsOf(params: Effects): Effects | undefined {
  const names = Object.keys(EFFECT_ROWS) as EffectName[]
  const asked = names.filter((name) => params[name] !== undefined && params[name] !== NOTHING[name])
  return asked.length === 0 ? undefined : Object.fromEntries(asked.map((name) => [name, params[name]]))
}
