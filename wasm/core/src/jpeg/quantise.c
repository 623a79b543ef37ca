#include "quantise.h"
#include "dct.h"

const u8 jpeg_zigzag[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
                              41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
                              30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};
/* T.81 annex K.1, for luma and chroma. */
static const u8 standard[2][64] = {
    {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,  14, 13, 16, 24, 40,  57,
     69, 56, 14, 17, 22,  29,  51,  87,  80, 62, 18, 22, 37,  56,  68,  109, 103, 77, 24, 35, 55,  64,
     81, 104, 113, 92, 49, 64, 78,  87,  103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99},
    {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
     99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}};

static void set_divisor(Quantiser *q, int at, u32 divisor) {
  if (divisor == 1) {
    q->factor[at] = q->scale[at] = 1;
    q->correction[at] = 0;
    return;
  }
  int shift = 16 + 31 - __builtin_clz(divisor);
  u32 factor = (u32)(((u64)1 << shift) / divisor), rest = (u32)(((u64)1 << shift) % divisor), correction = divisor / 2;
  if (rest == 0) {
    factor >>= 1;
    shift--;
  } else if (rest <= divisor / 2) correction++;
  else factor++;
  q->factor[at] = (u16)factor;
  q->correction[at] = (u16)correction;
  q->scale[at] = (u16)(1 << (32 - shift));
}

/* 50 is the standard's table as it is. */
void quantiser_set(Quantiser *q, bool is_chroma, int quality) {
  const u8 *base = standard[is_chroma];
  int percent = quality < 50 ? 5000 / quality : 200 - quality * 2;
  for (int i = 0; i < 64; i++) {
    q->table[i] = (u8)clamp_int((base[i] * percent + 50) / 100, 1, 255);
    /* The transform's result is eight times too large. */
    set_divisor(q, i, q->table[i] * 8u);
  }
}

INLINE V high_product(V a, V b) {
  V low = wasm_u32x4_extmul_low_u16x8(a, b), high = wasm_u32x4_extmul_high_u16x8(a, b);
  return wasm_i16x8_shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

void quantise_block(const u8 *const *rows, size_t x, const Quantiser *q, i16 *block) {
  V d[8];
  for (int y = 0; y < 8; y++) d[y] = SUB16(wasm_u16x8_load8x8(rows[y] + x), wasm_i16x8_splat(128));
  transpose(d);
  forward_pass(d, true);
  transpose(d);
  forward_pass(d, false);
  for (int y = 0; y < 8; y++) {
    V sign = wasm_i16x8_shr(d[y], 15), size = wasm_i16x8_abs(d[y]);
    size = high_product(ADD16(size, wasm_v128_load(q->correction + 8 * y)), wasm_v128_load(q->factor + 8 * y));
    size = high_product(size, wasm_v128_load(q->scale + 8 * y));
    wasm_v128_store(block + 8 * y, SUB16(wasm_v128_xor(size, sign), sign));
  }
}

u64 quantised_nonzero(const i16 *block) {
  static const u8 order[64] = {0,  1,  5,  6,  14, 15, 27, 28, 2,  4,  7,  13, 16, 26, 29, 42, 3,  8,  12, 17, 25, 30,
                               41, 43, 9,  11, 18, 24, 31, 40, 44, 53, 10, 19, 23, 32, 39, 45, 52, 54, 20, 22, 33, 38,
                               46, 51, 55, 60, 21, 34, 37, 47, 50, 56, 59, 61, 35, 36, 48, 49, 57, 58, 62, 63};
  u64 natural = 0, bits = 0;
  for (int i = 0; i < 64; i += 16) {
    V both = wasm_i8x16_narrow_i16x8(wasm_v128_load(block + i), wasm_v128_load(block + i + 8));
    natural |= (u64)(u16)~wasm_i8x16_bitmask(wasm_i8x16_eq(both, wasm_i32x4_splat(0))) << i;
  }
  for (; natural; natural &= natural - 1) bits |= (u64)1 << order[__builtin_ctzll(natural)];
  return bits;
}
