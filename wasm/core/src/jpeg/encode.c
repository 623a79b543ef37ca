/* Baseline JPEG, 4:2:0 or grey, with Huffman tables made for the picture, in one pass over its pixels: every coefficient
   becomes a token while its symbol is counted; the tokens are written when the codes are known. The file is the same as
   libjpeg's with optimize_coding and the "islow" transform. */
#include "../output.h"
#include "codes.h"
#include "dct.h"
#include "jpeg.h"

static const u8 zigzag[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
                              41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
                              30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};
/* T.81 annex K.1, for luma and chroma. */
static const u8 standard[2][64] = {
    {16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,  14, 13, 16, 24, 40,  57,
     69, 56, 14, 17, 22,  29,  51,  87,  80, 62, 18, 22, 37,  56,  68,  109, 103, 77, 24, 35, 55,  64,
     81, 104, 113, 92, 49, 64, 78,  87,  103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99},
    {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
     99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
     99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}};

/* A divisor as a multiplication: ((x + correction) * factor >> 16) * scale >> 16 (A. Fog, "Optimizing subroutines in
   assembly language", integer division by a constant). */
typedef struct {
  u8 table[64];
  u16 factor[64] ALIGNED16, correction[64] ALIGNED16, scale[64] ALIGNED16;
} Quantiser;

static void set_divisor(Quantiser *q, int at, u32 divisor) {
  if (divisor == 1) {
    q->factor[at] = q->scale[at] = 1;
    q->correction[at] = 0;
    return;
  }
  int shift = 16 + 31 - __builtin_clz(divisor);
  u32 factor = (u32)(((u64)1 << shift) / divisor), rest = (u32)(((u64)1 << shift) % divisor), correction = divisor / 2;
  if (rest == 0) {
    factor >>= 1;
    shift--;
  } else if (rest <= divisor / 2) correction++;
  else factor++;
  q->factor[at] = (u16)factor;
  q->correction[at] = (u16)correction;
  q->scale[at] = (u16)(1 << (32 - shift));
}

/* libjpeg's scale of qualities: 50 is the standard's table as it is. */
static void set_quality(Quantiser *q, const u8 *base, int quality) {
  int percent = quality < 50 ? 5000 / quality : 200 - quality * 2;
  for (int i = 0; i < 64; i++) {
    q->table[i] = (u8)clamp_int((base[i] * percent + 50) / 100, 1, 255);
    /* The transform's result is eight times too large. */
    set_divisor(q, i, q->table[i] * 8u);
  }
}

INLINE V high_product(V a, V b) {
  V low = wasm_u32x4_extmul_low_u16x8(a, b), high = wasm_u32x4_extmul_high_u16x8(a, b);
  return wasm_i16x8_shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

static void transform(const u8 *const *rows, size_t x, const Quantiser *q, i16 *block) {
  V d[8];
  for (int y = 0; y < 8; y++) d[y] = SUB16(wasm_u16x8_load8x8(rows[y] + x), wasm_i16x8_splat(128));
  transpose(d);
  forward_pass(d, true);
  transpose(d);
  forward_pass(d, false);
  for (int y = 0; y < 8; y++) {
    V sign = wasm_i16x8_shr(d[y], 15), size = wasm_i16x8_abs(d[y]);
    size = high_product(ADD16(size, wasm_v128_load(q->correction + 8 * y)), wasm_v128_load(q->factor + 8 * y));
    size = high_product(size, wasm_v128_load(q->scale + 8 * y));
    wasm_v128_store(block + 8 * y, SUB16(wasm_v128_xor(size, sign), sign));
  }
}

/* Bit i is set when coefficient i, in zigzag order, is not zero. */
static u64 nonzero(const i16 *block) {
  static const u8 order[64] = {0,  1,  5,  6,  14, 15, 27, 28, 2,  4,  7,  13, 16, 26, 29, 42, 3,  8,  12, 17, 25, 30,
                               41, 43, 9,  11, 18, 24, 31, 40, 44, 53, 10, 19, 23, 32, 39, 45, 52, 54, 20, 22, 33, 38,
                               46, 51, 55, 60, 21, 34, 37, 47, 50, 56, 59, 61, 35, 36, 48, 49, 57, 58, 62, 63};
  u64 natural = 0, bits = 0;
  for (int i = 0; i < 64; i += 16) {
    V both = wasm_i8x16_narrow_i16x8(wasm_v128_load(block + i), wasm_v128_load(block + i + 8));
    natural |= (u64)(u16)~wasm_i8x16_bitmask(wasm_i8x16_eq(both, wasm_i32x4_splat(0))) << i;
  }
  for (; natural; natural &= natural - 1) bits |= (u64)1 << order[__builtin_ctzll(natural)];
  return bits;
}

INLINE int size_of(int value) {
  u32 magnitude = (u32)(value < 0 ? -value : value);
  return magnitude ? 32 - __builtin_clz(magnitude) : 0;
}
/* T.81 F.1.2.1: negative values as those of one less. */
INLINE u32 bits_of(int value, int size) { return (u32)(value + (value >> 31)) & ((1u << size) - 1); }

/* `table` is 0 for luma, 1 for chroma. */
static void tokenise(Tokens *tokens, const i16 *block, int *prediction, int table) {
  int difference = block[0] - *prediction, dc_size = size_of(difference), previous = 0;
  *prediction = block[0];
  add_token(tokens, 2 * table, dc_size, bits_of(difference, dc_size));
  u64 left = nonzero(block) & ~(u64)1;
  for (; left; left &= left - 1) {
    int k = __builtin_ctzll(left), run = k - previous - 1, value = block[zigzag[k]], size = size_of(value);
    for (; run > 15; run -= 16) add_token(tokens, 2 * table + 1, 0xf0, 0);
    add_token(tokens, 2 * table + 1, run << 4 | size, bits_of(value, size));
    previous = k;
  }
  if (previous < 63) add_token(tokens, 2 * table + 1, 0, 0);
}

typedef struct {
  const JpegEncoding *job;
  Quantiser quantisers[2];
  Tokens tokens;
  int predictions[JPEG_COMPONENTS];
} Encoder;

static void point_rows(const u8 **rows, const JpegEncoding *job, int component, int first, int count, int height) {
  for (int i = 0; i < count; i++)
    rows[i] = job->planes[component] + job->strides[component] * (size_t)min_int(first + i, height - 1);
}

static void encode_block(Encoder *e, int component, const u8 *const *rows, size_t x) {
  i16 block[64] ALIGNED16;
  int table = component > 0;
  transform(rows, x, &e->quantisers[table], block);
  tokenise(&e->tokens, block, &e->predictions[component], table);
}

/* A block beyond the picture: it costs least when it says that nothing changes. */
static void encode_empty(Encoder *e) {
  add_token(&e->tokens, 0, 0, 0);
  add_token(&e->tokens, 1, 0, 0);
}

static void encode_luma(Encoder *e, int row, int column, const u8 *const *rows) {
  int wide = ceil_div(e->job->width, 8), high = ceil_div(e->job->height, 8);
  for (int i = 0; i < 4; i++) {
    int x = 2 * column + (i & 1), y = 2 * row + (i >> 1);
    if (x < wide && y < high) encode_block(e, 0, rows + 8 * (i >> 1), 8 * (size_t)x);
    else encode_empty(e);
  }
}

static void encode_row(Encoder *e, int row) {
  const JpegEncoding *job = e->job;
  const u8 *luma[16], *chroma[2][8];
  bool is_grey = job->components == 1;
  int side = is_grey ? 8 : 16, wide = ceil_div(job->width, side), half = ceil_div(job->height, 2);
  point_rows(luma, job, 0, row * side, side, job->height);
  for (int i = 1; i < job->components; i++) point_rows(chroma[i - 1], job, i, row * 8, 8, half);
  for (int column = 0; column < wide; column++) {
    if (is_grey) {
      encode_block(e, 0, luma, 8 * (size_t)column);
      continue;
    }
    encode_luma(e, row, column, luma);
    for (int i = 1; i < 3; i++) encode_block(e, i, chroma[i - 1], 8 * (size_t)column);
  }
}

static void segment(int marker, size_t length) {
  output_write((u8[]){0xff, (u8)marker, (u8)((length + 2) >> 8), (u8)(length + 2)}, 4);
}

static void write_tables(const Encoder *e, int tables) {
  for (int t = 0; t < tables; t++) {
    u8 bytes[65] = {(u8)t};
    for (int i = 0; i < 64; i++) bytes[1 + i] = e->quantisers[t].table[zigzag[i]];
    segment(0xdb, 65);
    output_write(bytes, 65);
  }
}

static void write_frame(const JpegEncoding *job) {
  const u8 size[6] = {8, (u8)(job->height >> 8), (u8)job->height, (u8)(job->width >> 8), (u8)job->width, (u8)job->components};
  segment(0xc0, 6 + 3 * (size_t)job->components);
  output_write(size, 6);
  for (int i = 0; i < job->components; i++) {
    u8 sampling = i == 0 && job->components == 3 ? 0x22 : 0x11;
    output_write((u8[]){(u8)(i + 1), sampling, i > 0}, 3);
  }
}

static void write_codes(const Tokens *tokens, int tables) {
  for (int t = 0; t < tables; t++) {
    const Codes *codes = &tokens->codes[t];
    segment(0xc4, 17 + (size_t)codes->symbols);
    output_write((u8[]){(u8)((t & 1) << 4 | t >> 1)}, 1);
    output_write(codes->lengths + 1, 16);
    output_write(codes->values, (size_t)codes->symbols);
  }
}

static void write_scan(const JpegEncoding *job) {
  segment(0xda, 4 + 2 * (size_t)job->components);
  output_write((u8[]){(u8)job->components}, 1);
  for (int i = 0; i < job->components; i++) output_write((u8[]){(u8)(i + 1), i ? 0x11 : 0}, 2);
  output_write((u8[]){0, 63, 0}, 3);
}

void jpeg_encode(const JpegEncoding *job) {
  static Encoder encoder;
  Encoder *e = &encoder;
  memset(e, 0, sizeof *e);
  e->job = job;
  bool is_grey = job->components == 1;
  for (int t = 0; t < 2; t++) set_quality(&e->quantisers[t], standard[t], clamp_int(job->quality, 1, 100));
  for (int row = 0; row < ceil_div(job->height, is_grey ? 8 : 16); row++) {
    tick();
    encode_row(e, row);
  }
  int tables = is_grey ? 2 : 4;
  for (int t = 0; t < tables; t++) make_codes(&e->tokens.codes[t]);
  output_write((u8[]){0xff, 0xd8}, 2);
  segment(0xe0, 14);
  output_write("JFIF\0\1\1\0\0\1\0\1\0\0", 14);
  write_tables(e, is_grey ? 1 : 2);
  write_frame(job);
  write_codes(&e->tokens, tables);
  write_scan(job);
  write_tokens(&e->tokens);
  output_write((u8[]){0xff, 0xd9}, 2);
}
