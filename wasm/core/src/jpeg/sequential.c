/* Baseline and extended sequential scans (T.81 annex F): a row of MCUs is decoded and transformed block by block. */
#include "decoder.h"
#include "idct.h"

/* A symbol that the tables of two do not hold. Returns the new position; 64 = the block has ended. */
INLINE int slow_coefficient(Bits *b, const Huffman *table, int k, i16 *block, const u8 *place) {
  refill(b);
  int symbol = next_symbol(b, table), run = symbol >> 4, size = symbol & 15;
  if (size == 0) return run == 15 ? k + 16 : 64;
  k += run + 1;
  refill(b);
  int value = extend_bits(take_bits(b, size), size);
  if (k <= 63) block[place[k]] = (i16)value;
  return k;
}

INLINE int slow_skip(Bits *b, const Huffman *table, int k) {
  refill(b);
  int symbol = next_symbol(b, table), run = symbol >> 4, size = symbol & 15;
  if (size == 0) return run == 15 ? k + 16 : 64;
  refill(b);
  drop(b, size);
  return k + run + 1;
}

/* Up to two coefficients; LOOK bits must be there. `k` is the last position that was read. Returns the new one. */
INLINE int two_coefficients(Bits *b, const Huffman *table, int k, i16 *block, const u8 *place) {
  u64 entry = table->two[look(b)];
  if (UNLIKELY(!entry)) return slow_coefficient(b, table, k, block, place);
  int first = k + (int)(entry >> 16 & 255);
  if (UNLIKELY(first >= 63)) {
    /* The last coefficient, or the end of the block: the second one belongs to the next block. */
    drop(b, (int)(entry >> 8 & 255));
    if (first == 63) block[place[63]] = (i16)(entry >> 32);
    return 64;
  }
  block[place[first]] = (i16)(entry >> 32);
  int second = first + (int)(entry >> 24 & 255);
  /* When there is only one, this writes it again. */
  block[place[second]] = (i16)(entry >> 48);
  drop(b, (int)(entry & 255));
  return second >= 63 ? 64 : second;
}

INLINE int skip_some(Bits *b, const Huffman *table, int k) {
  u32 entry = table->skip[look(b)];
  if (UNLIKELY(!entry)) return slow_skip(b, table, k);
  int to = k + (int)(entry >> 6 & 255);
  if (LIKELY(to < 63)) {
    drop(b, (int)(entry & 63));
    return entry >> 14 & 1 ? 64 : to;
  }
  drop(b, (int)(entry >> 15 & 63));
  return k + (int)(entry >> 21);
}

/* The AC coefficients up to the last one that the scale uses are stored; returns where reading stands. A test after each
   look-up would be mispredicted as often as not: two are made between tests, four between refills. */
INLINE int read_used(Bits *b, const Huffman *table, int last, i16 *block, const u8 *place) {
  for (int k = 0;;) {
    for (int i = 0; i < 2; i++) {
      k = two_coefficients(b, table, k, block, place);
      if (k >= 63) return k;
      k = two_coefficients(b, table, k, block, place);
      if (k >= last) return k;
    }
    refill(b);
  }
}

/* Those that the scale uses are stored, the rest is passed over. Returns whether any was stored. */
INLINE bool read_ac(Bits *b, const Huffman *table, int last, i16 *block, const u8 *place) {
  refill(b);
  u64 entry = table->two[look(b)];
  if ((entry >> 16 & 255) == END_OF_BLOCK) {
    drop(b, (int)(entry >> 8 & 255));
    return false;
  }
  int k = last > 0 ? read_used(b, table, last, block, place) : 0;
  while (k < 63) {
    refill(b);
    k = skip_some(b, table, k);
    if (k < 63) k = skip_some(b, table, k);
  }
  return last > 0;
}

INLINE void clear(i16 *block, int kept) {
  for (int i = 0; i < kept; i += 8) memset(block + i, 0, 16);
}

INLINE void read_blocks(Bits *b, i16 *block, int column, u8 *rows[][4][8]) {
  for (int i = 0; i < jpeg.head.components; i++) {
    Component *c = &jpeg.components[i];
    const Huffman *dc = &jpeg.dc[c->dc_table], *ac = &jpeg.ac[c->ac_table];
    for (int y = 0; y < c->v; y++)
      for (int x = 0; x < c->h; x++) {
        c->prediction = (i16)(c->prediction + next_dc(b, dc));
        block[0] = (i16)c->prediction;
        bool has_ac = read_ac(b, ac, c->last, block, c->place);
        emit_block(c, block, !has_ac, rows[i][y], (size_t)(column * c->h + x) * (size_t)c->n);
        clear(block, c->kept);
      }
  }
}

static void place_rows(u8 *rows[][4][8]) {
  for (int i = 0; i < jpeg.head.components; i++) {
    const Component *c = &jpeg.components[i];
    for (int y = 0; y < c->v; y++)
      for (int line = 0; line < c->n; line++)
        rows[i][y][line] = scaler_row(c->scaler, (jpeg.row * c->v + y) * c->n + line);
  }
}

/* Returns MORE where input is missing; `jpeg.column` then says where. */
static Progress read_row(void) {
  u8 *rows[JPEG_COMPONENTS][4][8];
  i16 block[BLOCK_SIZE] ALIGNED16;
  Bits bits = jpeg.bits;
  place_rows(rows);
  clear(block, BLOCK_SIZE);
  for (; jpeg.column < jpeg.mcus_wide; jpeg.column++) {
    if (jpeg_next_unit(&bits) == MORE) return MORE;
    read_blocks(&bits, block, jpeg.column, rows);
  }
  jpeg.bits = bits;
  return READY;
}

Progress jpeg_sequential_scan(void) {
  for (; jpeg.row < jpeg.mcus_high; jpeg.row++, jpeg.column = 0) {
    tick();
    if (read_row() == MORE) return MORE;
    for (int i = 0; i < jpeg.head.components; i++) {
      const Component *c = &jpeg.components[i];
      scaler_feed(c->scaler, (jpeg.row + 1) * c->v * c->n);
    }
  }
  bits_check(&jpeg.bits);
  return READY;
}
