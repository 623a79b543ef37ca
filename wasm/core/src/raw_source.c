/* Pixels that another decoder has made, as a source. */
#include "pixels.h"

static u8 *frame;
static int width, height;

/* Where the host writes columns * rows * 4 bytes of RGBA. */
u8 *EXPORT(raw_begin)(int columns, int rows) {
  width = columns;
  height = rows;
  return frame = take((size_t)width * (size_t)height * 4);
}

void EXPORT(raw_pixels)(void) {
  RowSink *sink = pixels_sink(width, height, false);
  size_t stride = (size_t)width * 4;
  for (int y = 0; y < height; y++) {
    memcpy(sink->row(sink, y), frame + (size_t)y * stride, stride);
    sink->done(sink, y + 1);
  }
}
