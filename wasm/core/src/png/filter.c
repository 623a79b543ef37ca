/* Predicts each byte from its neighbours (ISO 15948 section 9), by the filter whose differences are smallest in sum: the
   heuristic of section 12.7. */
#include "../simd.h"
#include "encoder.h"

#define FILTERS 5

INLINE V paeth_half(V left, V up, V corner) {
  V by_left = wasm_i16x8_sub(up, corner), by_up = wasm_i16x8_sub(left, corner);
  V to_corner = wasm_i16x8_abs(wasm_i16x8_add(by_left, by_up)), to_left = wasm_i16x8_abs(by_left),
    to_up = wasm_i16x8_abs(by_up);
  V nearest = wasm_v128_bitselect(up, corner, wasm_i16x8_le(to_up, to_corner));
  V is_left = wasm_v128_and(wasm_i16x8_le(to_left, to_up), wasm_i16x8_le(to_left, to_corner));
  return wasm_v128_bitselect(left, nearest, is_left);
}

INLINE V paeth(V left, V up, V corner) {
  return wasm_u8x16_narrow_i16x8(paeth_half(wasm_u16x8_extend_low_u8x16(left), wasm_u16x8_extend_low_u8x16(up),
                                            wasm_u16x8_extend_low_u8x16(corner)),
                                 paeth_half(wasm_u16x8_extend_high_u8x16(left), wasm_u16x8_extend_high_u8x16(up),
                                            wasm_u16x8_extend_high_u8x16(corner)));
}

INLINE V difference(int filter, V value, V left, V up, V corner) {
  switch (filter) {
    case 1: return wasm_i8x16_sub(value, left);
    case 2: return wasm_i8x16_sub(value, up);
    case 3: {
      V rounded_up = wasm_v128_and(wasm_v128_xor(left, up), wasm_i8x16_splat(1));
      return wasm_i8x16_sub(value, wasm_i8x16_sub(wasm_u8x16_avgr(left, up), rounded_up));
    }
    case 4: return wasm_i8x16_sub(value, paeth(left, up, corner));
    default: return value;
  }
}

INLINE V add_sizes(V sum, V differences) {
  V sizes = wasm_u16x8_extadd_pairwise_u8x16(wasm_i8x16_abs(differences));
  return wasm_i32x4_add(sum, wasm_u32x4_extadd_pairwise_u16x8(sizes));
}

INLINE int total(V sum) {
  return wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) + wasm_i32x4_extract_lane(sum, 2) +
         wasm_i32x4_extract_lane(sum, 3);
}

typedef struct {
  V value, left, up, corner;
} Around;
INLINE Around around(const u8 *row, const u8 *above, size_t i, int step) {
  return (Around){wasm_v128_load(row + i), wasm_v128_load(row + (ptrdiff_t)i - step), wasm_v128_load(above + i),
                  wasm_v128_load(above + (ptrdiff_t)i - step)};
}

static int cheapest(const u8 *row, const u8 *above, size_t count, int step) {
  V sums[FILTERS] = {{0}};
  /* Whole vectors are enough to choose by. */
  for (size_t i = 0; i + 16 <= count; i += 16) {
    Around a = around(row, above, i, step);
    for (int filter = 0; filter < FILTERS; filter++)
      sums[filter] = add_sizes(sums[filter], difference(filter, a.value, a.left, a.up, a.corner));
  }
  int best = 0;
  for (int filter = 1; filter < FILTERS; filter++)
    if (total(sums[filter]) < total(sums[best])) best = filter;
  return best;
}

INLINE void apply(u8 *to, const u8 *row, const u8 *above, size_t count, int step, int filter) {
  for (size_t i = 0; i < count; i += 16) {
    Around a = around(row, above, i, step);
    wasm_v128_store(to + i, difference(filter, a.value, a.left, a.up, a.corner));
  }
}

void png_filter(u8 *to, const u8 *row, const u8 *above, size_t count, int pixel_bytes) {
  int filter = cheapest(row, above, count, pixel_bytes);
  *to++ = (u8)filter;
  switch (filter) {
    case 1: apply(to, row, above, count, pixel_bytes, 1); break;
    case 2: apply(to, row, above, count, pixel_bytes, 2); break;
    case 3: apply(to, row, above, count, pixel_bytes, 3); break;
    case 4: apply(to, row, above, count, pixel_bytes, 4); break;
    default: memcpy(to, row, count);
  }
}
