/** Engines that are elsewhere: Cloudflare's, by a binding or by address, and another Mediamorph. */
import type { SafeFetch } from '../../lib/safe-fetch.ts'
import type { TransformMedia } from '../../platform.ts'
import type { Engine } from '../engine.ts'
import type { MakePicture } from '../video/ffmpeg/engine.ts'
import { transformByBinding } from './by-binding.ts'
import { transformByUrl, type ByUrlOptions } from './by-url.ts'
import { createCloudflareEngine, type Transform } from './cloudflare.ts'
import { createRemoteEngine } from './mediamorph.ts'

export interface ElsewhereOptions extends Pick<ByUrlOptions, 'addressOf'> {
  readonly cloudflare: { readonly url?: string | undefined; readonly sourceBytes: number }
  readonly remote?: { readonly url: string; readonly secret?: string | undefined } | undefined
  /** The binding. */
  readonly media: TransformMedia | undefined
  readonly safeFetch: SafeFetch
  readonly makePicture: MakePicture
  /** Milliseconds since the epoch. */
  now(): number
}

/** In the order in which they are asked. */
export function createEnginesElsewhere(options: ElsewhereOptions): Engine[] {
  const { cloudflare, remote, media, safeFetch, makePicture, addressOf, now } = options
  const { url: zone, sourceBytes } = cloudflare
  const ways: Transform[] = [
    ...(media ? [transformByBinding(media)] : []),
    ...(zone === undefined ? [] : [transformByUrl({ zone, safeFetch, addressOf })]),
  ]
  return [
    ...ways.map((transform) => createCloudflareEngine({ transform, sourceBytes, makePicture })),
    ...(remote ? [createRemoteEngine({ ...remote, safeFetch, now })] : []),
  ]
}
