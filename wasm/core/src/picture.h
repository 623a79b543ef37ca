/* The result on its way to an encoder: planes of YCbCr (full range, BT.601, as JFIF has them), or of grey alone. */
#ifndef PICTURE_H
#define PICTURE_H
#include "core.h"

#define PLANES 3

typedef struct {
  u8 *samples;
  int width, height;
  size_t stride; /* at least 16 more than the width: encoders read whole blocks */
} Plane;

typedef struct {
  int width, height, components; /* 1 or 3 */
  bool is_subsampled;            /* 4:2:0; else 4:4:4 */
  Plane planes[PLANES];
} Picture;
extern Picture picture;

void picture_open(int width, int height, int components, bool is_subsampled);
#endif
