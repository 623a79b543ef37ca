/* What the host calls: one file, a band of rows at a time. */
#include "decoder.h"
#include "input.h"

/* Rows of a band. */
#define BAND 32

static const Decoder *decoder;
static Head head;
static u8 *band;
static int done;

/* The whole file was handed over before. `bits`: of its samples, as its frame header has it. */
void EXPORT(turbo_open)(int bits) {
  if (!input.ended) fail(MISUSED, "it is not all there");
  decoder = bits > 8 ? &decoder12 : &decoder8;
  head = decoder->open();
  if (head.width < 1 || head.height < 1) fail(DAMAGED, "it has no size");
}
int EXPORT(turbo_width)(void) { return head.width; }
int EXPORT(turbo_height)(void) { return head.height; }
bool EXPORT(turbo_is_cmyk)(void) { return head.is_cmyk; }

/* At 1 to 8 eighths of its size. */
void EXPORT(turbo_start)(int eighths) {
  decoder->start(clamp_int(eighths, 1, 8));
  done = 0;
  band = take((size_t)decoder->width() * 4 * BAND);
}
int EXPORT(turbo_rows_width)(void) { return decoder->width(); }
int EXPORT(turbo_rows_height)(void) { return decoder->height(); }

/* Where a band lies: RGBA or CMYK as stored, without gaps. */
u8 *EXPORT(turbo_band)(void) { return band; }

/* Decodes the next. Returns how many rows it has: 0 after the last. */
int EXPORT(turbo_next)(void) {
  const size_t stride = (size_t)decoder->width() * 4;
  const int rows = min_int(BAND, decoder->height() - done);
  for (int i = 0; i < rows; i++) decoder->read(band + (size_t)i * stride);
  done += rows;
  if (rows && done == decoder->height()) decoder->finish();
  return rows;
}
