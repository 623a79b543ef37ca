/* What the files of the PNG decoder share. */
#ifndef PNG_DECODER_H
#define PNG_DECODER_H
#include "png_decode.h"

typedef struct {
  enum { AT_SIGNATURE, AT_CHUNK, AT_FRAME, IN_UNUSED, IN_DATA, BEHIND_END } stage;
  bool is_animated; /* frames are looked at: each is a stream of its own */
  int plays;        /* 0: for ever */
  PngHead head;
  bool has_header, has_palette, has_data, data_is_over;
  u32 left; /* bytes left of the chunk, its checksum included when unused */
  u32 crc;
  u8 palette[256][4]; /* RGBA; what the file does not define is opaque black */
  int colors;
  bool has_key;
  u16 key[3]; /* the colour that is transparent: grey or RGB, of the file's depth */
  /* rows.c */
  RowSink *sink;
  int width, height; /* of the picture or frame that is read */
  int pass, pass_width, pass_height, row, bits; /* of the pass that is read; `bits` of a pixel */
  size_t row_bytes, surplus;
  u8 *current, *above; /* unfiltered; 16 zeros before, so that there is something to the left */
  u8 *frame;           /* interlaced: all pixels */
} PngDecoder;
extern PngDecoder png;

/* chunks.c: reads on until there is pixel data (IN_DATA), a frame (AT_FRAME, if animated) or the end. */
Progress png_read_chunks(void);
/* Hands pixel data on to inflate. READY when there was some or the last of it has been. */
Progress png_feed(void);
/* Passes over the rest of a chunk of pixel data that nobody needs; its checksum counts all the same. */
Progress png_skip_data(void);
/* unfilter.c: `row` and `above` have 16 bytes before and 16 behind them. Fails with DAMAGED for an unknown filter. */
void png_unfilter(u8 *row, const u8 *above, const u8 *filtered, size_t count, int filter, int pixel_bytes);
/* expand.c: `width` pixels as RGBA. */
void png_expand(u8 *to, const u8 *row, int width);
#endif
