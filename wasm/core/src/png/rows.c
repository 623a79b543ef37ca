/* From compressed data to rows, in one pass or in the seven of an interlaced file (ISO 15948 section 8.2). */
#include "decoder.h"
#include "inflate.h"

#define AROUND_ROW 32
/* Encoders have been seen to write a few bytes too many. */
#define MOST_SURPLUS 65536

typedef struct {
  int x, y, step_x, step_y;
} Pass;
static const Pass whole = {0, 0, 1, 1};
static const Pass passes[7] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

static int pass_count(void) { return png.head.is_interlaced ? 7 : 1; }
static const Pass *current_pass(void) { return png.head.is_interlaced ? &passes[png.pass] : &whole; }

static size_t bytes_of(int width) { return ((size_t)width * (size_t)png.bits + 7) / 8; }

/* The next pass that has any pixels. */
static void begin_pass(void) {
  for (; png.pass < pass_count(); png.pass++) {
    const Pass *pass = current_pass();
    png.pass_width = (png.width - pass->x + pass->step_x - 1) / pass->step_x;
    png.pass_height = (png.height - pass->y + pass->step_y - 1) / pass->step_y;
    if (png.pass_width > 0 && png.pass_height > 0) break;
  }
  png.row = 0;
  png.row_bytes = bytes_of(png.pass_width);
  memset(png.above, 0, png.row_bytes);
}

void png_start_frame(int width, int height, RowSink *sink) {
  static const u8 channels[7] = {[GREY] = 1, [RGB] = 3, [PALETTE] = 1, [GREY_ALPHA] = 2, [RGB_ALPHA] = 4};
  png.sink = sink;
  png.width = width;
  png.height = height;
  png.pass = 0;
  png.surplus = 0;
  png.bits = channels[png.head.color_type] * png.head.depth;
  size_t most = bytes_of(png.width);
  png.current = (u8 *)take_zeroed(most + 2 * AROUND_ROW) + AROUND_ROW;
  png.above = (u8 *)take_zeroed(most + 2 * AROUND_ROW) + AROUND_ROW;
  if (png.head.is_interlaced) {
    size_t bytes;
    if (__builtin_mul_overflow((size_t)png.width * 4, (size_t)png.height, &bytes) || bytes > (size_t)1 << 31)
      fail(OUT_OF_MEMORY, "it is too large");
    png.frame = take(bytes + 64);
  }
  inflate_open(most + 1);
  begin_pass();
}

void png_start(RowSink *sink) { png_start_frame(png.head.width, png.head.height, sink); }

static void keep_row(int y) {
  const Pass *pass = current_pass();
  u8 *line = png.sink->row(png.sink, 0);
  png_expand(line, png.current, png.pass_width);
  u8 *to = png.frame + ((size_t)y * (size_t)pass->step_y + (size_t)pass->y) * (size_t)png.width * 4;
  for (int x = 0; x < png.pass_width; x++) memcpy(to + 4 * (size_t)(x * pass->step_x + pass->x), line + 4 * (size_t)x, 4);
}

static void emit_frame(void) {
  size_t stride = (size_t)png.width * 4;
  for (int y = 0; y < png.height; y++) {
    memcpy(png.sink->row(png.sink, y), png.frame + (size_t)y * stride, stride);
    png.sink->done(png.sink, y + 1);
  }
}

static void read_row(const u8 *filtered) {
  tick();
  png_unfilter(png.current, png.above, filtered + 1, png.row_bytes, filtered[0], max_int(1, png.bits / 8));
  if (png.frame) keep_row(png.row);
  else {
    png_expand(png.sink->row(png.sink, png.row), png.current, png.width);
    png.sink->done(png.sink, png.row + 1);
  }
  u8 *above = png.above;
  png.above = png.current;
  png.current = above;
  if (++png.row < png.pass_height) return;
  png.pass++;
  begin_pass();
}

static bool has_all_rows(void) { return png.pass == pass_count(); }

/* Rows that are there. What goes on behind the last is passed over, up to a bound. */
static void take_rows(void) {
  size_t count;
  const u8 *made = inflate_made(&count);
  while (!has_all_rows() && count > png.row_bytes) {
    size_t used = png.row_bytes + 1;
    read_row(made);
    inflate_take(used);
    made = inflate_made(&count);
  }
  if (!has_all_rows()) return;
  inflate_take(count);
  if ((png.surplus += count) > MOST_SURPLUS) fail(DAMAGED, "it has too much pixel data");
}

static Progress finish(void) {
  if (png.frame) emit_frame();
  png.frame = NULL;
  png.sink = NULL;
  return READY;
}

/* Up to the end of the file, or to the next frame: all the pixel data, whether used or not, and what comes after it. */
static Progress read_end(void) {
  while (png.stage != BEHIND_END && png.stage != AT_FRAME) {
    if (png.stage == IN_DATA) {
      if (png_skip_data() == MORE) return MORE;
    } else if (png_read_chunks() == MORE) return MORE;
  }
  return finish();
}

Progress png_read_rows(void) {
  if (!png.sink) return READY;
  for (;;) {
    InflateState state = inflate_run();
    take_rows();
    if (state == INFLATE_END) {
      if (!has_all_rows()) fail(DAMAGED, "it has too little pixel data");
      return read_end();
    }
    if (state == INFLATE_INPUT && png_feed() == MORE) return MORE;
  }
}
