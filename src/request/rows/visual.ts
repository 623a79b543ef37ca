/** Parameters that shape a picture (and, later, what a video shows). */
import { parseColor } from '../values/color.ts'
import { parseCrop } from '../values/crop.ts'
import { parseGravity } from '../values/gravity.ts'
import { parseDecimal, parseInteger, parseRounded } from '../values/number.ts'
import { BOOL, IMAGE, NO_ALIASES, oneOf, TEXT, VISUAL, type ParamContext, type ParamRow } from './row.ts'

const side = {
  aliases: NO_ALIASES,
  classes: VISUAL,
  role: 'rendition' as const,
  parse: (value: string, { outputSide }: ParamContext) => parseRounded(value, 1, outputSide),
  expected: 'a number from 1 to {outputSide}',
  fallback: 'from the other side',
  control: { kind: 'number', min: 1, max: 8192, step: 1 } as const,
}
export const VISUAL_ROWS = {
  width: {
    ...side,
    aliases: ['w'],
    doc: 'Width of the result in display pixels, rounded to the nearest whole one. Never enlarges unless `enlarge=true`.',
    example: '640',
  },
  height: {
    ...side,
    aliases: ['h'],
    doc: 'Height of the result in display pixels, rounded to the nearest whole one. Never enlarges unless `enlarge=true`.',
    example: '480',
  },
  fit: {
    ...oneOf('scale-down', 'contain', 'cover', 'crop', 'pad', 'fill'),
    aliases: NO_ALIASES,
    classes: VISUAL,
    role: 'rendition',
    fallback: 'scale-down',
    example: 'cover',
    doc: 'How the picture meets the box. `scale-down` and `contain` fit inside it; `cover` fills it and cuts the rest, in the shape of the box even when the picture is smaller; `crop` cuts to the box without ever enlarging; `pad` fits inside and fills up with `background`; `fill` distorts.',
  },
  gravity: {
    aliases: ['g'],
    classes: VISUAL,
    role: 'rendition',
    parse: parseGravity,
    fallback: 'center',
    example: '0.3x0.7',
    control: TEXT,
    expected:
      'north, northeast, east, southeast, south, southwest, west, northwest, center, auto, or a focal point such as 0.3x0.7',
    doc: 'What `cover` and `crop` keep in view, and where `pad` puts the picture. `auto` keeps what looks most interesting: edges, strong colours, skin.',
  },
  dpr: {
    aliases: NO_ALIASES,
    classes: VISUAL,
    role: 'rendition',
    parse: (value: string) => parseDecimal(value, 0.1, 5),
    fallback: '1',
    example: '2',
    expected: 'a number from 0.1 to 5',
    control: { kind: 'number', min: 0.1, max: 5, step: 0.1 },
    doc: 'Multiplies width and height; the result is then held to the largest side.',
  },
  background: {
    aliases: ['bg'],
    classes: VISUAL,
    role: 'rendition',
    parse: parseColor,
    fallback: 'white for formats without alpha, else transparent',
    example: 'ffffff',
    expected: 'a CSS colour: a name, hex digits with or without #, rgb() or hsl()',
    control: { kind: 'color' },
    doc: 'Under alpha and padding.',
  },
  rotate: {
    aliases: NO_ALIASES,
    classes: VISUAL,
    role: 'rendition',
    parse: parseRotation,
    fallback: '0',
    example: '90',
    expected: 'degrees clockwise from -3600 to 3600 (images: a multiple of 90)',
    control: { kind: 'select', options: ['90', '180', '270'] },
    doc: 'Clockwise, after EXIF orientation and crop.',
  },
  flip: {
    ...oneOf('h', 'v', 'hv'),
    aliases: NO_ALIASES,
    classes: VISUAL,
    role: 'rendition',
    fallback: 'none',
    example: 'h',
    doc: 'Mirrors left and right (`h`), top and bottom (`v`), or both, after rotating.',
  },
  crop: {
    aliases: NO_ALIASES,
    classes: VISUAL,
    role: 'rendition',
    parse: parseCrop,
    fallback: 'none',
    example: '50%:50%:25%:25%',
    control: TEXT,
    expected: 'width:height:x:y in pixels or percent, with width and height above 0',
    doc: 'A box of the upright original, cut out first.',
  },
  trim: {
    aliases: NO_ALIASES,
    classes: IMAGE,
    role: 'rendition',
    parse: (value: string) => parseInteger(value, 0, 100),
    fallback: 'none',
    example: '10',
    expected: 'a whole number from 0 to 100',
    control: { kind: 'number', min: 0, max: 100, step: 1 },
    doc: 'Cuts off borders that have the colour of the top left pixel, after `crop`; the number is by how many of 255 steps of a channel they may differ. Single specks do not count. A picture of one colour stays whole; of an animation the first frame decides.',
  },
  enlarge: {
    ...BOOL,
    aliases: NO_ALIASES,
    classes: VISUAL,
    role: 'rendition',
    fallback: 'false',
    example: 'true',
    doc: 'Lets the result be larger than the original.',
  },
} as const satisfies Record<string, ParamRow>

/** 0 to below 360. */
function parseRotation(value: string): number | undefined {
  const degrees = parseDecimal(value, -3600, 3600)
  return degrees === undefined ? undefined : ((degrees % 360) + 360) % 360
}
