#include "pixels.h"
#include "walk.h"

Pixels pixels;

void pixels_open(int width, int height) {
  pixels = (Pixels){take((size_t)width * (size_t)height * 4 + 64), width, height};
}

/* ---- for the host ---- */

/* Where the host writes width * height * 4 bytes. */
u8 *EXPORT(pixels_new)(int width, int height) {
  pixels_open(width, height);
  return pixels.samples;
}
const u8 *EXPORT(pixels_at)(void) { return pixels.samples; }
int EXPORT(pixels_width)(void) { return pixels.width; }
int EXPORT(pixels_height)(void) { return pixels.height; }

bool EXPORT(pixels_are_opaque)(void) {
  for (int y = 0; y < pixels.height; y++) {
    const u8 *row = pixels_row(y);
    unsigned all = 255;
    for (int x = 0; x < pixels.width; x++) all &= row[4 * x + 3];
    if (all != 255) return false;
  }
  return true;
}

/* Lays the pixels over an opaque colour. */
void EXPORT(pixels_flatten)(int red, int green, int blue) {
  const int colour[3] = {red, green, blue};
  for (int y = 0; y < pixels.height; y++) {
    tick();
    u8 *p = pixels_row(y);
    for (int x = 0; x < pixels.width; x++, p += 4) {
      int alpha = p[3];
      for (int i = 0; i < 3; i++) p[i] = (u8)((p[i] * alpha + colour[i] * (255 - alpha) + 127) / 255);
      p[3] = 255;
    }
  }
}

static void turn_tile(const u32 *from, int width, int height, u32 *to, int walk, int left, int top) {
  int right = min_int(left + TILE, pixels.width), bottom = min_int(top + TILE, pixels.height);
  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++) {
      Place place = walk_from(walk, x, y, width, height);
      to[(size_t)y * (size_t)pixels.width + (size_t)x] = from[(size_t)place.y * (size_t)width + (size_t)place.x];
    }
}

void EXPORT(pixels_turn)(int walk) {
  if (!walk) return;
  Pixels from = pixels;
  pixels_open(walk & SWAPS ? from.height : from.width, walk & SWAPS ? from.width : from.height);
  for (int top = 0; top < pixels.height; top += TILE) {
    tick();
    for (int left = 0; left < pixels.width; left += TILE)
      turn_tile((const u32 *)(const void *)from.samples, from.width, from.height, (u32 *)(void *)pixels.samples, walk, left,
                top);
  }
}
