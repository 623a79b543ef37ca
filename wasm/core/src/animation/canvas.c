#include "canvas.h"
#include "../pixels.h"

Canvas canvas;
static Box drawn; /* the last frame's */
static Disposal asked;
static u32 *saved; /* what was under it; NULL until a frame needs it */

void canvas_open(int width, int height) {
  size_t bytes;
  if (__builtin_mul_overflow((size_t)width * 4, (size_t)height, &bytes) || bytes > (size_t)1 << 31)
    fail(OUT_OF_MEMORY, "it is too large");
  canvas = (Canvas){width, height, take_zeroed(bytes + 64)};
  drawn = (Box){0};
  asked = DISPOSE_NOT;
  saved = NULL;
}

static u32 *drawn_row(int y) { return canvas_row(drawn.y + y) + drawn.x; }

static void dispose(void) {
  if (asked == DISPOSE_NOT) return;
  size_t width = (size_t)drawn.width;
  for (int y = 0; y < drawn.height; y++) {
    tick();
    if (asked == DISPOSE_TO_CLEAR) memset(drawn_row(y), 0, width * sizeof(u32));
    else memcpy(drawn_row(y), saved + (size_t)y * width, width * sizeof(u32));
  }
}

static void save(void) {
  size_t width = (size_t)drawn.width;
  if (!saved) saved = take((size_t)canvas.width * (size_t)canvas.height * sizeof(u32));
  for (int y = 0; y < drawn.height; y++) memcpy(saved + (size_t)y * width, drawn_row(y), width * sizeof(u32));
}

void canvas_next(Box box, Disposal disposal) {
  dispose();
  drawn = box;
  asked = disposal;
  if (disposal == DISPOSE_TO_PREVIOUS) save();
}

static u32 blend(u32 under, u32 over) {
  u32 alpha = over >> 24, rest = (under >> 24) * (255 - alpha), whole = alpha * 255 + rest; /* in 255ths of 255 */
  if (alpha == 255 || !rest) return alpha ? over : 0;
  u32 result = (whole + 127) / 255 << 24;
  for (int shift = 0; shift < 24; shift += 8) {
    u32 colour = (over >> shift & 255) * alpha * 255 + (under >> shift & 255) * rest;
    result |= (colour + whole / 2) / whole << shift;
  }
  return result;
}

void canvas_blend(u32 *under, const u32 *over, int count) {
  for (int i = 0; i < count; i++)
    if (over[i] >> 24) under[i] = blend(under[i], over[i]);
}

/* ---- for the host ---- */

static size_t mark;

/* The pixels become what the view shows of the canvas. Whatever is taken from here on goes with canvas_close. */
void EXPORT(canvas_to_pixels)(void) {
  mark = memory_mark();
  RowSink *sink = pixels_sink(canvas.width, canvas.height, false);
  for (int y = 0; y < canvas.height; y++) {
    memcpy(sink->row(sink, y), canvas_row(y), (size_t)canvas.width * sizeof(u32));
    sink->done(sink, y + 1);
  }
}
void EXPORT(canvas_close)(void) { memory_release(mark); }
