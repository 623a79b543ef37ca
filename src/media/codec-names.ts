/** Codecs of video and sound that containers name in ways of their own, by the names that an ffmpeg has for them. */

const rows: readonly (readonly [name: string, ids: string])[] = [
  ['avc', 'h264 x264 avc1 davc'],
  ['hevc', 'hevc h265 x265 hvc1 hev1'],
  ['vp8', 'vp80'],
  ['vp9', 'vp90'],
  ['av1', 'av01'],
  ['mpeg4', 'mp4v xvid divx dx50 mp4s m4s2 fmp4 3iv2 rmp4 v_mpeg4/iso/asp v_mpeg4/iso/sp v_mpeg4/iso/ap'],
  ['msmpeg4', 'mp43 div3 mpg3 div4 ap41 col1 v_mpeg4/ms/v3'],
  ['msmpeg4v2', 'mp42 div2'],
  ['mpeg1video', 'mpg1 m1v1 mp1v v_mpeg1'],
  ['mpeg2video', 'mpg2 mpeg m2v1 mp2v v_mpeg2 hdv1 hdv2 hdv3 mx5p mx3p'],
  ['mjpeg', 'mjpg jpeg mjpa avrn v_mjpeg dmb1'],
  ['h263', 'h263 s263 u263 i263'],
  ['wmv1', 'wmv1'],
  ['wmv2', 'wmv2'],
  ['wmv3', 'wmv3'],
  ['vc1', 'wvc1 vc-1'],
  ['dvvideo', 'dvsd dvc dvcp dvpp dv5n dv5p dvh1 dv25 dv50'],
  ['prores', 'apch apcn apcs apco ap4h ap4x v_prores'],
  ['dnxhd', 'avdn avdh'],
  ['ffv1', 'ffv1 v_ffv1'],
  ['huffyuv', 'hfyu'],
  ['ffvhuff', 'ffvh'],
  ['cinepak', 'cvid'],
  ['svq1', 'svq1'],
  ['svq3', 'svq3'],
  ['qtrle', 'rle'],
  ['theora', 'v_theora'],
  ['rawvideo', 'dib raw i420 iyuv yv12 yuy2 uyvy 2vuy yuvs v_uncompressed'],
]
const NAMES = new Map(rows.flatMap(([name, ids]) => ids.split(' ').map((id) => [id, name] as const)))

/** @param id four characters or the codec id of Matroska; null: another */
export const videoCodecNamed = (id: string): string | null => NAMES.get(id.trim().toLowerCase()) ?? null
