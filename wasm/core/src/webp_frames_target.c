/* Pixels to an animated WebP file (RFC 9649): of each frame the box that has changed, and in it, where that is all that it
   takes, only those blocks that have. One encoding a frame: which of several would be smallest is not worth their time. */
#include "animation/frames.h"
#include "output.h"
#include "pixels.h"
#include "webp/encode.h"
#include "webp_encoding.h"

/* Macroblocks that stay as they are become transparent as a whole: an outline through one costs more than it saves. */
#define BLOCK 16

static WebpEncoding how;
static int plays; /* 0: for ever */
static u8 *riff_size, *flags, *loops;
static bool has_alpha;
static u32 *patch;

static void write_le(u8 *p, u32 value, int count) {
  for (int i = 0; i < count; i++) p[i] = (u8)(value >> 8 * i);
}

/* RIFF, VP8X and ANIM. What only the end can tell is filled in there. */
static void write_head(const Frame *frame) {
  static const u8 head[12 + 18 + 14] = {'R', 'I', 'F', 'F', 0,   0,   0,   0,   'W',  'E', 'B', 'P',
                                        'V', 'P', '8', 'X', 10,  0,   0,   0,   0x02, 0,   0,   0,
                                        0,   0,   0,   0,   0,   0,   'A', 'N', 'I',  'M', 6};
  u8 *p = output_hole(sizeof head);
  memcpy(p, head, sizeof head);
  riff_size = p + 4;
  flags = p + 20;
  loops = p + 42;
  write_le(p + 24, (u32)frame->width - 1, 3);
  write_le(p + 27, (u32)frame->height - 1, 3);
}

/* ---- what of a frame is encoded ---- */

static const u32 *row_of(const u32 *pixels, const Frame *frame, int x, int y) {
  return pixels + (size_t)y * (size_t)frame->width + (size_t)x;
}

/* Places of frames are even. */
static Box even_box(const Frame *frame) {
  Box box = frame_changes(frame);
  if (!box.width) return (Box){0, 0, 1, 1};
  int x = box.x & ~1, y = box.y & ~1;
  return (Box){x, y, box.width + box.x - x, box.height + box.y - y};
}

/* Laid over what is there, a pixel must cover it. */
static bool can_lie_over(const Frame *frame, Box box) {
  for (int y = box.y; y < box.y + box.height; y++) {
    tick();
    const u32 *is = row_of(frame->pixels, frame, box.x, y), *was = row_of(frame->shown, frame, box.x, y);
    for (int x = 0; x < box.width; x++)
      if (is[x] != was[x] && is[x] >> 24 != 255) return false;
  }
  return true;
}

static void copy_box(const Frame *frame, Box box) {
  for (int y = 0; y < box.height; y++)
    memcpy(patch + (size_t)y * (size_t)box.width, row_of(frame->pixels, frame, box.x, box.y + y),
           (size_t)box.width * sizeof(u32));
}

static bool is_same(const Frame *frame, Box block) {
  for (int y = block.y; y < block.y + block.height; y++)
    if (memcmp(row_of(frame->pixels, frame, block.x, y), row_of(frame->shown, frame, block.x, y),
               (size_t)block.width * sizeof(u32)))
      return false;
  return true;
}

/* Takes out of the patch the blocks that stay as they are. Returns how many pixels those have. */
static size_t cut_holes(const Frame *frame, Box box) {
  size_t holes = 0;
  for (int y = 0; y < box.height; y += BLOCK) {
    tick();
    for (int x = 0; x < box.width; x += BLOCK) {
      Box block = {box.x + x, box.y + y, min_int(BLOCK, box.width - x), min_int(BLOCK, box.height - y)};
      if (!is_same(frame, block)) continue;
      holes += (size_t)block.width * (size_t)block.height;
      for (int i = 0; i < block.height; i++)
        memset(patch + (size_t)(y + i) * (size_t)box.width + (size_t)x, 0, (size_t)block.width * sizeof(u32));
    }
  }
  return holes;
}

/* Alpha is another picture to write: it must be worth it. */
static bool is_worth_holes(size_t holes, Box box) { return holes * 2 > (size_t)box.width * (size_t)box.height; }

/* Fills the patch. Returns whether it lies over what is there, instead of taking its place. */
static bool make_patch(const Frame *frame, Box box) {
  copy_box(frame, box);
  if (frame->is_first || !can_lie_over(frame, box)) return false;
  if (is_worth_holes(cut_holes(frame, box), box)) return true;
  copy_box(frame, box);
  return false;
}

/* ---- frames ---- */

static bool is_opaque(size_t count) {
  u32 all = 0xff000000;
  for (size_t i = 0; i < count; i++) all &= patch[i];
  return all == 0xff000000;
}

/* A file around one picture becomes the chunks of a frame: what is in front of them goes. */
static int write_without_head(const uint8_t *bytes, size_t count, const WebPPicture *target) {
  size_t *skip = target->custom_ptr;
  size_t skipped = count < *skip ? count : *skip;
  *skip -= skipped;
  output_write(bytes + skipped, count - skipped);
  return 1;
}

static void encode_patch(Box box) {
  WebPConfig config;
  WebPPicture target;
  webp_open_target(&config, &target, &how, box.width, box.height);
  bool is_solid = is_opaque((size_t)box.width * (size_t)box.height);
  /* "RIFF", its length and "WEBP"; a lossy file with alpha has VP8X too. */
  size_t skip = is_solid || how.is_lossless ? 12 : 30;
  if (!is_solid) has_alpha = true;
  target.custom_ptr = &skip;
  target.writer = write_without_head;
  int is_read = is_solid ? WebPPictureImportRGBX(&target, (u8 *)patch, box.width * 4)
                         : WebPPictureImportRGBA(&target, (u8 *)patch, box.width * 4);
  if (!is_read) fail(OUT_OF_MEMORY, "there is no more memory");
  webp_encode(&config, &target);
  WebPPictureFree(&target);
}

static bool write_frame(const Frame *frame) {
  if (frame->is_first) write_head(frame);
  Box box = frame->is_first ? (Box){0, 0, frame->width, frame->height} : even_box(frame);
  bool lies_over = make_patch(frame, box);
  u8 *p = output_hole(8 + 16);
  size_t before = output_size();
  memcpy(p, "ANMF", 4);
  write_le(p + 8, (u32)box.x / 2, 3);
  write_le(p + 11, (u32)box.y / 2, 3);
  write_le(p + 14, (u32)box.width - 1, 3);
  write_le(p + 17, (u32)box.height - 1, 3);
  write_le(p + 20, (u32)min_int(frame->delay_ms, 0xffffff), 3);
  p[23] = lies_over ? 0 : 2;
  encode_patch(box);
  write_le(p + 4, (u32)(16 + output_size() - before), 4);
  return false;
}

static void finish(int count) {
  write_le(riff_size, (u32)output_size() - 8, 4);
  if (has_alpha) flags[0] |= 0x10;
  write_le(loops, (u32)min_int(plays, 65535), 2);
}

/* ---- for the host ---- */

static const FrameWriter writer = {write_frame, finish, false};

/* `times`: how often it plays; 0: for ever. The others as of pixels_to_webp. */
void EXPORT(webp_frames)(int width, int height, int times, float quality, int method, bool is_lossless) {
  how = (WebpEncoding){quality, method, is_lossless};
  plays = times;
  has_alpha = false;
  patch = take((size_t)width * (size_t)height * sizeof(u32));
  frames_open(&writer, width, height);
}
