/* Pixels to animated PNG (third edition, section 11.3.4): of each frame the box that has changed, and in it, where that is
   all that it takes, only the pixels that have. */
#include "animation/frames.h"
#include "output.h"
#include "png/checksum.h"
#include "png/encoder.h"

/* One kind for all frames, and those behind the first need holes. */
static const Kind KIND = {.color_type = 6, .depth = 8, .channels = 4};
#define ACTL_BYTES 8

static int plays, level; /* plays: 0 for ever */
static u32 sequence;
static u8 *actl;
static u32 *patch;

static void write_be(u8 *p, u32 value, int count) {
  for (int i = 0; i < count; i++) p[i] = (u8)(value >> 8 * (count - 1 - i));
}

static void write_head(const Frame *frame) {
  static const u8 nothing[ACTL_BYTES];
  png_write_header(&KIND, frame->width, frame->height);
  png_write_chunk("acTL", nothing, ACTL_BYTES);
  /* Its chunk, up to the end of its checksum, is the last thing that was written. */
  actl = output_hole(0) - ACTL_BYTES - 4;
}

/* Table 29. Milliseconds, or hundredths of a second where those are too many. */
static void write_control(const Frame *frame, Box box, bool is_blended) {
  u8 control[26] = {[25] = is_blended};
  bool is_long = frame->delay_ms > 65535;
  write_be(control, sequence++, 4);
  write_be(control + 4, (u32)box.width, 4);
  write_be(control + 8, (u32)box.height, 4);
  write_be(control + 12, (u32)box.x, 4);
  write_be(control + 16, (u32)box.y, 4);
  write_be(control + 20, (u32)(is_long ? min_int(frame->delay_ms / 10, 65535) : frame->delay_ms), 2);
  write_be(control + 22, is_long ? 100 : 1000, 2);
  png_write_chunk("fcTL", control, sizeof control);
}

/* Copies the box. Where every change is opaque, what stays as it is becomes a hole: returns whether it did. */
static bool make_patch(const Frame *frame, Box box) {
  bool can_blend = !frame->is_first;
  for (int pass = 0; pass < 2; pass++)
    for (int y = 0; y < box.height; y++) {
      tick();
      size_t at = (size_t)(box.y + y) * (size_t)frame->width + (size_t)box.x;
      const u32 *is = frame->pixels + at, *was = frame->shown + at;
      u32 *to = patch + (size_t)y * (size_t)box.width;
      for (int x = 0; x < box.width; x++)
        if (pass) to[x] = can_blend && is[x] == was[x] ? 0 : is[x];
        else can_blend &= is[x] == was[x] || is[x] >> 24 == 255;
    }
  return can_blend;
}

static bool write_frame(const Frame *frame) {
  if (frame->is_first) write_head(frame);
  Box box = frame->is_first ? (Box){0, 0, frame->width, frame->height} : frame_changes(frame);
  if (!box.width) box = (Box){0, 0, 1, 1};
  bool is_blended = make_patch(frame, box);
  write_control(frame, box, is_blended);
  PngEncoding job = {(const u8 *)patch, (size_t)box.width * sizeof(u32), box.width, box.height, level};
  png_encode_data(&job, &KIND, frame->is_first ? NULL : &sequence);
  return false;
}

static void finish(int count) {
  write_be(actl, (u32)count, 4);
  write_be(actl + 4, (u32)plays, 4);
  write_be(actl + ACTL_BYTES, crc32_update(0, actl - 4, 4 + ACTL_BYTES), 4);
  png_write_chunk("IEND", NULL, 0);
}

/* ---- for the host ---- */

static const FrameWriter writer = {write_frame, finish, false};

/* `times`: how often it plays; 0: for ever. */
void EXPORT(png_frames)(int width, int height, int times, int with_level) {
  plays = times;
  level = with_level;
  sequence = 0;
  patch = take((size_t)width * (size_t)height * sizeof(u32) + 64);
  frames_open(&writer, width, height);
}
