/** The options of types that make files: checked field by field, and with every default written out. Pure. */
import { MediaError } from '../../error.ts'
import type { JobType } from '../job.ts'

export interface ThumbnailOutput {
  readonly variant: string
  /** Pixels; 0 follows the other. */
  readonly width: number
  readonly height: number
  readonly format: 'webp' | 'avif' | 'jpg' | 'png' | 'gif'
}

export interface ThumbnailOptions {
  readonly outputs: readonly ThumbnailOutput[]
}
export interface CoverOptions {
  /** Seconds. */
  readonly timestamp_sec: number
}
export interface PreviewOptions {
  readonly start_sec: number
  readonly duration: number
  readonly width: number
  readonly fps: number
  readonly format: 'webp' | 'gif'
}
export interface TranscodeOptions {
  readonly encrypt: false
}
export interface FullOptions {
  readonly cover: CoverOptions
  readonly preview: PreviewOptions
  readonly transcode: TranscodeOptions
}

export interface FileOptions {
  readonly 'image:thumbnail': ThumbnailOptions
  readonly 'video:cover': CoverOptions
  readonly 'video:preview': PreviewOptions
  readonly 'video:transcode': TranscodeOptions
  readonly 'video:full': FullOptions
}
export type FileType = keyof FileOptions

const MOST_OUTPUTS = 32
const LARGEST_SIDE = 8192
const FORMATS = { webp: 'webp', avif: 'avif', jpg: 'jpg', jpeg: 'jpg', png: 'png', gif: 'gif' } as const
const PREVIEWS = { webp: 'webp', gif: 'gif' } as const

type Fields = Readonly<Record<string, unknown>>
type Read<T> = (value: unknown, field: string) => T

const READERS: { readonly [T in FileType]: Read<FileOptions[T]> } = {
  'image:thumbnail': readThumbnail,
  'video:cover': readCover,
  'video:preview': readPreview,
  'video:transcode': readTranscode,
  'video:full'(value, field) {
    const { cover, preview, transcode } = fieldsOf(value, field, ['cover', 'preview', 'transcode'])
    return {
      cover: readCover(cover, `${field}.cover`),
      preview: readPreview(preview, `${field}.preview`),
      transcode: readTranscode(transcode, `${field}.transcode`),
    }
  },
}

export function isFileType(type: JobType): type is FileType {
  return Object.hasOwn(READERS, type)
}

/** @throws INVALID_BODY that names the field, NOT_SUPPORTED_HERE */
export function readFileOptions<T extends FileType>(type: T, given: unknown): FileOptions[T] {
  return READERS[type](given, 'options')
}

function readThumbnail(value: unknown, field: string): ThumbnailOptions {
  const { outputs = [{}] } = fieldsOf(value, field, ['outputs'])
  const name = `${field}.outputs`
  if (!Array.isArray(outputs) || outputs.length === 0 || outputs.length > MOST_OUTPUTS)
    throw wrong(name, `1 to ${MOST_OUTPUTS} outputs`)
  const read = outputs.map((one, at) => readOutput(one, `${name}[${at}]`))
  const files = new Set(read.map(({ variant, format }) => `${variant}.${format}`))
  if (files.size < read.length) throw wrong(name, 'another variant or format for each')
  return { outputs: read }
}

const OUTPUT_FIELDS = ['variant', 'width', 'height', 'format']
const USUAL_WIDTH = 300

function readOutput(value: unknown, field: string): ThumbnailOutput {
  const { variant = 'thumb', width, height, format = 'webp' } = fieldsOf(value, field, OUTPUT_FIELDS)
  if (typeof variant !== 'string' || !/^[A-Za-z0-9][\w-]{0,63}$/.test(variant))
    throw wrong(`${field}.variant`, 'up to 64 letters, digits, - and _')
  const side = (given: unknown, name: string, usual: number) =>
    numberOf(given, `${field}.${name}`, { usual, least: 0, most: LARGEST_SIDE, whole: true })
  const sides = { width: side(width, 'width', height ? 0 : USUAL_WIDTH), height: side(height, 'height', 0) }
  if (sides.width === 0 && sides.height === 0) throw wrong(`${field}.width`, 'a width or a height above 0')
  return { variant, ...sides, format: wordOf(format, `${field}.format`, FORMATS) }
}

function readCover(value: unknown, field: string): CoverOptions {
  const { timestamp_sec: at } = fieldsOf(value, field, ['timestamp_sec'])
  return { timestamp_sec: secondsOf(at, `${field}.timestamp_sec`, 1) }
}

function readPreview(value: unknown, field: string): PreviewOptions {
  const fields = fieldsOf(value, field, ['start_sec', 'duration', 'width', 'fps', 'format'])
  const { start_sec: start, duration, width, fps, format = 'webp' } = fields
  return {
    start_sec: secondsOf(start, `${field}.start_sec`, 2),
    duration: numberOf(duration, `${field}.duration`, { usual: 3, least: 0.1, most: 60 }),
    width: numberOf(width, `${field}.width`, { usual: 480, least: 1, most: LARGEST_SIDE, whole: true }),
    fps: numberOf(fps, `${field}.fps`, { usual: 10, least: 0.1, most: 240 }),
    format: wordOf(format, `${field}.format`, PREVIEWS),
  }
}

function readTranscode(value: unknown, field: string): TranscodeOptions {
  const { encrypt = false } = fieldsOf(value, field, ['encrypt'])
  if (typeof encrypt !== 'boolean') throw wrong(`${field}.encrypt`, 'true or false')
  if (encrypt)
    throw new MediaError(
      'NOT_SUPPORTED_HERE',
      `Field "${field}.encrypt": segments are what is encrypted, and this version makes plain MP4 files`,
      { details: [{ field: `${field}.encrypt`, expected: 'false' }] },
    )
  return { encrypt }
}

/** A day: no film is longer. */
const LONGEST = 86_400

const secondsOf = (value: unknown, field: string, usual: number) =>
  numberOf(value, field, { usual, least: 0, most: LONGEST })

interface Bounds {
  readonly usual: number
  readonly least: number
  readonly most: number
  readonly whole?: boolean
}

function numberOf(value: unknown, field: string, { usual, least, most, whole }: Bounds): number {
  if (value === undefined) return usual
  const isGood =
    typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))
  if (isGood) return value
  throw wrong(field, `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`)
}

function wordOf<T>(value: unknown, field: string, words: Readonly<Record<string, T>>): T {
  const found = typeof value === 'string' && Object.hasOwn(words, value) ? words[value] : undefined
  if (found === undefined) throw wrong(field, Object.keys(words).join(', '))
  return found
}

function fieldsOf(value: unknown, field: string, known: readonly string[]): Fields {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(field, 'an object')
  const unknown = Object.keys(value).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw wrong(`${field}.${unknown.slice(0, 64)}`, `none of this name, but ${known.join(', ')}`)
  return value as Fields
}

function wrong(field: string, expected: string): MediaError {
  return new MediaError('INVALID_BODY', `Field "${field}" is wrong: expected ${expected}`, {
    details: [{ field, expected }],
  })
}
