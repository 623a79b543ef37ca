/* The result as pixels: RGBA, 8 bit a channel, alpha not multiplied in, rows without gaps. For pictures with alpha, and
   for everything that planes cannot do. */
#ifndef PIXELS_H
#define PIXELS_H
#include "rows.h"

typedef struct {
  u8 *samples; /* 64 bytes more than there are pixels for */
  int width, height;
} Pixels;
extern Pixels pixels;

void pixels_open(int width, int height);
INLINE u8 *pixels_row(int y) { return pixels.samples + (size_t)y * (size_t)pixels.width * 4; }

/* Opens the pixels, and gives the sink that fills them with the view of a source of this size.
   `is_opaque`: no pixel that comes has an alpha below 255, which is quicker. */
RowSink *pixels_sink(int source_width, int source_height, bool is_opaque);
#endif
