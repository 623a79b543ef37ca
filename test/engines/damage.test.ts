/** Files of every format, damaged in every way: an answer in time, and the next picture is right. `scripts/damage.ts` goes on for longer. */
import { expect, test } from 'vitest'
import { createDamage } from '../support/damage.ts'
import { READ } from '../support/every-format.ts'

/** Of each format. A failure costs AVIF and SVG a new instance of megabytes. */
const ROUNDS = { few: 25, many: 80 }

test.each(READ)(
  '%s',
  async (format) => {
    const damage = await createDamage(7)
    const seen = new Set<string>()
    const rounds = format === 'avif' || format === 'svg' ? ROUNDS.few : ROUNDS.many
    for (let i = 0; i < rounds; i++) seen.add(await damage.round(format))
    // Both happen: what is damaged is refused, and not everything is.
    expect(seen).toContain('made')
    expect(seen).toContain('CORRUPT_MEDIA')
    await damage.check()
  },
  60_000,
)
