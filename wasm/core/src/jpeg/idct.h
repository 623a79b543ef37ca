/* Inverse transforms of the N x N lowest frequencies of a block to N x N samples: inline, for they are called for each block. */
#ifndef JPEG_IDCT_H
#define JPEG_IDCT_H
#include "dct.h"
#include "decoder.h"

/* idct_basis[N][u][x] = 2^13 * (u ? sqrt(2) * cos((2x + 1) * u * pi / 2N) : 1), the left half: the right one is its mirror. */
static const i16 idct_basis[7][6][3] = {
    [3] = {{8192, 8192}, {10033, 0}, {5793, -11585}},
    [4] = {{8192, 8192}, {10703, 4433}, {8192, -8192}, {4433, -10703}},
    [5] = {{8192, 8192, 8192}, {11018, 6810, 0}, {9373, -3580, -11585}, {6810, -11018, 0}, {3580, -9373, 11585}},
    [6] = {{8192, 8192, 8192},
           {11190, 8192, 2998},
           {10033, 0, -10033},
           {8192, -8192, -8192},
           {5793, -11585, 5793},
           {2998, -8192, 11190}},
};

INLINE V to_samples(V words, V more) {
  return wasm_v128_xor(wasm_i8x16_narrow_i16x8(words, more), wasm_i8x16_splat((int8_t)-128));
}

INLINE void emit_flat(int dc, u8 **rows, size_t x, int n) {
  V samples = wasm_u8x16_splat(clamp_u8(((dc + 4) >> 3) + 128));
  for (int y = 0; y < n; y++) wasm_v128_store64_lane(rows[y] + x, samples, 0);
}

/* Coefficients a b d e: sums and differences, first across, then down. */
INLINE void emit2(const i16 *block, const i16 *divisors, u8 **rows, size_t x) {
  V c = wasm_i16x8_mul(wasm_v128_load64_zero(block), wasm_v128_load64_zero(divisors));
  V t = DOT(wasm_i16x8_shuffle(c, c, 0, 1, 0, 1, 2, 3, 2, 3), wasm_i16x8_const(1, 1, 1, -1, 1, 1, 1, -1));
  V sign = wasm_i32x4_const(0, 0, -1, -1), down = wasm_i32x4_shuffle(t, t, 2, 3, 2, 3);
  /* 1028: half of the last shift, and 128 to make samples of it. */
  V sum = ADD32(ADD32(wasm_i32x4_shuffle(t, t, 0, 1, 0, 1), wasm_i32x4_splat(1028)), SUB32(wasm_v128_xor(down, sign), sign));
  sum = wasm_i32x4_shr(sum, 3);
  sum = wasm_i16x8_narrow_i32x4(sum, sum);
  sum = wasm_u8x16_narrow_i16x8(sum, sum);
  wasm_v128_store16_lane(rows[0] + x, sum, 0);
  wasm_v128_store16_lane(rows[1] + x, sum, 1);
}

/* N = 3 or 4, one column or row a lane: `even` holds pairs of coefficients 0 and 2, `odd` of 1 and 3. */
INLINE void pass4(V even, V odd, V *out, int n, int shift) {
  V half = wasm_i32x4_splat(1 << (shift - 1));
  V e0 = ADD32(DOT(even, PAIR(idct_basis[n][0][0], idct_basis[n][2][0])), half);
  V e1 = ADD32(DOT(even, PAIR(idct_basis[n][0][1], idct_basis[n][2][1])), half);
  V o0 = DOT(odd, PAIR(idct_basis[n][1][0], idct_basis[n][3][0]));
  out[0] = wasm_i32x4_shr(ADD32(e0, o0), (u32)shift);
  out[n - 1] = wasm_i32x4_shr(SUB32(e0, o0), (u32)shift);
  if (n == 3) {
    out[1] = wasm_i32x4_shr(e1, (u32)shift);
    out[3] = wasm_i32x4_splat(0);
    return;
  }
  V o1 = DOT(odd, PAIR(idct_basis[n][1][1], idct_basis[n][3][1]));
  out[1] = wasm_i32x4_shr(ADD32(e1, o1), (u32)shift);
  out[2] = wasm_i32x4_shr(SUB32(e1, o1), (u32)shift);
}

INLINE void emit4(const i16 *block, const i16 *divisors, u8 **rows, size_t x, int n) {
  V r[4], s[4];
  V even = wasm_i16x8_mul(wasm_v128_load(block), wasm_v128_load(divisors));
  V odd = wasm_i16x8_mul(wasm_v128_load(block + 8), wasm_v128_load(divisors + 8));
  pass4(even, odd, r, n, 11);
  V a = wasm_i16x8_narrow_i32x4(r[0], r[1]), b = wasm_i16x8_narrow_i32x4(r[2], r[3]);
  pass4(wasm_i16x8_shuffle(a, b, 0, 2, 4, 6, 8, 10, 12, 14), wasm_i16x8_shuffle(a, b, 1, 3, 5, 7, 9, 11, 13, 15), s, n, 18);
  V samples = to_samples(wasm_i16x8_narrow_i32x4(s[0], s[1]), wasm_i16x8_narrow_i32x4(s[2], s[3]));
  samples = wasm_i8x16_shuffle(samples, samples, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  wasm_v128_store32_lane(rows[0] + x, samples, 0);
  wasm_v128_store32_lane(rows[1] + x, samples, 1);
  wasm_v128_store32_lane(rows[2] + x, samples, 2);
  if (n == 4) wasm_v128_store32_lane(rows[3] + x, samples, 3);
}

/* N = 5 or 6, eight columns at once. */
INLINE void pass6(V *r, int n, int shift) {
  const V zero = wasm_i32x4_splat(0);
  V in[6] = {r[0], r[1], r[2], r[3], r[4], n == 6 ? r[5] : zero};
  for (int x = 0; x < 3; x++) {
    Wide even = wide_add(weigh_pair(in[0], in[2], idct_basis[n][0][x], idct_basis[n][2][x]), weigh_pair(in[4], zero, idct_basis[n][4][x], 0));
    Wide odd = weigh_pair(in[1], in[3], idct_basis[n][1][x], idct_basis[n][3][x]);
    if (n == 6) odd = wide_add(odd, weigh_pair(in[5], zero, idct_basis[n][5][x], 0));
    r[x] = wide_narrow(wide_add(even, odd), shift);
    if (n == 6 || x < 2) r[n - 1 - x] = wide_narrow(wide_sub(even, odd), shift);
  }
  for (int i = n; i < 8; i++) r[i] = zero;
}

INLINE void emit6(const i16 *block, const i16 *divisors, u8 **rows, size_t x, int n) {
  V r[8];
  for (int i = 0; i < 8; i++)
    r[i] = i < n ? wasm_i16x8_mul(wasm_v128_load(block + 8 * i), wasm_v128_load(divisors + 8 * i)) : wasm_i32x4_splat(0);
  pass6(r, n, 11);
  transpose(r);
  pass6(r, n, 18);
  transpose(r);
  for (int y = 0; y < n; y++) wasm_v128_store64_lane(rows[y] + x, to_samples(r[y], r[y]), 0);
}

INLINE void emit8(const i16 *block, const i16 *divisors, u8 **rows, size_t x) {
  V r[8];
  for (int i = 0; i < 8; i++) r[i] = wasm_i16x8_mul(wasm_v128_load(block + 8 * i), wasm_v128_load(divisors + 8 * i));
  inverse_pass(r, 11);
  transpose(r);
  inverse_pass(r, 18);
  transpose(r);
  for (int y = 0; y < 8; y += 2) {
    V samples = to_samples(r[y], r[y + 1]);
    wasm_v128_store64_lane(rows[y] + x, samples, 0);
    wasm_v128_store64_lane(rows[y + 1] + x, samples, 1);
  }
}

/* The block, not yet multiplied, at sample `x` of the rows. */
INLINE void emit_block(const Component *c, i16 *block, bool only_dc, u8 **rows, size_t x) {
  const i16 *divisors = c->divisors;
  if (c->n == 1) {
    rows[0][x] = clamp_u8(((block[0] * divisors[0] + 4) >> 3) + 128);
    return;
  }
  if (c->n == 2) return emit2(block, divisors, rows, x);
  if (only_dc) return emit_flat((i16)(block[0] * divisors[0]), rows, x, c->n);
  switch (c->n) {
    case 3: return emit4(block, divisors, rows, x, 3);
    case 4: return emit4(block, divisors, rows, x, 4);
    case 5: return emit6(block, divisors, rows, x, 5);
    case 6: return emit6(block, divisors, rows, x, 6);
    default: return emit8(block, divisors, rows, x);
  }
}
#endif
