/**
 * The parameter table: one row a parameter. Validation, `docs/parameters.md`, the form of the sample page and
 * `mediamorph/client` all come from here; below it nobody enumerates parameters.
 */
import type { MediaClass } from '../media/format.ts'
import { parseColor } from './values/color.ts'
import { parseCrop } from './values/crop.ts'
import { parseTime } from './values/duration.ts'
import { parseGravity } from './values/gravity.ts'
import { parseBoolean, parseDecimal, parseInteger, parseRounded } from './values/number.ts'

export interface ParamContext {
  /** Largest side of a result, in pixels. */
  readonly outputSide: number
}

/**
 * `rendition`: shapes the bytes and enters the key. `timed`: the same, for video and audio alone. `response`: shapes
 * headers only. `select`: stands for other parameters. `access`: signatures.
 */
export type ParamRole = 'rendition' | 'timed' | 'response' | 'select' | 'access'

export type ParamControl =
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step: number }
  | { readonly kind: 'select'; readonly options: readonly string[] }
  | { readonly kind: 'text' | 'color' | 'checkbox' }

export interface ParamRow<T = unknown> {
  readonly aliases: readonly string[]
  readonly classes: readonly MediaClass[]
  readonly role: ParamRole
  /** The canonical value; undefined = not accepted. */
  parse(text: string, context: ParamContext): T | undefined
  /** What is accepted, in words: for errors and docs. */
  readonly expected: string
  /** What an absent parameter means. */
  readonly fallback: string
  readonly doc: string
  readonly example: string
  readonly control: ParamControl
}

const visual: readonly MediaClass[] = ['image', 'video']
const timedClasses: readonly MediaClass[] = ['video', 'audio']
const all: readonly MediaClass[] = ['image', 'video', 'audio']

function oneOf<const T extends string>(...words: readonly T[]) {
  const known: ReadonlySet<string> = new Set(words)
  return {
    parse: (text: string) => (known.has(text.toLowerCase()) ? (text.toLowerCase() as T) : undefined),
    expected: `one of ${words.join(', ')}`,
    control: { kind: 'select', options: words } as const,
  }
}
const bool = { parse: parseBoolean, expected: 'true or false', control: { kind: 'checkbox' } as const }
const text = { kind: 'text' } as const
const side = {
  aliases: [] as readonly string[],
  classes: visual,
  role: 'rendition' as const,
  parse: (value: string, { outputSide }: ParamContext) => parseRounded(value, 1, outputSide),
  expected: 'a number from 1 to 8192 (or the configured largest side)',
  fallback: 'from the other side',
  control: { kind: 'number', min: 1, max: 8192, step: 1 } as const,
}
/** Validated words of video and audio, kept as canonical text until an engine reads them. */
const timed = {
  aliases: [] as readonly string[],
  classes: timedClasses,
  role: 'timed' as const,
  fallback: 'none',
  control: text,
}
const playback = { ...timed, ...bool, classes: ['video'] as const, role: 'response' as const }

const FORMAT_WORDS = [
  'auto',
  'avif',
  'webp',
  'jpeg',
  'png',
  'gif',
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

export const PARAMS = {
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
    aliases: [],
    classes: visual,
    role: 'rendition',
    fallback: 'scale-down',
    example: 'cover',
    doc: 'How the picture meets the box. `scale-down` and `contain` fit inside it; `cover` fills it and cuts the rest, in the shape of the box even when the picture is smaller; `crop` cuts to the box without ever enlarging; `pad` fits inside and fills up with `background`; `fill` distorts.',
  },
  gravity: {
    aliases: ['g'],
    classes: visual,
    role: 'rendition',
    parse: parseGravity,
    fallback: 'center',
    example: '0.3x0.7',
    control: text,
    expected:
      'north, northeast, east, southeast, south, southwest, west, northwest, center, or a focal point such as 0.3x0.7',
    doc: 'What `cover` and `crop` keep in view, and where `pad` puts the picture.',
  },
  dpr: {
    aliases: [],
    classes: visual,
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
    classes: all,
    role: 'rendition',
    fallback: 'auto',
    example: 'webp',
    parse: parseFormat,
    expected: `one of ${FORMAT_WORDS.join(', ')}`,
    control: { kind: 'select', options: ['auto', 'avif', 'webp', 'jpeg', 'png'] },
    doc: 'Format of the result. `auto` takes from `Accept` the best of AVIF (up to `auto.avifPixels`) and WebP, else the format of the original, or JPEG or PNG where browsers cannot show that.',
  },
  quality: {
    aliases: ['q'],
    classes: visual,
    role: 'rendition',
    fallback: '80 (jpeg, webp), 50 (avif)',
    example: '75',
    parse: parseQuality,
    expected: 'a number from 1 to 100, low, medium, high or lossless',
    control: text,
    doc: 'low, medium and high are 60, 75 and 90 (jpeg, webp) or 40, 50 and 63 (avif). PNG ignores it.',
  },
  background: {
    aliases: ['bg'],
    classes: visual,
    role: 'rendition',
    parse: parseColor,
    fallback: 'white for formats without alpha, else transparent',
    example: 'ffffff',
    expected: 'a CSS colour: a name, hex digits with or without #, rgb() or hsl()',
    control: { kind: 'color' },
    doc: 'Under alpha and padding.',
  },
  rotate: {
    aliases: [],
    classes: visual,
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
    aliases: [],
    classes: visual,
    role: 'rendition',
    fallback: 'none',
    example: 'h',
    doc: 'Mirrors left and right (`h`), top and bottom (`v`), or both, after rotating.',
  },
  crop: {
    aliases: [],
    classes: visual,
    role: 'rendition',
    parse: parseCrop,
    fallback: 'none',
    example: '50%:50%:25%:25%',
    control: text,
    expected: 'width:height:x:y in pixels or percent, with width and height above 0',
    doc: 'A box of the upright original, cut out first.',
  },
  enlarge: {
    ...bool,
    aliases: [],
    classes: visual,
    role: 'rendition',
    fallback: 'false',
    example: 'true',
    doc: 'Lets the result be larger than the original.',
  },
  v: {
    aliases: [],
    classes: all,
    role: 'rendition',
    parse: parseVersion,
    fallback: 'none',
    example: '3',
    expected: '1 to 64 letters, digits, dots, dashes or underscores',
    control: text,
    doc: 'Version of the original: another value is another rendition. A signed address that carries it is answered with `immutable`.',
  },
  derivative: {
    aliases: [],
    classes: all,
    role: 'select',
    parse: parseName,
    fallback: 'none',
    example: 'thumbnail',
    expected: '1 to 64 letters, digits, dashes or underscores',
    control: text,
    doc: 'A configured set of parameters; its values replace explicit ones.',
  },
  mode: {
    ...timed,
    ...oneOf('video', 'frame', 'spritesheet', 'storyboard', 'audio', 'waveform', 'hls'),
    classes: ['video', 'audio'],
    doc: 'What to make of a video or of audio.',
    example: 'frame',
  },
  time: {
    ...timed,
    parse: (value: string) => (value === 'auto' ? value : parseTime(value)),
    expected: 'a time such as 90, 11.3s, 1m30s, 50% or -5, or auto',
    example: '2s',
    doc: "A moment in the original's own time.",
  },
  duration: {
    ...timed,
    parse: parsePositiveTime,
    expected: 'a length of time such as 10, 11.3s, 1m30s or 50%',
    doc: 'Length of a clip.',
    example: '10s',
  },
  audio: { ...timed, ...bool, role: 'timed', doc: 'Whether a video keeps its sound.', example: 'false' },
  fps: {
    ...timed,
    parse: positive(240),
    expected: 'a number above 0, up to 240',
    doc: 'Frames a second.',
    example: '25',
  },
  speed: {
    ...timed,
    parse: positive(100),
    expected: 'a number above 0, up to 100',
    doc: 'Playing speed.',
    example: '1.5',
  },
  bitrate: {
    ...timed,
    parse: parseBitrate,
    expected: 'bits a second such as 800k or 2M',
    doc: 'Target bitrate.',
    example: '2M',
  },
  compression: {
    ...timed,
    ...oneOf('low', 'medium', 'high', 'auto'),
    role: 'timed',
    doc: 'How hard the encoder tries.',
    example: 'medium',
  },
  track: {
    ...timed,
    parse: (value: string) => parseInteger(value, 0, 99),
    expected: 'a whole number from 0 to 99',
    doc: 'Which audio track.',
    example: '0',
  },
  imageCount: {
    ...timed,
    parse: (value: string) => parseInteger(value, 1, 400),
    expected: 'a whole number from 1 to 400',
    doc: 'Pictures on a sprite sheet.',
    example: '25',
  },
  columns: {
    ...timed,
    parse: (value: string) => parseInteger(value, 1, 400),
    expected: 'a whole number from 1 to 400',
    doc: 'Columns of a sprite sheet.',
    example: '5',
  },
  loop: { ...playback, doc: 'Sent back as `X-Playback-Loop`.', example: 'true' },
  autoplay: { ...playback, doc: 'Sent back as `X-Playback-Autoplay`.', example: 'true' },
  muted: { ...playback, doc: 'Sent back as `X-Playback-Muted`.', example: 'true' },
  preload: {
    ...playback,
    ...oneOf('none', 'metadata', 'auto'),
    doc: 'Sent back as `X-Playback-Preload`.',
    example: 'metadata',
  },
  filename: {
    aliases: [],
    classes: all,
    role: 'response',
    parse: parseFilename,
    fallback: 'none',
    example: 'holiday.jpg',
    expected: '1 to 120 characters without slashes, quotes or control characters',
    control: text,
    doc: 'Name in Content-Disposition.',
  },
  download: {
    ...bool,
    aliases: [],
    classes: all,
    role: 'response',
    fallback: 'false',
    example: 'true',
    doc: 'Answers as an attachment.',
  },
  debug: {
    aliases: [],
    classes: all,
    role: 'response',
    parse: (value: string) => value.slice(0, 32),
    expected: 'any word',
    fallback: 'none',
    example: 'view',
    control: text,
    doc: '`view` answers with diagnostics as JSON; needs the admin token unless `debug.public`.',
  },
  exp: {
    aliases: [],
    classes: all,
    role: 'access',
    parse: (value: string) => value,
    expected: 'unix seconds',
    fallback: 'never',
    example: '1767225600',
    control: text,
    doc: 'When a signed address ends.',
  },
  kid: {
    aliases: [],
    classes: all,
    role: 'access',
    parse: (value: string) => value,
    expected: 'the name of a key',
    fallback: 'all keys are tried',
    example: 'k1',
    control: text,
    doc: 'Which key of the ring has signed.',
  },
  sig: {
    aliases: [],
    classes: all,
    role: 'access',
    parse: (value: string) => value,
    expected: 'a signature',
    fallback: 'none',
    example: '…',
    control: text,
    doc: 'The signature, see signing.',
  },
} as const satisfies Record<string, ParamRow>

export type ParamName = keyof typeof PARAMS
export type ParamValue<N extends ParamName> = Exclude<ReturnType<(typeof PARAMS)[N]['parse']>, undefined>
/** Validated, canonical values by parameter name. */
export type Params = { readonly [N in ParamName]?: ParamValue<N> }

export function paramRow(name: ParamName): ParamRow {
  return PARAMS[name]
}

const BY_WORD: ReadonlyMap<string, ParamName> = new Map(
  (Object.keys(PARAMS) as ParamName[]).flatMap((name) =>
    [name, ...PARAMS[name].aliases].map((word) => [word, name] as const),
  ),
)

/** The parameter that a word of the query means, by name or alias. */
export function paramByWord(word: string): ParamName | undefined {
  return BY_WORD.get(word)
}

export interface ParamField {
  readonly name: ParamName
  readonly control: ParamControl
  readonly help: string
  readonly fallback: string
  readonly example: string
}

/** What a form for pictures offers. */
export function paramFields(): ParamField[] {
  return (Object.keys(PARAMS) as ParamName[])
    .filter((name) => PARAMS[name].role === 'rendition' && name !== 'v')
    .map((name) => {
      const { control, doc, fallback, example } = paramRow(name)
      return { name, control, help: doc, fallback, example }
    })
}

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

function parseName(value: string): string | undefined {
  return /^[\w-]{1,64}$/.test(value) ? value : undefined
}

function parseFilename(value: string): string | undefined {
  return /^[^\p{Cc}/\\"]{1,120}$/u.test(value) ? value : undefined
}

function parsePositiveTime(value: string): string | undefined {
  const time = parseTime(value)
  return time === undefined || time.startsWith('-') || Number.parseFloat(time) === 0 ? undefined : time
}

function positive(most: number) {
  return (value: string) => parseDecimal(value, 0.000001, most)
}

function parseBitrate(value: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)([kKmM]?)$/.exec(value)
  const bits =
    Number(match?.[1]) * { '': 1, k: 1e3, m: 1e6 }[(match?.[2] ?? '').toLowerCase() as '' | 'k' | 'm']
  return match && bits >= 1000 && bits <= 1e9 ? Math.round(bits) : undefined
}
