#include "lzw_encode.h"
#include "../output.h"

#define CODES 4096
#define SLOTS 16384
#define NO_STRING (-1)

static struct {
  u32 keys[SLOTS]; /* the string's prefix and last byte, + 1; 0: free */
  u16 codes[SLOTS];
  int literal_bits, size, next, prefix;
  u64 bits;
  int bit_count;
  u8 block[255];
  int filled;
} lzw;

static void forget_strings(void) {
  memset(lzw.keys, 0, sizeof lzw.keys);
  lzw.size = lzw.literal_bits + 1;
  lzw.next = (1 << lzw.literal_bits) + 2;
}

static void write_block(void) {
  u8 length = (u8)lzw.filled;
  output_write(&length, 1);
  output_write(lzw.block, (size_t)lzw.filled);
  lzw.filled = 0;
}

static void put_byte(void) {
  lzw.block[lzw.filled++] = (u8)lzw.bits;
  lzw.bits >>= 8;
  lzw.bit_count -= 8;
  if (lzw.filled == sizeof lzw.block) write_block();
}

static void put(int code) {
  lzw.bits |= (u64)code << lzw.bit_count;
  lzw.bit_count += lzw.size;
  while (lzw.bit_count >= 8) put_byte();
}

void lzw_write_begin(int literal_bits) {
  u8 first = (u8)literal_bits;
  output_write(&first, 1);
  lzw.literal_bits = literal_bits;
  lzw.prefix = NO_STRING;
  lzw.bits = 0;
  lzw.bit_count = lzw.filled = 0;
  forget_strings();
  put(1 << literal_bits);
}

/* The string ends: its code is written, and it with the next byte gets a code of its own, as long as there are any. */
static void end_string(u32 slot, u32 key) {
  put(lzw.prefix);
  if (lzw.next < CODES) {
    /* The reader is one string behind: it widens its codes when it has read the one after this. */
    if (lzw.next == 1 << lzw.size) lzw.size++;
    lzw.keys[slot] = key;
    lzw.codes[slot] = (u16)lzw.next++;
    return;
  }
  put(1 << lzw.literal_bits);
  forget_strings();
}

void lzw_write(const u8 *indices, int count) {
  for (int i = 0; i < count; i++) {
    u8 byte = indices[i];
    if (lzw.prefix == NO_STRING) {
      lzw.prefix = byte;
      continue;
    }
    u32 key = ((u32)lzw.prefix << 8 | byte) + 1, slot = key * 2654435761u >> 18;
    while (lzw.keys[slot] && lzw.keys[slot] != key) slot = (slot + 1) & (SLOTS - 1);
    if (lzw.keys[slot]) lzw.prefix = lzw.codes[slot];
    else {
      end_string(slot, key);
      lzw.prefix = byte;
    }
  }
}

void lzw_write_end(void) {
  if (lzw.prefix != NO_STRING) {
    put(lzw.prefix);
    if (lzw.next == 1 << lzw.size && lzw.size < 12) lzw.size++;
  }
  put((1 << lzw.literal_bits) + 1);
  while (lzw.bit_count > 0) put_byte();
  if (lzw.filled) write_block();
  static const u8 terminator = 0;
  output_write(&terminator, 1);
}
