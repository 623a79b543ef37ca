/* Pixels to PNG (ISO 15948), not interlaced, in the smallest kind that loses nothing: grey, a palette, RGB, with alpha or
   without. What is held of the compressed data is a segment of it, never the picture. */
#ifndef PNG_ENCODE_H
#define PNG_ENCODE_H
#include "../core.h"

typedef struct {
  const u8 *pixels; /* RGBA, alpha not multiplied in; 64 bytes behind them may be read */
  size_t stride;
  int width, height;
  int level; /* 1 (fast) to 12 (small), libdeflate's */
} PngEncoding;
void png_encode(const PngEncoding *encoding);
#endif
