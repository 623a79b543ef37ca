/** A service that judges pictures, for tests: what is red is unsafe, and everything that it was sent is kept. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import sharp from 'sharp'
import { serveHttp } from './loopback.ts'

export interface Asked {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

export interface NsfwService {
  readonly url: string
  readonly asked: Asked[]
  /** When set, answers in the place of the usual. */
  instead: ((response: ServerResponse, asked: Asked) => void) | undefined
  close(): Promise<void>
}

export const RED = { r: 220, g: 10, b: 20 }
export const BLUE = { r: 10, g: 20, b: 220 }

export async function startNsfwService(): Promise<NsfwService> {
  const asked: Asked[] = []
  const server = await serveHttp((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', headers } = request
      const one = { method, headers, body: Uint8Array.from(Buffer.concat(chunks)) }
      asked.push(one)
      if (service.instead) service.instead(response, one)
      else void judge(one.body).then((answer) => response.end(JSON.stringify(answer)))
    })
  })
  const service: NsfwService = {
    url: `${server.origin}/judge`,
    asked,
    instead: undefined,
    close: server.close,
  }
  return service
}

/** By the mean colour. */
async function judge(body: Uint8Array): Promise<object> {
  const { channels } = await sharp(body).stats()
  const [red = 0, green = 0] = channels.map(({ mean }) => mean)
  const porn = red > 120 && green < 100 ? 0.97 : 0.02
  const predictions = { drawing: 0, hentai: 0, neutral: 1 - porn, porn, sexy: 0 }
  return { nsfw: porn > 0.9, probability: porn, predictions }
}

/** Of one colour, but for a letter-like mark of dark and light that tells whether anything can be recognised. */
export async function markedPicture(
  background: { r: number; g: number; b: number },
  { width = 240, height = 160, format = 'png' as 'png' | 'jpeg' | 'webp' | 'tiff' } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const bars = Array.from(
    { length: 8 },
    (_, at) => `<rect x="${at * 10}%" y="20%" width="5%" height="60%" fill="#${at % 2 ? 'fff' : '000'}"/>`,
  ).join('')
  const mark = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width / 2}" height="${height / 2}">${bars}</svg>`,
  )
  const picture = sharp({ create: { width, height, channels: 3, background } })
  return Uint8Array.from(
    await picture
      .composite([{ input: mark }])
      .toFormat(format, format === 'tiff' ? { compression: 'lzw' } : {})
      .toBuffer(),
  )
}

/** Largest step from a pixel to its neighbour on the right, 0 to 255: what is blurred has none. */
export async function sharpestEdge(file: Uint8Array): Promise<number> {
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  let most = 0
  for (let y = 0; y < info.height; y++)
    for (let at = y * info.width * 3; at < ((y + 1) * info.width - 1) * 3; at++)
      most = Math.max(most, Math.abs((data[at + 3] ?? 0) - (data[at] ?? 0)))
  return most
}
