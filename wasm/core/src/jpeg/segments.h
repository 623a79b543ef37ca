/* The marker segments that an encoder writes (T.81 annex B). */
#ifndef JPEG_SEGMENTS_H
#define JPEG_SEGMENTS_H
#include "codes.h"
#include "jpeg.h"
#include "quantise.h"

typedef struct {
  int first, components; /* which of them, counted from 0 */
  int from, to;          /* coefficients, in zigzag order */
  int high, low;         /* successive approximation: the bit that was there, the bit that comes; 0, 0: all at once */
} JpegScan;

/* All up to the frame header. Two quantisers, luma and chroma. */
void jpeg_write_head(const JpegEncoding *job, const Quantiser *quantisers);
void jpeg_write_codes(const Codes *codes, int is_ac, int table);
/* With several components, luma has table 0, and chroma table 1; one alone has table 0. */
void jpeg_write_scan(const JpegScan *scan);
void jpeg_write_end(void);
#endif
