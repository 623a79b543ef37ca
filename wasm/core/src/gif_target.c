/* Pixels to GIF89a (CompuServe, 31 July 1990): of each frame what has changed, in colours of its own where those of the first
   frame do not serve. */
#include "animation/frames.h"
#include "gif/lzw_encode.h"
#include "gif/palette.h"
#include "output.h"
#include "pixels.h"

/* A frame makes do with the first one's colours as long as they serve it so well, compared with how they serve the first. */
#define WORSE_BY 1.25
#define WORSE_AT_LEAST 2.0

static Palette global, local;
static int plays; /* 0: for ever */
static u8 *indices;

static void write_le16(u8 *p, int value) {
  p[0] = (u8)value;
  p[1] = (u8)(value >> 8);
}

/* ---- blocks ---- */

/* One index more than there are colours: nothing changes there. */
static int bits_for(const Palette *palette, bool has_hole) {
  int bits = 1;
  while (1 << bits < palette->count + has_hole) bits++;
  return bits;
}

static void write_table(const Palette *palette, int bits) {
  u8 table[256 * 3] = {0};
  for (int i = 0; i < palette->count; i++) memcpy(table + 3 * i, &palette->colours[i], 3);
  output_write(table, (size_t)3 << bits);
}

/* Section 17 and 18, and the extension that repeats: without it an animation plays once. */
static void write_head(const Frame *frame, int bits) {
  u8 screen[13] = {'G', 'I', 'F', '8', '9', 'a', [10] = (u8)(0xf0 | (bits - 1))};
  write_le16(screen + 6, frame->width);
  write_le16(screen + 8, frame->height);
  output_write(screen, sizeof screen);
  write_table(&global, bits);
  if (plays == 1) return;
  u8 loops[19] = "\x21\xff\x0bNETSCAPE2.0\x03\x01";
  write_le16(loops + 16, plays ? min_int(plays - 1, 65535) : 0);
  output_write(loops, sizeof loops);
}

/* Section 23: how long it stands, how it leaves, which index is a hole (-1: none). */
static void write_control(int delay_ms, bool is_cleared, int hole) {
  u8 control[8] = {0x21, 0xf9, 4, (u8)((is_cleared ? 2 : 1) << 2 | (hole >= 0)), [6] = (u8)(hole < 0 ? 0 : hole)};
  write_le16(control + 4, min_int((delay_ms + 5) / 10, 65535));
  output_write(control, sizeof control);
}

static void write_descriptor(Box box, int local_bits) {
  u8 descriptor[10] = {0x2c, [9] = (u8)(local_bits ? 0x80 | (local_bits - 1) : 0)};
  write_le16(descriptor + 1, box.x);
  write_le16(descriptor + 3, box.y);
  write_le16(descriptor + 5, box.width);
  write_le16(descriptor + 7, box.height);
  output_write(descriptor, sizeof descriptor);
}

/* ---- frames ---- */

/* Frames lie over each other: what is to be seen through again must be cleared first. */
static bool must_clear(const Frame *frame) {
  if (!frame->next) return false;
  size_t count = (size_t)frame->width * (size_t)frame->height;
  for (size_t i = 0; i < count; i++)
    if (frame->pixels[i] && !frame->next[i]) return true;
  return false;
}

/* All that is seen must lie in the box that is cleared. */
static Box grow_around_all(Box box, const Frame *frame) {
  int left = frame->width, top = frame->height, right = 0, bottom = 0;
  for (int y = 0; y < frame->height; y++)
    for (int x = 0; x < frame->width; x++) {
      if (!frame->pixels[(size_t)y * (size_t)frame->width + (size_t)x]) continue;
      left = min_int(left, x);
      right = max_int(right, x + 1);
      top = min_int(top, y);
      bottom = y + 1;
    }
  if (box.width) {
    left = min_int(left, box.x);
    top = min_int(top, box.y);
    right = max_int(right, box.x + box.width);
    bottom = max_int(bottom, box.y + box.height);
  }
  return (Box){left, top, right - left, bottom - top};
}

/* Counts the colours of the box; whether some of its pixels stay as they are. */
static bool count_colours(const Frame *frame, Box box) {
  bool has_hole = false;
  palette_begin();
  for (int y = box.y; y < box.y + box.height; y++) {
    tick();
    size_t at = (size_t)y * (size_t)frame->width + (size_t)box.x;
    palette_count(frame->pixels + at, frame->shown + at, box.width);
    for (int x = 0; x < box.width && !has_hole; x++) has_hole = frame->pixels[at + (size_t)x] == frame->shown[at + (size_t)x];
  }
  return has_hole;
}

/* The first frame's colours, where they serve. */
static const Palette *choose_palette(const Frame *frame, bool has_hole) {
  if (frame->is_first) {
    /* Later frames will need a hole. */
    palette_make(&global, frame->next || has_hole ? 255 : 256);
    return &global;
  }
  double most = global.error * WORSE_BY + WORSE_AT_LEAST;
  if (palette_holds(&global) || palette_error(&global) <= most) return &global;
  palette_make(&local, has_hole ? 255 : 256);
  return &local;
}

static void write_pixels(const Frame *frame, Box box, int hole) {
  for (int y = box.y; y < box.y + box.height; y++) {
    tick();
    size_t at = (size_t)y * (size_t)frame->width + (size_t)box.x;
    for (int x = 0; x < box.width; x++, at++) {
      bool is_hole = frame->pixels[at] == frame->shown[at];
      indices[x] = is_hole ? (u8)hole : palette_index(frame->pixels[at]);
    }
    lzw_write(indices, box.width);
  }
}

static bool write_frame(const Frame *frame) {
  bool is_cleared = must_clear(frame);
  Box box = frame_changes(frame);
  if (is_cleared) box = grow_around_all(box, frame);
  if (!box.width) box = (Box){0, 0, 1, 1}; /* nothing at all is not allowed */
  bool has_hole = count_colours(frame, box);
  const Palette *palette = choose_palette(frame, has_hole);
  bool is_global = palette == &global;
  int bits = bits_for(palette, is_global ? global.count < 256 : has_hole), hole = has_hole ? palette->count : -1;
  if (frame->is_first) write_head(frame, bits);
  write_control(frame->delay_ms, is_cleared, hole);
  write_descriptor(box, is_global ? 0 : bits);
  if (!is_global) write_table(palette, bits);
  palette_use(palette);
  lzw_write_begin(max_int(2, bits));
  write_pixels(frame, box, hole);
  lzw_write_end();
  return is_cleared;
}

static void write_trailer(int count) {
  static const u8 trailer = 0x3b;
  output_write(&trailer, 1);
}

/* ---- for the host ---- */

static const FrameWriter writer = {write_frame, write_trailer, true};

/* `times`: how often it plays; 0: for ever. */
void EXPORT(gif_frames)(int width, int height, int times) {
  if (width > 65535 || height > 65535) fail(MISUSED, "it is too large for GIF");
  plays = times;
  indices = take((size_t)width);
  palette_open();
  frames_open(&writer, width, height);
}
