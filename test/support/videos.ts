/** Videos that say of each frame which one it is: flat grey, its luma counts the frames. Made by the ffmpeg of the machine. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'

/** False where the Debian package ffmpeg is not installed. */
export function hasFfmpeg(): boolean {
  return spawnSync('ffmpeg', ['-version']).status === 0
}

export const FFMPEG = 'ffmpeg (Debian package ffmpeg)'

export interface Wanted {
  /** Extension of the file. */
  readonly as: string
  /** Options of the encoders; default H.264 with B-frames, a key frame each 20 frames, and AAC. */
  readonly codecs?: readonly string[]
  /** Options of the result, after the codecs. */
  readonly options?: readonly string[]
  /** Default 3. */
  readonly seconds?: number
  readonly size?: string
  readonly silent?: boolean
}

export const RATE = 25
const H264 = ['-c:v', 'libx264', '-preset', 'fast', '-g', '20', '-bf', '2', '-pix_fmt', 'yuv420p', '-qp', '4']
const GREY = `geq=lum='16+mod(N\\,100)*2':cb=128:cr=128`

export function makeVideo(wanted: Wanted): Uint8Array {
  const { as, codecs = H264, options = [], seconds = 3, size = '96x64', silent = false } = wanted
  const picture = [
    '-f',
    'lavfi',
    '-i',
    `color=black:size=${size}:rate=${RATE}:duration=${seconds},format=yuv420p,${GREY}`,
  ]
  const sound = silent ? [] : ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`]
  return ffmpeg(as, [...picture, ...sound, ...codecs, ...options])
}

/** What the ffmpeg of the machine makes of files, in a folder of its own. The result is the last name. */
export function ffmpeg(as: string, args: readonly string[], input?: Uint8Array): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'mediamorph-test-'))
  try {
    const file = join(folder, `result.${as}`)
    execFileSync('ffmpeg', ['-y', '-v', 'error', ...args, file], { input, cwd: folder })
    return new Uint8Array(readFileSync(file))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface Stream {
  readonly codec_name: string
  readonly codec_type: string
  readonly width?: number
  readonly height?: number
  readonly start_time?: string
  readonly duration?: string
  readonly pix_fmt?: string
  readonly color_transfer?: string
  readonly color_space?: string
  readonly channels?: number
}

/** What ffprobe says of a file. */
export function ffprobe(
  bytes: Uint8Array,
  more: readonly string[] = [],
): {
  streams: Stream[]
  frames?: { pts_time: string }[]
  packets?: { pts_time: string; flags: string }[]
  format: { format_name: string; duration?: string }
} {
  const args = ['-v', 'error', '-show_streams', '-show_format', ...more, '-of', 'json']
  const folder = mkdtempSync(join(tmpdir(), 'mediamorph-test-'))
  try {
    const file = join(folder, 'probed')
    writeFileSync(file, bytes)
    return JSON.parse(execFileSync('ffprobe', [...args, file], { encoding: 'utf8' }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Which frames a video shows, one after another, as a player counts them. */
export function framesOf(bytes: Uint8Array, as: string): number[] {
  const raw = ffmpeg(
    'raw',
    [
      '-f',
      demuxer(as),
      '-i',
      'pipe:0',
      '-an',
      '-fps_mode',
      'passthrough',
      '-vf',
      'scale=1:1',
      '-pix_fmt',
      'gray',
      '-f',
      'rawvideo',
    ],
    bytes,
  )
  return [...raw].map((luma) => Math.round((luma * 219) / 255 / 2))
}

/** The first frame, as RGBA. */
export function pixelsOf(bytes: Uint8Array, as: string, decoder?: string) {
  const { width = 0, height = 0 } = ffprobe(bytes).streams.find((one) => one.codec_type === 'video') ?? {}
  const named = decoder === undefined ? [] : ['-c:v', decoder]
  const read = [...named, '-f', demuxer(as), '-i', 'pipe:0', '-frames:v', '1']
  const raw = ffmpeg('raw', [...read, '-pix_fmt', 'rgba', '-f', 'rawvideo'], bytes)
  const pixels = Array.from({ length: width * height }, (_, n) => [...raw.subarray(n * 4, n * 4 + 4)])
  return { width, height, pixels }
}

const demuxer = (as: string) =>
  ({ mp4: 'mov', mov: 'mov', mkv: 'matroska', webm: 'matroska', ts: 'mpegts' })[as] ?? as

/** Which frame a picture is. */
export async function frameOf(picture: Uint8Array): Promise<number> {
  const { channels } = await sharp(picture).stats()
  return Math.round(((channels[0]?.mean ?? 0) * 219) / 255 / 2)
}
