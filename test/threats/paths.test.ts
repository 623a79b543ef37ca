/** Rows 1, 2, 21 to 23: paths that climb, and words that would be options or files of some other program. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PARAMS } from '../../src/request/params.ts'
import { jpegPicture } from '../support/pictures.ts'
import { closeAll, origin, outcome, stage } from './stage.ts'

let folder: string
let service: ReturnType<typeof stage>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediamorph-paths-'))
  const picture = await jpegPicture({ width: 40, height: 30 })
  for (const name of ['img', 'img-secret', 'img/sub']) await mkdir(join(folder, name))
  for (const name of ['img/a.jpg', 'img/sub/b.jpg', 'img-secret/s.jpg', 'top.jpg', 'img/.hidden.jpg'])
    await writeFile(join(folder, name), picture)
  await symlink(join(folder, 'img-secret'), join(folder, 'img/link'))
  await symlink(join(folder, 'top.jpg'), join(folder, 'img/link.jpg'))
  const mount = `fs:${join(folder, 'img')}`
  service = stage(
    {
      origins: [origin('img', { type: 'storage', mount, key: '${key}' })],
      assets: [{ preset: 'fluxer', mount }],
      internal: { uploads: mount, buckets: { cdn: mount } },
    },
    { env: { MEDIAMORPH_INTERNAL_SECRET: 'of those inside' } },
  )
})
afterAll(async () => {
  await closeAll()
  await rm(folder, { recursive: true, force: true })
})

const CLIMBS = [
  '../img-secret/s.jpg',
  '../top.jpg',
  '..%2fimg-secret%2fs.jpg',
  '%2e%2e/img-secret/s.jpg',
  '%2e%2e%2fimg-secret%2fs.jpg',
  '%252e%252e%252fimg-secret%252fs.jpg',
  '%25252e%25252e/img-secret/s.jpg',
  '..%5cimg-secret%5cs.jpg',
  '%5c..%5cimg-secret%5cs.jpg',
  '..%255cimg-secret/s.jpg',
  'sub/..%2f..%2fimg-secret/s.jpg',
  '....//img-secret/s.jpg',
  '..;/img-secret/s.jpg',
  '%c0%ae%c0%ae/img-secret/s.jpg',
  '%e0%80%ae%e0%80%ae/img-secret/s.jpg',
  '%uff0e%uff0e/img-secret/s.jpg',
  '.%00./img-secret/s.jpg',
  'a.jpg%00.png',
  'a.jpg%0a',
  '%2fetc%2fpasswd',
  '/etc/passwd',
  'file:%2f%2f%2fetc%2fpasswd',
  'C:%5cwindows%5cwin.ini',
  '%5c%5chost%5cshare%5ca.jpg',
  '.hidden.jpg',
  'sub/.%2e/.hidden.jpg',
  '-secret/s.jpg',
  'link/s.jpg',
  'link.jpg',
]

describe('row 1, row 2: out of a folder leads no path', () => {
  test.each(CLIMBS)('%s', async (climb) => {
    for (const path of [`/img/${climb}`, `/img/sub/../${climb}`, `/img${climb}`])
      for (const query of ['', '?width=10&format=webp']) {
        const [status, code] = await outcome(service.get(path + query))
        expect([path, status]).toEqual([path, expect.toSatisfy((one: number) => one === 400 || one === 404)])
        expect(code).toMatch(/^(?:INVALID_PATH|NOT_FOUND|NO_MATCHING_ORIGIN)$/)
      }
    for (const path of [
      `/cdn-cgi/image/width=10/img/${climb}`,
      `/img/a.jpg?overlay=/img/${encodeURIComponent(climb)}`,
      `/attachments/1/2/${climb}`,
    ])
      expect([path, (await service.get(path)).status]).toEqual([
        path,
        expect.toSatisfy((one: number) => one === 400 || one === 404),
      ])
    for (const body of [
      { type: 'upload', upload_filename: decodeURIComponent(safe(climb)), isNSFWAllowed: true },
      { type: 's3', bucket: 'cdn', key: decodeURIComponent(safe(climb)), isNSFWAllowed: true },
    ])
      expect(
        (await service.post('/_metadata', body, { 'x-internal-secret': 'of those inside' })).status,
      ).toBe(400)
  })

  test('and what lies inside of it is served', async () => {
    for (const path of ['/img/a.jpg', '/img/sub/b.jpg', '/img/sub/%62.jpg'])
      expect(await outcome(service.get(path))).toEqual([200, 'image/jpeg'])
  })
})

/** What is no percent-encoding stays as it is. */
const safe = (text: string) => {
  try {
    decodeURIComponent(text)
    return text
  } catch {
    return encodeURIComponent(text)
  }
}

describe('row 23: no word is an option of any program', () => {
  const HOSTILE = [
    '-i',
    '--help',
    '-f lavfi',
    'a b',
    'a|b',
    'a;b',
    '$(id)',
    '`id`',
    "a'b",
    'a"b',
    'a\nb',
    'a\r\nb',
    'a\0b',
    'file:/etc/passwd',
    '@/etc/passwd',
    'x=y',
    '%',
    '\\',
    '../..',
    '-y',
    '1 -vf scale',
    '10|movie=/etc/passwd',
  ]
  /** Those that are texts of the answer alone, or words nobody reads. */
  const FREE = new Set(['filename', 'debug', 'exp', 'kid', 'sig'])
  const names = Object.keys(PARAMS).filter((name) => !FREE.has(name))

  test.each(names)('%s', async (name) => {
    for (const value of HOSTILE) {
      // Names, which are looked up and go nowhere else, may begin with a dash.
      if (/^(?:v|derivative)$/.test(name) && /^[\w-]+$/.test(value)) continue
      const answer = await service.get(`/img/a.jpg?${name}=${encodeURIComponent(value)}`)
      expect([name, value, answer.status]).toEqual([name, value, 400])
      await answer.body?.cancel()
    }
  })

  test('a name of a file goes into its header, and cannot leave it', async () => {
    for (const value of HOSTILE) {
      const answer = await service.get(`/img/a.jpg?width=10&filename=${encodeURIComponent(value)}`)
      const header = answer.headers.get('content-disposition')
      if (answer.status === 200)
        expect(header).toMatch(/^inline; filename="[^"\r\n\0]*"(?:; filename\*=UTF-8''[\w.%~!$&+^`|#-]*)?$/)
      else expect(answer.status).toBe(400)
    }
  })
})
