/* Progressive scans (T.81 annex G). The coefficients of the whole picture are kept, but of each block only those that the
   scale uses. A refinement scan has to know which of the others are not zero: one bit a coefficient is enough. */
#include "decoder.h"
#include "idct.h"

static int end_of_band_run(Bits *b, int size) { return (1 << size) - 1 + (size ? take_bits(b, size) : 0); }

void jpeg_progressive_begin(void) {
  for (int i = 0; i < jpeg.head.components; i++) {
    Component *c = &jpeg.components[i];
    size_t blocks = (size_t)c->padded_wide * (size_t)c->padded_high;
    c->coefficients = take_zeroed(blocks * (size_t)c->kept * sizeof(i16));
    c->history = c->last > 0 ? take_zeroed(blocks * sizeof(u64)) : NULL;
  }
}

/* Scans of AC coefficients say nothing to a picture at 1/8. */
bool jpeg_progressive_wants(void) { return jpeg.scan.first == 0 || jpeg.components[jpeg.scan.index[0]].last > 0; }

/* ---- DC ---- */

static void read_dc(Bits *b, Component *c, size_t block) {
  i16 *dc = c->coefficients + block * (size_t)c->kept;
  if (jpeg.scan.high == 0) {
    c->prediction = (i16)(c->prediction + next_dc(b, &jpeg.dc[c->dc_table]));
    *dc = (i16)((u32)c->prediction << jpeg.scan.low);
    return;
  }
  refill(b);
  if (take_bits(b, 1)) *dc |= (i16)(1 << jpeg.scan.low);
}

static void read_dc_unit(Bits *b, int row, int column) {
  if (jpeg.scan.components == 1) {
    Component *c = &jpeg.components[jpeg.scan.index[0]];
    read_dc(b, c, (size_t)row * (size_t)c->padded_wide + (size_t)column);
    return;
  }
  for (int i = 0; i < jpeg.scan.components; i++) {
    Component *c = &jpeg.components[jpeg.scan.index[i]];
    for (int y = 0; y < c->v; y++)
      for (int x = 0; x < c->h; x++)
        read_dc(b, c, (size_t)(row * c->v + y) * (size_t)c->padded_wide + (size_t)(column * c->h + x));
  }
}

/* ---- AC, first scan of a band ---- */

typedef struct {
  const Component *c;
  i16 *block;
  u64 history;
} Band;

INLINE void put(Band *band, int k, int value) {
  if (k > 63) fail(DAMAGED, "a block has too many coefficients");
  int place = band->c->place[k];
  if (place != DISCARD) band->block[place] = (i16)value;
  band->history |= (u64)(value != 0) << k;
}

/* A symbol by itself. Returns the new position, 64 at the end of the band. */
static int first_symbol(Bits *b, const Huffman *table, Band *band, int k) {
  refill(b);
  int symbol = next_symbol(b, table), run = symbol >> 4, size = symbol & 15;
  refill(b);
  if (size == 0) {
    if (run == 15) return k + 16;
    jpeg.end_of_band_run = end_of_band_run(b, run);
    return 64;
  }
  k += run + 1;
  put(band, k, (int)((u32)extend_bits(take_bits(b, size), size) << jpeg.scan.low));
  return k;
}

static void read_band(Bits *b, const Huffman *table, Band *band) {
  const int last = jpeg.scan.last, low = jpeg.scan.low;
  for (int k = jpeg.scan.first - 1; k < last;) {
    refill(b);
    u64 entry = table->two[look(b)];
    int first = k + (int)(entry >> 16 & 255), second = first + (int)(entry >> 24 & 255);
    if (UNLIKELY(!entry || first >= last)) {
      k = first_symbol(b, table, band, k);
      continue;
    }
    put(band, first, (int)((u32)(i16)(entry >> 32) << low));
    /* The end of the band, or past it: the symbol is read again by itself. */
    if (second > last) {
      drop(b, (int)(entry >> 8 & 255));
      k = first;
      continue;
    }
    if (second > first) put(band, second, (int)((u32)(i16)(entry >> 48) << low));
    drop(b, (int)(entry & 255));
    k = second;
  }
}

/* ---- AC, refinement (T.81 G.1.2.3) ---- */

/* One bit for each coefficient of [from, to) that has a history. */
static void correct(Bits *b, Band *band, int from, int to) {
  u64 known = band->history >> from << from;
  if (to < 64) known &= ((u64)1 << to) - 1;
  const int unit = 1 << jpeg.scan.low;
  for (; known; known &= known - 1) {
    int k = __builtin_ctzll(known), place = band->c->place[k];
    refill(b);
    if (!take_bits(b, 1) || place == DISCARD) continue;
    i16 *value = &band->block[place];
    if (!(*value & unit)) *value = (i16)(*value + (*value < 0 ? -unit : unit));
  }
}

/* The place of the coefficient behind `run` others without a history; behind the band when there is none. */
static int place_behind(u64 history, int from, int run, int last) {
  u64 fresh = ~history >> from << from;
  for (; run > 0 && fresh; run--) fresh &= fresh - 1;
  int k = fresh ? __builtin_ctzll(fresh) : 64;
  return k > last ? last + 1 : k;
}

static void refine_band(Bits *b, const Huffman *table, Band *band) {
  const int last = jpeg.scan.last;
  int k = jpeg.scan.first;
  while (k <= last && !jpeg.end_of_band_run) {
    refill(b);
    int symbol = next_symbol(b, table), run = symbol >> 4, size = symbol & 15, value = 0;
    if (size) value = take_bits(b, 1) ? 1 << jpeg.scan.low : -(1 << jpeg.scan.low);
    else if (run != 15) {
      jpeg.end_of_band_run = end_of_band_run(b, run) + 1;
      break;
    }
    int at = place_behind(band->history, k, run, last);
    correct(b, band, k, at);
    if (value && at <= last) put(band, at, value);
    k = at + 1;
  }
  if (!jpeg.end_of_band_run) return;
  if (k <= last) correct(b, band, k, last + 1);
  jpeg.end_of_band_run--;
}

static void read_ac_unit(Bits *b, int row, int column) {
  Component *c = &jpeg.components[jpeg.scan.index[0]];
  size_t block = (size_t)row * (size_t)c->padded_wide + (size_t)column;
  Band band = {c, c->coefficients + block * (size_t)c->kept, c->history[block]};
  (jpeg.scan.high ? refine_band : read_band)(b, &jpeg.ac[c->ac_table], &band);
  c->history[block] = band.history;
}

/* ---- scans ---- */

/* Blocks of this row whose band a run has ended already. In a refinement they still have corrections. */
static int blocks_in_run(int wide) {
  if (jpeg.scan.high) return 0;
  int blocks = min_int(jpeg.end_of_band_run, wide - jpeg.column);
  return jpeg.restart_interval ? min_int(blocks, jpeg.until_restart) : blocks;
}

static void pass_blocks(int blocks) {
  jpeg.column += blocks;
  jpeg.end_of_band_run -= blocks;
  jpeg.until_restart -= blocks;
}

static Progress read_row(int wide) {
  Bits bits = jpeg.bits;
  for (; jpeg.column < wide; jpeg.column++) {
    pass_blocks(blocks_in_run(wide));
    if (jpeg.column == wide) break;
    if (jpeg_next_unit(&bits) == MORE) return MORE;
    if (jpeg.scan.first == 0) read_dc_unit(&bits, jpeg.row, jpeg.column);
    else read_ac_unit(&bits, jpeg.row, jpeg.column);
  }
  jpeg.bits = bits;
  return READY;
}

Progress jpeg_progressive_scan(void) {
  const Component *lone = jpeg.scan.components == 1 ? &jpeg.components[jpeg.scan.index[0]] : NULL;
  int wide = lone ? lone->blocks_wide : jpeg.mcus_wide, high = lone ? lone->blocks_high : jpeg.mcus_high;
  for (; jpeg.row < high; jpeg.row++, jpeg.column = 0) {
    tick();
    if (read_row(wide) == MORE) return MORE;
  }
  bits_check(&jpeg.bits);
  return READY;
}

static void output_row(const Component *c, int row) {
  i16 block[BLOCK_SIZE] ALIGNED16;
  u8 *rows[8];
  memset(block, 0, sizeof block);
  for (int i = 0; i < c->n; i++) rows[i] = scaler_row(c->scaler, row * c->n + i);
  const i16 *from = c->coefficients + (size_t)row * (size_t)c->padded_wide * (size_t)c->kept;
  for (int x = 0; x < c->padded_wide; x++, from += c->kept) {
    memcpy(block, from, (size_t)c->kept * sizeof(i16));
    bool only_dc = !c->history || !c->history[(size_t)row * (size_t)c->padded_wide + (size_t)x];
    emit_block(c, block, only_dc, rows, (size_t)x * (size_t)c->n);
  }
}

void jpeg_progressive_output(void) {
  for (int row = 0; row < jpeg.mcus_high; row++) {
    tick();
    for (int i = 0; i < jpeg.head.components; i++) {
      const Component *c = &jpeg.components[i];
      for (int y = 0; y < c->v; y++) output_row(c, row * c->v + y);
      scaler_feed(c->scaler, (row + 1) * c->v * c->n);
    }
  }
}
