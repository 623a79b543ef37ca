/* Samples to quantised coefficients, and libjpeg's scale of qualities. */
#ifndef JPEG_QUANTISE_H
#define JPEG_QUANTISE_H
#include "../core.h"

/* Natural order of the coefficient at each place of the zigzag (T.81 figure A.6). */
extern const u8 jpeg_zigzag[64];

/* A divisor as a multiplication: ((x + correction) * factor >> 16) * scale >> 16 (A. Fog, "Optimizing subroutines in
   assembly language", integer division by a constant). */
typedef struct {
  u8 table[64];
  u16 factor[64] ALIGNED16, correction[64] ALIGNED16, scale[64] ALIGNED16;
} Quantiser;

/* `is_chroma`: with the standard's table for chroma. Quality 1 to 100. */
void quantiser_set(Quantiser *q, bool is_chroma, int quality);
/* The 8 x 8 samples at x of these rows: coefficients in natural order. */
void quantise_block(const u8 *const *rows, size_t x, const Quantiser *q, i16 *block);
/* Bit i is set when coefficient i, in zigzag order, is not zero. */
u64 quantised_nonzero(const i16 *block);

INLINE int size_of(int value) {
  u32 magnitude = (u32)(value < 0 ? -value : value);
  return magnitude ? 32 - __builtin_clz(magnitude) : 0;
}
/* T.81 F.1.2.1: negative values as those of one less. */
INLINE u32 bits_of(int value, int size) { return (u32)(value + (value >> 31)) & ((1u << size) - 1); }
#endif
