/* RGBA of 8 bit becomes planes, a band of rows at a time. */
#include "planes.h"
#include <wasm_simd128.h>

/* Pixels that one turn of a loop takes. */
#define STEP 16

Picture picture;
static u8 *band, *above, *below;
static bool is_opaque, is_grey;

static Plane plane_open(int width, int height) {
  size_t stride = round_up((size_t)width, STEP) + STEP;
  return (Plane){take(stride * (size_t)height), width, height, stride};
}

/* For `rows` rows at a time at most. Returns where the host writes them, without gaps. */
u8 *EXPORT(planes_open)(int width, int height, Layout layout, int rows) {
  picture = (Picture){.width = width, .height = height, .layout = layout};
  picture.planes[0] = plane_open(width, height);
  bool halves = layout == HALVED;
  for (int i = 1; i < PLANES && layout != ALONE; i++)
    picture.planes[i] = plane_open(halves ? ceil_div(width, 2) : width, halves ? ceil_div(height, 2) : height);
  size_t row = round_up((size_t)width, STEP) * 4;
  above = take(row);
  below = take(row);
  is_opaque = is_grey = true;
  return band = take((size_t)width * 4 * (size_t)rows);
}

/* Whether what was put so far has no alpha, or no colour. */
bool EXPORT(planes_are_opaque)(void) { return is_opaque; }
bool EXPORT(planes_are_grey)(void) { return is_grey; }

/* Row `y` of the band, its last pixel repeated up to a whole step. */
static void pad_row(u8 *to, int y) {
  size_t bytes = (size_t)picture.width * 4, end = round_up((size_t)picture.width, STEP) * 4;
  memcpy(to, band + (size_t)y * bytes, bytes);
  for (size_t at = bytes; at < end; at += 4) memcpy(to + at, to + bytes - 4, 4);
}

/* ---- what the pixels are ---- */

static void judge(const u8 *rgba) {
  v128_t alpha = wasm_i8x16_splat(-1), colour = wasm_i8x16_splat(0), mask = wasm_i32x4_splat(0x0000ffff);
  for (int x = 0; x < picture.width; x += 4, rgba += 16) {
    v128_t p = wasm_v128_load(rgba);
    alpha = wasm_v128_and(alpha, p);
    /* red against green, and green against blue */
    colour = wasm_v128_or(colour, wasm_v128_and(mask, wasm_v128_xor(p, wasm_u32x4_shr(p, 8))));
  }
  if (wasm_v128_any_true(wasm_v128_xor(wasm_u32x4_shr(alpha, 24), wasm_i32x4_splat(255)))) is_opaque = false;
  if (wasm_v128_any_true(colour)) is_grey = false;
}

/* ---- YCbCr (JFIF 1.02) ---- */

#define BITS 15
#define FIX(x) ((short)((x) * (1 << BITS) + ((x) < 0 ? -0.5 : 0.5)))
typedef struct {
  v128_t weights, bias;
} Sum;
#define SUM_OF(red, green, blue, start) \
  (Sum){wasm_i16x8_make(FIX(red), FIX(green), FIX(blue), 0, FIX(red), FIX(green), FIX(blue), 0), wasm_i32x4_splat(start)}

/* Two pixels of four 16-bit samples in each: four weighted sums. */
INLINE v128_t weigh(v128_t first, v128_t second, Sum sum) {
  v128_t a = wasm_i32x4_dot_i16x8(first, sum.weights), b = wasm_i32x4_dot_i16x8(second, sum.weights);
  v128_t even = wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), odd = wasm_i32x4_shuffle(a, b, 1, 3, 5, 7);
  return wasm_i32x4_add(sum.bias, wasm_i32x4_add(even, odd));
}

static void luma_row(const u8 *rgba, u8 *luma) {
  const Sum y = SUM_OF(0.299, 0.587, 0.114, 1 << (BITS - 1));
  for (int x = 0; x < picture.width; x += STEP, rgba += 4 * STEP) {
    v128_t four[4];
    for (int i = 0; i < 4; i++) {
      v128_t p = wasm_v128_load(rgba + 16 * i);
      four[i] = wasm_u32x4_shr(weigh(wasm_u16x8_extend_low_u8x16(p), wasm_u16x8_extend_high_u8x16(p), y), BITS);
    }
    v128_t low = wasm_u16x8_narrow_i32x4(four[0], four[1]), high = wasm_u16x8_narrow_i32x4(four[2], four[3]);
    wasm_v128_store(luma + x, wasm_u8x16_narrow_i16x8(low, high));
  }
}

/* Four pixels of both rows become two, each the sum of four. */
INLINE v128_t sum_squares(const u8 *up, const u8 *down) {
  v128_t p = wasm_v128_load(up), q = wasm_v128_load(down);
  v128_t a = wasm_i16x8_add(wasm_u16x8_extend_low_u8x16(p), wasm_u16x8_extend_low_u8x16(q));
  v128_t b = wasm_i16x8_add(wasm_u16x8_extend_high_u8x16(p), wasm_u16x8_extend_high_u8x16(q));
  return wasm_i16x8_add(wasm_i64x2_shuffle(a, b, 0, 2), wasm_i64x2_shuffle(a, b, 1, 3));
}

static void chroma_row(const u8 *up, const u8 *down, u8 *blue, u8 *red) {
  enum { SHIFT = BITS + 2, START = (128 << SHIFT) + (1 << (SHIFT - 1)) - 1 };
  const Sum cb = SUM_OF(-0.168735892, -0.331264108, 0.5, START), cr = SUM_OF(0.5, -0.418687589, -0.081312411, START);
  for (int x = 0; x < picture.width; x += STEP, up += 4 * STEP, down += 4 * STEP) {
    v128_t s[4];
    for (int i = 0; i < 4; i++) s[i] = sum_squares(up + 16 * i, down + 16 * i);
    v128_t b = wasm_u16x8_narrow_i32x4(wasm_i32x4_shr(weigh(s[0], s[1], cb), SHIFT), wasm_i32x4_shr(weigh(s[2], s[3], cb), SHIFT));
    v128_t r = wasm_u16x8_narrow_i32x4(wasm_i32x4_shr(weigh(s[0], s[1], cr), SHIFT), wasm_i32x4_shr(weigh(s[2], s[3], cr), SHIFT));
    v128_t both = wasm_u8x16_narrow_i16x8(b, r);
    wasm_v128_store64_lane(blue + x / 2, both, 0);
    wasm_v128_store64_lane(red + x / 2, both, 1);
  }
}

/* ---- rows ---- */

static u8 *row_of(int plane, int y) { return picture.planes[plane].samples + (size_t)y * picture.planes[plane].stride; }

static void take_channel(u8 *to, const u8 *rgba, int channel) {
  for (int x = 0; x < picture.width; x++) to[x] = rgba[4 * x + channel];
}

static void put_halved(int y, int rows) {
  for (int row = 0; row < rows; row += 2) {
    bool is_pair = row + 1 < rows;
    pad_row(above, row);
    if (is_pair) pad_row(below, row + 1);
    const u8 *second = is_pair ? below : above;
    judge(above);
    luma_row(above, row_of(0, y + row));
    if (is_pair) {
      judge(below);
      luma_row(below, row_of(0, y + row + 1));
    }
    chroma_row(above, second, row_of(1, (y + row) / 2), row_of(2, (y + row) / 2));
  }
}

/* The band's rows are those from `y` on, which is even. One plane alone is made of alpha. */
void EXPORT(planes_put)(int y, int rows) {
  tick();
  if (picture.layout == HALVED) {
    put_halved(y, rows);
    return;
  }
  for (int row = 0; row < rows; row++) {
    pad_row(above, row);
    if (picture.layout == ALONE) {
      take_channel(row_of(0, y + row), above, 3);
      continue;
    }
    judge(above);
    for (int i = 0; i < PLANES; i++) take_channel(row_of(i, y + row), above, (i + 1) % 3);
  }
}
