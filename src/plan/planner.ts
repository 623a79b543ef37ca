/** Step 3 of the line: from what was asked to one canonical, frozen question. Pure. */
import { paramRow, type ParamName, type Params } from '../request/params.ts'
import type { MediaRequest } from '../request/request.ts'
import { effectsOf } from '../request/rows/effects.ts'
import { isZero } from '../request/values/length.ts'
import { canonicalJson } from './canonical.ts'
import type { Formats } from './formats.ts'
import type { Ask, AskedGravity, Fit, Gravity, OverlayAsk, Plan, SourceRef } from './plan.ts'

export interface PlanLimits {
  readonly outputSide: number
  /** Absent: all that this version knows. */
  readonly formats?: Formats
  /** How originals of an origin are judged: where that changes, it is another question. */
  judgedBy?(origin: string): string | undefined
}

/** `planRequest`, planned once for each request that somebody still holds. */
export function createPlanner(limits: PlanLimits): (request: MediaRequest) => Plan {
  const known = new WeakMap<MediaRequest, Plan>()
  return (request) => {
    const plan = known.get(request) ?? planRequest(request, limits)
    known.set(request, plan)
    return plan
  }
}

export function planRequest(request: MediaRequest, limits: PlanLimits): Plan {
  const { outputSide, formats } = limits
  const { origin, path, captures } = request
  // What is not made here makes no other question.
  const accepts = request.accepts.filter((name) => formats?.writes(name) !== false)
  const ask = toAsk(request.params, outputSide)
  const source = { origin, path, captures }
  const overlay = ask.overlay && request.overlay ? { overlay: request.overlay } : {}
  const judged = judgedOf([source, ...Object.values(overlay)], limits)
  const plan = { source, ...overlay, ...(judged === undefined ? {} : { judged }), ask, accepts }
  return Object.freeze({ ...plan, text: canonicalJson(plan) })
}

function judgedOf(sources: readonly SourceRef[], { judgedBy }: PlanLimits): string | undefined {
  const all = sources.map(({ origin }) => judgedBy?.(origin))
  return all.every((one) => one === undefined) ? undefined : JSON.stringify(all)
}

/** Drops what says nothing: defaults, and words that need a size where there is none. */
export function toAsk(params: Params, outputSide: number): Ask {
  const size = scaled(params, outputSide)
  const hasSize = size.width !== undefined || size.height !== undefined
  const hasBox = size.width !== undefined && size.height !== undefined
  const fit = hasBox ? fitOf(params) : undefined
  const usesGravity =
    fit === 'cover' || fit === 'crop' || fit === 'pad' || (hasBox && isSheet(params) && fit !== 'fill')
  const timed = timedWords(params)
  return compact<Ask>({
    ...size,
    fit,
    gravity: usesGravity ? askedGravity(params.gravity, fit) : undefined,
    format: params.format === 'auto' ? undefined : params.format,
    quality: params.quality,
    maxBytes: params.max_bytes,
    background: params.background,
    rotate: params.rotate === 0 ? undefined : params.rotate,
    flip: params.flip,
    crop: params.crop,
    trim: params.trim,
    enlarge: hasSize && params.enlarge === true ? true : undefined,
    animated: params.animated === false && params.page === undefined ? false : undefined,
    page: params.page,
    progressive: params.progressive === true ? true : undefined,
    effort: params.effort,
    effects: effectsOf(params),
    overlay: overlayOf(params),
    metadata: params.metadata === 'none' ? undefined : params.metadata,
    v: params.v,
    timed: Object.keys(timed).length === 0 ? undefined : timed,
  })
}

/** Of the default nothing is said. */
function fitOf(params: Params): Fit | undefined {
  const { fit } = params
  if (fit !== undefined && isSheet(params)) return TILES[fit]
  return fit === 'scale-down' || fit === 'contain' ? undefined : fit
}

const isSheet = ({ mode }: Params) => mode === 'spritesheet' || mode === 'storyboard'

/** A tile is filled unless told otherwise, and exactly as large as asked: what stays inside is padded. */
const TILES: Readonly<Record<Fit, Fit | undefined>> = {
  cover: undefined,
  crop: undefined,
  'scale-down': 'pad',
  contain: 'pad',
  pad: 'pad',
  fill: 'fill',
}

/** Padding has nothing to choose. */
function askedGravity(gravity: AskedGravity | undefined, fit: Fit | undefined): AskedGravity | undefined {
  if (gravity === 'auto') return fit === 'pad' ? undefined : 'auto'
  return offCentre(gravity)
}

/** Of a centre that is the default nothing is said. */
function offCentre(gravity: Gravity | undefined): Gravity | undefined {
  return gravity?.x === 0.5 && gravity.y === 0.5 ? undefined : gravity
}

/** Undefined where none is seen: without its path, without opacity, and on an answer that is no picture. */
function overlayOf(params: Params): OverlayAsk | undefined {
  const { overlay, overlay_width: width, overlay_opacity: opacity = 1, overlay_margin: margin } = params
  if (overlay === undefined || opacity === 0 || params.format === 'json') return undefined
  return compact<OverlayAsk>({
    width,
    gravity: offCentre(params.overlay_gravity),
    opacity: opacity === 1 ? undefined : opacity,
    margin: margin === undefined || isZero(margin) ? undefined : margin,
  })
}

/** Density multiplied in; then held to the largest side without changing the shape. */
function scaled({ width, height, dpr = 1 }: Params, outputSide: number) {
  const factor = Math.min(dpr, outputSide / Math.max(width ?? 1, height ?? 1))
  const grow = (side: number | undefined) =>
    side === undefined ? undefined : Math.max(1, Math.round(side * factor))
  return { width: grow(width), height: grow(height) }
}

function timedWords(params: Params): Record<string, string> {
  const names = (Object.keys(params) as ParamName[]).filter((name) => paramRow(name).role === 'timed')
  return Object.fromEntries(names.map((name) => [name, String(params[name])]))
}

type Loose<T> = { [K in keyof T]: T[K] | undefined }

function compact<T extends object>(loose: Loose<T>): T {
  return Object.fromEntries(Object.entries(loose).filter(([, value]) => value !== undefined)) as T
}
