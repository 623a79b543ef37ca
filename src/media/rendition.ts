/** What we make of an original. Nothing viewer-specific ever enters a rendition. */
import type { Judgement } from './nsfw.ts'

export interface RenditionPart {
  /** Empty for the main part; `sprite.jpg`, `v1/init.mp4`, … for others. */
  readonly name: string
  /** Content-Type. */
  readonly type: string
  readonly body: Uint8Array
}

/** Facts that later responses need without decoding the body again; JSON-serialisable. */
export interface RenditionFacts {
  readonly width?: number
  readonly height?: number
  /** Which engine made it, for `X-Transform-Source`. */
  readonly engine: string
  /** The encoder quality used, when it was chosen for the client. */
  readonly quality?: number
  /** What the originals were judged to be; absent: nobody looked. */
  readonly nsfw?: Judgement
}

export interface Rendition {
  readonly main: RenditionPart
  readonly facts: RenditionFacts
}
