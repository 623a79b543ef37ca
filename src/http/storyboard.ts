/** A storyboard as it is sent: what is kept knows nothing of who asks, the address of its sprite sheet does. */
import { sha256Hex } from '../lib/hash.ts'
import { STORYBOARD_TYPE, tellStoryboard, type Storyboard } from '../media/storyboard.ts'
import type { ParamName } from '../request/params.ts'
import { plainPath } from '../request/plain-path.ts'
import { writeParams } from '../request/write.ts'
import type { RenditionOutcome } from '../serve.ts'
import type { StoredRendition } from '../store/cache.ts'
import type { Exchange } from './exchange.ts'

export const isStoryboard = ({ rendition }: RenditionOutcome): boolean => rendition.type === STORYBOARD_TYPE

/** The same outcome, with WebVTT or JSON that names the sheet by an address that works for who asked. */
export async function tellOutcome(outcome: RenditionOutcome, to: Exchange): Promise<RenditionOutcome> {
  const { rendition } = outcome
  const kept = new TextDecoder().decode(await new Response(await rendition.body()).arrayBuffer())
  const storyboard = JSON.parse(kept) as Storyboard
  const url = await sheetUrl(storyboard, outcome, to)
  const { type, text } = tellStoryboard(storyboard, url)
  const bytes = new TextEncoder().encode(text)
  const etag = `${rendition.etag.slice(0, -1)}-${(await sha256Hex(url)).slice(0, 8)}"`
  const body: StoredRendition['body'] = async (range) => bytes.slice(range?.start, range?.end)
  return { ...outcome, rendition: { ...rendition, etag, type, size: bytes.length, body } }
}

/** Those that say how the sheet looks. The size is said always, so that no hint of the client's chooses another. */
const WORDS: readonly ParamName[] = [
  ...(['fit', 'gravity', 'enlarge', 'crop', 'rotate', 'flip', 'quality', 'max_bytes', 'background'] as const),
  ...(['brightness', 'contrast', 'gamma', 'saturation', 'grayscale', 'tint'] as const),
  ...(['progressive', 'effort', 'time', 'duration', 'v'] as const),
]

/** Absolute where `publicUrl` says where the service is, else relative to the address that was asked. */
async function sheetUrl(
  { as, count, columns, tile }: Storyboard,
  { grant }: RenditionOutcome,
  { media, call, publicUrl, sign }: Exchange,
): Promise<string> {
  const query = new URLSearchParams([
    ['mode', 'spritesheet'],
    ...writeParams(media.params, WORDS),
    ...(as === 'vtt' ? writeParams(media.params, ['format']) : []),
    ['imageCount', String(count)],
    ['columns', String(columns)],
    ['width', String(tile.width)],
    ['height', String(tile.height)],
  ])
  const pathname = media.grammar === 'cloudflare' ? plainPath(media) : call.url.pathname
  const signed = await sign(pathname, query, media, grant)
  const path = publicUrl === undefined ? relative(call.url.pathname, pathname) : publicUrl + pathname
  return `${path}?${signed}`
}

/** Holds wherever the service is mounted. */
function relative(from: string, to: string): string {
  if (from !== to) return `${'../'.repeat(from.split('/').length - 2)}${to.slice(1)}`
  const name = to.slice(to.lastIndexOf('/') + 1)
  return name.includes(':') ? `./${name}` : name
}
