/* How decoders that know pixels (PNG, GIF, WebP with alpha, …) hand them on: RGBA, 8 bit a channel, alpha not
   multiplied in, rows from top to bottom. */
#ifndef ROWS_H
#define ROWS_H
#include "core.h"

typedef struct RowSink RowSink;
struct RowSink {
  /* Where row `y` is to be written: width * 4 bytes, and up to 64 bytes more may be overwritten. Valid until `done`. */
  u8 *(*row)(RowSink *self, int y);
  /* Rows [0, count) are written. Called with growing counts, at least once for each row. */
  void (*done)(RowSink *self, int count);
};
#endif
