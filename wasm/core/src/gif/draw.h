/* A frame's indices become colours on the canvas. */
#ifndef GIF_DRAW_H
#define GIF_DRAW_H
#include "gif_decode.h"

typedef struct {
  const u8 *indices;  /* width * height of the frame as stored, in the file's order */
  size_t count;       /* so many are there; the rest is not drawn */
  const u32 *colours; /* 256, RGBA in memory order */
  int transparent;    /* -1: none */
  bool is_interlaced;
} GifPixels;

void gif_draw(const GifFrame *frame, const GifPixels *pixels);
#endif
