/** What every `Ffmpeg` must do, whether it is a process or a module in a thread. */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import type { Ffmpeg, FfmpegFile, FfmpegJob } from '../../src/platform.ts'
import { hostileFiles } from '../support/hostile-media.ts'
import { TINY_VIDEO, tinyGrey } from '../support/tiny-video.ts'

export interface FfmpegTraits {
  /** How often one instance is used in a row. */
  readonly runs: number
  /** Damaged files that are tried. */
  readonly damaged: number
}

/** `chunks` one after another, then `then`. */
export function streamOf(chunks: readonly Uint8Array[], then: 'end' | 'stay' | Error = 'end') {
  const told = { cancelled: false }
  const left = [...chunks]
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = left.shift()
        if (chunk) return controller.enqueue(chunk)
        if (then === 'end') return controller.close()
        if (then instanceof Error) return controller.error(then)
        return new Promise(() => undefined)
      },
      cancel() {
        told.cancelled = true
        // Such a source must not be waited for.
        return then === 'stay' ? new Promise(() => undefined) : undefined
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, told }
}

export function job(args: readonly string[], more: Partial<FfmpegJob> = {}): FfmpegJob {
  return {
    args,
    input: streamOf([TINY_VIDEO]).stream,
    outputBytes: 10_000_000,
    signal: new AbortController().signal,
    deadlineMs: 20_000,
    ...more,
  }
}

const fileOf = (bytes: Uint8Array): FfmpegFile => ({
  size: bytes.length,
  read: async (start, end) => bytes.subarray(start, end),
  stream: () => streamOf([bytes]).stream,
})

const MATROSKA = ['-f', 'matroska']
const READ = [...MATROSKA, '-i', 'pipe:0']
export const frameArgs = (n: number) => {
  const filters = `select='eq(n,${n})',format=rgb24`
  const make = ['-vf', filters, '-fps_mode', 'passthrough', '-frames:v', '1']
  return [...READ, ...make, '-c:v', 'png', '-f', 'image2pipe']
}
const LOOP = ['-vf', 'loop=-1:10,scale=640:640']
/** Work for ever. */
export const ENDLESS = [...READ, ...LOOP, '-c:v', 'libx264', '-preset', 'veryslow', '-f', 'matroska']
const HUGE = [...READ, ...LOOP, '-c:v', 'rawvideo', '-f', 'rawvideo']
const COPY = [...READ, '-c', 'copy', '-fflags', '+bitexact', '-f', 'matroska']

/** The error as a word. */
export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

export async function greyOf(png: Uint8Array): Promise<number> {
  const { channels } = await sharp(png).stats()
  return Math.round(channels[0]?.mean ?? -1)
}

/** What this process has that a run may leave behind. */
function belongings(temporary: string): { children: number; threads: number; files: string[] } {
  const children = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === process.pid)
  const threads = readdirSync('/proc/self/task').length
  return { children: children.length, threads, files: readdirSync(temporary) }
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

export function describeFfmpeg(
  name: string,
  create: (concurrency: number) => Ffmpeg,
  { runs, damaged }: FfmpegTraits,
): void {
  describe(`ffmpeg: ${name}`, () => {
    const one = create(1)
    afterAll(() => one.close())

    const frame = async (n: number) => greyOf(await one.run(job(frameArgs(n))))

    test('says who it is and what it can do', async () => {
      expect(one.name).toBe(name)
      const abilities = await one.abilities()
      expect(abilities?.version).toMatch(/^ffmpeg version \S/)
      expect([...(abilities?.decoders ?? [])]).toEqual(
        expect.arrayContaining(['h264', 'hevc', 'vp8', 'vp9', 'libvpx', 'libvpx-vp9', 'aac', 'opus', 'mp3']),
      )
      expect([...(abilities?.encoders ?? [])]).toEqual(
        expect.arrayContaining(['png', 'libx264', 'libvpx', 'libvpx-vp9', 'aac', 'libopus', 'libmp3lame']),
      )
    })

    test.each([0, 3, 9])('makes frame %i', async (n) => {
      expect(Math.abs((await frame(n)) - tinyGrey(n))).toBeLessThanOrEqual(2)
    })

    test('writes what has to be gone back in', async () => {
      const args = [...READ, '-c', 'copy', '-movflags', '+faststart', '-f', 'mp4']
      const mp4 = await one.run(job(args, { seeks: true }))
      const order = Buffer.from(mp4).toString('latin1')
      expect(order.slice(4, 8)).toBe('ftyp')
      expect(order.indexOf('moov')).toBeGreaterThan(0)
      expect(order.indexOf('moov')).toBeLessThan(order.indexOf('mdat'))
    })

    test('hands its result over, and then has none to give', async () => {
      const args = [...READ, '-c', 'copy', '-fflags', '+bitexact', '-f', 'mp4']
      const mp4 = await one.run(job(args, { seeks: true }))
      const given: Uint8Array[] = []
      const rest = await one.run(
        job(args, {
          seeks: true,
          async receive({ size, read, stream }) {
            expect([size, await read(4, 8)]).toEqual([mp4.length, mp4.slice(4, 8)])
            given.push(new Uint8Array(await new Response(stream()).arrayBuffer()))
          },
        }),
      )
      expect([given[0], rest.length]).toEqual([mp4, 0])
      const refusing = { seeks: true, receive: () => Promise.reject(new Error('no room')) }
      expect(await codeOf(one.run(job(args, refusing)))).toBe('no room')
    })

    test('tells how many seconds of its result are done', async () => {
      const told: number[] = []
      const source = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=20']
      const args = [...READ, ...source, '-map', '1:v', '-c:v', 'mpeg4', '-f', 'mp4']
      await one.run(job(args, { seeks: true, onProgress: (seconds) => told.push(seconds) }))
      expect(told).toEqual(told.toSorted((a, b) => a - b))
      expect(told.at(-1)).toBeGreaterThan(15)
      expect(told.at(-1)).toBeLessThanOrEqual(20.1)
    })

    test('reads a stream of any pieces', async () => {
      const pieces = Array.from(TINY_VIDEO, (_, n) => TINY_VIDEO.subarray(n, n + 1))
      const input = streamOf([new Uint8Array(0), ...pieces, new Uint8Array(0)]).stream
      expect(await one.run(job(COPY, { input }))).toEqual(await one.run(job(COPY)))
      // A void of Matroska, larger than any buffer on the way, in front of what it reads.
      const long = new Uint8Array(TINY_VIDEO.length + 3_000_008)
      long.set(TINY_VIDEO)
      long.set([0xec, 0x01, 0, 0, 0, 0, 0x2d, 0xc6, 0xc0 - 1], TINY_VIDEO.length)
      expect(await one.run(job(COPY, { input: streamOf([long]).stream }))).toEqual(await one.run(job(COPY)))
    })

    test('reads a file in any order', async () => {
      // Its index stands at its end: a stream of it could not be read.
      const mp4 = await one.run(job([...READ, '-c', 'copy', '-f', 'mp4'], { seeks: true }))
      const order = Buffer.from(mp4).toString('latin1')
      expect(order.indexOf('mdat')).toBeLessThan(order.indexOf('moov'))
      const input = fileOf(mp4)
      const args = ['-f', 'mov', '-i', 'pipe:0', '-c', 'copy', '-fflags', '+bitexact', '-f', 'matroska']
      const again = await one.run(job(args, { input }))
      const png = await one.run(job(frameArgs(3), { input: streamOf([again]).stream }))
      expect(Math.abs((await greyOf(png)) - tinyGrey(3))).toBeLessThanOrEqual(2)
    })

    test('waits for no file longer than it may, and hears what is wrong with it', async () => {
      const slow = { ...fileOf(TINY_VIDEO), read: () => new Promise<never>(() => undefined) }
      const stays = { ...slow, stream: () => streamOf([TINY_VIDEO.subarray(0, 100)], 'stay').stream }
      expect(await codeOf(one.run(job(COPY, { input: stays, deadlineMs: 300 })))).toBe('TRANSFORM_TIMEOUT')
      const wrong = new Error('the disk is on fire')
      const fails = { ...slow, read: () => Promise.reject(wrong), stream: () => streamOf([], wrong).stream }
      expect(await codeOf(one.run(job(COPY, { input: fails })))).toBe('the disk is on fire')
      expect(Math.abs((await frame(3)) - tinyGrey(3))).toBeLessThanOrEqual(2)
    })

    test('fails of what it cannot read, and says why to the log', async () => {
      const input = streamOf([new Uint8Array(5000).fill(7)]).stream
      const failure = await one.run(job(COPY, { input })).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'CORRUPT_MEDIA', cause: expect.stringMatching(/invalid/i) })
      expect(await codeOf(one.run(job(['-f', 'matroska', '-nonsense', '-i', 'pipe:0', '-f', 'mp4'])))).toBe(
        'CORRUPT_MEDIA',
      )
    })

    test('makes no more than it may', async () => {
      const failure = await one.run(job(COPY, { outputBytes: 500 })).catch((error: unknown) => error)
      expect(failure).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        details: { limit: 'outputBytes', maximum: 500 },
      })
      const exact = await one.run(job(COPY))
      expect(await one.run(job(COPY, { outputBytes: exact.length }))).toEqual(exact)
      expect(await codeOf(one.run(job(HUGE, { outputBytes: 2_000_000 })))).toBe('LIMIT_EXCEEDED')
    })

    test('ends within a second when nobody wants it any more', async () => {
      const controller = new AbortController()
      const running = one.run(job(ENDLESS, { signal: controller.signal }))
      await new Promise((resolve) => setTimeout(resolve, 200))
      const reason = new Error('gone')
      const start = performance.now()
      controller.abort(reason)
      await expect(running).rejects.toBe(reason)
      expect(performance.now() - start).toBeLessThan(1000)
      await expect(one.run(job(COPY, { signal: controller.signal }))).rejects.toBe(reason)
      expect(Math.abs((await frame(3)) - tinyGrey(3))).toBeLessThanOrEqual(2)
    })

    test('ends at its deadline, in its work and while it waits for its input', async () => {
      expect(await codeOf(one.run(job(ENDLESS, { deadlineMs: 300 })))).toBe('TRANSFORM_TIMEOUT')
      const { stream, told } = streamOf([TINY_VIDEO.subarray(0, 400)], 'stay')
      expect(await codeOf(one.run(job(COPY, { input: stream, deadlineMs: 300 })))).toBe('TRANSFORM_TIMEOUT')
      await expect.poll(() => told.cancelled).toBe(true)
      expect(Math.abs((await frame(3)) - tinyGrey(3))).toBeLessThanOrEqual(2)
    })

    test('fails with what its input fails with', async () => {
      const input = streamOf([TINY_VIDEO.subarray(0, 400)], new Error('the source is gone')).stream
      expect(await codeOf(one.run(job(COPY, { input })))).toBe('the source is gone')
    })

    test('leaves the rest of its input when it has enough', async () => {
      const { stream, told } = streamOf([TINY_VIDEO, ...Array.from({ length: 64 }, () => noise)], 'stay')
      await one.run(job(frameArgs(0), { input: stream }))
      await expect.poll(() => told.cancelled).toBe(true)
    })

    test('reads nothing but its input, whatever that is', async () => {
      const asked: string[] = []
      const server = createServer((request, response) => {
        asked.push(String(request.url))
        response.end(TINY_VIDEO)
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const folder = await mkdtemp(join(tmpdir(), 'hostile-'))
      const secret = join(folder, 'secret.mkv')
      await writeFile(secret, TINY_VIDEO)
      try {
        const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        const attempts = hostileFiles(address, secret).flatMap(([what, bytes, own]) =>
          [own, MATROSKA, []].map(async (demuxer) => {
            const args = [...demuxer, '-i', 'pipe:0', '-c', 'copy', '-f', 'matroska']
            const made = one.run(job(args, { input: streamOf([bytes]).stream }))
            return [what, ...demuxer, await codeOf(made)].join(' ')
          }),
        )
        expect((await Promise.all(attempts)).filter((line) => !line.endsWith('CORRUPT_MEDIA'))).toEqual([])
        expect(asked).toEqual([])
      } finally {
        server.close()
        await rm(folder, { recursive: true })
      }
    })

    test('damaged input ends in bytes or in a code, and the next run works', async () => {
      const attempts = Array.from({ length: damaged }, (_, seed) => {
        const end = seed % 3 === 0 ? (seed * TINY_VIDEO.length) / damaged : undefined
        const bytes = TINY_VIDEO.slice(0, end)
        for (let flips = 0; flips < seed % 4; flips++)
          bytes[(seed * 7919 + flips * 104_729) % bytes.length]! ^= 1 << ((seed + flips) % 8)
        return codeOf(one.run(job(frameArgs(3), { input: streamOf([bytes]).stream })))
      })
      expect(new Set(await Promise.all(attempts))).toEqual(new Set(['no error', 'CORRUPT_MEDIA']))
      expect(Math.abs((await frame(3)) - tinyGrey(3))).toBeLessThanOrEqual(2)
    })

    test(`works ${runs} times in a row in the same memory`, async () => {
      const first = await one.run(job(frameArgs(3)))
      for (let n = 0; n < runs / 10; n++) await one.run(job(frameArgs(3)))
      const before = process.memoryUsage.rss()
      for (let n = 0; n < runs; n++) expect(await one.run(job(frameArgs(3)))).toEqual(first)
      expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1_048_576)
    })

    test('side by side, some of them cancelled, nothing is left behind', async () => {
      const temporary = await mkdtemp(join(tmpdir(), 'left-behind-'))
      const usual = process.env['TMPDIR']
      process.env['TMPDIR'] = temporary
      const before = belongings(temporary)
      const many = create(2)
      try {
        const endings = await Promise.all(
          Array.from({ length: 12 }, (_, n) => {
            const controller = new AbortController()
            if (n % 3 === 1) setTimeout(() => controller.abort(new Error('gone')), 50 + 40 * n)
            const args =
              n % 3 === 1 ? ENDLESS : n % 3 === 0 ? frameArgs(n % 10) : [...COPY.slice(0, -1), 'mp4']
            return codeOf(many.run(job(args, { signal: controller.signal, seeks: n % 3 === 2 })))
          }),
        )
        expect(endings).toEqual(Array.from({ length: 12 }, (_, n) => (n % 3 === 1 ? 'gone' : 'no error')))
        const last = many.run(job(ENDLESS))
        const ending = codeOf(last)
        await new Promise((resolve) => setTimeout(resolve, 200))
        await many.close()
        expect(await ending).not.toBe('no error')
        await expect
          .poll(() => belongings(temporary), { timeout: 3000 })
          .toEqual({
            children: before.children,
            threads: expect.toSatisfy((count: number) => count <= before.threads),
            files: [],
          })
      } finally {
        if (usual === undefined) delete process.env['TMPDIR']
        else process.env['TMPDIR'] = usual
        await rm(temporary, { recursive: true, force: true })
      }
    })
  })
}

const noise = new Uint8Array(65_536)
