/* The weights of a resampling filter along one axis. */
#ifndef TAPS_H
#define TAPS_H
#include "core.h"

#define TAPS_BITS 14 /* weights are integers that add up to 1 << TAPS_BITS, times the gain */

typedef struct {
  int count;    /* weights of each target sample, a multiple of the lanes; unused ones are 0 */
  int stride;   /* weights from one target sample to the next */
  int *first;   /* first source sample of each target sample */
  i16 *weights; /* aligned to 16 when `lanes` is 8 */
} Taps;

/* `length` source samples from `start` on become the target. Only those from `low` up to `high` count: beyond, the first and the
   last of them go on. */
typedef struct {
  int low, high;
  double start, length;
} Span;
Taps taps_lanczos3(Span span, int target, int lanes, double gain);
#endif
