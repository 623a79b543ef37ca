/** Parameters of video and audio: validated now, carried as canonical text until an engine reads them. */
import { parseTime } from '../values/duration.ts'
import { parseDecimal, parseInteger } from '../values/number.ts'
import { BOOL, NO_ALIASES, oneOf, TEXT, TIMED, type ParamRow } from './row.ts'

/** Validated words of video and audio, kept as canonical text until an engine reads them. */
const timed = {
  aliases: NO_ALIASES,
  classes: TIMED,
  role: 'timed' as const,
  fallback: 'none',
  control: TEXT,
}

export const TIMED_ROWS = {
  mode: {
    ...timed,
    ...oneOf('video', 'frame', 'spritesheet', 'storyboard', 'audio', 'waveform', 'hls'),
    classes: ['video', 'audio'],
    doc: 'What to make of a video or of audio; `frame` of sound is the picture that it carries.',
    example: 'frame',
  },
  time: {
    ...timed,
    parse: (value: string) => (value === 'auto' ? value : parseTime(value)),
    expected: 'a time such as 90, 11.3s, 1m30s, 50% or -5, or auto',
    example: '2s',
    doc: "A moment in the original's own time; `auto` is for frames.",
  },
  duration: {
    ...timed,
    parse: parsePositiveTime,
    expected: 'a length of time such as 10, 11.3s, 1m30s or 50%',
    doc: "Length of a clip, in the original's own time. A copy into WebM, Matroska or a transport stream begins with the key frame before.",
    example: '10s',
  },
  audio: { ...timed, ...BOOL, role: 'timed', doc: 'Whether a video keeps its sound.', example: 'false' },
  fps: {
    ...timed,
    parse: positive(240),
    expected: 'a number above 0, up to 240',
    doc: 'Frames a second; without it each frame keeps its time.',
    example: '25',
  },
  speed: {
    ...timed,
    parse: (value: string) => parseDecimal(value, 0.1, 100),
    expected: 'a number from 0.1 to 100',
    doc: 'Playing speed, of pictures and sound; its pitch stays.',
    example: '1.5',
  },
  bitrate: {
    ...timed,
    parse: parseBitrate,
    expected: 'bits a second such as 800k or 2M',
    doc: 'Bits a second of the pictures, in place of `quality`; with `mode=audio` of the sound.',
    example: '2M',
  },
  compression: {
    ...timed,
    ...oneOf('low', 'medium', 'high', 'auto'),
    role: 'timed',
    doc: 'How hard the encoder tries: `low` is fast, `high` makes smaller files. `effort` does the same in finer steps.',
    example: 'medium',
  },
  track: {
    ...timed,
    parse: (value: string) => parseInteger(value, 0, 99),
    expected: 'a whole number from 0 to 99',
    doc: 'Which audio track, from 0.',
    example: '0',
  },
  imageCount: {
    ...timed,
    parse: (value: string) => parseInteger(value, 1, 400),
    expected: 'a whole number from 1 to 400',
    doc: 'Pictures on a sprite sheet, evenly over the clip. Default 20.',
    example: '25',
  },
  columns: {
    ...timed,
    parse: (value: string) => parseInteger(value, 1, 400),
    expected: 'a whole number from 1 to 400',
    doc: 'Columns of a sprite sheet, no more than pictures. Default: the root of `imageCount`, rounded up.',
    example: '5',
  },
} as const satisfies Record<string, ParamRow>

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
