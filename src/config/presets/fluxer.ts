/** The table of Fluxer's media proxy, in the words of the configuration. Data only: the routes have no code. */
import type { AssetRowInput } from '../assets.ts'

export interface FluxerPreset {
  readonly preset: 'fluxer'
  readonly mount: string
  readonly access: 'public' | 'signed'
  readonly rounding: 'none' | 'up'
  readonly nsfw?: AssetRowInput['nsfw']
}

/** Sides that clients may ask for. */
export const FLUXER_SIZES = [
  16, 20, 22, 24, 28, 32, 40, 44, 48, 56, 60, 64, 80, 96, 100, 128, 160, 240, 256, 300, 320, 480, 512, 600,
  640, 1024, 1280, 1536, 2048, 3072, 4096,
] as const

const VIDEO_CODECS =
  'h264 avc1 hevc hev1 hvc1 h265 vp8 vp9 av1 av01 theora mpeg4 mpeg2video mpeg1video h263 prores mjpeg wmv1 wmv2 wmv3 vc1 msmpeg4v3'.split(
    ' ',
  )
/** Codecs of files that it takes. */
export const FLUXER_CODECS: NonNullable<AssetRowInput['codecs']> = {
  video: {
    allow: VIDEO_CODECS,
    deny: ['prores_4444', 'prores_4444xq', 'apch', 'apcn', 'apcs', 'apco', 'ap4h', 'ap4x'],
  },
  audio: { allow: ['aac', 'mp4a', 'mp3', 'opus', 'vorbis', 'flac', 'pcm_s16le', 'pcm_s24le', 'pcm_f32le'] },
}

const FORMATS: AssetRowInput['formats'] = ['webp', 'png', 'jpg', 'jpeg', 'gif', 'avif']
const FORMAT_DEFAULTS = { png: { effort: 9 }, jpeg: { progressive: true } }
const QUALITIES = { low: 20, high: 80, lossless: 100 }
const YEAR = 'public, max-age=31536000'

type Row = Omit<AssetRowInput, 'mount'>

const picture = (name: string, least: number, most: number): Row => ({
  name,
  path: `/${name}/{id:digits}/{hash:hash}.{format}`,
  key: [`${name}/\${id}/\${hash}`, `${name}/\${id}/\${hash}.\${format}`],
  formats: FORMATS,
  animate: ['gif'],
  sizes: { steps: [...FLUXER_SIZES], default: 128, least, most },
  parameters: ['quality', 'animated'],
  qualities: QUALITIES,
  fit: 'crop',
  defaults: { quality: 80 },
  formatDefaults: FORMAT_DEFAULTS,
  fallback: 'picture',
  cacheControl: { ok: YEAR },
})

const ofMember = (name: string, least: number, most: number): Row => ({
  ...picture(name, least, most),
  name: `member-${name}`,
  path: `/guilds/{guild:digits}/users/{user:digits}/${name}/{hash:hash}.{format}`,
  key: ['', '.${format}'].map((end) => `guilds/\${guild}/users/\${user}/${name}/\${hash}${end}`),
})

/** Always WebP, whole, on a transparent square. */
const padded = (name: string, least: number, most: number): Row => ({
  ...picture(name, least, most),
  path: `/${name}/{id:digits}.{format}`,
  key: [`${name}/\${id}`, `${name}/\${id}.\${format}`],
  fit: 'pad',
  set: { format: 'webp' },
})

const ROWS: readonly Row[] = [
  picture('avatars', 128, 1024),
  picture('icons', 128, 1024),
  picture('banners', 480, 2400),
  picture('splashes', 480, 2400),
  picture('embed-splashes', 480, 2400),
  padded('emojis', 32, 512),
  {
    ...padded('stickers', 128, 512),
    path: ['/stickers/{id:digits}.{format}', '/stickers/{id:digits}'],
    key: 'stickers/${id}',
  },
  ofMember('avatars', 128, 1024),
  ofMember('banners', 480, 2400),
  {
    name: 'attachments',
    path: '/attachments/{channel:digits}/{attachment:digits}/{filename:any}',
    key: 'attachments/${channel}/${attachment}/${filename}',
    originals: 'any',
    formats: FORMATS,
    animate: [],
    parameters: ['width', 'height', 'format', 'quality', 'animated'],
    qualities: QUALITIES,
    fit: 'crop',
    // Of a video, a still of its beginning; pictures have no use for them.
    defaults: { quality: 100, progressive: true, mode: 'frame', time: 0 },
    formatDefaults: FORMAT_DEFAULTS,
    download: true,
    codecs: FLUXER_CODECS,
    fallback: 'picture',
    cacheControl: { ok: YEAR },
  },
  {
    name: 'themes',
    path: '/themes/{id:hex16}.css',
    key: 'themes/${id}.css',
    types: { css: 'text/css; charset=utf-8' },
    cacheControl: { ok: `${YEAR}, immutable` },
  },
]

export function fluxerRows({ mount, access, rounding, nsfw }: FluxerPreset): AssetRowInput[] {
  return ROWS.map((row) => ({
    ...row,
    mount,
    access,
    ...(nsfw === undefined ? {} : { nsfw }),
    ...(row.sizes ? { sizes: { ...row.sizes, rounding } } : {}),
  }))
}
