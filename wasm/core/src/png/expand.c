/* Samples of any kind to RGBA of 8 bit. */
#include "../simd.h"
#include "decoder.h"

static void put(u8 *to, int red, int green, int blue, int alpha) {
  to[0] = (u8)red;
  to[1] = (u8)green;
  to[2] = (u8)blue;
  to[3] = (u8)alpha;
}

/* Sample `x` of a row of 1, 2 or 4 bits, the first in the highest. */
static int small_sample(const u8 *row, int x, int depth) {
  int per_byte = 8 / depth, shift = 8 - depth * (x % per_byte + 1);
  return row[x / per_byte] >> shift & ((1 << depth) - 1);
}

static void expand_palette(u8 *to, const u8 *row, int width, int depth) {
  for (int x = 0; x < width; x++) memcpy(to + 4 * x, png.palette[depth == 8 ? row[x] : small_sample(row, x, depth)], 4);
}

static void expand_grey(u8 *to, const u8 *row, int width, int depth) {
  int scale = depth < 8 ? 255 / ((1 << depth) - 1) : 1, step = depth == 16 ? 2 : 1;
  for (int x = 0; x < width; x++, to += 4) {
    int sample = depth < 8 ? small_sample(row, x, depth) : row[x * step];
    int whole = depth == 16 ? (int)read_be16(row + 2 * x) : sample, grey = sample * scale;
    put(to, grey, grey, grey, png.has_key && whole == png.key[0] ? 0 : 255);
  }
}

static void expand_grey_alpha(u8 *to, const u8 *row, int width, int step) {
  for (int x = 0; x < width; x++, row += 2 * step) put(to + 4 * x, row[0], row[0], row[0], row[step]);
}

/* Four pixels a time. */
static void expand_opaque(u8 *to, const u8 *row, int width) {
  const V order = wasm_i8x16_make(0, 1, 2, 16, 3, 4, 5, 16, 6, 7, 8, 16, 9, 10, 11, 16);
  const V opaque = wasm_i32x4_splat((int)0xFF000000);
  for (int x = 0; x < width; x += 4)
    wasm_v128_store(to + 4 * x, wasm_v128_or(wasm_i8x16_swizzle(wasm_v128_load(row + 3 * x), order), opaque));
}

static void expand_rgb(u8 *to, const u8 *row, int width, int step) {
  if (step == 1 && !png.has_key) {
    expand_opaque(to, row, width);
    return;
  }
  for (int x = 0; x < width; x++, row += 3 * step) {
    bool is_key = png.has_key;
    for (int i = 0; i < 3 && is_key; i++) is_key = (step == 2 ? read_be16(row + 2 * i) : row[i]) == png.key[i];
    put(to + 4 * x, row[0], row[step], row[2 * step], is_key ? 0 : 255);
  }
}

static void expand_rgb_alpha(u8 *to, const u8 *row, int width, int step) {
  if (step == 1) memcpy(to, row, (size_t)width * 4);
  else
    for (int x = 0; x < 4 * width; x++) to[x] = row[2 * x];
}

void png_expand(u8 *to, const u8 *row, int width) {
  int depth = png.head.depth, step = depth == 16 ? 2 : 1;
  switch (png.head.color_type) {
    case GREY: expand_grey(to, row, width, depth); break;
    case RGB: expand_rgb(to, row, width, step); break;
    case PALETTE: expand_palette(to, row, width, depth); break;
    case GREY_ALPHA: expand_grey_alpha(to, row, width, step); break;
    case RGB_ALPHA: expand_rgb_alpha(to, row, width, step); break;
  }
}
