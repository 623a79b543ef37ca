import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createFsDriver, sweepTemporary } from '../../../runtimes/server/fs-driver.ts'
import { describeDriver } from '../../contracts/driver.ts'

const folders: string[] = []
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-fs-'))
  folders.push(folder)
  return folder
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

describeDriver('fs with raw names', async () => ({
  driver: createFsDriver(await newFolder()),
  separator: '/',
}))
describeDriver('fs as a cache', async () => ({
  driver: createFsDriver(await newFolder(), { separator: ':', trusted: true, fsync: true }),
  separator: ':',
}))

const one = new Uint8Array([1])

describe('raw names', () => {
  it.each([
    'with space.jpg',
    'a?b=1.jpg',
    'a#b',
    '100%.png',
    'C:x.gif',
    'naïve 猫 🐈.webp',
    'q\'"&;.jpg',
    '.well-known',
    'a\\b',
  ])('reads %s as it is called on the disk', async (name) => {
    const folder = await newFolder()
    await mkdir(join(folder, 'sub dir'))
    await writeFile(join(folder, 'sub dir', name), 'x')
    const driver = createFsDriver(folder, { readonly: true })
    expect(await driver.getItem(`sub dir/${name}`)).toBe('x')
    expect(await driver.getKeys('', {})).toEqual([`sub dir/${name}`])
  })

  it('does not take names apart that differ only after a question mark', async () => {
    const driver = createFsDriver(await newFolder())
    await driver.setItemRaw?.('q?a=1', one, {})
    expect(await driver.hasItem('q?a=2', {})).toBe(false)
  })
})

describe('the folder is a wall', () => {
  it.each(['../secret', 'a/../../secret', '/etc/passwd', './a', 'a//b', 'a/', '', 'a\0b', '..'])(
    'has nothing under %j, and writes nothing there',
    async (key) => {
      const outer = await newFolder()
      await writeFile(join(outer, 'secret'), 'x')
      await mkdir(join(outer, 'base', 'a'), { recursive: true })
      await writeFile(join(outer, 'base', 'a', 'b'), 'x')
      const driver = createFsDriver(join(outer, 'base'))
      expect(await driver.hasItem(key, {})).toBe(false)
      expect(await driver.getItemRaw?.(key, {})).toBeNull()
      await expect(driver.setItemRaw?.(key, one, {})).rejects.toThrow()
    },
  )

  it('follows links that stay inside and no others', async () => {
    const outer = await newFolder()
    const base = join(outer, 'base')
    await mkdir(join(base, 'real'), { recursive: true })
    await mkdir(join(outer, 'base-2'))
    await writeFile(join(outer, 'base-2', 'secret'), 'x')
    await writeFile(join(base, 'real', 'a'), 'x')
    await symlink(join(base, 'real'), join(base, 'inside'))
    await symlink(join(outer, 'base-2'), join(base, 'outside'))
    await symlink(join(outer, 'base-2', 'secret'), join(base, 'file'))
    await symlink(base, join(outer, 'alias'))
    const driver = createFsDriver(base)
    expect(await driver.getItem('inside/a')).toBe('x')
    expect(await driver.hasItem('outside/secret', {})).toBe(false)
    expect(await driver.getItem('file')).toBeNull()
    await expect(driver.setItemRaw?.('outside/new', one, {})).rejects.toThrow(/symbolic link/)
    await driver.removeItem?.('outside/secret', {})
    expect(await readdir(join(outer, 'base-2'))).toEqual(['secret'])
    expect(await createFsDriver(join(outer, 'alias')).getItem('real/a')).toBe('x')
  })
})

describe('what is not a file, and what fails', () => {
  it('has nothing under folders, files used as folders, names that are too long, and pipes', async () => {
    const folder = await newFolder()
    await mkdir(join(folder, 'dir'))
    await writeFile(join(folder, 'file'), 'x')
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const driver = createFsDriver(folder)
    for (const key of ['dir', 'file/below', 'n'.repeat(300), 'pipe']) {
      expect(await driver.getItemRaw?.(key, {})).toBeNull()
      expect(await driver.stat?.(key)).toBeNull()
      expect(await driver.readRange?.(key, 0, 1)).toBeNull()
    }
  })

  it('throws what is neither there nor absent', async () => {
    const folder = await newFolder()
    await symlink('loop', join(folder, 'loop'))
    await expect(createFsDriver(folder).stat?.('loop')).rejects.toMatchObject({ code: 'ELOOP' })
    await expect(createFsDriver(folder).getItemRaw?.('loop', {})).rejects.toMatchObject({ code: 'ELOOP' })
  })

  it('cannot write when it is read-only', async () => {
    const driver = createFsDriver(await newFolder(), { readonly: true })
    expect(driver.setItemRaw).toBeUndefined()
    expect(driver.removeItem).toBeUndefined()
    expect(driver.putStream).toBeUndefined()
    expect(driver.putIfAbsent).toBeUndefined()
  })
})

describe('temporary files', () => {
  it('are swept once they are old, at the first write, and are never keys', async () => {
    const folder = await newFolder()
    const temporary = join(folder, '.mediamorph-tmp')
    await mkdir(temporary)
    await writeFile(join(temporary, 'old'), 'x')
    await writeFile(join(temporary, 'young'), 'x')
    await utimes(join(temporary, 'old'), 1, 1)
    const driver = createFsDriver(folder)
    expect(await driver.hasItem('.mediamorph-tmp/young', {})).toBe(false)
    await driver.setItemRaw?.('k', one, {})
    expect(await readdir(temporary)).toEqual(['young'])
    expect(await driver.getKeys('', {})).toEqual(['k'])
    expect(await sweepTemporary(folder, 0)).toBe(1)
  })
})
