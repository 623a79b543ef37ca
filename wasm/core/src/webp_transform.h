/* The inverse transforms of WebP's 4 x 4 blocks (RFC 6386 section 14.3), included by libwebp as patches/ has it. Its SSE kernels
   live on the high half of 16-bit products, which WebAssembly has no instruction for; with one coefficient in each 32-bit lane, it
   is one dot product and one shift. The same results. */
#ifndef WEBP_TRANSFORM_H
#define WEBP_TRANSFORM_H
#include <stdint.h>
#include "simd.h"

#define ROW 32 /* libwebp's BPS: bytes from one row of its work area to the next */

/* x + (x * k >> 16) in each lane: x times 2^16 + k. */
static inline v128_t transform_scale(v128_t x, v128_t k) {
  return wasm_i32x4_add(wasm_i32x4_shr(wasm_i32x4_dot_i16x8(x, k), 16), x);
}

/* One pass down the columns, and the transposition for the next one. */
static inline void transform_pass(v128_t *r) {
  /* 2^16 times sqrt(2) * cos(pi / 8) and sqrt(2) * sin(pi / 8), less 2^16; every other factor is for the sign's half of a lane. */
  const v128_t cosine = wasm_i32x4_splat(20091), sine = wasm_i32x4_splat(-30068 & 0xffff);
  v128_t a = wasm_i32x4_add(r[0], r[2]), b = wasm_i32x4_sub(r[0], r[2]);
  v128_t c = wasm_i32x4_sub(transform_scale(r[1], sine), transform_scale(r[3], cosine));
  v128_t d = wasm_i32x4_add(transform_scale(r[1], cosine), transform_scale(r[3], sine));
  v128_t p = wasm_i32x4_add(a, d), q = wasm_i32x4_add(b, c), s = wasm_i32x4_sub(b, c), t = wasm_i32x4_sub(a, d);
  v128_t pq_low = wasm_i32x4_shuffle(p, q, 0, 4, 1, 5), pq_high = wasm_i32x4_shuffle(p, q, 2, 6, 3, 7);
  v128_t st_low = wasm_i32x4_shuffle(s, t, 0, 4, 1, 5), st_high = wasm_i32x4_shuffle(s, t, 2, 6, 3, 7);
  r[0] = wasm_i64x2_shuffle(pq_low, st_low, 0, 2), r[1] = wasm_i64x2_shuffle(pq_low, st_low, 1, 3);
  r[2] = wasm_i64x2_shuffle(pq_high, st_high, 0, 2), r[3] = wasm_i64x2_shuffle(pq_high, st_high, 1, 3);
}

static inline v128_t transform_load(const uint8_t *from) {
  v128_t rows = wasm_v128_load32_zero(from);
  rows = wasm_v128_load32_lane(from + ROW, rows, 1);
  rows = wasm_v128_load32_lane(from + 2 * ROW, rows, 2);
  return wasm_v128_load32_lane(from + 3 * ROW, rows, 3);
}

/* What was guessed, and the difference to it as two rows a vector. */
static inline void transform_add(const uint8_t *guess, v128_t top, v128_t bottom, uint8_t *to) {
  v128_t known = transform_load(guess);
  v128_t sum = wasm_u8x16_narrow_i16x8(wasm_i16x8_add(top, wasm_u16x8_extend_low_u8x16(known)),
                                       wasm_i16x8_add(bottom, wasm_u16x8_extend_high_u8x16(known)));
  wasm_v128_store32_lane(to, sum, 0);
  wasm_v128_store32_lane(to + ROW, sum, 1);
  wasm_v128_store32_lane(to + 2 * ROW, sum, 2);
  wasm_v128_store32_lane(to + 3 * ROW, sum, 3);
}

static inline void transform_block(const uint8_t *guess, const int16_t *in, uint8_t *to) {
  v128_t r[4];
  for (int i = 0; i < 4; i++) r[i] = wasm_i32x4_load16x4(in + 4 * i);
  transform_pass(r);
  r[0] = wasm_i32x4_add(r[0], wasm_i32x4_splat(4));
  transform_pass(r);
  for (int i = 0; i < 4; i++) r[i] = wasm_i32x4_shr(r[i], 3);
  transform_add(guess, wasm_i16x8_narrow_i32x4(r[0], r[1]), wasm_i16x8_narrow_i32x4(r[2], r[3]), to);
}

/* Nothing but the mean. */
static inline void transform_flat(const int16_t *in, uint8_t *to) {
  v128_t difference = wasm_i16x8_splat((int16_t)((in[0] + 4) >> 3));
  transform_add(to, difference, difference, to);
}
#undef ROW
#endif
