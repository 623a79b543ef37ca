/* Progressive JPEG (T.81 annex G): the coefficients are kept, and written in scans from coarse to fine, each with Huffman
   tables of its own. The scans are those of libjpeg's jpeg_simple_progression. */
#include "codes.h"
#include "jpeg.h"
#include "segments.h"

static const JpegScan COLOUR_SCANS[] = {
    {0, 3, 0, 0, 0, 1},  {0, 1, 1, 5, 0, 2}, {2, 1, 1, 63, 0, 1}, {1, 1, 1, 63, 0, 1}, {0, 1, 6, 63, 0, 2},
    {0, 1, 1, 63, 2, 1}, {0, 3, 0, 0, 1, 0}, {2, 1, 1, 63, 1, 0}, {1, 1, 1, 63, 1, 0}, {0, 1, 1, 63, 1, 0},
};
static const JpegScan GREY_SCANS[] = {
    {0, 1, 0, 0, 0, 1}, {0, 1, 1, 5, 0, 2}, {0, 1, 6, 63, 0, 2}, {0, 1, 1, 63, 2, 1}, {0, 1, 0, 0, 1, 0}, {0, 1, 1, 63, 1, 0},
};

/* Which of the tables of Tokens. The last has no codes: its tokens are bits alone. */
enum { DC_TABLE = 0, AC_TABLE = 1, CHROMA_DC_TABLE = 2, NO_TABLE = 3 };
#define MOST_EOBS 0x7fff
/* Bits that wait until the run of empty blocks before them is over. */
#define MOST_BITS 1000

typedef struct {
  int wide, high; /* in blocks */
  i16 *blocks;    /* 64 coefficients each, in zigzag order */
} Component;
static Component components[JPEG_COMPONENTS];

static struct {
  JpegScan scan;
  Tokens tokens;
  int predictions[JPEG_COMPONENTS];
  int eobs; /* blocks that are over, not written yet */
  u8 bits[MOST_BITS + 64];
  int bit_count;
} out;

/* ---- coefficients ---- */

static i16 *block_at(const Component *component, int x, int y) {
  return component->blocks + 64 * ((size_t)y * (size_t)component->wide + (size_t)x);
}

static void keep_row(const JpegEncoding *job, int c, int row, const Quantiser *q) {
  Component *component = &components[c];
  int high = c ? ceil_div(job->height, 2) : job->height;
  const u8 *rows[8];
  for (int i = 0; i < 8; i++) rows[i] = job->planes[c] + job->strides[c] * (size_t)min_int(8 * row + i, high - 1);
  for (int x = 0; x < component->wide; x++) {
    i16 natural[64] ALIGNED16, *block = block_at(component, x, row);
    quantise_block(rows, 8 * (size_t)x, q, natural);
    for (int i = 0; i < 64; i++) block[i] = natural[jpeg_zigzag[i]];
  }
}

static void keep_coefficients(const JpegEncoding *job, const Quantiser *quantisers) {
  for (int c = 0; c < job->components; c++) {
    int width = c ? ceil_div(job->width, 2) : job->width, height = c ? ceil_div(job->height, 2) : job->height;
    Component *component = &components[c];
    *component = (Component){.wide = ceil_div(width, 8), .high = ceil_div(height, 8)};
    component->blocks = take((size_t)component->wide * (size_t)component->high * 64 * sizeof(i16));
    for (int row = 0; row < component->high; row++) {
      tick();
      keep_row(job, c, row, &quantisers[c > 0]);
    }
  }
}

/* ---- bits without codes ---- */

static void add_bits(u32 bits, int count) {
  if (count) add_token(&out.tokens, NO_TABLE, count, bits);
}

static void add_each_bit(const u8 *bits, int count) {
  for (int i = 0; i < count; i++) add_bits(bits[i], 1);
}

/* G.1.2.2: so many blocks had nothing more. */
static void write_eobs(void) {
  if (!out.eobs) return;
  int size = size_of(out.eobs) - 1;
  add_token(&out.tokens, AC_TABLE, size << 4, 0);
  add_bits((u32)out.eobs & ((1u << size) - 1), size);
  out.eobs = 0;
  add_each_bit(out.bits, out.bit_count);
  out.bit_count = 0;
}

/* ---- blocks: NULL stands for one beyond the picture, which changes nothing ---- */

static void write_dc(int c, const i16 *block) {
  if (out.scan.high) {
    add_bits(block ? (u32)(block[0] >> out.scan.low) & 1 : 0, 1);
    return;
  }
  int value = block ? block[0] >> out.scan.low : out.predictions[c], difference = value - out.predictions[c];
  int size = size_of(difference);
  out.predictions[c] = value;
  add_token(&out.tokens, c ? CHROMA_DC_TABLE : DC_TABLE, size, bits_of(difference, size));
}

static int magnitude(int value) { return (value < 0 ? -value : value) >> out.scan.low; }

static void write_ac(const i16 *block) {
  int run = 0;
  for (int k = out.scan.from; k <= out.scan.to; k++) {
    int value = magnitude(block[k]);
    if (!value) {
      run++;
      continue;
    }
    write_eobs();
    for (; run > 15; run -= 16) add_token(&out.tokens, AC_TABLE, 0xf0, 0);
    int size = size_of(value);
    add_token(&out.tokens, AC_TABLE, run << 4 | size, bits_of(block[k] < 0 ? -value : value, size));
    run = 0;
  }
  if (run && ++out.eobs == MOST_EOBS) write_eobs();
}

static int last_new(const i16 *block) {
  int last = 0;
  for (int k = out.scan.from; k <= out.scan.to; k++)
    if (magnitude(block[k]) == 1) last = k;
  return last;
}

/* G.1.2.3: coefficients that are new with this bit get symbols; those that were there give a bit more, each behind the
   symbol that passes over it. */
static void refine_ac(const i16 *block) {
  int run = 0, waiting = 0, last = last_new(block);
  u8 bits[64];
  for (int k = out.scan.from; k <= out.scan.to; k++) {
    int value = magnitude(block[k]);
    if (!value) {
      run++;
      continue;
    }
    for (; run > 15 && k <= last; run -= 16) {
      write_eobs();
      add_token(&out.tokens, AC_TABLE, 0xf0, 0);
      add_each_bit(bits, waiting);
      waiting = 0;
    }
    if (value > 1) {
      bits[waiting++] = value & 1;
      continue;
    }
    write_eobs();
    add_token(&out.tokens, AC_TABLE, run << 4 | 1, block[k] > 0);
    add_each_bit(bits, waiting);
    waiting = run = 0;
  }
  if (!run && !waiting) return;
  memcpy(out.bits + out.bit_count, bits, (size_t)waiting);
  out.bit_count += waiting;
  if (++out.eobs == MOST_EOBS || out.bit_count > MOST_BITS) write_eobs();
}

/* ---- scans ---- */

/* Luma has two blocks in each direction for one of chroma. */
static void add_interleaved(int count) {
  int side = count > 1 ? 2 : 1;
  const Component *luma = &components[0];
  for (int row = 0; row < ceil_div(luma->high, side); row++) {
    tick();
    for (int column = 0; column < ceil_div(luma->wide, side); column++) {
      for (int i = 0; i < side * side; i++) {
        int x = side * column + i % side, y = side * row + i / side;
        write_dc(0, x < luma->wide && y < luma->high ? block_at(luma, x, y) : NULL);
      }
      for (int c = 1; c < count; c++) write_dc(c, block_at(&components[c], column, row));
    }
  }
}

static void add_alone(const Component *component) {
  for (int y = 0; y < component->high; y++) {
    tick();
    for (int x = 0; x < component->wide; x++)
      if (out.scan.high) refine_ac(block_at(component, x, y));
      else write_ac(block_at(component, x, y));
  }
  write_eobs();
}

static void write_scan(const JpegScan *scan) {
  memset(&out, 0, sizeof out);
  out.scan = *scan;
  if (scan->from) add_alone(&components[scan->first]);
  else add_interleaved(scan->components);
  for (int table = DC_TABLE; table < NO_TABLE; table++) {
    bool is_used = scan->from ? table == AC_TABLE : !scan->high && (table == DC_TABLE || (table == CHROMA_DC_TABLE && scan->components > 1));
    if (!is_used) continue;
    make_codes(&out.tokens.codes[table]);
    jpeg_write_codes(&out.tokens.codes[table], table & 1, table >> 1);
  }
  jpeg_write_scan(scan);
  write_tokens(&out.tokens);
}

void jpeg_encode_progressive(const JpegEncoding *job) {
  static Quantiser quantisers[2];
  bool is_grey = job->components == 1;
  for (int t = 0; t < 2; t++) quantiser_set(&quantisers[t], t, clamp_int(job->quality, 1, 100));
  keep_coefficients(job, quantisers);
  jpeg_write_head(job, quantisers);
  const JpegScan *scans = is_grey ? GREY_SCANS : COLOUR_SCANS;
  size_t count = is_grey ? sizeof GREY_SCANS / sizeof *scans : sizeof COLOUR_SCANS / sizeof *scans;
  for (size_t i = 0; i < count; i++) write_scan(&scans[i]);
  jpeg_write_end();
}
