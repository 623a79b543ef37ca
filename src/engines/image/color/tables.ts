/** The tables of the profiles that came last: opening one takes as long as half a million pixels. */
import type { TableProfile } from '../../../media/color/tables.ts'
import type { CodecContext } from '../codec.ts'
import { openTable, type ColorTable } from './lcms.ts'

/** `press`: what inks look like where no profile says so. @returns undefined where the profile cannot be read */
export type OpenTable = (profile: TableProfile | 'press') => Promise<ColorTable | undefined>

const MOST_KEPT = 4
/** Of one. Larger ones are opened anew for each picture. */
const MOST_KEPT_BYTES = 16 * 1024 * 1024

interface Kept {
  readonly profile: TableProfile | 'press'
  readonly table: ColorTable | undefined
}

export function createTables(context: CodecContext): OpenTable {
  let kept: readonly Kept[] = []

  async function open(profile: TableProfile | 'press'): Promise<Kept> {
    return { profile, table: openTable(await context.loadWasm('lcms2'), context, profile) }
  }

  return async (profile) => {
    const found = kept.find((one) => isSame(one.profile, profile)) ?? (await open(profile))
    const { table } = found
    const others = kept.filter((one) => !isSame(one.profile, profile))
    if (!table || table.memoryBytes <= MOST_KEPT_BYTES) kept = [found, ...others].slice(0, MOST_KEPT)
    return table
  }
}

function isSame(a: Kept['profile'], b: Kept['profile']): boolean {
  if (a === 'press' || b === 'press') return a === b
  const [one, other] = [a.bytes, b.bytes]
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}
