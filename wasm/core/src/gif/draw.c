#include "draw.h"

/* Rows of an interlaced frame (appendix E): every 8th, every 8th between them, every 4th, every 2nd. */
static const struct {
  int from, step;
} PASSES[4] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};

static void draw_row(u32 *to, const u8 *indices, size_t count, const u32 *colours, int transparent) {
  if (transparent < 0)
    for (size_t i = 0; i < count; i++) to[i] = colours[indices[i]];
  else
    for (size_t i = 0; i < count; i++) to[i] = indices[i] == transparent ? to[i] : colours[indices[i]];
}

/* `stored`: the row's place in the file. */
static void draw_stored_row(Box box, const GifFrame *frame, const GifPixels *pixels, int stored, int y) {
  tick();
  size_t before = (size_t)stored * (size_t)frame->width;
  if (y >= box.height || before >= pixels->count) return;
  size_t there = pixels->count - before, wanted = (size_t)box.width;
  draw_row(canvas_row(box.y + y) + box.x, pixels->indices + before, there < wanted ? there : wanted, pixels->colours,
           pixels->transparent);
}

void gif_draw(const GifFrame *frame, const GifPixels *pixels) {
  /* The part of the frame that lies on the canvas. */
  Box box = {.x = min_int(frame->x, canvas.width), .y = min_int(frame->y, canvas.height)};
  box.width = min_int(frame->width, canvas.width - box.x);
  box.height = min_int(frame->height, canvas.height - box.y);
  canvas_next(box, frame->disposal);
  if (!pixels->is_interlaced) {
    for (int y = 0; y < box.height; y++) draw_stored_row(box, frame, pixels, y, y);
    return;
  }
  int stored = 0;
  for (int pass = 0; pass < 4; pass++)
    for (int y = PASSES[pass].from; y < frame->height; y += PASSES[pass].step)
      draw_stored_row(box, frame, pixels, stored++, y);
}
