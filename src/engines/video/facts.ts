/** The answer to `format=json` of a video or of audio. What is not known is null. */
import { formatRow } from '../../media/format.ts'
import type { AudioTrack, ImageInfo, VideoTrack } from '../../media/info.ts'
import type { FactsRecipe } from '../../plan/timed/recipe.ts'

/** What is known of it beside its index. */
export interface Beside {
  /** Bytes of the original, where they are known. */
  readonly size: number | undefined
  /** As pictures have it, where a frame could be had. */
  readonly placeholder?: unknown
  /** Of sound: the picture that it carries, if it carries one. */
  readonly cover?: ImageInfo | undefined
}

export function describeTimed(
  { info, nsfw }: FactsRecipe,
  { size, placeholder = null, cover }: Beside,
): Uint8Array<ArrayBuffer> {
  const { format, duration, video, audio } = info
  const facts = {
    format,
    contentType: formatRow(format).mime,
    size: size ?? null,
    width: video?.width || null,
    height: video?.height || null,
    // Sizes are those of what is displayed, upright.
    orientation: video ? 1 : null,
    duration: duration ?? null,
    // To count them all packets would be read.
    frames: null,
    animated: info.class === 'video',
    hasAlpha: video?.hasAlpha ?? false,
    colorSpace: video?.colorSpace ?? null,
    video: video ? videoFacts(video) : null,
    audio: audio?.[0] ? audioFacts(audio[0]) : null,
    tracks: [
      ...(video ? [{ kind: 'video', ...videoFacts(video) }] : []),
      ...(audio ?? []).map((track) => ({ kind: 'audio', ...audioFacts(track) })),
    ],
    ...(info.class === 'audio' ? { cover: cover ? coverFacts(cover) : null } : {}),
    placeholder,
    ...(nsfw ? { nsfw } : {}),
  }
  return new TextEncoder().encode(JSON.stringify(facts))
}

function coverFacts({ format, width, height }: ImageInfo) {
  return { contentType: formatRow(format).mime, width, height }
}

function videoFacts({ codec, codecId, fps, bitrate, rotation, codedWidth, codedHeight, isHdr }: VideoTrack) {
  return {
    codec: codec ?? codecId,
    profile: codecId,
    fps: fps ?? null,
    bitrate: bitrate ?? null,
    rotation,
    codedWidth,
    codedHeight,
    hdr: isHdr,
  }
}

function audioFacts({ codec, codecId, channels, sampleRate, language, bitrate }: AudioTrack) {
  return {
    codec: codec ?? codecId,
    profile: codecId,
    channels,
    sampleRate,
    language,
    bitrate: bitrate ?? null,
  }
}
