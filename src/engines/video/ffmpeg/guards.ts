/** What bounds every reading by an ffmpeg, whatever the bytes say. */
import type { VideoTrack } from '../../../media/info.ts'

/** Decoders that media needs: none that reads other files, and none of games. */
const DECODERS = [
  'h264 hevc vp8 vp9 av1 libvpx libvpx-vp9 libdav1d libaom-av1',
  'mpeg4 msmpeg4 msmpeg4v2 mpeg1video mpeg2video mjpeg h263 flv flashsv flashsv2 vp6 vp6f vp6a',
  'wmv1 wmv2 wmv3 vc1 dvvideo prores dnxhd ffv1 huffyuv ffvhuff cinepak svq1 svq3 qtrle theora rawvideo png',
  'aac aac_latm opus libopus mp3 mp3float mp2 mp2float mp1 vorbis libvorbis flac ac3 eac3 dca alac',
  'amrnb amrwb wmav1 wmav2 wmapro speex libspeex nellymoser adpcm_ms adpcm_ima_wav adpcm_ima_qt adpcm_swf qdm2 mace6',
  'pcm_u8 pcm_s8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be',
  'pcm_f64le pcm_f64be pcm_alaw pcm_mulaw',
]
  .join(' ')
  .replaceAll(' ', ',')

/** Pixels of a frame that any file may have. */
const LEAST_PIXELS = 1_000_000

/** A frame may be twice as large as the file says, since codecs work in blocks, and no larger. */
export function guards(demuxer: string, video?: VideoTrack): string[] {
  const pixels = Math.max(LEAST_PIXELS, 2 * (video?.codedWidth ?? 0) * (video?.codedHeight ?? 0))
  return [
    ['-format_whitelist', demuxer, '-codec_whitelist', DECODERS],
    ['-max_pixels', String(Math.min(pixels, 0x7fffffff))],
  ].flat()
}
