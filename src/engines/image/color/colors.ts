/** The colours of a file and how they become sRGB: by our own tables where its profile is curves and a matrix, else by lcms2. */
import { MediaError } from '../../../error.ts'
import type { Bitmap, Inks } from '../../../media/bitmap.ts'
import { embeddedProfile } from '../../../media/color/embedded.ts'
import { isProfileOf, readMatrixProfile } from '../../../media/color/icc.ts'
import { profileByName } from '../../../media/color/named-profile.ts'
import { readTableProfile, type TableProfile } from '../../../media/color/tables.ts'
import { changesNothing, createConversionToSrgb, type ToSrgb } from '../../../media/color/to-srgb.ts'
import type { FormatName } from '../../../media/format.ts'
import type { ImageInfo } from '../../../media/info.ts'
import type { CodecContext } from '../codec.ts'
import { createTables } from './tables.ts'

export interface Colors {
  /** Of pixels. Absent: they are in sRGB. */
  readonly toSrgb: ToSrgb | undefined
  /** That a result in these colours has to carry; absent: there is none, or not for these pixels. */
  readonly profile: Uint8Array | undefined
  /** Uses up what it is given. */
  fromInks(inks: Inks): Promise<Bitmap>
}

/** A profile that is broken, or of another kind than the picture, is none. */
export type ReadColors = (file: File, model: ImageInfo['colorModel']) => Promise<Colors>

interface File {
  readonly from: FormatName
  readonly bytes: Uint8Array
  readonly page: number | undefined
}

export function createColors(context: CodecContext): ReadColors {
  const toConversion = createConversionToSrgb()
  const openTable = createTables(context)

  async function byTable(profile: TableProfile): Promise<ToSrgb | undefined> {
    const table = await openTable(profile)
    if (!table) return undefined
    const toSrgb: ToSrgb = ({ data, width, height }) => {
      const result = new Uint8ClampedArray(data)
      table.convert(result)
      return { data: result, width, height }
    }
    return changesNothing(toSrgb, profile.space === 'gray' ? 'gray' : 'rgb') ? undefined : toSrgb
  }

  async function fromInks({ inks, alpha, width, height }: Inks, profile?: TableProfile): Promise<Bitmap> {
    const table = profile && (await openTable(profile))
    let done = table?.convert(inks) ?? 0
    if (done < inks.length) done = (await openTable('press'))?.convert(inks, done) ?? 0
    if (done < inks.length) throw new MediaError('INTERNAL', undefined, { cause: 'inks have no colours' })
    alpha?.forEach((value, at) => (inks[4 * at + 3] = value))
    return { data: inks, width, height }
  }

  return async ({ from, bytes, page }, model) => {
    const named = profileByName(from, bytes)
    if (named) return { toSrgb: toConversion(named), profile: undefined, fromInks }
    const embedded = await embeddedProfile(from, bytes, page)
    const table = embedded && tableFor(embedded, model)
    if (model === 'cmyk')
      return { toSrgb: undefined, profile: undefined, fromInks: (inks) => fromInks(inks, table) }
    const profile = embedded && isProfileOf(embedded, model) ? embedded : undefined
    const matrix = embedded && readMatrixProfile(embedded)
    const toSrgb = matrix ? toConversion(matrix) : table && (await byTable(table))
    return { toSrgb, profile, fromInks }
  }
}

const COLORED = ['rgb'] as const
const SPACES: Readonly<Record<ImageInfo['colorModel'], readonly TableProfile['space'][]>> = {
  gray: ['gray', 'rgb'],
  cmyk: ['cmyk'],
  rgb: COLORED,
  ycbcr: COLORED,
  palette: COLORED,
}

function tableFor(embedded: Uint8Array, model: ImageInfo['colorModel']): TableProfile | undefined {
  const profile = readTableProfile(embedded)
  return profile && SPACES[model].includes(profile.space) ? profile : undefined
}
