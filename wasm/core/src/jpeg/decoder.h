/* What the files of the JPEG decoder share. */
#ifndef JPEG_DECODER_H
#define JPEG_DECODER_H
#include "bits.h"
#include "huffman.h"
#include "jpeg.h"

typedef struct {
  int id, h, v, table; /* of quantisation */
  int blocks_wide, blocks_high;           /* that hold pixels: what a scan of this component alone has */
  int padded_wide, padded_high;           /* with those that fill up whole MCUs */
  int dc_table, ac_table, prediction;
  int n;        /* scale: n/8 */
  int last;     /* last position in zigzag order that the scale uses */
  int kept;     /* coefficients kept of each block, as laid out by `place` */
  u8 place[128]; /* zigzag position -> place in the kept block, DISCARD for those not used; twice as long as valid */
  i16 divisors[64] ALIGNED16; /* quantisation, laid out like the block */
  Scaler *scaler;
  i16 *coefficients; /* progressive: of the whole picture */
  u64 *history;      /* progressive: which of all 64 coefficients are not zero; bits in zigzag order */
} Component;
#define DISCARD 64
/* A block, and the place where what is not used lands. */
#define BLOCK_SIZE 80

typedef struct {
  int components, index[JPEG_COMPONENTS];
  int first, last, high, low; /* Ss, Se, Ah, Al of T.81 */
} Scan;

typedef struct {
  JpegHead head;
  Component components[JPEG_COMPONENTS];
  u16 quantisation[4][64];
  u8 quantisation_set;
  Huffman dc[4], ac[4];
  Scan scan;
  int mcus_wide, mcus_high, restart_interval, scans;
  bool has_begun, is_jfif;
  int adobe_transform; /* -1 = no Adobe segment */
  /* Where the work is: it stops whenever input is missing, between two MCUs, and goes on there. */
  enum { AT_FIRST_SCAN, IN_SCAN, AT_SEGMENTS, AT_OUTPUT, AT_END } stage;
  int row, column, until_restart, end_of_band_run;
  Bits bits;
} Decoder;
extern Decoder jpeg;

/* markers.c: reads segments up to the next scan or the end. */
typedef enum { SEGMENTS_MORE, SEGMENTS_SCAN, SEGMENTS_END } Segments;
Segments jpeg_read_segments(void);
/* Makes the tables of the scan ready. */
void jpeg_begin_scan(void);
/* At the beginning of each MCU. MORE: come back with more input. */
Progress jpeg_next_mcu(void);
/* The same for who has the bits in registers; `jpeg.bits` is theirs to bring up to date at the end of the row. */
INLINE Progress jpeg_next_unit(Bits *bits) {
  if (LIKELY(jpeg.until_restart != 0 && bits_enough(bits))) {
    jpeg.until_restart--;
    return READY;
  }
  jpeg.bits = *bits;
  if (jpeg_next_mcu() == MORE) return MORE;
  *bits = jpeg.bits;
  return READY;
}

Progress jpeg_sequential_scan(void);
void jpeg_progressive_begin(void);
bool jpeg_progressive_wants(void);
Progress jpeg_progressive_scan(void);
void jpeg_progressive_output(void);
#endif
