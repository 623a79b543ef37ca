/** What is not read of TIFF, by its name. */
import { MediaError } from '../../error.ts'

const COMPRESSIONS: Readonly<Record<number, string>> = {
  6: 'JPEG of the old kind',
  9: 'JBIG',
  10: 'JBIG',
  32_766: 'NeXT',
  32_771: 'fax in words',
  32_809: 'ThunderScan',
  33_003: 'JPEG 2000',
  33_004: 'JPEG 2000',
  33_005: 'JPEG 2000',
  34_661: 'JBIG',
  34_676: 'SGI Log',
  34_677: 'SGI Log',
  34_712: 'JPEG 2000',
  34_887: 'LERC',
  34_925: 'LZMA',
  50_000: 'ZSTD',
  50_001: 'WebP',
  50_002: 'JPEG XL',
}
const COLORS: Readonly<Record<number, string>> = {
  4: 'a mask',
  8: 'CIELab',
  9: 'ICCLab',
  10: 'ITULab',
  32_803: 'the filters of a sensor',
  32_844: 'LogL',
  32_845: 'LogLuv',
  34_892: 'raw, linear',
}
const FORMATS = ['', 'unsigned', 'signed', 'floating point', 'of no kind', 'complex', 'complex']

export const refusedCompression = (value: number) =>
  refused(`its compression (${COMPRESSIONS[value] ?? value}) is not read`)
export const refusedColor = (value: number) =>
  refused(`its colour space (${COLORS[value] ?? value}) is not read`)
/** Of each sample of a pixel. */
export const refusedSamples = (bits: readonly number[], formats: readonly number[]) =>
  refused(
    `its samples (${distinct(bits).join(' and ')} bits, ${distinct(formats.map((format) => FORMATS[format] ?? format)).join(' and ')}) are not read`,
  )
export const refused = (what: string) => new MediaError('UNSUPPORTED_CODEC', `Cannot decode TIFF: ${what}`)

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)]
