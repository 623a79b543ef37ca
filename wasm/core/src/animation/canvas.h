/* What an animation shows at one moment: frames are drawn on it and taken away again, in GIF, WebP and APNG alike. */
#ifndef CANVAS_H
#define CANVAS_H
#include "../core.h"

typedef struct {
  int x, y, width, height;
} Box;

/* What happens to a frame's box before the next frame is drawn. */
typedef enum { DISPOSE_NOT, DISPOSE_TO_CLEAR, DISPOSE_TO_PREVIOUS } Disposal;

typedef struct {
  int width, height;
  u32 *pixels; /* RGBA as it lies in memory, alpha not multiplied in; 64 bytes more than there are pixels for */
} Canvas;
extern Canvas canvas;

/* Transparent all over. */
void canvas_open(int width, int height);
/* Does for the last frame what it asked for, and takes note of the next one, which must lie inside. */
void canvas_next(Box box, Disposal disposal);
INLINE u32 *canvas_row(int y) { return canvas.pixels + (size_t)y * (size_t)canvas.width; }
/* Lays pixels over others ("over" of Porter and Duff). */
void canvas_blend(u32 *under, const u32 *over, int count);
#endif
