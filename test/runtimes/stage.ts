/** What every runtime is asked to serve: a folder of originals, an HTTP origin with bad manners, and an S3 bucket. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { hugePng } from '../../scripts/stage/media.ts'
import { heicKind } from '../support/heic.ts'
import { jxlKind } from '../support/jxl.ts'
import { startObjectServer } from '../support/object-server.ts'
import { jpegPicture, noisePicture, picture } from '../support/pictures.ts'
import { startS3Server } from '../support/s3-server.ts'
import { TINY_VIDEO } from '../support/tiny-video.ts'

export interface Stage {
  /** Every original by its name in the folder. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** Address of the HTTP origin, without a slash at the end. */
  readonly origin: string
  /** Times that the HTTP origin was asked for a path. */
  asked(path: string): number
  /** Writes a configuration with stores of its own; returns the environment of the service. */
  configure(name: string): Promise<Record<string, string>>
  close(): Promise<void>
}

const CREDENTIALS = { accessKeyId: 'key-of-tests', secretAccessKey: 'secret-of-tests', region: 'auto' }

/** Of other hosts, of Vylux, and of those inside; our own origins are public. */
export const SECRETS = {
  MEDIAMORPH_EXTERNAL_SECRET: 'external-of-tests',
  MEDIAMORPH_VYLUX_SECRET: 'vylux-of-tests',
  MEDIAMORPH_INTERNAL_SECRET: 'internal-of-tests',
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-runtimes-'))
  const files = await originals()
  await mkdir(join(folder, 'media'))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, 'media', name), bytes)

  const counts = new Map<string, number>()
  const photo = files['photo.jpg']!
  const origin = await startObjectServer({
    instead(request, response) {
      const path = request.url ?? ''
      counts.set(path, (counts.get(path) ?? 0) + 1)
      const manners = MANNERS[path.split('/')[1] ?? '']
      manners?.(response, photo, request)
      return manners !== undefined
    },
  })
  for (const name of ['photo.jpg', 'stored.jpg']) origin.objects.set(`good/${name}`, photo)
  const s3 = await startS3Server(CREDENTIALS)
  s3.objects.set('media/photo.jpg', files['photo.jpg']!)

  return {
    files,
    origin: origin.url,
    asked: (path) => counts.get(path) ?? 0,
    async configure(name) {
      const place = join(folder, name)
      await mkdir(place, { recursive: true })
      const path = join(place, 'config.jsonc')
      const document = documentFor(join(folder, 'media'), place, origin.url, s3.url)
      await writeFile(path, `// Black-box list\n${JSON.stringify(document, undefined, 2)}`)
      return { MEDIAMORPH_CONFIG: path, S3_SECRET: CREDENTIALS.secretAccessKey, ...SECRETS }
    },
    async close() {
      await origin.close()
      await s3.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function originals(): Promise<Record<string, Uint8Array>> {
  const photo = await jpegPicture({ width: 800, height: 600 })
  return {
    'photo.jpg': photo,
    'with space & ünï.jpg': photo,
    'tilted.jpg': await picture({ width: 400, height: 300 })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer(),
    'alpha.png': await picture({ width: 300, height: 200, alpha: true }).png().toBuffer(),
    'photo.webp': await picture({ width: 320, height: 240 }).webp().toBuffer(),
    'plain.heic': await heicKind('plain'),
    'noise.png': await noisePicture(),
    'turned.jxl': await jxlKind('turned-6'),
    'tiny.mkv': TINY_VIDEO,
    'photo.avif': await picture({ width: 160, height: 120 }).avif({ effort: 0 }).toBuffer(),
    'text.jpg': new TextEncoder().encode('This is a text, whatever its name says.\n'.repeat(20)),
    'truncated.jpg': photo.subarray(0, Math.floor(photo.length / 2)),
    'huge.png': hugePng(),
    'large.jpg': await sharp({ create: { width: 3000, height: 2000, channels: 3, background: '#456' } })
      .jpeg()
      .toBuffer(),
  }
}

/** Bad manners, by the first segment of the path; other paths are objects, or 404. */
const MANNERS: Readonly<
  Record<string, (response: ServerResponse, photo: Uint8Array, request: IncomingMessage) => void>
> = {
  slow: (response, photo) => void setTimeout(() => response.writeHead(200, { etag: '"1"' }).end(photo), 300),
  html: (response) =>
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end('<!doctype html><p>Sorry</p>'),
  lying(response, photo) {
    response.writeHead(200, { 'content-length': photo.length + 5000 })
    response.write(photo)
    setTimeout(() => response.destroy(), 100)
  },
  hanging: () => undefined,
  stalling(response, photo) {
    response.writeHead(200, { 'content-length': photo.length })
    response.write(photo.subarray(0, 1000))
  },
  looping: (response, _, { url }) => response.writeHead(302, { location: String(url) }).end(),
  failing: (response) => response.writeHead(500).end('no'),
}

function documentFor(media: string, place: string, http: string, s3: string): unknown {
  const origin = (name: string, source: Record<string, unknown>) => ({
    name,
    match: `^/${name}/(?<key>.+)$`,
    access: 'public',
    sources: [source],
    ttl: { ok: 3600, clientError: 60, serverError: 0 },
  })
  return {
    origins: [
      origin('files', { type: 'storage', mount: `fs:${media}`, key: '${key}' }),
      ...['flag', 'block', 'blur'].map((nsfw) => ({
        ...origin(nsfw, { type: 'storage', mount: `fs:${media}`, key: '${key}' }),
        nsfw,
      })),
      origin('source', { type: 'storage', mount: `fs:${media}`, key: '${key}' }),
      origin('http', { type: 'http', url: `${http}/\${key}` }),
      origin('s3', {
        type: 's3',
        endpoint: s3,
        bucket: 'media',
        key: '${key}',
        accessKeyId: CREDENTIALS.accessKeyId,
        secretAccessKey: '${env:S3_SECRET}',
      }),
    ],
    derivatives: { thumb: { width: 64, height: 64, fit: 'cover', format: 'jpeg' } },
    storage: { cache: `fs:${join(place, 'cache')}`, artifacts: `fs:${join(place, 'media')}` },
    database: `sqlite:${join(place, 'index.db')}`,
    formats: { heic: true },
    // Low, so that a picture that nobody minds is over it.
    nsfw: { classifier: 'builtin', threshold: 0.01 },
    // What the machine has installed must not decide what is seen.
    ffmpeg: { native: 'off' },
    outbound: {
      allowHosts: ['127.0.0.1'],
      allowPrivate: ['127.0.0.0/8'],
      connectMs: 1000,
      idleMs: 1000,
      totalMs: 3000,
    },
    external: { enabled: true },
    assets: [
      {
        name: 'covers',
        path: '/covers/{file:word}.{format}',
        key: '${file}.jpg',
        mount: `fs:${media}`,
        formats: ['webp'],
        sizes: { steps: [40, 80], default: 80 },
      },
    ],
    internal: { uploads: `fs:${media}`, buckets: { media: `fs:${media}` } },
    compat: { grammars: ['vylux'] },
    shutdown: { graceMs: 5000 },
  }
}
