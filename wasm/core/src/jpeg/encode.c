/* Baseline JPEG, 4:2:0 or grey, with Huffman tables made for the picture, in one pass over its pixels: every coefficient
   becomes a token while its symbol is counted; the tokens are written when the codes are known. The file is the same as
   libjpeg's with optimize_coding and the "islow" transform. */
#include "../output.h"
#include "codes.h"
#include "jpeg.h"
#include "quantise.h"
#include "segments.h"

/* `table` is 0 for luma, 1 for chroma. */
static void tokenise(Tokens *tokens, const i16 *block, int *prediction, int table) {
  int difference = block[0] - *prediction, dc_size = size_of(difference), previous = 0;
  *prediction = block[0];
  add_token(tokens, 2 * table, dc_size, bits_of(difference, dc_size));
  u64 left = quantised_nonzero(block) & ~(u64)1;
  for (; left; left &= left - 1) {
    int k = __builtin_ctzll(left), run = k - previous - 1, value = block[jpeg_zigzag[k]], size = size_of(value);
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
  quantise_block(rows, x, &e->quantisers[table], block);
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

void jpeg_encode(const JpegEncoding *job) {
  if (job->is_progressive) {
    jpeg_encode_progressive(job);
    return;
  }
  static Encoder encoder;
  Encoder *e = &encoder;
  memset(e, 0, sizeof *e);
  e->job = job;
  bool is_grey = job->components == 1;
  for (int t = 0; t < 2; t++) quantiser_set(&e->quantisers[t], t, clamp_int(job->quality, 1, 100));
  for (int row = 0; row < ceil_div(job->height, is_grey ? 8 : 16); row++) {
    tick();
    encode_row(e, row);
  }
  jpeg_write_head(job, e->quantisers);
  for (int t = 0; t < (is_grey ? 2 : 4); t++) {
    make_codes(&e->tokens.codes[t]);
    jpeg_write_codes(&e->tokens.codes[t], t & 1, t >> 1);
  }
  jpeg_write_scan(&(JpegScan){.components = job->components, .to = 63});
  write_tokens(&e->tokens);
  jpeg_write_end();
}
