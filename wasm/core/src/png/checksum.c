#include "checksum.h"
#include "../simd.h"

/* The remainder of a byte with 0 to 15 more bytes behind it. Made once for each instance. */
#define STEP 16
static u32 remainders[STEP][256];

/* Of four bytes with `behind` more behind them. */
INLINE u32 remainder_of(u32 word, int behind) {
  return remainders[behind + 3][word & 255] ^ remainders[behind + 2][word >> 8 & 255] ^
         remainders[behind + 1][word >> 16 & 255] ^ remainders[behind][word >> 24];
}

static void make_remainders(void) {
  for (u32 byte = 0; byte < 256; byte++) {
    u32 crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    remainders[0][byte] = crc;
  }
  for (int more = 1; more < STEP; more++)
    for (int byte = 0; byte < 256; byte++) {
      u32 crc = remainders[more - 1][byte];
      remainders[more][byte] = crc >> 8 ^ remainders[0][crc & 255];
    }
}

u32 crc32_update(u32 crc, const u8 *bytes, size_t count) {
  if (!remainders[0][1]) make_remainders();
  crc = ~crc;
  for (; count >= STEP; count -= STEP, bytes += STEP) {
    u32 words[4];
    memcpy(words, bytes, STEP);
    /* What waits for the step before comes last. */
    u32 rest = remainder_of(words[1], 8) ^ remainder_of(words[2], 4) ^ remainder_of(words[3], 0);
    crc = rest ^ remainder_of(words[0] ^ crc, 12);
  }
  for (; count; count--) crc = crc >> 8 ^ remainders[0][(crc ^ *bytes++) & 255];
  return ~crc;
}

#define ADLER_BASE 65521u
/* So many bytes fit before the sums of 32 bit could overflow, in whole vectors (RFC 1950 section 8.2; zlib's NMAX). */
#define ADLER_RUN 5536

INLINE u32 sum_lanes(V v) {
  v = wasm_i32x4_add(v, wasm_i64x2_shuffle(v, v, 1, 0));
  return wasm_u32x4_extract_lane(v, 0) + wasm_u32x4_extract_lane(v, 1);
}

/* Whole vectors: of 16 bytes the first counts 16 times in the second sum, the last once, and all before it 16 times more. */
static void add_vectors(u32 *a, u32 *b, const u8 *bytes, size_t count) {
  const V low_weights = wasm_i16x8_make(16, 15, 14, 13, 12, 11, 10, 9), high_weights = wasm_i16x8_make(8, 7, 6, 5, 4, 3, 2, 1);
  V sum = wasm_i32x4_splat(0), before = sum, weighed = sum;
  for (size_t i = 0; i < count; i += 16) {
    V v = wasm_v128_load(bytes + i);
    before = wasm_i32x4_add(before, sum);
    sum = wasm_i32x4_add(sum, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(v)));
    weighed = wasm_i32x4_add(weighed, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_low_u8x16(v), low_weights));
    weighed = wasm_i32x4_add(weighed, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_high_u8x16(v), high_weights));
  }
  *b += (u32)count * *a + 16 * sum_lanes(before) + sum_lanes(weighed);
  *a += sum_lanes(sum);
}

u32 adler32_update(u32 adler, const u8 *bytes, size_t count) {
  u32 a = adler & 65535, b = adler >> 16;
  while (count) {
    size_t run = count < ADLER_RUN ? count : ADLER_RUN, vectors = run & ~(size_t)15;
    add_vectors(&a, &b, bytes, vectors);
    for (size_t i = vectors; i < run; i++) b += a += bytes[i];
    a %= ADLER_BASE;
    b %= ADLER_BASE;
    bytes += run;
    count -= run;
  }
  return b << 16 | a;
}
