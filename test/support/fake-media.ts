/**
 * A Worker that stands for Cloudflare's Media Transformations, as the binding's documentation describes them: `input`,
 * `transform`, `output`, each of which is a call to another isolate. What comes back tells what it was asked: pictures by their
 * colour, all else as JSON. A time of `94.12s` fails with 9412.
 */
export const FAKE_MEDIA = `
import { RpcTarget, WorkerEntrypoint } from 'cloudflare:workers'

const crcs = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1
  return n
})
const crcOf = (bytes) => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = crcs[(crc ^ byte) & 255] ^ (crc >>> 8)
  return ~crc >>> 0
}
const word = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const chunk = (name, bytes) => {
  const body = [...new TextEncoder().encode(name), ...bytes]
  return [...word(bytes.length), ...body, ...word(crcOf(body))]
}
async function png(width, height, color) {
  const row = [0, ...Array.from({ length: width }, () => color).flat()]
  const rows = new Uint8Array(row.length * height)
  for (let y = 0; y < height; y++) rows.set(row, y * row.length)
  const packed = new Response(new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate')))
  const data = [...new Uint8Array(await packed.arrayBuffer())]
  const head = [...word(width), ...word(height), 8, 2, 0, 0, 0]
  return new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, ...chunk('IHDR', head), ...chunk('IDAT', data), ...chunk('IEND', [])])
}

class Result extends RpcTarget {
  constructor(body, type) {
    super()
    this.body = body
    this.type = type
  }
  async media() {
    return new Response(this.body).body
  }
  async response() {
    return new Response(this.body, { headers: { 'content-type': this.type } })
  }
  async contentType() {
    return this.type
  }
}

class Generator extends RpcTarget {
  constructor(media, size) {
    super()
    this.stream = media
    this.size = size
  }
  async output(what) {
    const { mode, time = '0s', imageCount } = what
    const seconds = Number.parseFloat(time)
    if (/^9[45]\\.\\d\\d?s$/.test(time)) throw new Error('MEDIA_TRANSFORMATION_ERROR ' + Math.round(seconds * 100))
    const original = new Uint8Array(await new Response(this.stream).arrayBuffer())
    const { width, height } = this.size ?? {}
    if (seconds === 77) return new Result(original, 'video/mp4')
    // Sides of what they make are even.
    if (mode === 'frame') return new Result(await png(width & ~1, height & ~1, [original.length % 251, seconds, 7]), 'image/png')
    if (mode === 'spritesheet') {
      const columns = Math.ceil(Math.sqrt(imageCount))
      const rows = imageCount === 3 ? 3 : Math.ceil(imageCount / columns)
      return new Result(await png(width * columns, height * rows, [imageCount, seconds, 9]), 'image/png')
    }
    const told = JSON.stringify({ bytes: original.length, size: this.size, what })
    return new Result(told, mode === 'audio' ? 'audio/mp4' : 'video/mp4')
  }
}

class Input extends Generator {
  transform(size) {
    return new Generator(this.stream, size)
  }
}

export class FakeMedia extends WorkerEntrypoint {
  input(media) {
    return new Input(media)
  }
}
export default { fetch: () => new Response(null, { status: 404 }) }
`
