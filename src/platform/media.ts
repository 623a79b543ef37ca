/** Cloudflare's Media Transformations, where they are bound to a Worker. */

/** What Cloudflare's Media Transformations are told. Times are text such as `2.5s`. */
export interface MediaWish {
  /** Pixels, 10 to 2000 a side. */
  readonly size?: { readonly width: number; readonly height: number; readonly fit: 'contain' | 'cover' }
  readonly output: {
    readonly mode: 'video' | 'frame' | 'spritesheet' | 'audio'
    readonly time?: string
    readonly duration?: string
    readonly imageCount?: number
    readonly format?: 'jpg' | 'png' | 'm4a'
    readonly audio?: boolean
  }
}

/**
 * Streams an original in, until the signal fires.
 * @param size of it in bytes
 * @throws an Error whose `code` or message has the number of what failed, or what the stream fails with
 */
export type TransformMedia = (
  stream: ReadableStream<Uint8Array>,
  size: number,
  wish: MediaWish,
  signal: AbortSignal,
) => Promise<Response>
