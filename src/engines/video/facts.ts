/** The answer to `format=json` of a video or of audio. What is not known is null. */
import { formatRow } from '../../media/format.ts'
import type { AudioTrack, TimedInfo, VideoTrack } from '../../media/info.ts'

/**
 * @param size bytes of the original, where they are known
 * @param placeholder as pictures have it, where a frame could be had
 */
export function describeTimed(
  info: TimedInfo,
  size: number | undefined,
  placeholder: unknown = null,
): Uint8Array<ArrayBuffer> {
  const { format, duration, video, audio } = info
  const facts = {
    format,
    contentType: formatRow(format).mime,
    size: size ?? null,
    width: video?.width ?? null,
    height: video?.height ?? null,
    duration: duration ?? null,
    hasAlpha: video?.hasAlpha ?? false,
    video: video ? videoFacts(video) : null,
    audio: audio?.[0] ? audioFacts(audio[0]) : null,
    tracks: [
      ...(video ? [{ kind: 'video', ...videoFacts(video) }] : []),
      ...(audio ?? []).map((track) => ({ kind: 'audio', ...audioFacts(track) })),
    ],
    placeholder,
  }
  return new TextEncoder().encode(JSON.stringify(facts))
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
