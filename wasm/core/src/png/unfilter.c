/* Takes the prediction from its neighbours out of each byte (ISO 15948 section 9). */
#include "../simd.h"
#include "decoder.h"

enum { NONE, SUB, UP, AVERAGE, PAETH };

/* Pixels of 3, 4, 6 and 8 bytes are whole vectors' beginnings; a few bytes too many are written, and written again. */
INLINE V load_pixel(const u8 *p, int bytes) { return bytes <= 4 ? wasm_v128_load32_zero(p) : wasm_v128_load64_zero(p); }
INLINE void store_pixel(u8 *p, V v, int bytes) {
  if (bytes <= 4) wasm_v128_store32_lane(p, v, 0);
  else wasm_v128_store64_lane(p, v, 0);
}

INLINE void undo_sub(u8 *row, const u8 *from, size_t count, int bytes) {
  V left = wasm_i32x4_splat(0);
  for (size_t i = 0; i < count; i += (size_t)bytes) {
    left = wasm_i8x16_add(left, load_pixel(from + i, bytes));
    store_pixel(row + i, left, bytes);
  }
}

/* The mean rounded down; the instruction rounds up. */
INLINE void undo_average(u8 *row, const u8 *above, const u8 *from, size_t count, int bytes) {
  V left = wasm_i32x4_splat(0);
  const V one = wasm_i8x16_splat(1);
  for (size_t i = 0; i < count; i += (size_t)bytes) {
    V up = load_pixel(above + i, bytes);
    V mean = wasm_i8x16_sub(wasm_u8x16_avgr(left, up), wasm_v128_and(wasm_v128_xor(left, up), one));
    left = wasm_i8x16_add(mean, load_pixel(from + i, bytes));
    store_pixel(row + i, left, bytes);
  }
}

/* p = left + up - corner: the distances from it to the three are those of up, left and both to the corner. */
INLINE void undo_paeth(u8 *row, const u8 *above, const u8 *from, size_t count, int bytes) {
  V left = wasm_i32x4_splat(0), corner = left;
  const V low = wasm_i16x8_splat(255);
  for (size_t i = 0; i < count; i += (size_t)bytes) {
    V up = wasm_u16x8_extend_low_u8x16(load_pixel(above + i, bytes));
    V by_left = wasm_i16x8_sub(up, corner), by_up = wasm_i16x8_sub(left, corner);
    V to_corner = wasm_i16x8_abs(wasm_i16x8_add(by_left, by_up)), to_left = wasm_i16x8_abs(by_left),
      to_up = wasm_i16x8_abs(by_up);
    V nearest = wasm_v128_bitselect(up, corner, wasm_i16x8_le(to_up, to_corner));
    V is_left = wasm_v128_and(wasm_i16x8_le(to_left, to_up), wasm_i16x8_le(to_left, to_corner));
    nearest = wasm_v128_bitselect(left, nearest, is_left);
    corner = up;
    left = wasm_v128_and(wasm_i16x8_add(nearest, wasm_u16x8_extend_low_u8x16(load_pixel(from + i, bytes))), low);
    store_pixel(row + i, wasm_u8x16_narrow_i16x8(left, left), bytes);
  }
}

static void undo_up(u8 *row, const u8 *above, const u8 *from, size_t count) {
  for (size_t i = 0; i < count; i += 16)
    wasm_v128_store(row + i, wasm_i8x16_add(wasm_v128_load(above + i), wasm_v128_load(from + i)));
}

/* Grey, palettes and small depths: byte by byte. */
static int paeth(int left, int up, int corner) {
  int to_left = up - corner, to_up = left - corner, to_corner = to_left + to_up;
  to_left = to_left < 0 ? -to_left : to_left;
  to_up = to_up < 0 ? -to_up : to_up;
  to_corner = to_corner < 0 ? -to_corner : to_corner;
  return to_left <= to_up && to_left <= to_corner ? left : to_up <= to_corner ? up : corner;
}

static void undo_bytes(u8 *row, const u8 *above, const u8 *from, size_t count, int filter, int step) {
  for (size_t i = 0; i < count; i++) {
    int left = row[(ptrdiff_t)i - step], up = above[i], corner = above[(ptrdiff_t)i - step];
    int guess = filter == SUB ? left : filter == AVERAGE ? (left + up) / 2 : paeth(left, up, corner);
    row[i] = (u8)(from[i] + guess);
  }
}

INLINE void undo_pixels(u8 *row, const u8 *above, const u8 *from, size_t count, int filter, int bytes) {
  if (filter == SUB) undo_sub(row, from, count, bytes);
  else if (filter == AVERAGE) undo_average(row, above, from, count, bytes);
  else undo_paeth(row, above, from, count, bytes);
}

void png_unfilter(u8 *row, const u8 *above, const u8 *filtered, size_t count, int filter, int pixel_bytes) {
  if (filter > PAETH) fail(DAMAGED, "a row of it is filtered in an unknown way");
  if (filter == NONE) memcpy(row, filtered, count);
  else if (filter == UP) undo_up(row, above, filtered, count);
  else switch (pixel_bytes) {
      case 3: undo_pixels(row, above, filtered, count, filter, 3); break;
      case 4: undo_pixels(row, above, filtered, count, filter, 4); break;
      case 6: undo_pixels(row, above, filtered, count, filter, 6); break;
      case 8: undo_pixels(row, above, filtered, count, filter, 8); break;
      default: undo_bytes(row, above, filtered, count, filter, pixel_bytes);
    }
}
