#include "inflate_tables.h"

#define LONGEST 15

/* Bases and extra bits of RFC 1951 section 3.2.5. */
static const u16 length_bases[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                   31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const u8 length_extras[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const u16 distance_bases[] = {1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
                                     193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const u8 distance_extras[] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                     6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

typedef struct {
  int bits, entries;
} Shape;
static const Shape shapes[] = {[LITERAL_CODES] = {LITERAL_BITS, LITERAL_ENTRIES},
                               [DISTANCE_CODES] = {DISTANCE_BITS, DISTANCE_ENTRIES},
                               [PRECODE_CODES] = {PRECODE_BITS, PRECODE_ENTRIES}};

/* The entry of a symbol whose code has `bits` bits beyond those that led to its table. */
static u32 entry_for(CodeKind kind, int symbol, int bits) {
  u32 code = (u32)bits << 8 | (u32)bits;
  if (kind == PRECODE_CODES) return (u32)symbol << 16 | code;
  if (kind == DISTANCE_CODES)
    return symbol < 30 ? ((u32)distance_bases[symbol] << 16 | code) + distance_extras[symbol] : ENTRY_SPECIAL | code;
  if (symbol < 256) return ENTRY_LITERAL | (u32)symbol << 16 | code;
  if (symbol == 256) return ENTRY_SPECIAL | ENTRY_END | code;
  return symbol < 286 ? ((u32)length_bases[symbol - 257] << 16 | code) + length_extras[symbol - 257] : ENTRY_SPECIAL | code;
}

static u32 reverse(u32 code, int bits) {
  code = (code & 0x5555) << 1 | (code >> 1 & 0x5555);
  code = (code & 0x3333) << 2 | (code >> 2 & 0x3333);
  code = (code & 0x0F0F) << 4 | (code >> 4 & 0x0F0F);
  return ((code & 0xFF) << 8 | code >> 8) >> (16 - bits);
}

/* A table of `bits` bits becomes one of `wanted`: what the bits above are makes no difference to what it holds. */
static int doubled(u32 *table, int bits, int wanted) {
  for (; bits < wanted; bits++) memcpy(table + ((size_t)1 << bits), table, sizeof *table << bits);
  return bits;
}

/* Symbols by length of their code, then by value: the order of canonical codes. Gives how many have a code. */
static int sort_symbols(u16 *sorted, int *counts, const u8 *lengths, int count) {
  int places[LONGEST + 2] = {0};
  memset(counts, 0, (LONGEST + 1) * sizeof *counts);
  for (int i = 0; i < count; i++) counts[lengths[i]]++;
  counts[0] = 0;
  for (int bits = 1; bits <= LONGEST; bits++) places[bits + 1] = places[bits] + counts[bits];
  for (int i = 0; i < count; i++)
    if (lengths[i]) sorted[places[lengths[i]]++] = (u16)i;
  return places[LONGEST];
}

/* Codes must use up all the room there is; but one code alone may be one bit long. */
static void check_code(const int *counts, int used) {
  int left = 1;
  for (int bits = 1; bits <= LONGEST; bits++) {
    left = left * 2 - counts[bits];
    if (left < 0) fail(DAMAGED, "its compressed data has impossible codes");
  }
  if (left && !(used == 0 || (used == 1 && counts[1] == 1))) fail(DAMAGED, "its compressed data has impossible codes");
}

/* Bits of a second table that begins with a code of `bits` bits, and holds all that share its beginning. */
static int second_bits(const int *counts, int bits, int first_bits) {
  int more = bits - first_bits, left = 1 << more;
  for (;;) {
    left -= counts[first_bits + more];
    if (left <= 0 || first_bits + more >= LONGEST) return more;
    more++;
    left *= 2;
  }
}

void make_table(u32 *table, CodeKind kind, const u8 *lengths, int count) {
  const int first_bits = shapes[kind].bits;
  u16 sorted[LITERALS];
  int counts[LONGEST + 1], used = sort_symbols(sorted, counts, lengths, count);
  check_code(counts, used);
  u32 code = 0, start = 0, prefix = ~0u;
  int end = 1 << first_bits, more = 0, made = 0, left[LONGEST + 1];
  table[0] = ENTRY_SPECIAL;
  memcpy(left, counts, sizeof left);
  for (int i = 0, bits = 0; i < used; i++, code++) {
    for (; bits < lengths[sorted[i]]; bits++) code <<= 1;
    u32 reversed = reverse(code, bits);
    made = doubled(table, made, min_int(bits, first_bits));
    if (bits <= first_bits) table[reversed] = entry_for(kind, sorted[i], bits);
    else {
      u32 mask = (1u << first_bits) - 1;
      if ((reversed & mask) != prefix) {
        prefix = reversed & mask;
        more = second_bits(left, bits, first_bits);
        start = (u32)end;
        end += 1 << more;
        if (end > shapes[kind].entries) fail(DAMAGED, "its compressed data has impossible codes");
        for (int at = (int)start; at < end; at++) table[at] = ENTRY_SPECIAL;
        table[prefix] = start << 16 | ENTRY_SPECIAL | ENTRY_TABLE | (u32)more << 8 | (u32)first_bits;
      }
      u32 entry = entry_for(kind, sorted[i], bits - first_bits);
      for (u32 at = reversed >> first_bits; at < 1u << more; at += 1u << (bits - first_bits)) table[start + at] = entry;
    }
    left[bits]--;
  }
  doubled(table, made, first_bits);
}
