#include "bits.h"
#include "../input.h"
#include "../simd.h"

/* Bytes freed of stuffing at a time: large enough to be cheap, small enough to stay in the cache. */
#define CHUNK 32768
#define WINDOW (CHUNK + MCU_BYTES + PADDING + 64)

static u8 window[WINDOW] ALIGNED16;
const u8 *bits_low;      /* the window holds [bits_low, window + WINDOW) */
static bool is_complete; /* the next marker, or the end of the input, was reached; below lies the padding */

unsigned bits_long_symbol(unsigned bits, const Huffman *table) {
  for (int length = 1; length <= 16; length++) {
    int prefix = (int)(bits >> (16 - length));
    if (prefix > table->greatest[length]) continue;
    return (unsigned)length | (unsigned)table->values[(prefix + table->offset[length]) & 255] << 8;
  }
  fail(DAMAGED, "there is a code that its Huffman table does not have");
}

/* One byte pair that begins with 0xFF. Returns false where the data ends, or more input is needed to know. */
static bool unstuff(const u8 **from, const u8 *end, u8 **to) {
  const u8 *p = *from;
  if (end - p < 2) {
    is_complete = input.ended;
    return false;
  }
  if (p[1] == 0xff) *from = p + 1; /* fill bytes may come before a marker (T.81 B.1.1.2) */
  else if (p[1] == 0) {
    *--*to = 0xff;
    *from = p + 2;
  } else {
    is_complete = true;
    return false;
  }
  return true;
}

static u8 *unstuff_chunk(u8 *to, u8 *lowest) {
  const u8 *from = input.head, *end = input.tail;
  const V marker = wasm_i8x16_splat(-1);
  while (to - lowest >= 16 && from < end) {
    if (end - from >= 16) {
      V bytes = wasm_v128_load(from);
      wasm_v128_store(to - 16, wasm_i8x16_shuffle(bytes, bytes, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
      u32 marks = wasm_i8x16_bitmask(wasm_i8x16_eq(bytes, marker));
      int plain = marks ? __builtin_ctz(marks) : 16;
      from += plain;
      to -= plain;
      if (!marks) continue;
    }
    if (*from != 0xff) *--to = *from++;
    else if (!unstuff(&from, end, &to)) break;
  }
  if (from == end && input.ended) is_complete = true;
  input.head = from;
  return to;
}

/* Moves what is left to the top and fills up below it. */
static void fill(Bits *b) {
  u8 *top = window + WINDOW;
  size_t left = b->at > bits_low ? (size_t)(b->at - bits_low) : 0;
  memmove(top - left, bits_low, left);
  b->at = top;
  u8 *low = unstuff_chunk(top - left, window + PADDING);
  if (is_complete) memset(low -= PADDING, 0, PADDING);
  bits_low = low;
}

void bits_start(Bits *b) {
  bits_low = window + WINDOW;
  is_complete = false;
  *b = (Bits){.at = bits_low};
}

bool bits_ready(Bits *b) {
  while (!bits_enough(b) && !is_complete) {
    const u8 *head = input.head;
    fill(b);
    if (input.head == head && !is_complete) break;
  }
  if (is_complete && !bits_enough(b)) bits_check(b);
  return is_complete || bits_enough(b);
}

bool bits_at_marker(void) { return is_complete; }

void bits_check(const Bits *b) {
  if (!is_complete) return;
  const u8 *end = bits_low + PADDING;
  if (b->at + (b->count >> 3) < end) fail(input.ended && input.head == input.tail ? TRUNCATED : DAMAGED, "its data ends too early");
}
