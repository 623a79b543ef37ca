/* A WebP file as the source of a picture. Opaque lossy files stay planes; all others become pixels. The whole file must be
   there: libwebp jumps back and forth between its partitions. */
#include "input.h"
#include "pixels.h"
#include "src/dec/vp8i_dec.h"
#include "src/dec/webpi_dec.h"
#include "view.h"
#include "webp_failure.h"

/* Rows that libwebp gives at a time: a macroblock's, and what its filter held back. */
#define BATCH 32

static WebPBitstreamFeatures features;
static Scaler *scalers[PLANES];

void webp_fail(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: fail(OUT_OF_MEMORY, "there is no more memory");
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED: fail(TRUNCATED, "it ends too early");
    case VP8_STATUS_UNSUPPORTED_FEATURE: fail(UNSUPPORTED, "it is a kind of WebP that this decoder leaves to others");
    default: fail(DAMAGED, "its data is damaged");
  }
}

/* RIFF's own length must be there, whatever a decoder could do without. */
static void check_length(void) {
  if (input_left() < 12) fail(TRUNCATED, "it ends too early");
  const u8 *p = input.head;
  u32 length = (u32)p[4] | (u32)p[5] << 8 | (u32)p[6] << 16 | (u32)p[7] << 24;
  if (length > input_left() - 8) fail(TRUNCATED, "it ends too early");
}

Progress EXPORT(webp_head)(void) {
  if (!input.ended) return MORE;
  check_length();
  VP8StatusCode status = WebPGetFeatures(input.head, input_left(), &features);
  if (status != VP8_STATUS_OK) webp_fail(status);
  return READY;
}
int EXPORT(webp_width)(void) { return features.width; }
int EXPORT(webp_height)(void) { return features.height; }
bool EXPORT(webp_is_animated)(void) { return features.has_animation; }
/* Whether its planes can be had: it is lossy (format 1) and opaque. */
bool EXPORT(webp_is_planar)(void) { return features.format == 1 && !features.has_alpha && !features.has_animation; }

/* ---- planes ---- */

static void copy_rows(int component, const u8 *samples, int stride, int first, int count, int width) {
  for (int y = 0; y < count; y++)
    memcpy(scaler_row(scalers[component], first + y), samples + (size_t)y * (size_t)stride, (size_t)width);
  scaler_feed(scalers[component], first + count);
}

static int take_rows(const VP8Io *io) {
  int half = ceil_div(io->mb_w, 2), rows = ceil_div(io->mb_h, 2);
  copy_rows(0, io->y, io->y_stride, io->mb_y, io->mb_h, io->mb_w);
  copy_rows(1, io->u, io->uv_stride, io->mb_y / 2, rows, half);
  copy_rows(2, io->v, io->uv_stride, io->mb_y / 2, rows, half);
  return 1;
}

void EXPORT(webp_plan_planes)(void) {
  picture_open(view.target_width, view.target_height, PLANES, view.is_subsampled);
  for (int i = 0; i < PLANES; i++) {
    int shrink = i ? 2 : 1, width = ceil_div(features.width, shrink), height = ceil_div(features.height, shrink);
    SourcePlane plane = {width, height, (size_t)width, BATCH, 1.0 / shrink, 1.0 / shrink, true};
    scalers[i] = view_scaler(i, &plane);
  }
}

static int set_up(VP8Io *io) { return 1; }
static void tear_down(const VP8Io *io) {}

void EXPORT(webp_planes)(void) {
  WebPHeaderStructure headers = {.data = input.head, .data_size = input_left(), .have_all_data = 1};
  VP8StatusCode status = WebPParseHeaders(&headers);
  if (status != VP8_STATUS_OK) webp_fail(status);
  VP8Io io;
  if (!VP8InitIo(&io)) fail(MISUSED, "libwebp is another version");
  io.data = headers.data + headers.offset;
  io.data_size = headers.data_size - headers.offset;
  io.put = take_rows;
  io.setup = set_up;
  io.teardown = tear_down;
  VP8Decoder *decoder = VP8New();
  if (!decoder) fail(OUT_OF_MEMORY, "there is no more memory");
  if (!VP8GetHeaders(decoder, &io)) webp_fail(decoder->status_);
  if (io.width != features.width || io.height != features.height) fail(DAMAGED, "its headers contradict each other");
  if (!VP8Decode(decoder, &io)) webp_fail(decoder->status_);
  VP8Delete(decoder);
}

/* ---- pixels ---- */

void EXPORT(webp_pixels)(void) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) fail(MISUSED, "libwebp is another version");
  size_t stride = (size_t)features.width * 4, bytes = stride * (size_t)features.height;
  RowSink *sink = pixels_sink(features.width, features.height, !features.has_alpha);
  u8 *frame = take(bytes);
  config.output.colorspace = MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = frame;
  config.output.u.RGBA.stride = (int)stride;
  config.output.u.RGBA.size = bytes;
  VP8StatusCode status = WebPDecode(input.head, input_left(), &config);
  if (status != VP8_STATUS_OK) webp_fail(status);
  for (int y = 0; y < features.height; y++) {
    memcpy(sink->row(sink, y), frame + (size_t)y * stride, stride);
    sink->done(sink, y + 1);
  }
}
