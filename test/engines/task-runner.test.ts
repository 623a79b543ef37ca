import { describe, expect, test } from 'vitest'
import { MediaError } from '../../src/error.ts'
import type { ImageRecipe } from '../../src/plan/recipe.ts'
import { createTaskRunner, fromWireError, toWireError } from '../../src/worker.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

type Format = 'jpeg' | 'png' | 'webp' | 'avif'
const size = { width: 900, height: 700 }
const task = async (to: Format, from: Format = 'png') => ({
  recipe: { kind: 'image', from, orient: 1, to, quality: 60, resize: size, ...size } satisfies ImageRecipe,
  bytes: await picture({ width: 1300, height: 1000 }).toFormat(from).toBuffer(),
  pixels: 1e8,
  frames: 1000,
})

describe('task runner', () => {
  test('hands over the bytes it made', async () => {
    const run = createTaskRunner({ loadWasm, shouldStop: () => false })
    const { value, transfer } = await run('image', await task('webp'))
    const { body } = value as { body: Uint8Array }
    expect(transfer).toEqual([body.buffer])
    // Only the bytes of the picture travel, not a module's memory.
    expect(body.buffer.byteLength).toBe(body.length)
    expect(value).toMatchObject(size)
  })

  test('survives structured clone', async () => {
    const run = createTaskRunner({ loadWasm, shouldStop: () => false })
    const { value, transfer } = await run('image', structuredClone(await task('jpeg')))
    expect(structuredClone(value, { transfer: [...(transfer ?? [])] })).toMatchObject(size)
  })

  /** Whatever is running when it is stopped: decoding, scaling or encoding. */
  test.each([
    ['png', 'jpeg'],
    ['jpeg', 'webp'],
    ['webp', 'png'],
    ['avif', 'avif'],
  ] as const)('%s to %s can be stopped at any tick, and the next task is right', async (from, to) => {
    let ticks = 0
    let stopAt = Infinity
    const run = createTaskRunner({ loadWasm, shouldStop: () => ++ticks >= stopAt })
    const data = await task(to, from)
    const expected = (await run('image', data)).value as { body: Uint8Array }
    const whole = ticks
    expect(whole).toBeGreaterThan(20)
    for (const part of [0.02, 0.3, 0.55, 0.8, 0.97]) {
      ;[ticks, stopAt] = [0, Math.ceil(whole * part)]
      await expect(run('image', data)).rejects.toMatchObject({ code: 'TRANSFORM_TIMEOUT' })
      // It went no further than the tick that stopped it.
      expect(ticks).toBe(stopAt)
    }
    ;[ticks, stopAt] = [0, Infinity]
    const after = (await run('image', data)).value as { body: Uint8Array }
    expect(Buffer.compare(after.body, expected.body)).toBe(0)
  })

  test('is never long without asking whether to stop', async () => {
    let last = performance.now()
    const gaps: number[] = []
    const run = createTaskRunner({
      loadWasm,
      shouldStop() {
        const now = performance.now()
        gaps.push(now - last)
        last = now
        return false
      },
    })
    for (const to of ['jpeg', 'png', 'webp', 'avif'] as const) {
      const data = await task(to)
      await run('image', data)
      last = performance.now()
      await run('image', data)
    }
    // Well under the grace that the pool gives: most gaps are far below a millisecond.
    expect(gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * 0.9)]).toBeLessThan(10)
  })

  test('does not know other tasks', async () => {
    const run = createTaskRunner({ loadWasm, shouldStop: () => false })
    for (const op of ['video', '', 'constructor', '__proto__'])
      await expect(run(op, {})).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  test('a module that cannot be loaded fails one task, not the next', async () => {
    let fails = true
    const run = createTaskRunner({
      loadWasm: (name) => (fails ? Promise.reject(new Error('no such file')) : loadWasm(name)),
      shouldStop: () => false,
    })
    const data = await task('jpeg')
    await expect(run('image', data)).rejects.toThrow('no such file')
    fails = false
    expect((await run('image', data)).value).toMatchObject(size)
  })
})

describe('errors on the wire', () => {
  test('keep code, message and details', () => {
    const error = new MediaError('LIMIT_EXCEEDED', 'pixels is 2, the maximum is 1', {
      details: { limit: 'pixels', value: 2, maximum: 1 },
      cause: new Error('inner'),
    })
    const back = fromWireError(structuredClone(toWireError(error)))
    expect(back).toBeInstanceOf(MediaError)
    expect(back).toMatchObject({ code: error.code, message: error.message, details: error.details })
    expect(String(back.cause)).toContain('inner')
  })

  test('what is not ours shows nothing of itself', () => {
    const wire = toWireError(new TypeError('/home/somebody/secret.ts: boom'))
    expect(wire.code).toBe('INTERNAL')
    expect(fromWireError(structuredClone(wire)).message).not.toContain('secret')
  })
})
