import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signUrl } from '../../src/client.ts'
import { createProgress } from '../../runtimes/cli/progress.ts'
import { jpegPicture } from '../support/pictures.ts'
import { build, ROOT } from './commands.ts'
import { killGroup, run, start } from './processes.ts'

let folder: string
let config: string

beforeAll(async () => {
  build()
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-cli-'))
  await mkdir(join(folder, 'in'))
  await mkdir(join(folder, 'out'))
  const photo = await jpegPicture({ width: 400, height: 300 })
  for (const name of ['a.jpg', 'b c.jpg']) await writeFile(join(folder, 'in', name), photo)
  await writeFile(join(folder, 'in', 'text.jpg'), 'a text')
  config = join(folder, 'config.jsonc')
  const document = {
    origins: [
      {
        name: 'files',
        match: '^/files/(?<key>.+)$',
        access: 'public',
        sources: [
          {
            type: 'http',
            url: 'https://cdn.example.com/${key}',
            headers: { Authorization: 'Bearer ${env:CDN_TOKEN}' },
          },
        ],
      },
      {
        name: 'disk',
        match: '^/disk/(?<key>.+)$',
        access: 'public',
        cacheTags: ['summer'],
        sources: [{ type: 'storage', mount: `fs:${join(folder, 'in')}`, key: '${key}' }],
      },
    ],
    storage: { cache: `fs:${join(folder, 'cache')}` },
    database: `sqlite:${join(folder, 'index.db')}`,
  }
  await writeFile(config, `// what is served\n${JSON.stringify(document)}`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const cli = (words: string[], env: Record<string, string> = {}) =>
  run([process.execPath, join(ROOT, 'dist/cli.js'), ...words], { env, cwd: folder })

describe('mediamorph', () => {
  test('explains itself', async () => {
    const help = await cli(['--help'])
    expect(help.code).toBe(0)
    for (const name of ['serve', 'check', 'sign', 'transform', 'purge', 'jobs'])
      expect(help.stdout).toContain(`\n  ${name} `)
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(await cli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test.each(['serve', 'check', 'sign', 'transform', 'purge', 'jobs'])('%s --help', async (name) => {
    const { code, stdout } = await cli([name, '--help'])
    expect([code, stdout]).toEqual([0, expect.stringContaining(`Usage: mediamorph ${name} `)])
  })

  test('what it does not know is exit code 2 with a hint', async () => {
    expect(await cli(['transfrom'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean transform?'),
    })
    expect(await cli(['transform', 'a', 'b', '--widht', '3'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--widht: no such option, did you mean --width?'),
    })
    expect((await cli([])).code).toBe(2)
    expect((await cli(['sign'])).code).toBe(2)
    expect((await cli(['purge'])).code).toBe(2)
    expect((await cli(['purge', '--all', '--tag', 'x'])).code).toBe(2)
    expect((await cli(['transform', 'in/a.jpg', 'out/a.jpg', '--width'])).code).toBe(2)
  })
})

describe('check', () => {
  test('prints the resolved configuration without a secret in it', async () => {
    const { code, stdout } = await cli(['check', config], {
      MEDIAMORPH_SECRET: 'very-secret-thing',
      CDN_TOKEN: 'hidden-password',
    })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      limits: { outputSide: 8192 },
      origins: [{ name: 'files' }, {}],
    })
    expect(stdout).not.toContain('very-secret-thing')
    expect(stdout).not.toContain('hidden-password')
  })

  test('lists every fault', async () => {
    const wrong = join(folder, 'wrong.json')
    await writeFile(wrong, '{"origins": [], "nonsense": 1}')
    const { code, stderr } = await cli(['check', wrong])
    expect(code).toBe(1)
    expect(stderr).toContain('origins')
    expect(stderr).toContain('nonsense')
    expect(await cli(['check', 'absent.json'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot read absent.json: ENOENT'),
    })
  })
})

describe('sign', () => {
  const secret = { MEDIAMORPH_SECRET: 'very-secret-thing' }

  test('signs path, parameters and expiry', async () => {
    const before = Math.floor(Date.now() / 1000)
    const { code, stdout } = await cli(
      ['sign', 'https://m.example/files/a.jpg?width=10', '--exp', '1h'],
      secret,
    )
    const { pathname, searchParams } = new URL(stdout.trim())
    expect([code, pathname, searchParams.get('width')]).toEqual([0, '/files/a.jpg', '10'])
    expect(searchParams.get('sig')).toMatch(/^[\w-]{43}$/)
    expect(Number(searchParams.get('exp')) - before).toBeGreaterThanOrEqual(3600)
    expect(Number(searchParams.get('exp')) - before).toBeLessThan(3630)
  })

  test('addresses on other hosts, by their own secret', async () => {
    const env = { ...secret, MEDIAMORPH_EXTERNAL_SECRET: 'another-secret-thing' }
    for (const [url, used] of [
      ['https://m.example/external/v3/aHR0cDovL2EudGVzdC8?width=10', env.MEDIAMORPH_EXTERNAL_SECRET],
      ['https://m.example/cdn-cgi/image/width=10/http://a.test/', env.MEDIAMORPH_EXTERNAL_SECRET],
      ['https://m.example/cdn-cgi/image/width=10/files/a.jpg', secret.MEDIAMORPH_SECRET],
    ] as const) {
      const { stdout } = await cli(['sign', url], env)
      expect(stdout.trim()).toBe(await signUrl(url, used))
    }
  })

  test('needs a secret and a time it understands', async () => {
    expect(await cli(['sign', '/files/a.jpg'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('MEDIAMORPH_SECRET'),
    })
    expect((await cli(['sign', '/files/a.jpg', '--exp', 'soon'], secret)).code).toBe(2)
  })

  test('what it signs is served', async () => {
    const signed = join(folder, 'signed.json')
    const source = { type: 'storage', mount: `fs:${join(folder, 'in')}`, key: '${key}' }
    const origins = [{ name: 'files', match: '^/files/(?<key>.+)$', sources: [source] }]
    await writeFile(
      signed,
      JSON.stringify({ origins, storage: { cache: 'memory:' }, database: 'sqlite::memory:' }),
    )
    const env = { ...secret, MEDIAMORPH_CONFIG: signed, PORT: '0' }
    const service = start([process.execPath, join(ROOT, 'dist/cli.js'), 'serve'], { env })
    try {
      const { address } = await service.listening()
      const { stdout } = await cli(['sign', `${address}/files/b%20c.jpg?width=20&format=png`], env)
      const good = await fetch(stdout.trim())
      expect((await sharp(await good.arrayBuffer()).metadata()).width).toBe(20)
      const changed = await fetch(stdout.trim().replace('width=20', 'width=21'))
      expect(changed.status).toBe(403)
      service.child.kill('SIGTERM')
      expect((await service.ended()).code).toBe(0)
    } finally {
      killGroup(service)
    }
  })
})

describe('transform', () => {
  test('one file; the format follows the name', async () => {
    const { code, stderr } = await cli([
      'transform',
      'in/b c.jpg',
      'out/one.webp',
      '--width',
      '80',
      '--fit=cover',
      '--h',
      '80',
    ])
    expect([code, stderr]).toEqual([0, ''])
    const made = await sharp(join(folder, 'out/one.webp')).metadata()
    expect(made).toMatchObject({ format: 'webp', width: 80, height: 80 })
  })

  test('several files into a folder; one that fails is named and the others are made', async () => {
    const words = ['in/a.jpg', 'in/text.jpg', 'in/b c.jpg', 'out', '--width', '60', '--format', 'png']
    const { code, stderr } = await cli(['transform', ...words])
    expect(code).toBe(1)
    expect(stderr).toContain('in/text.jpg: ')
    expect(stderr).toContain('UNSUPPORTED_MEDIA')
    for (const name of ['a.png', 'b c.png']) {
      const made = await sharp(join(folder, 'out', name)).metadata()
      expect(made).toMatchObject({ format: 'png', width: 60, height: 45 })
    }
  })

  test('what cannot be done is said in words', async () => {
    expect(await cli(['transform', 'in/a.jpg', 'out/a.jpg', '--width', 'wide'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('INVALID_PARAMETER'),
    })
    expect(await cli(['transform', 'in/absent.jpg', 'out/a.jpg'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('NOT_FOUND'),
    })
    expect(await cli(['transform', 'in/a.jpg', 'out/a.xyz'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--format'),
    })
    expect((await cli(['transform', 'in/a.jpg', 'in/b c.jpg', 'nowhere'])).code).toBe(2)
  })

  test('a bar on a terminal, nothing elsewhere', () => {
    const bar = (isTTY: boolean) => {
      let text = ''
      const progress = createProgress(2, { isTTY, write: (more) => (text += more) })
      progress.advance('a.jpg')
      progress.advance('b.jpg')
      progress.end()
      return text
    }
    expect(bar(true)).toMatch(/1\/2 a\.jpg.*2\/2 b\.jpg\n$/s)
    expect(bar(false)).toBe('')
  })
})

describe('purge', () => {
  test('a running server forgets', async () => {
    const env = { MEDIAMORPH_CONFIG: config, CDN_TOKEN: 'hidden-password', PORT: '0' }
    const service = start([process.execPath, join(ROOT, 'dist/cli.js'), 'serve'], { env })
    try {
      const { address } = await service.listening()
      const state = async (width: number) => {
        const response = await fetch(`${address}/disk/a.jpg?width=${width}&format=png`)
        await response.arrayBuffer()
        return response.headers.get('x-cache')
      }
      const TARGETS = [
        [51, ['--path', '/disk/a.jpg']],
        [52, ['--tag', 'summer']],
        [53, ['--origin', 'disk']],
        [54, ['--all']],
      ] as const
      // One after another: each finds the one plan that the one before has left.
      for (const [width, target] of TARGETS) {
        expect(await state(width)).toBe('MISS')
        expect(await state(width)).toBe('HIT')
        expect(await cli(['purge', ...target], env)).toMatchObject({ code: 0, stdout: 'Forgot 1 plan\n' })
      }
      // Kept in memory, a plan is trusted for a bounded time.
      for (const [width] of TARGETS)
        await expect.poll(() => state(width), { timeout: 15_000, interval: 250 }).toBe('MISS')
    } finally {
      killGroup(service)
    }
  }, 60_000)
})
