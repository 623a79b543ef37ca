/* The eight ways to turn and mirror a picture. */
#ifndef WALK_H
#define WALK_H
#include "core.h"

/* Bits of a walk: target (x, y) is found in the source at (x, y), with the axes swapped first and then mirrored. */
enum { SWAPS = 1, MIRRORS_X = 2, MIRRORS_Y = 4 };

/* Side of the squares that are turned at once, so that rows read and rows written stay in the cache. */
#define TILE 32

typedef struct {
  int x, y;
} Place;
/* `width`, `height`: of the source. */
INLINE Place walk_from(int walk, int x, int y, int width, int height) {
  Place from = walk & SWAPS ? (Place){y, x} : (Place){x, y};
  if (walk & MIRRORS_X) from.x = width - 1 - from.x;
  if (walk & MIRRORS_Y) from.y = height - 1 - from.y;
  return from;
}
#endif
