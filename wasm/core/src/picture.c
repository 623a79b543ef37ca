#include "picture.h"
#include "walk.h"

Picture picture;

static Plane plane_open(int width, int height) {
  size_t stride = round_up((size_t)width, 16) + 32;
  return (Plane){take(stride * (size_t)height + 64), width, height, stride};
}

void picture_open(int width, int height, int components, bool is_subsampled) {
  picture = (Picture){width, height, components, is_subsampled, {{0}}};
  for (int i = 0; i < components; i++) {
    bool is_half = is_subsampled && i > 0;
    picture.planes[i] = plane_open(is_half ? ceil_div(width, 2) : width, is_half ? ceil_div(height, 2) : height);
  }
}

/* ---- from one module to another: both lay planes out alike ---- */

void EXPORT(picture_new)(int width, int height, int components, bool is_subsampled) {
  picture_open(width, height, components, is_subsampled);
}
int EXPORT(picture_components)(void) { return picture.components; }
u8 *EXPORT(picture_plane)(int i) { return picture.planes[i].samples; }
size_t EXPORT(picture_plane_bytes)(int i) { return picture.planes[i].stride * (size_t)picture.planes[i].height; }

/* ---- turns and mirrors ---- */

static void turn_tile(const Plane *from, Plane *to, int walk, int left, int top) {
  int right = min_int(left + TILE, to->width), bottom = min_int(top + TILE, to->height);
  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++) {
      Place place = walk_from(walk, x, y, from->width, from->height);
      to->samples[(size_t)y * to->stride + (size_t)x] = from->samples[(size_t)place.y * from->stride + (size_t)place.x];
    }
}

static Plane turn_plane(const Plane *from, int walk) {
  Plane to = walk & SWAPS ? plane_open(from->height, from->width) : plane_open(from->width, from->height);
  for (int top = 0; top < to.height; top += TILE) {
    tick();
    for (int left = 0; left < to.width; left += TILE) turn_tile(from, &to, walk, left, top);
  }
  for (int y = 0; y < to.height; y++) {
    u8 *end = to.samples + (size_t)y * to.stride + (size_t)to.width;
    memset(end, end[-1], 16);
  }
  return to;
}

/* Target pixel (x, y) becomes source pixel (x, y), with the axes swapped first and then mirrored in the source. */
void EXPORT(picture_turn)(int walk) {
  if (!walk) return;
  for (int i = 0; i < picture.components; i++) picture.planes[i] = turn_plane(&picture.planes[i], walk);
  picture.width = picture.planes[0].width;
  picture.height = picture.planes[0].height;
}
