/** Where the runtime has a real `ImageData`, its fields are getters of the prototype. */
import { expect, test } from 'vitest'
import { createImageWorker } from '../../src/engines/image/image-task.ts'
import { rgba } from '../support/compare.ts'
import { picture } from '../support/pictures.ts'
import { loadWasm } from '../support/platform.ts'

class NativeLikeImageData {
  readonly #data: Uint8ClampedArray
  readonly #width: number
  constructor(data: Uint8ClampedArray, width: number) {
    this.#data = data
    this.#width = width
  }
  get data() {
    return this.#data
  }
  get width() {
    return this.#width
  }
  get height() {
    return this.#data.length / 4 / this.#width
  }
}

test('the pipeline works on a real ImageData, and leaves it alone', async () => {
  Object.assign(globalThis, { ImageData: NativeLikeImageData })
  const run = createImageWorker({ loadWasm, tick: () => {} })
  for (const from of ['jpeg', 'png', 'webp', 'avif'] as const) {
    const bytes = await picture({ alpha: true }).toFormat(from).toBuffer()
    const { body } = await run({
      recipe: {
        kind: 'image',
        from,
        orient: 1,
        background: { r: 255, g: 255, b: 255, a: 1 },
        to: 'png',
        width: 320,
        height: 240,
      },
      bytes,
      pixels: 1e6,
      frames: 1000,
    })
    expect(await rgba(body)).toMatchObject({ width: 320, height: 240 })
  }
  expect((globalThis as { ImageData?: unknown }).ImageData).toBe(NativeLikeImageData)
})
