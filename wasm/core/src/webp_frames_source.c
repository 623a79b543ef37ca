/* An animated WebP file (RFC 9649 section 2.7.1.1) as a source of frames. The whole file must be there. */
#include "animation/canvas.h"
#include "input.h"
#include "webp/decode.h"
#include "webp_failure.h"

#define CHUNK_HEAD 8
#define FRAME_HEAD 16

static const u8 *at, *end; /* of the chunks that are left */
static int plays, delay_ms;
static bool found;
static u32 *frame; /* its pixels, where they are not drawn straight on the canvas */

static u32 read_le16(const u8 *p) { return p[0] | (u32)p[1] << 8; }
static u32 read_le24(const u8 *p) { return read_le16(p) | (u32)p[2] << 16; }
static u32 read_le32(const u8 *p) { return read_le24(p) | (u32)p[3] << 24; }

typedef struct {
  const u8 *name, *bytes;
  size_t count;
} Chunk;

static bool is_named(const Chunk *chunk, const char *name) { return !memcmp(chunk->name, name, 4); }

/* False behind the last one. */
static bool next_chunk(Chunk *chunk) {
  size_t left = (size_t)(end - at);
  if (left < CHUNK_HEAD) return false;
  size_t count = read_le32(at + 4);
  if (count > left - CHUNK_HEAD) fail(TRUNCATED, "it ends too early");
  *chunk = (Chunk){at, at + CHUNK_HEAD, count};
  at += CHUNK_HEAD + count;
  if (count & 1 && at < end) at++;
  return true;
}

/* After webp_head, of a file that is animated. Opens the canvas. */
void EXPORT(webp_frames_plan)(void) {
  Chunk chunk;
  at = input.head + 12;
  end = input.head + CHUNK_HEAD + read_le32(input.head + 4);
  frame = NULL;
  plays = 0;
  if (!next_chunk(&chunk) || !is_named(&chunk, "VP8X") || chunk.count < 10) fail(DAMAGED, "its first part is damaged");
  canvas_open((int)read_le24(chunk.bytes + 4) + 1, (int)read_le24(chunk.bytes + 7) + 1);
}

static WebPDecoderConfig config_for(u32 *to, int stride, Box box) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) fail(MISUSED, "libwebp is another version");
  config.output.colorspace = MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = (u8 *)to;
  config.output.u.RGBA.stride = stride * 4;
  config.output.u.RGBA.size = ((size_t)stride * (size_t)(box.height - 1) + (size_t)box.width) * 4;
  return config;
}

static void check_size(const Chunk *data, Box box) {
  WebPBitstreamFeatures features;
  VP8StatusCode status = WebPGetFeatures(data->bytes, data->count, &features);
  if (status != VP8_STATUS_OK) webp_fail(status);
  if (features.width != box.width || features.height != box.height || features.has_animation)
    fail(DAMAGED, "its headers contradict each other");
}

static void decode(const Chunk *data, u32 *to, int stride, Box box) {
  WebPDecoderConfig config = config_for(to, stride, box);
  VP8StatusCode status = WebPDecode(data->bytes, data->count, &config);
  if (status != VP8_STATUS_OK) webp_fail(status);
}

static void draw_blended(const Chunk *data, Box box) {
  if (!frame) frame = take((size_t)canvas.width * (size_t)canvas.height * sizeof(u32));
  decode(data, frame, box.width, box);
  for (int y = 0; y < box.height; y++) {
    tick();
    canvas_blend(canvas_row(box.y + y) + box.x, frame + (size_t)y * (size_t)box.width, box.width);
  }
}

/* Figure 9: place, size, duration, then how it is drawn and how it leaves; behind that, its data. */
static void draw_frame(const Chunk *chunk) {
  const u8 *p = chunk->bytes;
  if (chunk->count < FRAME_HEAD) fail(DAMAGED, "one of its frames is damaged");
  Box box = {(int)read_le24(p) * 2, (int)read_le24(p + 3) * 2, (int)read_le24(p + 6) + 1, (int)read_le24(p + 9) + 1};
  if (box.x + box.width > canvas.width || box.y + box.height > canvas.height)
    fail(DAMAGED, "one of its frames lies outside of it");
  Chunk data = {p, p + FRAME_HEAD, chunk->count - FRAME_HEAD};
  bool replaces = p[15] & 2, is_disposed = p[15] & 1;
  delay_ms = (int)read_le24(p + 12);
  check_size(&data, box);
  canvas_next(box, is_disposed ? DISPOSE_TO_CLEAR : DISPOSE_NOT);
  if (replaces) decode(&data, canvas_row(box.y) + box.x, canvas.width, box);
  else draw_blended(&data, box);
}

void EXPORT(webp_next)(void) {
  Chunk chunk;
  found = false;
  while (!found && next_chunk(&chunk)) {
    tick();
    if (is_named(&chunk, "ANIM") && chunk.count >= 6) plays = (int)read_le16(chunk.bytes + 4);
    if (!is_named(&chunk, "ANMF")) continue;
    draw_frame(&chunk);
    found = true;
  }
}
bool EXPORT(webp_found)(void) { return found; }
int EXPORT(webp_delay)(void) { return delay_ms; }
/* 0: for ever. */
int EXPORT(webp_plays)(void) { return plays; }
