/* WebP by libwebp: lossy and opaque from the picture's planes, everything else from pixels. */
#include "output.h"
#include "picture.h"
#include "pixels.h"
#include "webp_encoding.h"

/* libwebp chooses its kernels by this: the SSE ones are compiled to WebAssembly's SIMD. The names are in dsp/dsp.h. */
enum { HAS_SSE2 = 0, HAS_SSE3 = 1, HAS_SSE4_1 = 3 };
static int has_feature(int feature) { return feature == HAS_SSE2 || feature == HAS_SSE3 || feature == HAS_SSE4_1; }
int (*VP8GetCPUInfo)(int) = has_feature;

/* What patches/libwebp-tick.patch calls: an import under a name that libwebp may know. */
void libwebp_tick(void) { tick(); }

static int write_bytes(const uint8_t *bytes, size_t count, const WebPPicture *target) {
  output_write(bytes, count);
  return 1;
}

/* Full range to BT.601's limited one, where the scaler has not done it on the way. */
static void limit_range(Plane *plane, int low, int high) {
  u8 table[256];
  for (int i = 0; i < 256; i++) table[i] = (u8)(low + ((high - low) * i * 2 + 255) / 510);
  for (int y = 0; y < plane->height; y++) {
    u8 *row = plane->samples + (size_t)y * plane->stride;
    for (int x = 0; x < plane->width; x++) row[x] = table[row[x]];
  }
}

void EXPORT(picture_limit_range)(void) {
  for (int i = 0; i < picture.components; i++) limit_range(&picture.planes[i], 16, i ? 240 : 235);
}

/* WebP has no grey pictures: their chroma is flat. */
static void add_chroma(void) {
  int width = ceil_div(picture.width, 2), height = ceil_div(picture.height, 2);
  size_t stride = round_up((size_t)width, 16) + 32;
  u8 *flat = take(stride * (size_t)height);
  memset(flat, 128, stride * (size_t)height);
  for (int i = 1; i < PLANES; i++) picture.planes[i] = (Plane){flat, width, height, stride};
}

void webp_open_target(WebPConfig *config, WebPPicture *target, const WebpEncoding *how, int width, int height) {
  if (!WebPConfigInit(config) || !WebPPictureInit(target)) fail(MISUSED, "libwebp is another version");
  config->quality = how->quality;
  config->method = how->method;
  config->lossless = how->is_lossless;
  target->use_argb = how->is_lossless;
  target->width = width;
  target->height = height;
  target->writer = write_bytes;
}

void webp_encode(const WebPConfig *config, WebPPicture *target) {
  if (WebPEncode(config, target)) return;
  if (target->error_code == VP8_ENC_ERROR_OUT_OF_MEMORY) fail(OUT_OF_MEMORY, "there is no more memory");
  fail(MISUSED, "libwebp refused it");
}

/* The picture, 4:2:0 and of limited range. Quality 0 to 100; method 0 (fast) to 6 (small). */
void EXPORT(picture_to_webp)(float quality, int method) {
  WebPConfig config;
  WebPPicture target;
  webp_open_target(&config, &target, &(WebpEncoding){quality, method, false}, picture.width, picture.height);
  if (picture.components == 1) add_chroma();
  const Plane *planes = picture.planes;
  target.colorspace = WEBP_YUV420;
  target.y = planes[0].samples;
  target.u = planes[1].samples;
  target.v = planes[2].samples;
  target.y_stride = (int)planes[0].stride;
  target.uv_stride = (int)planes[1].stride;
  webp_encode(&config, &target);
}

/* The pixels with their alpha, which is always kept exactly. When lossless, `quality` is the effort. */
void EXPORT(pixels_to_webp)(float quality, int method, bool is_lossless) {
  WebPConfig config;
  WebPPicture target;
  webp_open_target(&config, &target, &(WebpEncoding){quality, method, is_lossless}, pixels.width, pixels.height);
  if (!WebPPictureImportRGBA(&target, pixels.samples, pixels.width * 4)) fail(OUT_OF_MEMORY, "there is no more memory");
  webp_encode(&config, &target);
  WebPPictureFree(&target);
}
