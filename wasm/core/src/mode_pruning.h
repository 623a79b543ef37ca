/* Which prediction modes of WebP are worth the full rate-distortion evaluation. libwebp tries all of them; here only those
   whose residual looks cheapest: the sum of its absolute 4x4 Hadamard coefficients, which stands for the bits that the
   transform's coefficients will take, and the bits of the mode itself. Included by the patched enc/quant_enc.c. */
#ifndef MODE_PRUNING_H
#define MODE_PRUNING_H
#include <stdint.h>
#include "simd.h"

/* How many are tried, of 10 for a 4x4 block, of 4 for a macroblock's luma and chroma. Measured over 16 photographs at
   720 pixels and equal SSIM: +0.1 % bytes on average, +1.8 % at worst, in about three quarters of the time. */
enum { TRIED_INTRA4 = 4, TRIED_INTRA16 = 4, TRIED_CHROMA = 4 };

#define ROW 32 /* libwebp's BPS: bytes from one row of its work area to the next */

/* Differences of two rows of four samples. */
static inline v128_t mode_residual(const uint8_t *a, const uint8_t *b) {
  v128_t source = wasm_v128_load32_lane(a + ROW, wasm_v128_load32_zero(a), 1);
  v128_t guess = wasm_v128_load32_lane(b + ROW, wasm_v128_load32_zero(b), 1);
  return wasm_i16x8_sub(wasm_u16x8_extend_low_u8x16(source), wasm_u16x8_extend_low_u8x16(guess));
}

/* Of the last butterfly only the greater of each pair is needed: |a + b| + |a - b| = 2 max(|a|, |b|). */
static inline v128_t mode_greater(v128_t x) {
  v128_t size = wasm_i16x8_abs(x);
  v128_t greater = wasm_i16x8_max(size, wasm_i16x8_shuffle(size, size, 1, 0, 3, 2, 5, 4, 7, 6));
  return wasm_i32x4_dot_i16x8(greater, wasm_i16x8_splat(1));
}

static inline int mode_hadamard(const uint8_t *a, const uint8_t *b) {
  v128_t top = mode_residual(a, b), bottom = mode_residual(a + 2 * ROW, b + 2 * ROW);
  v128_t sum = wasm_i16x8_add(top, bottom), difference = wasm_i16x8_sub(top, bottom);
  v128_t even = wasm_i64x2_shuffle(sum, difference, 0, 2), odd = wasm_i64x2_shuffle(sum, difference, 1, 3);
  v128_t p = wasm_i16x8_add(even, odd), q = wasm_i16x8_sub(even, odd);
  v128_t x = wasm_i16x8_shuffle(p, q, 0, 2, 4, 6, 8, 10, 12, 14), y = wasm_i16x8_shuffle(p, q, 1, 3, 5, 7, 9, 11, 13, 15);
  v128_t all = wasm_i32x4_add(mode_greater(wasm_i16x8_add(x, y)), mode_greater(wasm_i16x8_sub(x, y)));
  all = wasm_i32x4_add(all, wasm_i64x2_shuffle(all, all, 1, 0));
  return wasm_i32x4_extract_lane(all, 0) + wasm_i32x4_extract_lane(all, 1);
}

static inline int mode_cost(const uint8_t *source, const uint8_t *guess, int width, int height) {
  int cost = 0;
  for (int y = 0; y < height; y += 4)
    for (int x = 0; x < width; x += 4) cost += mode_hadamard(source + y * ROW + x, guess + y * ROW + x);
  return cost;
}

/* A bit for each mode that is to be tried, `keep` of `modes` (at most 10). `offsets`: where each mode's prediction lies in
   `guesses`; `bits`: what naming it costs, in 1/256 bit; `quantiser`: the step of the first AC coefficient. */
static inline int modes_to_try(const uint8_t *source, const uint8_t *guesses, const uint16_t *offsets, int modes, int width,
                               int height, const uint16_t *bits, int quantiser, int keep) {
  int costs[10], tried = 0;
  if (keep >= modes) return (1 << modes) - 1;
  for (int mode = 0; mode < modes; mode++)
    costs[mode] = mode_cost(source, guesses + offsets[mode], width, height) * 2 + ((bits[mode] * quantiser * 5) >> 11);
  for (; keep > 0; keep--) {
    int best = -1;
    for (int mode = 0; mode < modes; mode++)
      if (!(tried >> mode & 1) && (best < 0 || costs[mode] < costs[best])) best = mode;
    tried |= 1 << best;
  }
  return tried;
}
#undef ROW
#endif
