/* The frames of an animated PNG. */
#include "checksum.h"
#include "decoder.h"

#define CONTROL_BYTES 26
#define CONTROL_CHUNK (8 + CONTROL_BYTES + 4)

int png_play_count(void) { return png.plays; }

/* A denominator of 0 means hundredths of a second. */
static int milliseconds(u32 numerator, u32 denominator) {
  u32 parts = denominator ? denominator : 100;
  return (int)((numerator * 1000 + parts / 2) / parts);
}

/* Table 29. The first frame cannot go back to what was before it: that is nothing. */
static void read_control(const u8 *p, PngFrame *frame) {
  u32 width = read_be32(p + 4), height = read_be32(p + 8), x = read_be32(p + 12), y = read_be32(p + 16);
  u32 across = (u32)png.head.width, down = (u32)png.head.height;
  if (!width || !height || width > across || height > down || x > across - width || y > down - height || p[24] > 2 || p[25] > 1)
    fail(DAMAGED, "one of its frames says what cannot be");
  *frame = (PngFrame){.x = (int)x, .y = (int)y, .width = (int)width, .height = (int)height, .disposal = p[24],
                      .delay_ms = milliseconds(read_be16(p + 20), read_be16(p + 22)), .is_blended = p[25]};
}

static void take_control(PngFrame *frame) {
  if (input_left() < CONTROL_CHUNK) fail(TRUNCATED, "it ends too early");
  const u8 *p = input.head;
  if (read_be32(p) != CONTROL_BYTES || crc32_update(0, p + 4, 4 + CONTROL_BYTES) != read_be32(p + 8 + CONTROL_BYTES))
    fail(DAMAGED, "one of its frames is damaged");
  read_control(p + 8, frame);
  input.head += CONTROL_CHUNK;
  png.stage = AT_CHUNK;
  png.data_is_over = false;
}

bool png_next_frame(PngFrame *frame) {
  for (;;) {
    if (png_read_chunks() == MORE) fail(MISUSED, "it is not all there");
    if (png.stage == BEHIND_END) return false;
    if (png.stage == AT_FRAME) break;
    /* A picture for those who know nothing of animations. */
    png_skip_data();
  }
  take_control(frame);
  return true;
}
