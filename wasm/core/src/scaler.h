/* Scales one plane of 8-bit samples by Lanczos (three lobes), row by row: source rows go into a ring that is as high as
   the filter, finished rows come out. Memory does not grow with the height of the source. */
#ifndef SCALER_H
#define SCALER_H
#include "taps.h"

/* What becomes of the sample's range on the way: JPEG uses 0..255, WebP BT.601's 16..235 (chroma 16..240). */
typedef enum { SAME_RANGE, LUMA_TO_LIMITED, CHROMA_TO_LIMITED, LUMA_TO_FULL, CHROMA_TO_FULL } RangeChange;

typedef struct {
  int source_width, source_height;
  size_t source_stride; /* bytes that the decoder may write in a row, at least source_width */
  int batch;            /* rows that the decoder writes before it says so */
  Span across, down;    /* what of the source becomes the target, in its samples */
  u8 *target;
  int target_width, target_height;
  size_t target_stride; /* at least target_width + 16 */
  RangeChange range;
} ScalerPlan;

typedef struct Scaler Scaler;
Scaler *scaler_new(const ScalerPlan *plan);
/* Where source row `y` is to be written. Rows [0, y) must have been fed, but for the last `batch` of them. */
u8 *scaler_row(Scaler *scaler, int y);
/* Source rows [0, count) are written; counts beyond the height mean all of them. */
void scaler_feed(Scaler *scaler, int count);
#endif
