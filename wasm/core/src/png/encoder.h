/* What the files of the PNG encoder share. */
#ifndef PNG_ENCODER_H
#define PNG_ENCODER_H
#include "png_encode.h"

/* What a file holds for each pixel. */
typedef struct {
  int color_type, depth, channels;
  int colors; /* of the palette; 0: there is none */
  u32 palette[256]; /* RGBA as it lies in memory, those with alpha first */
  int with_alpha;
} Kind;

/* kinds.c */
void png_choose_kind(Kind *kind, const PngEncoding *job);
/* A row's samples, packed. `to` has 16 bytes more. */
void png_pack(u8 *to, const u8 *pixels, const Kind *kind, int width);
/* filter.c: the filter's number and the row as differences, in the way that looks cheapest. `row` and `above` have 16 zeros
   before them and 16 readable bytes behind; `to` has room for 17 more. */
void png_filter(u8 *to, const u8 *row, const u8 *above, size_t count, int pixel_bytes);
/* encode.c: what animations make of the same parts. */
void png_write_chunk(const char *name, const u8 *bytes, size_t count);
void png_write_header(const Kind *kind, int width, int height);
/* The pixels as IDAT; with a sequence, which goes on counting, as fdAT. */
void png_encode_data(const PngEncoding *job, const Kind *kind, u32 *sequence);
#endif
