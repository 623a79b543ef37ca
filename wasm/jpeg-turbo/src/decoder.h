/* libjpeg behind few calls, once for samples of 8 bits and once for those of 12: decode.c is compiled for each. */
#ifndef DECODER_H
#define DECODER_H
#include "core.h"

typedef struct {
  int width, height;
  bool is_cmyk; /* else its rows are RGBA */
} Head;

typedef struct {
  Head (*open)(void);         /* from the whole file, which lies in `input` */
  void (*start)(int eighths); /* the scale of its DCT */
  int (*width)(void);         /* then, of its rows */
  int (*height)(void);
  void (*read)(u8 *row); /* the next row, four bytes to a pixel, 8 bits each */
  void (*finish)(void);  /* after the last: the file must end as it should */
} Decoder;

extern const Decoder decoder8, decoder12;
#endif
