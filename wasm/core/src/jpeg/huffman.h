#ifndef JPEG_HUFFMAN_H
#define JPEG_HUFFMAN_H
#include "../core.h"

/* Bits that are looked up at once. */
#define LOOK 11
#define LOOKS (1 << LOOK)
/* An "advance" that ends the block. */
#define END_OF_BLOCK 64

typedef struct {
  /* As in the file: codes of each length, and their symbols. */
  u8 lengths[17], values[256];
  bool is_set, is_built;
  /* Code and magnitude together, when both are in sight: bits | advance << 8 | value << 16. 0 = not so. */
  u32 one[LOOKS];
  /* Two of them at once: bits of both | bits of the first << 8 | advances << 16, 24 | values << 32, 48. */
  u64 two[LOOKS];
  /* As many as are in sight, for what is only passed over: bits | advance << 6 | ended << 14 | of the first alone:
     bits << 15 | advance << 21. */
  u32 skip[LOOKS];
  /* The code alone: bits | symbol << 8. */
  u16 symbol[LOOKS];
  /* The long codes: greatest code of each length, and where its symbol is. */
  int greatest[17], offset[17];
} Huffman;

void huffman_build(Huffman *table, bool is_dc);
#endif
