/** Parameters of the file that is made: its format, how it is encoded, and which frames it has. */
import { parseInteger } from '../values/number.ts'
import { ALL, BOOL, IMAGE, NO_ALIASES, oneOf, TEXT, VISUAL, type ParamContext, type ParamRow } from './row.ts'

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
/** Those that a configuration must enable. */
const OPTIONAL_WORDS = ['jxl'] as const
type FormatWord = (typeof FORMAT_WORDS)[number] | (typeof OPTIONAL_WORDS)[number]
const formatWords: ReadonlySet<string> = new Set(FORMAT_WORDS)
const QUALITY_WORDS = ['low', 'medium', 'high', 'lossless', 'auto'] as const
type QualityWord = (typeof QUALITY_WORDS)[number]
const qualityWords: ReadonlySet<string> = new Set(QUALITY_WORDS)

export const OUTPUT_ROWS = {
  format: {
    aliases: ['f'],
    classes: ALL,
    role: 'rendition',
    fallback: 'auto',
    example: 'webp',
    parse: parseFormat,
    expected: `one of ${FORMAT_WORDS.join(', ')}{enabledFormats}`,
    control: { kind: 'select', options: ['auto', 'avif', 'webp', 'jpeg', 'png', 'json'] },
    doc: 'Format of the result. `auto` takes from `Accept` the best of AVIF (up to `auto.avifPixels`) and WebP, else the format of the original, or JPEG or PNG where browsers cannot show that. `json` says what the original is instead of showing it. `jxl` (JPEG XL) only where `formats.jxl` enables it, and never by `auto`.',
  },
  quality: {
    aliases: ['q'],
    classes: VISUAL,
    role: 'rendition',
    fallback: '80 (jpeg, webp, jxl), 50 (avif)',
    example: '75',
    parse: parseQuality,
    expected: 'a number from 1 to 100, low, medium, high, lossless or auto',
    control: TEXT,
    doc: 'low, medium and high are 60, 75 and 90 (jpeg, webp, jxl) or 40, 50 and 63 (avif). PNG ignores it. `auto` looks for the smallest file that looks right; `X-Quality` says which quality that was.',
  },
  max_bytes: {
    aliases: NO_ALIASES,
    classes: IMAGE,
    role: 'rendition',
    parse: (value: string) => parseInteger(value, 1, 999_999_999),
    fallback: 'none',
    example: '50000',
    expected: 'a whole number from 1 to 999999999',
    control: { kind: 'number', min: 1, max: 999_999_999, step: 1 },
    doc: 'Takes the highest quality (up to `quality`, when that is given) whose file is no larger; 422 when none is. `X-Quality` says which.',
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
    doc: 'One frame of an animation as a still, or one page of a TIFF, counted from 0.',
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
    doc: 'Time spent on a smaller file: 0 is fast, 9 small (PNG, WebP, AVIF, JPEG XL). JPEG knows 8 and 9 alone: both are MozJPEG, always progressive.',
  },
  metadata: {
    ...oneOf('none', 'copyright', 'keep'),
    aliases: NO_ALIASES,
    classes: IMAGE,
    role: 'rendition',
    fallback: 'none',
    example: 'copyright',
    doc: 'What goes along of EXIF, XMP, IPTC and the colour profile: nothing (colours become sRGB), whose the picture is, or all of it, its place too. With `format=json`: what is told of EXIF.',
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

function parseFormat(value: string, { enabledFormats = [] }: ParamContext): FormatWord | undefined {
  const word = value.toLowerCase() === 'jpg' ? 'jpeg' : value.toLowerCase()
  return formatWords.has(word) || enabledFormats.includes(word) ? (word as FormatWord) : undefined
}

function parseQuality(value: string): number | QualityWord | undefined {
  const word = value.toLowerCase()
  return qualityWords.has(word) ? (word as QualityWord) : parseInteger(value, 1, 100)
}

function parseVersion(value: string): string | undefined {
  return /^[\w.-]{1,64}$/.test(value) ? value : undefined
}
