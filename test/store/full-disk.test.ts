import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { bundleChild } from './children/bundle.ts'

/**
 * A file system of 3 MB in a mount namespace of its own where that is permitted; elsewhere a limit on the size of
 * files, under which the kernel refuses the same writes with another error.
 */
const SMALL_DISK = 'mount -t tmpfs -o size=3m tmpfs "$1" && exec "$2" "$3" "$1" ballast'
const SMALL_FILES = 'ulimit -S -f 1000 && exec "$2" "$3" "$1" limit'

it('refuses what does not fit, shows nothing torn, goes on reading, and recovers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-full-'))
  const child = await bundleChild('full-disk')
  try {
    const mayMount = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', folder]).status === 0
    const [command, ...before] = mayMount
      ? ['unshare', '-Urm', 'sh', '-c', SMALL_DISK]
      : ['sh', '-c', SMALL_FILES]
    const run = promisify(execFile)
    const { stdout } = await run(command ?? '', [...before, 'sh', folder, process.execPath, child.path])
    const said = JSON.parse(stdout) as Record<string, never>
    expect(said).toMatchObject({
      early: ['kept', 'kept'],
      replaced: 'STORE_FAILED',
      recovered: 'kept',
      after: { whole: 3, torn: 0 },
    })
    const { late, whileFull, total } = said as unknown as {
      late: string[]
      whileFull: { whole: number; torn: number }
      total: number
    }
    expect(new Set(late)).toContain('STORE_FAILED')
    expect(late.every((word) => word === 'STORE_FAILED' || word === 'kept')).toBe(true)
    const kept = late.filter((word) => word === 'kept').length
    expect(whileFull).toEqual({ whole: 2 + kept, torn: 0 })
    // What failed is off the books.
    const bytes = 100_000 + 300_000 + 900_000 * (kept + 1)
    expect(total).toBeGreaterThan(bytes)
    expect(total).toBeLessThan(bytes + 10_000)
  } finally {
    await child.remove()
    await rm(folder, { recursive: true, force: true })
  }
})
