/* The 8x8 transforms, as libjpeg's "islow": the same integers, so the same pixels and files (after C. Loeffler,
   A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications", ICASSP 1989). */
#ifndef JPEG_DCT_H
#define JPEG_DCT_H
#include "../core.h"
#include "../simd.h"

#define DOT wasm_i32x4_dot_i16x8
#define ADD16 wasm_i16x8_add
#define SUB16 wasm_i16x8_sub
#define ADD32 wasm_i32x4_add
#define SUB32 wasm_i32x4_sub
#define PAIR(a, b) wasm_i16x8_make(a, b, a, b, a, b, a, b)
#define ZIP_LOW(a, b) wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH(a, b) wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15)

/* Constants of the algorithm, times 2^13. */
enum {
  F_0_298 = 2446,
  F_0_390 = 3196,
  F_0_541 = 4433,
  F_0_765 = 6270,
  F_0_899 = 7373,
  F_1_175 = 9633,
  F_1_501 = 12299,
  F_1_847 = 15137,
  F_1_961 = 16069,
  F_2_053 = 16819,
  F_2_562 = 20995,
  F_3_072 = 25172
};

/* The two halves of eight 32-bit sums. */
typedef struct {
  V low, high;
} Wide;

/* a * x + b * y in each lane. */
INLINE Wide weigh_pair(V x, V y, int a, int b) {
  V weights = PAIR((i16)a, (i16)b);
  return (Wide){DOT(ZIP_LOW(x, y), weights), DOT(ZIP_HIGH(x, y), weights)};
}
INLINE Wide wide_add(Wide a, Wide b) { return (Wide){ADD32(a.low, b.low), ADD32(a.high, b.high)}; }
INLINE Wide wide_sub(Wide a, Wide b) { return (Wide){SUB32(a.low, b.low), SUB32(a.high, b.high)}; }
/* Rounded, shifted right, saturated to 16 bits. */
INLINE V wide_narrow(Wide a, int shift) {
  V half = wasm_i32x4_splat(1 << (shift - 1));
  return wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(ADD32(a.low, half), (u32)shift),
                                 wasm_i32x4_shr(ADD32(a.high, half), (u32)shift));
}

INLINE void transpose(V *r) {
#define LOW32(a, b) wasm_i32x4_shuffle(a, b, 0, 4, 1, 5)
#define HIGH32(a, b) wasm_i32x4_shuffle(a, b, 2, 6, 3, 7)
#define LOW64(a, b) wasm_i64x2_shuffle(a, b, 0, 2)
#define HIGH64(a, b) wasm_i64x2_shuffle(a, b, 1, 3)
  V a0 = ZIP_LOW(r[0], r[1]), a1 = ZIP_HIGH(r[0], r[1]), a2 = ZIP_LOW(r[2], r[3]), a3 = ZIP_HIGH(r[2], r[3]);
  V a4 = ZIP_LOW(r[4], r[5]), a5 = ZIP_HIGH(r[4], r[5]), a6 = ZIP_LOW(r[6], r[7]), a7 = ZIP_HIGH(r[6], r[7]);
  V b0 = LOW32(a0, a2), b1 = HIGH32(a0, a2), b2 = LOW32(a1, a3), b3 = HIGH32(a1, a3);
  V b4 = LOW32(a4, a6), b5 = HIGH32(a4, a6), b6 = LOW32(a5, a7), b7 = HIGH32(a5, a7);
  r[0] = LOW64(b0, b4), r[1] = HIGH64(b0, b4), r[2] = LOW64(b1, b5), r[3] = HIGH64(b1, b5);
  r[4] = LOW64(b2, b6), r[5] = HIGH64(b2, b6), r[6] = LOW64(b3, b7), r[7] = HIGH64(b3, b7);
}

/* One pass of the inverse transform over the columns. */
INLINE void inverse_pass(V *r, int shift) {
  Wide odd2 = weigh_pair(r[2], r[6], F_0_541, F_0_541 - F_1_847);
  Wide odd3 = weigh_pair(r[2], r[6], F_0_541 + F_0_765, F_0_541);
  Wide sum = weigh_pair(r[0], r[4], 8192, 8192), difference = weigh_pair(r[0], r[4], 8192, -8192);
  Wide e0 = wide_add(sum, odd3), e3 = wide_sub(sum, odd3);
  Wide e1 = wide_add(difference, odd2), e2 = wide_sub(difference, odd2);
  V z3 = ADD16(r[7], r[3]), z4 = ADD16(r[5], r[1]);
  Wide w3 = weigh_pair(z3, z4, F_1_175 - F_1_961, F_1_175), w4 = weigh_pair(z3, z4, F_1_175, F_1_175 - F_0_390);
  Wide o0 = wide_add(weigh_pair(r[7], r[1], F_0_298 - F_0_899, -F_0_899), w3);
  Wide o3 = wide_add(weigh_pair(r[7], r[1], -F_0_899, F_1_501 - F_0_899), w4);
  Wide o1 = wide_add(weigh_pair(r[5], r[3], F_2_053 - F_2_562, -F_2_562), w4);
  Wide o2 = wide_add(weigh_pair(r[5], r[3], -F_2_562, F_3_072 - F_2_562), w3);
  r[0] = wide_narrow(wide_add(e0, o3), shift), r[7] = wide_narrow(wide_sub(e0, o3), shift);
  r[1] = wide_narrow(wide_add(e1, o2), shift), r[6] = wide_narrow(wide_sub(e1, o2), shift);
  r[2] = wide_narrow(wide_add(e2, o1), shift), r[5] = wide_narrow(wide_sub(e2, o1), shift);
  r[3] = wide_narrow(wide_add(e3, o0), shift), r[4] = wide_narrow(wide_sub(e3, o0), shift);
}

/* One pass of the forward transform; the first keeps two more bits for the second. */
INLINE void forward_pass(V *d, bool is_first) {
  int shift = is_first ? 11 : 15;
  V t0 = ADD16(d[0], d[7]), t7 = SUB16(d[0], d[7]), t1 = ADD16(d[1], d[6]), t6 = SUB16(d[1], d[6]);
  V t2 = ADD16(d[2], d[5]), t5 = SUB16(d[2], d[5]), t3 = ADD16(d[3], d[4]), t4 = SUB16(d[3], d[4]);
  V t10 = ADD16(t0, t3), t13 = SUB16(t0, t3), t11 = ADD16(t1, t2), t12 = SUB16(t1, t2), two = wasm_i16x8_splat(2);
  d[0] = ADD16(t10, t11), d[4] = SUB16(t10, t11);
  d[0] = is_first ? wasm_i16x8_shl(d[0], 2) : wasm_i16x8_shr(ADD16(d[0], two), 2);
  d[4] = is_first ? wasm_i16x8_shl(d[4], 2) : wasm_i16x8_shr(ADD16(d[4], two), 2);
  d[2] = wide_narrow(weigh_pair(t13, t12, F_0_541 + F_0_765, F_0_541), shift);
  d[6] = wide_narrow(weigh_pair(t13, t12, F_0_541, F_0_541 - F_1_847), shift);
  V z3 = ADD16(t4, t6), z4 = ADD16(t5, t7);
  Wide w3 = weigh_pair(z3, z4, F_1_175 - F_1_961, F_1_175), w4 = weigh_pair(z3, z4, F_1_175, F_1_175 - F_0_390);
  d[7] = wide_narrow(wide_add(weigh_pair(t4, t7, F_0_298 - F_0_899, -F_0_899), w3), shift);
  d[1] = wide_narrow(wide_add(weigh_pair(t4, t7, -F_0_899, F_1_501 - F_0_899), w4), shift);
  d[5] = wide_narrow(wide_add(weigh_pair(t5, t6, F_2_053 - F_2_562, -F_2_562), w4), shift);
  d[3] = wide_narrow(wide_add(weigh_pair(t5, t6, -F_2_562, F_3_072 - F_2_562), w3), shift);
}
#endif
