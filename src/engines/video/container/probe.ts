/** What the index of a video or audio file says of it. */
import type { Input, InputAudioTrack, InputVideoTrack } from 'mediabunny'
import { isMediaError } from '../../../error.ts'
import { videoCodecNamed } from '../../../media/codec-names.ts'
import type { FormatName } from '../../../media/format.ts'
import { formatRow } from '../../../media/format.ts'
import { readAvi } from '../../../media/headers/avi.ts'
import { readFlv } from '../../../media/headers/flv.ts'
import { corrupt, NeedsMore } from '../../../media/headers/reader.ts'
import type { AudioTrack, TimedInfo, VideoTrack } from '../../../media/info.ts'
import type { Original } from '../../../media/original.ts'
import { withOggVideo } from './ogg-video.ts'
import { readsContainer, withContainer } from './open.ts'

/** Of the file: the index of a film of many hours. Beyond this an index is not worth reading. */
const INDEX_BYTES = 64 * 1_048_576
/** Of reading and making sense of an index, waiting for a slow source included. */
const PROBE_MS = 10_000
/** Enough for the mean of a constant rate. */
const RATED_PACKETS = 60

/**
 * Formats that are read here are described; of others nothing is known but what they are.
 * @throws CORRUPT_MEDIA, SOURCE_TOO_LARGE, the signal's reason, and what the source throws
 */
export async function probeTimed(
  original: Original,
  format: FormatName,
  signal: AbortSignal,
): Promise<TimedInfo> {
  if (!readsContainer(format)) return probeHeader(original, format)
  const limits = { signal, bytes: INDEX_BYTES, ms: PROBE_MS }
  try {
    const info = await withContainer(original, format, limits, (input) => describe(input, format))
    return format === 'ogg' ? await withOggVideo(info, original) : info
  } catch (error) {
    if (isMediaError(error) && error.code === 'TRANSFORM_TIMEOUT')
      throw corrupt(format, 'its index makes no sense')
    throw error
  }
}

const HEADERS: Readonly<Partial<Record<FormatName, (bytes: Uint8Array) => TimedInfo>>> = {
  avi: readAvi,
  flv: readFlv,
}
/** Indices and cover pictures may stand in it. */
const HEADER_BYTES = 1_048_576

/** Of those whose packets cannot be had. */
async function probeHeader(original: Original, format: FormatName): Promise<TimedInfo> {
  const read = HEADERS[format]
  if (!read) return { class: formatRow(format).class as TimedInfo['class'], format }
  try {
    return read(await original.read({ start: 0, end: HEADER_BYTES }))
  } catch (error) {
    if (error instanceof NeedsMore) throw corrupt(format, 'it ends inside its header')
    throw error
  }
}

async function describe(input: Input, format: FormatName): Promise<TimedInfo> {
  const shown = await input.getPrimaryVideoTrack()
  const heard = await input.getAudioTracks()
  if (!shown && heard.length === 0) throw corrupt(format, 'it has neither pictures nor sound')
  const duration = await durationOf(input)
  const audio: AudioTrack[] = []
  for (const track of heard) audio.push(await describeAudio(track))
  return {
    class: shown ? 'video' : 'audio',
    format,
    ...(duration === undefined ? {} : { duration }),
    ...(shown ? { video: await describeVideo(shown) } : {}),
    audio,
  }
}

/** What the file says costs nothing more; where it does not, its end is looked for. */
async function durationOf(input: Input): Promise<number | undefined> {
  const end = (await input.getDurationFromMetadata()) ?? (await input.computeDuration())
  const start = Math.max(0, await input.getFirstTimestamp())
  const duration = rounded(end - start)
  return Number.isFinite(duration) && duration > 0 ? duration : undefined
}

async function describeVideo(track: InputVideoTrack): Promise<VideoTrack> {
  const { averagePacketRate } = await track.computePacketStats(RATED_PACKETS)
  const bitrate = (await track.getAverageBitrate()) ?? (await track.getBitrate())
  const id = await codecId(track)
  const { matrix } = await track.getColorSpace()
  return {
    codec: (await track.getCodec()) ?? videoCodecNamed(id),
    codecId: id,
    width: Math.round(await track.getDisplayWidth()),
    height: Math.round(await track.getDisplayHeight()),
    codedWidth: await track.getCodedWidth(),
    codedHeight: await track.getCodedHeight(),
    rotation: await track.getRotation(),
    ...(averagePacketRate > 0 ? { fps: rounded(averagePacketRate) } : {}),
    ...(bitrate ? { bitrate: Math.round(bitrate) } : {}),
    hasAlpha: await track.canBeTransparent(),
    isHdr: await track.hasHighDynamicRange(),
    ...(matrix ? { colorSpace: matrix } : {}),
  }
}

async function describeAudio(track: InputAudioTrack): Promise<AudioTrack> {
  const bitrate = (await track.getAverageBitrate()) ?? (await track.getBitrate())
  return {
    codec: await track.getCodec(),
    codecId: await codecId(track),
    channels: await track.getNumberOfChannels(),
    sampleRate: await track.getSampleRate(),
    language: await track.getLanguageCode(),
    ...(bitrate ? { bitrate: Math.round(bitrate) } : {}),
  }
}

async function codecId(track: InputVideoTrack | InputAudioTrack): Promise<string> {
  const id = (await track.getCodecParameterString()) ?? (await track.getInternalCodecId()) ?? 'unknown'
  // Foreign text: nothing of it but what a name may hold.
  return typeof id === 'object'
    ? 'unknown'
    : String(id)
        .replaceAll(/[^\w.\-/]/g, '')
        .slice(0, 64) || 'unknown'
}

const rounded = (value: number) => Math.round(value * 1000) / 1000
