/* The planes become one coded picture of AV1, by libaom. */
#include "planes.h"
#include "aom/aom_encoder.h"
#include "aom/aomcx.h"

static aom_codec_ctx_t codec;
static const aom_codec_cx_pkt_t *packet;

/* What patches/aom-tick.patch calls: an import under a name that libaom may know. */
void aom_tick(void);
void aom_tick(void) { tick(); }

_Noreturn void aom_failed(int error);
_Noreturn void aom_failed(int error) {
  if (error == AOM_CODEC_MEM_ERROR) fail(OUT_OF_MEMORY, "there is no more memory");
  fail(MISUSED, "libaom refused it");
}

static void check(aom_codec_err_t error) {
  if (error) aom_failed((int)error);
}
#define SET(control, value) check(aom_codec_control(&codec, control, value))

enum { BT709 = 1, SRGB = 13, BT601 = 6, IDENTITY = 0 };

static void open_codec(int speed, int quantiser, bool is_lossless, bool is_grey) {
  aom_codec_iface_t *encoder = aom_codec_av1_cx();
  aom_codec_enc_cfg_t config;
  check(aom_codec_enc_config_default(encoder, &config, AOM_USAGE_ALL_INTRA));
  config.g_w = (unsigned)picture.width;
  config.g_h = (unsigned)picture.height;
  config.g_threads = 1;
  config.g_limit = 1;
  config.g_lag_in_frames = 0;
  config.g_profile = picture.layout == WHOLE && !is_grey;
  config.monochrome = is_grey;
  config.rc_end_usage = AOM_Q;
  config.kf_mode = AOM_KF_DISABLED;
  memset(&codec, 0, sizeof codec);
  check(aom_codec_enc_init(&codec, encoder, &config, 0));
  SET(AOME_SET_CPUUSED, speed);
  SET(AOME_SET_CQ_LEVEL, (unsigned)quantiser);
  SET(AOME_SET_TUNING, AOM_TUNE_SSIM);
  /* There is nothing that could have moved; its pyramids would take memory all the same. */
  SET(AV1E_SET_ENABLE_GLOBAL_MOTION, 0);
  SET(AV1E_SET_LOSSLESS, (unsigned)is_lossless);
  SET(AV1E_SET_COLOR_RANGE, AOM_CR_FULL_RANGE);
  SET(AV1E_SET_COLOR_PRIMARIES, BT709);
  SET(AV1E_SET_TRANSFER_CHARACTERISTICS, SRGB);
  SET(AV1E_SET_MATRIX_COEFFICIENTS, picture.layout == WHOLE && !is_grey ? IDENTITY : BT601);
}

static aom_image_t image_of(bool is_grey) {
  bool halves = picture.layout != WHOLE || is_grey;
  aom_image_t image = {.fmt = halves ? AOM_IMG_FMT_I420 : AOM_IMG_FMT_I444, .monochrome = is_grey, .bit_depth = 8,
                       .range = AOM_CR_FULL_RANGE, .x_chroma_shift = halves, .y_chroma_shift = halves, .bps = halves ? 12 : 24};
  image.w = image.d_w = (unsigned)picture.width;
  image.h = image.d_h = (unsigned)picture.height;
  for (int i = 0; i < PLANES; i++) {
    image.planes[i] = picture.planes[i].samples;
    image.stride[i] = (int)picture.planes[i].stride;
  }
  return image;
}

/* `speed` 0 (small) to 9 (fast), `quantiser` 0 (fine) to 63. Grey: of the planes, only the first counts. */
void EXPORT(still_encode)(int speed, int quantiser, bool is_lossless, bool is_grey) {
  open_codec(speed, quantiser, is_lossless, is_grey);
  aom_image_t image = image_of(is_grey);
  check(aom_codec_encode(&codec, &image, 0, 1, 0));
  aom_codec_iter_t at = NULL;
  do packet = aom_codec_get_cx_data(&codec, &at);
  while (packet && packet->kind != AOM_CODEC_CX_FRAME_PKT);
  if (!packet) fail(MISUSED, "libaom gave nothing");
}

/* The coded picture: a temporal unit. */
const u8 *EXPORT(still_bytes)(void) { return packet->data.frame.buf; }
size_t EXPORT(still_length)(void) { return packet->data.frame.sz; }
