/** Originals that go whole to an ffmpeg and mean harm: nothing else is read, nothing is asked, and every one has an answer. */
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frameArguments, shownFilters } from '../../src/engines/video/ffmpeg/arguments.ts'
import { guards } from '../../src/engines/video/ffmpeg/guards.ts'
import { openWhole, wholeInput } from '../../src/engines/video/ffmpeg/whole.ts'
import { bytesOriginal } from '../../src/sources/bytes.ts'
import { codeOf, job } from '../contracts/ffmpeg.ts'
import { createTestFfmpegs } from '../support/ffmpegs.ts'
import { hostileFiles } from '../support/hostile-media.ts'
import { createRandom, mutate } from '../support/mutate.ts'
import { openVideoStage } from '../support/video-stage.ts'
import { FFMPEG, hasFfmpeg, makeVideo } from '../support/videos.ts'

const { mount, stage, code, close } = openVideoStage()
const temporary = mkdtempSync(join(tmpdir(), 'hostile-'))
const usual = process.env['TMPDIR']
const secret = join(temporary, 'secret.avi')
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  response.end()
})
let address = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await close()
  server.close()
  if (usual === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = usual
  rmSync(temporary, { recursive: true, force: true })
})

const TIERS = { 'ffmpeg-native': { wasm: false }, 'ffmpeg-wasm': { native: 'off' } } as const
const track = {
  codec: 'mjpeg',
  codecId: 'MJPG',
  width: 96,
  height: 64,
  codedWidth: 96,
  codedHeight: 64,
  rotation: 0,
  hasAlpha: false,
  isHdr: false,
} as const
const file = (bytes: Uint8Array) => openWhole(bytesOriginal(Uint8Array.from(bytes), 'memory'), 10_000_000)
const JPEG = ['-c:v', 'mjpeg', '-qscale:v', '2', '-an']

describe.runIf(hasFfmpeg())(`with ${FFMPEG}`, () => {
  let avi: Uint8Array
  beforeAll(() => {
    avi = makeVideo({ as: 'avi', codecs: JPEG, options: ['-pix_fmt', 'yuvj420p'], seconds: 1 })
    mount.put('a.avi', avi)
    mount.put('a.flv', makeVideo({ as: 'flv', codecs: ['-c:v', 'flv', '-c:a', 'libmp3lame'], seconds: 1 }))
    writeFileSync(secret, avi)
    process.env['TMPDIR'] = temporary
  })

  describe.each(Object.entries(TIERS))('%s', (_, settings) => {
    let one: ReturnType<typeof createTestFfmpegs>[number]
    beforeAll(() => {
      const [first] = createTestFfmpegs({ native: 'auto', wasm: true, concurrency: 1, ...settings })
      if (!first) throw new Error('no ffmpeg')
      one = first
    })
    afterAll(() => one.close())

    test('reads none of what others name, whatever it is taken for', async () => {
      const failed: string[] = []
      for (const [what, bytes, own] of hostileFiles(address, secret)) {
        for (const from of ['avi', 'flv', 'mov'] as const) {
          const input = wholeInput(from, { start: 0 }, track)
          const args = frameArguments(track, input, shownFilters(input))
          failed.push(`${what} ${from} ${await codeOf(one.run(job(args, { input: await file(bytes) })))}`)
        }
        // As what it is: the list of formats holds against it.
        if (own.includes('mov')) continue
        const args = [...own, ...guards('avi', track), '-i', 'pipe:0', '-f', 'matroska']
        failed.push(`${what} itself ${await codeOf(one.run(job(args, { input: await file(bytes) })))}`)
      }
      expect(failed.filter((line) => !line.endsWith('CORRUPT_MEDIA'))).toEqual([])
      expect(asked).toEqual([])
    })

    test('takes no decoder that is not on the list', async () => {
      const args = ['-f', 'avi', ...guards('avi', track), '-c:v', 'mjpeg', '-i', 'pipe:0', '-f', 'matroska']
      expect(await codeOf(one.run(job([...args], { input: await file(avi) })))).toBe('no error')
      const swapped = args.map((word) => word.replace(',mjpeg,', ','))
      expect(await codeOf(one.run(job(swapped, { input: await file(avi) })))).toBe('CORRUPT_MEDIA')
    })

    test('makes no frame that is far larger than the file says', async () => {
      const huge = avi.slice()
      for (let at = 0; at < huge.length - 9; at++)
        if (huge[at] === 0xff && huge[at + 1] === 0xc0) huge.set([0x3f, 0xff, 0x3f, 0xff], at + 5)
      mount.put('huge.avi', huge)
      const start = performance.now()
      const response = await stage({ ffmpeg: settings })('huge.avi?mode=frame&format=png')
      expect([response.status, await code(response)]).toEqual([422, 'CORRUPT_MEDIA'])
      expect(performance.now() - start).toBeLessThan(5000)
    })

    test('answers to damage with pictures or a code, and leaves nothing behind', async () => {
      const get = stage({ ffmpeg: settings })
      const random = createRandom(7)
      const statuses = new Set<number>()
      for (const as of ['avi', 'flv']) {
        const good = mount.files.get(`a.${as}`)?.body ?? new Uint8Array(0)
        for (let n = 0; n < 12; n++) {
          const bytes = n < 3 ? good.subarray(0, (good.length * n) >> 2) : mutate(good, avi, random)
          mount.put(`${n}.${as}`, bytes)
          statuses.add((await get(`${n}.${as}?mode=frame&format=png&time=0.5`)).status)
        }
      }
      expect([...statuses].filter((status) => ![200, 400, 415, 422, 501].includes(status))).toEqual([])
      expect(readdirSync(temporary).filter((name) => name.startsWith('mediamorph-'))).toEqual([])
    })

    test('is not asked for what is no media', async () => {
      const get = stage({ ffmpeg: settings })
      for (const [n, [what, bytes]] of hostileFiles(address, secret).entries()) {
        mount.put(`hostile-${n}.avi`, bytes)
        const { status } = await get(`hostile-${n}.avi?mode=frame&format=png`)
        // A drawing is a picture, whatever it is called, without what it names.
        const allowed = what.startsWith('a picture') ? [200] : [404, 415, 422]
        expect([what, allowed.includes(status), status]).toEqual([what, true, status])
      }
      expect(asked).toEqual([])
    })
  })
})
