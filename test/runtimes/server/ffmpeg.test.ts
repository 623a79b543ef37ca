import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createNativeFfmpeg } from '../../../runtimes/server/ffmpeg.ts'
import { createWasmFfmpeg } from '../../../runtimes/server/ffmpeg-wasm/ffmpeg.ts'
import { codeOf, describeFfmpeg, ENDLESS, frameArgs, job } from '../../contracts/ffmpeg.ts'
import { ffmpegScript } from '../../support/ffmpegs.ts'
import { hasFfmpeg } from '../../support/videos.ts'

if (hasFfmpeg())
  describeFfmpeg('ffmpeg-native', () => createNativeFfmpeg({ program: 'ffmpeg', cpus: 1 }), {
    runs: 10,
    damaged: 8,
  })

const openWasm = (size: number, more: { idleMs?: number; onStuck?: () => void } = {}) =>
  createWasmFfmpeg({ script: ffmpegScript(), size, ...more })

describeFfmpeg('ffmpeg-wasm', openWasm, { runs: 200, damaged: 40 })

describe('in threads', () => {
  test('what does not work there is not offered', async () => {
    const ffmpeg = openWasm(1)
    const abilities = await ffmpeg.abilities()
    expect(abilities?.encoders.has('libx265')).toBe(false)
    expect(abilities?.decoders.has('av1')).toBe(false)
    await ffmpeg.close()
  })

  test('a run that hears no stop loses its thread, and the next has another', async () => {
    let stuck = 0
    const ffmpeg = openWasm(1, { onStuck: () => stuck++ })
    await ffmpeg.run(job(frameArgs(0)))
    // This encoder waits for ever for threads of its own.
    const args = ['-f', 'matroska', '-i', 'pipe:0', '-c:v', 'libx265', '-f', 'matroska']
    expect(await codeOf(ffmpeg.run(job(args, { deadlineMs: 300 })))).toBe('TRANSFORM_TIMEOUT')
    expect((await ffmpeg.run(job(frameArgs(0)))).length).toBeGreaterThan(0)
    expect(stuck).toBe(1)
    await ffmpeg.close()
  })

  test('who waits for a thread may leave, and a thread without work is let go', async () => {
    const before = threads()
    const ffmpeg = openWasm(1, { idleMs: 100 })
    const controller = new AbortController()
    const running = codeOf(ffmpeg.run(job(ENDLESS, { deadlineMs: 1000 })))
    const waiting = codeOf(ffmpeg.run(job(frameArgs(0), { signal: controller.signal })))
    controller.abort(new Error('left'))
    expect(await waiting).toBe('left')
    expect(await running).toBe('TRANSFORM_TIMEOUT')
    await expect.poll(threads, { timeout: 3000 }).toBeLessThanOrEqual(before)
    expect((await ffmpeg.run(job(frameArgs(0)))).length).toBeGreaterThan(0)
    await ffmpeg.close()
    expect(await codeOf(ffmpeg.run(job(frameArgs(0))))).toBe('BUSY')
  })

  test('there is none where its module cannot start', async () => {
    const ffmpeg = createWasmFfmpeg({ script: new URL('file:///nowhere/thread.mjs'), size: 1 })
    expect(await ffmpeg.abilities()).toBeUndefined()
    expect(await codeOf(ffmpeg.run(job(frameArgs(0))))).toBe('INTERNAL')
    await ffmpeg.close()
  })
})

const threads = () => readdirSync('/proc/self/task').length
