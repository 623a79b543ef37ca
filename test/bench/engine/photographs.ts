/**
 * Photographs that Debian's packages bring, none of them ours: `apt-get install lomiri-wallpapers-16.04 lomiri-wallpapers-20.04
 * mate-backgrounds`. Drawings among them are left out.
 */
import { existsSync } from 'node:fs'

/** Where the packages put them, or what was unpacked of them. */
const FOLDER = process.env['BENCH_PHOTOGRAPHS'] ?? '/usr/share/backgrounds'
/** Fewer than these say little. */
const ENOUGH = 16

const NAMES = [
  'Bridge_by_Sander_Klootwijk',
  'Dragonfly_by_Bolly',
  'Kleiber_by_Lukas_Baubkus',
  'Picture_0B_by_freespace',
  'Picture_1A_by_freespace',
  'Wine_by_Jakkub_Mede',
  'aitzgorri_by_Aitzol_Berasategi',
  'free_by_Peter_Nerlich',
  'friends_by_Aitzol_Berasategi',
  'greentock_by_Peter_Nerlich',
  'life_by_Aitzol_Berasategi',
  'picosdeeuropa_by_Aitzol_Berasategi',
  'seeding_by_Clements_Engelhardt',
  'sunset_by_Aitzol_Berasategi',
  'mate/nature/Blinds',
  'mate/nature/Dune',
  'mate/nature/Garden',
  'mate/nature/GreenMeadow',
  'mate/nature/LadyBird',
  'mate/nature/RainDrops',
  'mate/nature/TwoWings',
  'mate/nature/YellowFlower',
] as const

export interface Photograph {
  readonly name: string
  readonly path: string
}

/** None where there are too few. */
export function installedPhotographs(): readonly Photograph[] {
  const found = NAMES.map((name) => ({ name, path: `${FOLDER}/${name}.jpg` })).filter(({ path }) =>
    existsSync(path),
  )
  return found.length >= ENOUGH ? found : []
}
