/* The picture on its way to the encoder: planes of 8-bit samples. */
#ifndef PLANES_H
#define PLANES_H
#include "core.h"

#define PLANES 3

/* The same numbers as in src/engines/image/codecs/avif.ts. */
typedef enum {
  ALONE = 0,  /* one plane: grey, or alpha */
  HALVED = 1, /* YCbCr of BT.601 at full range, as JFIF has it; chroma of half the size in both directions */
  WHOLE = 2,  /* green, blue, red: nothing is lost */
} Layout;

typedef struct {
  u8 *samples;
  int width, height;
  size_t stride;
} Plane;

typedef struct {
  int width, height;
  Layout layout;
  Plane planes[PLANES];
} Picture;
extern Picture picture;
#endif
