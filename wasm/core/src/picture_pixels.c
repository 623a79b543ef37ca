/* Planes to pixels and back: RGBA, 8 bit (JFIF 1.02, as libjpeg rounds). */
#include "picture.h"
#include "pixels.h"

#define FIX(x) ((int)((x)*65536 + 0.5))
#define HALF 32768

static void rgba_row(u8 *to, int y) {
  const u8 *luma = picture.planes[0].samples + (size_t)y * picture.planes[0].stride;
  if (picture.components == 1) {
    for (int x = 0; x < picture.width; x++, to += 4) to[0] = to[1] = to[2] = luma[x], to[3] = 255;
    return;
  }
  const u8 *blue = picture.planes[1].samples + (size_t)y * picture.planes[1].stride;
  const u8 *red = picture.planes[2].samples + (size_t)y * picture.planes[2].stride;
  for (int x = 0; x < picture.width; x++, to += 4) {
    int cb = blue[x] - 128, cr = red[x] - 128;
    to[0] = clamp_u8(luma[x] + ((FIX(1.402) * cr + HALF) >> 16));
    to[1] = clamp_u8(luma[x] + ((-FIX(0.344136286) * cb - FIX(0.714136286) * cr + HALF) >> 16));
    to[2] = clamp_u8(luma[x] + ((FIX(1.772) * cb + HALF) >> 16));
    to[3] = 255;
  }
}

/* The picture, which is not subsampled, becomes the pixels. */
void EXPORT(picture_to_pixels)(void) {
  pixels_open(picture.width, picture.height);
  for (int y = 0; y < picture.height; y++) {
    tick();
    rgba_row(pixels_row(y), y);
  }
}

static void luma_row(const u8 *rgba, u8 *luma, int width) {
  for (int x = 0; x < width; x++, rgba += 4)
    luma[x] = (u8)((FIX(0.299) * rgba[0] + FIX(0.587) * rgba[1] + FIX(0.114) * rgba[2] + HALF) >> 16);
  memset(luma + width, luma[width - 1], 16);
}

typedef struct {
  int cb, cr;
} Chroma;
static inline Chroma chroma_of(const u8 *p) {
  const int middle = 128 * 65536 + HALF - 1;
  return (Chroma){(-FIX(0.168735892) * p[0] - FIX(0.331264108) * p[1] + HALF * p[2] + middle) >> 16,
                  (HALF * p[0] - FIX(0.418687589) * p[1] - FIX(0.081312411) * p[2] + middle) >> 16};
}

/* Means of 2 x 2; the rounding alternates, so that it has no bias. */
static void chroma_row(const u8 *above, const u8 *below, u8 *blue, u8 *red, int width) {
  int half = ceil_div(width, 2);
  for (int x = 0; x < half; x++) {
    int left = 8 * x, right = 4 * min_int(2 * x + 1, width - 1), bias = 1 + (x & 1);
    Chroma a = chroma_of(above + left), b = chroma_of(above + right);
    Chroma c = chroma_of(below + left), d = chroma_of(below + right);
    blue[x] = (u8)((a.cb + b.cb + c.cb + d.cb + bias) >> 2);
    red[x] = (u8)((a.cr + b.cr + c.cr + d.cr + bias) >> 2);
  }
  memset(blue + half, blue[half - 1], 16);
  memset(red + half, red[half - 1], 16);
}

/* The pixels, taken for opaque, become the picture, 4:2:0. */
void EXPORT(picture_from_pixels)(void) {
  picture_open(pixels.width, pixels.height, 3, true);
  Plane *planes = picture.planes;
  for (int y = 0; y < pixels.height; y++) {
    tick();
    const u8 *row = pixels_row(y);
    luma_row(row, planes[0].samples + (size_t)y * planes[0].stride, pixels.width);
    if (y & 1) continue;
    size_t at = (size_t)(y / 2) * planes[1].stride;
    const u8 *below = y + 1 < pixels.height ? pixels_row(y + 1) : row;
    chroma_row(row, below, planes[1].samples + at, planes[2].samples + at, pixels.width);
  }
}
