/* Tables for decoding Huffman codes (T.81 annex C and F.2.2.3). The field's usual table yields one symbol a look-up; these
   yield up to two coefficients, or skip as many as fit. */
#include "huffman.h"
#include "../simd.h"

typedef struct {
  u32 bits, advance; /* code and magnitude */
  bool is_plain;     /* and not a run of bands, which only progressive scans know */
} Step;

static Step step_of(int symbol, int length, bool is_dc) {
  int run = is_dc ? 0 : symbol >> 4, size = is_dc ? symbol : symbol & 15;
  if (is_dc) return (Step){(u32)(length + size), 0, symbol < 16};
  if (size > 0) return (Step){(u32)(length + size), (u32)run + 1, true};
  if (run == 15) return (Step){(u32)length, 16, true};
  return (Step){(u32)length, END_OF_BLOCK, run == 0};
}

/* T.81 F.2.2.1: `size` bits as a signed number. */
static int extend(int bits, int size) { return size && bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits; }

static void fill_code(Huffman *t, u16 *steps, int code, int length, int symbol, bool is_dc) {
  Step step = step_of(symbol, length, is_dc);
  int size = (int)step.bits - length, free_bits = LOOK - length;
  for (int rest = 0; rest < 1 << free_bits; rest++) {
    int at = code << free_bits | rest;
    t->symbol[at] = (u16)(length | symbol << 8);
    if (!step.is_plain) continue;
    steps[at] = (u16)(step.bits | step.advance << 8);
    if (size > free_bits) continue;
    int value = extend(rest >> (free_bits - size), size);
    t->one[at] = step.bits | step.advance << 8 | (u32)value << 16;
  }
}

static void assign_codes(Huffman *t, u16 *steps, bool is_dc) {
  int code = 0, at = 0;
  for (int length = 1; length <= 16; length++, code <<= 1) {
    t->offset[length] = at - code;
    t->greatest[length] = t->lengths[length] ? code + t->lengths[length] - 1 : -1;
    if (code + t->lengths[length] > 1 << length) fail(DAMAGED, "a Huffman table has too many codes");
    for (int i = 0; i < t->lengths[length]; i++, at++, code++)
      if (length <= LOOK) fill_code(t, steps, code, length, t->values[at], is_dc);
  }
}

static u64 two_at(const Huffman *t, int at) {
  u32 first = t->one[at];
  if (!first) return 0;
  u64 bits = first & 255, advance = first >> 8 & 255, value = first >> 16;
  u64 all = bits, second_advance = 0, second_value = value;
  u32 second = advance < END_OF_BLOCK ? t->one[at << bits & (LOOKS - 1)] : 0;
  if (second && (second & 255) + bits <= LOOK) {
    all += second & 255;
    second_advance = second >> 8 & 255;
    second_value = second >> 16;
  }
  return all | bits << 8 | advance << 16 | second_advance << 24 | value << 32 | second_value << 48;
}

static u32 skip_at(const Huffman *t, const u16 *steps, int at) {
  u32 bits = 0, advance = 0, ended = 0;
  while (bits < LOOK) {
    int next = at << bits & (LOOKS - 1);
    /* The whole code must be in sight; its magnitude need not be. */
    if (!steps[next] || (t->symbol[next] & 255u) > LOOK - bits) break;
    u32 far = steps[next] >> 8;
    ended = far == END_OF_BLOCK;
    if (!ended && advance + far > 63) break;
    bits += steps[next] & 255;
    if (ended) break;
    advance += far;
  }
  if (!bits) return 0;
  return bits | advance << 6 | ended << 14 | (u32)(steps[at] & 255) << 15 | (u32)(steps[at] >> 8) << 21;
}

void huffman_build(Huffman *t, bool is_dc) {
  static u16 steps[LOOKS];
  memset(steps, 0, sizeof steps);
  memset(t->one, 0, sizeof t->one);
  memset(t->symbol, 0, sizeof t->symbol);
  assign_codes(t, steps, is_dc);
  t->is_built = true;
  if (is_dc) return;
  for (int at = 0; at < LOOKS; at++) {
    t->two[at] = two_at(t, at);
    t->skip[at] = skip_at(t, steps, at);
  }
}
