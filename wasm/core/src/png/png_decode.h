/* PNG (ISO 15948): every colour type and depth, interlaced or not, as RGBA of 8 bit. Of 16 bits the upper eight are kept. The
   checksums of critical chunks and of the compressed data are checked; gAMA and cHRM are not looked at. */
#ifndef PNG_DECODE_H
#define PNG_DECODE_H
#include "../input.h"
#include "../rows.h"

typedef struct {
  int width, height, depth;
  enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGB_ALPHA = 6 } color_type;
  bool is_interlaced;
  bool has_alpha; /* transparency of single colours counts */
} PngHead;

void png_open(void);
/* READY at the first pixel data. */
Progress png_read_head(PngHead *head);
/* READY when all rows are out and the file was seen to its end. */
void png_start(RowSink *sink);
Progress png_read_rows(void);

/* ---- animations (PNG third edition, section 11.3.4 ff.): of a file that is all there ---- */

typedef struct {
  int x, y, width, height, delay_ms;
  enum { KEEP_FRAME = 0, CLEAR_FRAME = 1, RESTORE_FRAME = 2 } disposal;
  bool is_blended; /* over what is there; else in its place */
} PngFrame;

/* Instead of png_open. */
void png_open_animated(void);
/* After the head. False behind the last frame; else png_start_frame and png_read_rows read it. */
bool png_next_frame(PngFrame *frame);
void png_start_frame(int width, int height, RowSink *sink);
/* How often it plays, known with the head; 0: for ever. */
int png_play_count(void);
#endif
