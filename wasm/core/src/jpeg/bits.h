/* The entropy-coded bits of a scan. Bytes are freed of their stuffing a chunk at a time and stored BACKWARDS: byte i of the
   stream lies i places below the top of the window. So one plain 64-bit load that ends where reading stands is the next
   eight bytes in the order of the bits, and a refill is a load, two shifts and an or, without a branch. */
#ifndef JPEG_BITS_H
#define JPEG_BITS_H
#include "huffman.h"

/* No MCU is longer: 10 blocks of 64 coefficients of at most 16 + 15 bits, and then some. */
#define MCU_BYTES 4096
/* Behind the end lie as many zeros as two MCUs can take: damaged data runs into them, never out of the window. */
#define PADDING (2 * MCU_BYTES)

typedef struct {
  u64 buffer; /* the next bits, from the top down */
  int count;  /* of them that are valid */
  const u8 *at; /* the byte below is the next to load */
} Bits;

/* At least 56 bits are there afterwards. */
INLINE void refill(Bits *b) {
  u64 next;
  memcpy(&next, b->at - 8, 8);
  b->buffer |= next >> b->count;
  b->at -= (63 - b->count) >> 3;
  b->count |= 56;
}
INLINE void drop(Bits *b, int count) {
  b->buffer <<= count;
  b->count -= count;
}
/* 1 to 16 bits that are there. */
INLINE int take_bits(Bits *b, int count) {
  int bits = (int)(b->buffer >> 32 >> (32 - count));
  drop(b, count);
  return bits;
}
INLINE int extend_bits(int bits, int size) {
  return bits + (((bits - (1 << (size - 1))) >> 31) & (int)((~0u << size) + 1));
}
INLINE unsigned look(const Bits *b) { return (unsigned)(b->buffer >> (64 - LOOK)); }

/* A code that is longer than the tables look, of the 16 bits that are next: length | symbol << 8. */
unsigned bits_long_symbol(unsigned bits, const Huffman *table);
/* The next symbol; 16 bits must be there. No address of `b` leaves this file's functions: it would live in memory then. */
INLINE int next_symbol(Bits *b, const Huffman *table) {
  unsigned entry = table->symbol[look(b)];
  if (UNLIKELY(!entry)) entry = bits_long_symbol((unsigned)(b->buffer >> 48), table);
  drop(b, (int)(entry & 255));
  return (int)(entry >> 8);
}
/* The difference of a DC coefficient to the one before. */
INLINE int next_dc(Bits *b, const Huffman *table) {
  refill(b);
  u32 entry = table->one[look(b)];
  if (LIKELY(entry)) {
    drop(b, (int)(entry & 255));
    return (i32)entry >> 16;
  }
  int size = next_symbol(b, table);
  if (size > 15) fail(DAMAGED, "a DC coefficient is too large");
  return size ? extend_bits(take_bits(b, size), size) : 0;
}

extern const u8 *bits_low; /* the window's lower end */
/* Empties the window: a scan or a restart interval begins at the input's head. */
void bits_start(Bits *b);
/* Whether a whole MCU is in the window for sure. */
INLINE bool bits_enough(const Bits *b) { return b->at - bits_low >= MCU_BYTES; }
/* True when a whole MCU is in the window, or all that there is. False: more input is needed. */
bool bits_ready(Bits *b);
/* Whether all bits up to the next marker have gone through the window. */
bool bits_at_marker(void);
/* Fails when more bits were read than there were. */
void bits_check(const Bits *b);
#endif
