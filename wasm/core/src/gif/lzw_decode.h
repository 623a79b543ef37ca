/* GIF's LZW (appendix F), in pieces as they come. */
#ifndef GIF_LZW_DECODE_H
#define GIF_LZW_DECODE_H
#include "../core.h"

#define LZW_CODES 4096
/* Bytes before the pixels and behind them that the decoder uses for itself. */
#define LZW_BEFORE 256
#define LZW_BEHIND 32

/* A code's string: it always stands somewhere in what was decoded already. */
typedef struct {
  u32 start, length;
} LzwString;

typedef struct {
  u8 *bytes;    /* LZW_BEFORE bytes, each its own value, so that literals are strings like others; then the pixels */
  size_t at;    /* next to be written, from `bytes` */
  size_t end;   /* behind the last pixel */
  u64 bits;     /* not decoded yet, lowest first */
  int bit_count;
  int first_size; /* bits of a literal */
  int size;       /* bits of the next code */
  int next;       /* the code that the next string gets */
  LzwString previous; /* length 0 after a clear code */
  bool is_done;       /* all pixels are there, or the end code was seen */
} LzwDecoder;

/* `bytes`: LZW_BEFORE + pixels + LZW_BEHIND of them. */
void lzw_begin(LzwDecoder *decoder, int literal_bits, u8 *bytes, size_t pixels);
/* Decodes `count` bytes to the last one. Fails with DAMAGED on a code that cannot be. */
void lzw_decode(LzwDecoder *decoder, const u8 *data, size_t count);
#endif
