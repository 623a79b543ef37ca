/* JPEG (ITU T.81) as cameras and the web write it: baseline, extended sequential and progressive Huffman, 8 bit, grey or
   YCbCr, any sampling, restart intervals. What else there is (CMYK, arithmetic coding, 12 bit, several sequential scans,
   RGB) ends in UNSUPPORTED and is left to another decoder.

   Decoding does only the work that the wanted size needs: each component has a scale of N/8, of each block only the N x N
   lowest frequencies are kept, the rest of its bits is skipped several symbols at a time, and whole scans of a
   progressive file that hold nothing else are passed over. */
#ifndef JPEG_H
#define JPEG_H
#include "../input.h"
#include "../scaler.h"

#define JPEG_COMPONENTS 3

typedef struct {
  int width, height, components;
  bool is_progressive;
  /* Sampling factors: a component has width * h / h_most columns. */
  struct {
    int h, v;
  } sampling[JPEG_COMPONENTS];
  int h_most, v_most;
} JpegHead;

void jpeg_open(void);
/* READY at the first scan. */
Progress jpeg_read_head(JpegHead *head);

/* A component's plane at a scale of n/8: its true size, and what the decoder writes. */
typedef struct {
  int width, height;
  size_t stride;
  int batch;
} JpegPlane;
JpegPlane jpeg_plane(int component, int n);
/* Rows of a component go to `scaler`, at a scale of n/8; n is 1 to 6, or 8. For each component, after the head. */
void jpeg_set_component(int component, int n, Scaler *scaler);
/* READY when the last row is out and the end of the image was seen. */
Progress jpeg_read_rows(void);

typedef struct {
  int width, height, quality; /* 1 to 100, libjpeg's scale */
  const u8 *planes[JPEG_COMPONENTS]; /* Y, Cb, Cr, 4:2:0; each row goes on for 16 samples behind its end */
  size_t strides[JPEG_COMPONENTS];
  int components; /* 3, or 1 for grey */
  bool is_progressive;
} JpegEncoding;
/* Writes a file with optimal Huffman tables: baseline in one pass over the pixels, or progressive, which keeps all its
   coefficients (3 bytes a pixel). */
void jpeg_encode(const JpegEncoding *encoding);
void jpeg_encode_progressive(const JpegEncoding *encoding);
#endif
