/* Bytes as they arrive. The host writes at the tail, the decoder takes from the head. What a decoder has not taken stays
   for its next turn, so that it may ask for more in the middle of anything and begin that thing again. */
#ifndef INPUT_H
#define INPUT_H
#include "core.h"

typedef struct {
  const u8 *head; /* first byte not taken yet */
  const u8 *tail; /* behind the last byte that is there; at least 64 readable bytes follow */
  bool ended;     /* no more will come */
} Input;
extern Input input;

INLINE size_t input_left(void) { return (size_t)(input.tail - input.head); }

/* What a decoder's turn came to. */
typedef enum {
  MORE = 0,  /* it needs more input; never returned once `input.ended` */
  READY = 1, /* it has done what it was asked: the header is read, or the last row has come */
} Progress;
#endif
