/** The services that `serve()` and `render()` use: built once in `app.ts`, handed in everywhere. */
import type { Classifier } from './engines/classifier.ts'
import type { Engine } from './engines/engine.ts'
import type { Gate } from './lib/gate.ts'
import type { Flights } from './lib/once.ts'
import type { Lru } from './lib/lru.ts'
import type { CodecRules } from './media/codec-rules.ts'
import type { MediaInfo } from './media/info.ts'
import type { Finding, NsfwPolicy } from './media/nsfw.ts'
import type { Original } from './media/original.ts'
import type { RequestEvent } from './observe/event.ts'
import type { Logger } from './observe/log.ts'
import type { Plan, SourceRef } from './plan/plan.ts'
import type { Recipe } from './plan/recipe.ts'
import type { MediaRequest } from './request/request.ts'
import type { RenditionCache, StoredRendition, Subject } from './store/cache.ts'

/** What one origin allows and for how long its answers hold. Times in seconds. */
export interface OriginPolicy {
  readonly name: string
  /** Whether the untransformed original may be had. */
  readonly originals: 'media' | 'any' | 'none'
  /** Whether video and audio are transformed too (default), or served whole whatever is asked. */
  readonly transforms?: 'all' | 'images'
  /** What happens when no engine can make the rendition; `picture`: the original, where it is a picture. */
  readonly fallback: 'none' | 'original' | 'picture'
  /** Content-Type by extension, of what is not media by its bytes. */
  readonly types?: Readonly<Record<string, string>>
  readonly ttl: {
    readonly ok: number
    readonly redirects: number
    readonly clientError: number
    readonly serverError: number
  }
  readonly cacheControl: {
    readonly ok?: string | undefined
    readonly redirects?: string | undefined
    readonly clientError?: string | undefined
    readonly serverError?: string | undefined
  }
  readonly staleWhileRevalidate: number
  /** What happens with pictures that are judged unsafe; absent: nobody looks. */
  readonly nsfw?: NsfwPolicy
  /** Which codecs of video and sound are served; absent: all. */
  readonly codecs?: CodecRules | undefined
  readonly cacheTags: readonly string[]
}

/** How pictures are judged. */
export interface Judging {
  readonly classifier: Classifier
  /** Probability above which a picture is unsafe. */
  readonly threshold: number
  /** What is done with pictures that the classifier fails on: as with safe ones, or as with unsafe ones. */
  readonly onError: 'open' | 'closed'
  /** Of a video of up to ten minutes, its first apart. */
  readonly frames: number
}

export interface OriginalOpener {
  open(ref: SourceRef, signal: AbortSignal): Promise<Original>
  /** Whether the original still is the version that `validator` names. */
  check(ref: SourceRef, validator: string, signal: AbortSignal): Promise<boolean>
}

export interface WorkLimits {
  readonly transformMs: number
  readonly imageBytes: number
  readonly sourceBytes: number
  readonly outputBytes: number
  /** Milliseconds in which an original that is read whole must arrive. */
  readonly sourceMs: number
}

export interface Services {
  /** Milliseconds since the epoch. */
  now(): number
  readonly logger: Logger
  readonly policies: ReadonlyMap<string, OriginPolicy>
  readonly origins: OriginalOpener
  readonly cache: RenditionCache
  readonly engines: readonly Engine[]
  /** Absent: nothing is judged. */
  readonly judging?: Judging | undefined
  /** Originals that are being judged. */
  readonly looks: Flights<Finding>
  /** What is known of originals whose origin minds their codecs. */
  readonly seenCodecs: Lru<MediaInfo>
  /** Bounds how many cold requests are under way at all. */
  readonly admission: Gate
  /** Bounds the bytes of originals held at once: a slow origin holds memory, never a thread. */
  readonly memory: Gate
  readonly flights: Flights<Made | Deferred>
  /** Absent: there is no queue, and whatever is asked for is made at once or not at all. */
  readonly later?: Later | undefined
  readonly limits: WorkLimits
  plan(request: MediaRequest): Plan
  /** Names a plan in the cache. */
  planKey(plan: Plan): Promise<string>
  /** @param overlay what the plan lays over the result */
  resolve(plan: Plan, info: MediaInfo, overlay?: MediaInfo): Recipe
  /** Who may ask. @throws BAD_SIGNATURE, URL_EXPIRED, ACCESS_DENIED */
  authorize(url: URL, request: MediaRequest): Promise<Grant>
  /** What the query of another address of the same original must be, for who was granted this one. */
  readonly sign: (
    pathname: string,
    query: URLSearchParams,
    request: MediaRequest,
    grant: Grant,
  ) => Promise<URLSearchParams>
}

/** What a granted request may rely on. */
export interface Grant {
  /** Unix seconds after which the address is dead; nothing derived from it may be cached longer. */
  readonly expiresAt?: number
  /** The address was signed. */
  readonly signed: boolean
}

/** A rendition and whether it came to rest in the store. */
export interface Made {
  readonly rendition: StoredRendition
  /** False when the store refused it: it is served from memory, once. */
  readonly stored: boolean
}

/** A rendition that is too big or too slow for a request: a job makes it. */
export interface Deferred {
  readonly ticket: Ticket
}

/** What whoever asked is told of the job. */
export interface Ticket {
  readonly jobId: string
  readonly status: string
  /** Opens the events of this job and nothing else. */
  readonly token: string
  /** Seconds after which it is worth asking again. */
  readonly retryAfter: number
}

/** Work that no request waits for. */
export interface DeferredWork {
  readonly plan: Plan
  readonly subject: Subject
  /** Names this version of the plan's originals. */
  readonly validator: string
  /** Of the main original, where it is known. */
  readonly bytes: number | undefined
  /** What was asked, for people. */
  readonly options: unknown
}

export interface Later {
  /** Bytes to read and seconds of work from which on a rendition is made later. */
  readonly inline: { readonly bytes: number; readonly seconds: number }
  /** Equal work is one job. @param waitUntil lets work outlive the response */
  defer(work: DeferredWork, waitUntil: Call['waitUntil']): Promise<Ticket>
}

/** One request on its way down the line. */
export interface Call {
  readonly url: URL
  readonly signal: AbortSignal
  readonly event: RequestEvent
  /** Lets work outlive the response. */
  waitUntil(work: Promise<unknown>): void
}
