/** Parameters that shape a picture (and, later, what a video shows). */
import { parseColor } from '../values/color.ts'
import { parseCrop } from '../values/crop.ts'
import { parseGravity } from '../values/gravity.ts'
import { parseDecimal, parseInteger, parseRounded } from '../values/number.ts'
import { ALL, BOOL, IMAGE, NO_ALIASES, oneOf, TEXT, VISUAL, type ParamContext, type ParamRow } from './row.ts'

const side = {
  aliases: NO_ALIASES,
  classes: VISUAL,
  role: 'rendition' as const,
  parse: (value: string, { outputSide }: ParamContext) => parseRounded(value, 1, outputSide),
  expected: 'a number from 1 to {outputSide}',
  fallback: 'from the other side',
  control: { kind: 'number', min: 1, max: 8192, step: 1 } as const,
}
const FORMAT_WORDS = [
  'auto',
  'avif',
  'webp',
  'jpeg',
  'png',
  'gif',
  'json',
  'mp4',
  'webm',
  'h264',
  'h265',
  'vp9',
  'av1',
  'm4a',
  'mp3',
  'opus',
  'flac',
  'wav',
] as const
type FormatWord = (typeof FORMAT_WORDS)[number]
const formatWords: ReadonlySet<string> = new Set(FORMAT_WORDS)
const QUALITY_WORDS = ['low', 'medium', 'high', 'lossless'] as const
type QualityWord = (typeof QUALITY_WORDS)[number]
const qualityWords: ReadonlySet<string> = new Set(QUALITY_WORDS)

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
      'north, northeast, east, southeast, south, southwest, west, northwest, center, or a focal point such as 0.3x0.7',
    doc: 'What `cover` and `crop` keep in view, and where `pad` puts the picture.',
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
  format: {
    aliases: ['f'],
    classes: ALL,
    role: 'rendition',
    fallback: 'auto',
    example: 'webp',
    parse: parseFormat,
    expected: `one of ${FORMAT_WORDS.join(', ')}`,
    control: { kind: 'select', options: ['auto', 'avif', 'webp', 'jpeg', 'png', 'json'] },
    doc: 'Format of the result. `auto` takes from `Accept` the best of AVIF (up to `auto.avifPixels`) and WebP, else the format of the original, or JPEG or PNG where browsers cannot show that. `json` says what the original is instead of showing it.',
  },
  quality: {
    aliases: ['q'],
    classes: VISUAL,
    role: 'rendition',
    fallback: '80 (jpeg, webp), 50 (avif)',
    example: '75',
    parse: parseQuality,
    expected: 'a number from 1 to 100, low, medium, high or lossless',
    control: TEXT,
    doc: 'low, medium and high are 60, 75 and 90 (jpeg, webp) or 40, 50 and 63 (avif). PNG ignores it.',
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
  enlarge: {
    ...BOOL,
    aliases: NO_ALIASES,
    classes: VISUAL,
    role: 'rendition',
    fallback: 'false',
    example: 'true',
    doc: 'Lets the result be larger than the original.',
  },
  animated: {
    ...BOOL,
    aliases: NO_ALIASES,
    classes: IMAGE,
    role: 'rendition',
    fallback: 'true',
    example: 'false',
    doc: 'All frames of an animation, where both formats animate (GIF, WebP, PNG); else the first one.',
  },
  page: {
    aliases: NO_ALIASES,
    classes: IMAGE,
    role: 'rendition',
    parse: (value: string) => parseInteger(value, 0, 99_999),
    fallback: 'all, or the first',
    example: '3',
    expected: 'a whole number from 0 to 99999',
    control: { kind: 'number', min: 0, max: 99_999, step: 1 },
    doc: 'One frame of an animation as a still, counted from 0.',
  },
  progressive: {
    ...BOOL,
    aliases: NO_ALIASES,
    classes: IMAGE,
    role: 'rendition',
    fallback: 'false',
    example: 'true',
    doc: 'JPEG in scans from coarse to fine: shown early, often a little smaller, slower to decode.',
  },
  effort: {
    aliases: NO_ALIASES,
    classes: IMAGE,
    role: 'rendition',
    parse: (value: string) => parseInteger(value, 0, 9),
    fallback: 'about 4',
    example: '7',
    expected: 'a whole number from 0 to 9',
    control: { kind: 'number', min: 0, max: 9, step: 1 },
    doc: 'Time spent on a smaller file: 0 is fast, 9 small (PNG, WebP, AVIF).',
  },
  metadata: {
    ...oneOf('none', 'copyright', 'keep'),
    aliases: NO_ALIASES,
    classes: IMAGE,
    role: 'rendition',
    fallback: 'none',
    example: 'copyright',
    doc: 'What `format=json` tells of EXIF: nothing, who made the picture, or all that is known, its place too. Pictures carry none in this version.',
  },
  v: {
    aliases: NO_ALIASES,
    classes: ALL,
    role: 'rendition',
    parse: parseVersion,
    fallback: 'none',
    example: '3',
    expected: '1 to 64 letters, digits, dots, dashes or underscores',
    control: TEXT,
    doc: 'Version of the original: for a value not seen before the origin is asked anew. A signed address that carries it is answered with `immutable`.',
  },
} as const satisfies Record<string, ParamRow>

function parseFormat(value: string): FormatWord | undefined {
  const word = value.toLowerCase() === 'jpg' ? 'jpeg' : value.toLowerCase()
  return formatWords.has(word) ? (word as FormatWord) : undefined
}

function parseQuality(value: string): number | QualityWord | undefined {
  const word = value.toLowerCase()
  return qualityWords.has(word) ? (word as QualityWord) : parseInteger(value, 1, 100)
}

/** 0 to below 360. */
function parseRotation(value: string): number | undefined {
  const degrees = parseDecimal(value, -3600, 3600)
  return degrees === undefined ? undefined : ((degrees % 360) + 360) % 360
}

function parseVersion(value: string): string | undefined {
  return /^[\w.-]{1,64}$/.test(value) ? value : undefined
}
