#include "scaler.h"
#include "simd.h"
#include "taps.h"
#include <math.h>

struct Scaler {
  Taps down, across;
  int source_height, width, target_width, target_height, next, capacity;
  size_t stride, target_stride;
  u8 *ring, *target, *line;
  const u8 **rows;
  V rounding;
};

typedef struct {
  double gain, offset;
} Range;

static Range range_of(RangeChange change) {
  switch (change) {
    case LUMA_TO_LIMITED: return (Range){219.0 / 255, 16};
    case CHROMA_TO_LIMITED: return (Range){224.0 / 255, 128 - 128 * 224.0 / 255};
    case LUMA_TO_FULL: return (Range){255.0 / 219, -16 * 255.0 / 219};
    case CHROMA_TO_FULL: return (Range){255.0 / 224, 128 - 128 * 255.0 / 224};
    default: return (Range){1, 0};
  }
}

Scaler *scaler_new(const ScalerPlan *plan) {
  Scaler *s = take_zeroed(sizeof *s);
  Range range = range_of(plan->range);
  s->down = taps_lanczos3(plan->down, plan->target_height, 2, 1);
  s->across = taps_lanczos3(plan->across, plan->target_width, 8, range.gain);
  s->source_height = plan->source_height;
  s->width = plan->source_width;
  s->target = plan->target;
  s->target_width = plan->target_width;
  s->target_height = plan->target_height;
  s->target_stride = plan->target_stride;
  s->stride = round_up(plan->source_stride, 16);
  /* One filter's height and what is written meanwhile. Rows past the last one are written too, by whole blocks. */
  s->capacity = s->down.count + plan->batch + 2;
  s->ring = take((size_t)s->capacity * s->stride + 64);
  s->rows = take((size_t)s->down.count * sizeof *s->rows);
  s->line = take_zeroed((size_t)s->width + 8 * 16 + (size_t)s->across.count);
  s->rounding = wasm_i32x4_splat((int)floor(range.offset * (1 << TAPS_BITS) + (1 << (TAPS_BITS - 1)) + 0.5));
  return s;
}

u8 *scaler_row(Scaler *s, int y) { return s->ring + (size_t)(y % s->capacity) * s->stride; }

#define DOT wasm_i32x4_dot_i16x8
#define ADD wasm_i32x4_add

INLINE V to_bytes(V a, V b, V c, V d) {
  return wasm_u8x16_narrow_i16x8(
      wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(a, TAPS_BITS), wasm_i32x4_shr(b, TAPS_BITS)),
      wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(c, TAPS_BITS), wasm_i32x4_shr(d, TAPS_BITS)));
}

/* Two rows a step: their samples are interleaved, so that one dot product weighs both. */
static void scale_down(u8 *line, const u8 *const *rows, const i16 *weights, int count, int width) {
  const V half = wasm_i32x4_splat(1 << (TAPS_BITS - 1));
  for (int x = 0; x < width; x += 16) {
    V a = half, b = half, c = half, d = half;
    for (int k = 0; k < count; k += 2) {
      V p = wasm_v128_load(rows[k] + x), q = wasm_v128_load(rows[k + 1] + x);
      V pair = wasm_v128_load32_splat(weights + k);
      V low = wasm_i8x16_shuffle(p, q, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      V high = wasm_i8x16_shuffle(p, q, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      a = ADD(a, DOT(wasm_u16x8_extend_low_u8x16(low), pair));
      b = ADD(b, DOT(wasm_u16x8_extend_high_u8x16(low), pair));
      c = ADD(c, DOT(wasm_u16x8_extend_low_u8x16(high), pair));
      d = ADD(d, DOT(wasm_u16x8_extend_high_u8x16(high), pair));
    }
    wasm_v128_store(line + x, to_bytes(a, b, c, d));
  }
}

INLINE V weigh(const u8 *samples, const i16 *weights, int count) {
  V sum = DOT(wasm_u16x8_load8x8(samples), wasm_v128_load(weights));
  for (int k = 8; k < count; k += 8)
    sum = ADD(sum, DOT(wasm_u16x8_load8x8(samples + k), wasm_v128_load(weights + k)));
  return sum;
}

/* Four target samples a step; each is eight lanes of products, added up by transposing. */
INLINE void scale_across_by(u8 *target, const u8 *line, const Taps *taps, int width, int count, V rounding) {
  for (int x = 0; x < width; x += 4) {
    V s[4];
    for (int j = 0; j < 4; j++)
      s[j] = weigh(line + taps->first[min_int(x + j, width - 1)],
                   taps->weights + (size_t)min_int(x + j, width - 1) * (size_t)taps->stride, count);
    V a = ADD(wasm_i32x4_shuffle(s[0], s[1], 0, 4, 1, 5), wasm_i32x4_shuffle(s[0], s[1], 2, 6, 3, 7));
    V b = ADD(wasm_i32x4_shuffle(s[2], s[3], 0, 4, 1, 5), wasm_i32x4_shuffle(s[2], s[3], 2, 6, 3, 7));
    V sum = ADD(ADD(wasm_i64x2_shuffle(a, b, 0, 2), wasm_i64x2_shuffle(a, b, 1, 3)), rounding);
    V bytes = to_bytes(sum, sum, sum, sum);
    wasm_v128_store32_lane(target + x, bytes, 0);
  }
}

/* The usual filter heights as constants: the inner loop is then unrolled. */
static void scale_across(u8 *target, const u8 *line, const Taps *taps, int width, V rounding) {
  if (taps->count == 8) scale_across_by(target, line, taps, width, 8, rounding);
  else if (taps->count == 16) scale_across_by(target, line, taps, width, 16, rounding);
  else scale_across_by(target, line, taps, width, taps->count, rounding);
}

static void make_row(Scaler *s, int y) {
  int first = s->down.first[y];
  for (int k = 0; k < s->down.count; k++) s->rows[k] = scaler_row(s, min_int(first + k, s->source_height - 1));
  scale_down(s->line, s->rows, s->down.weights + (size_t)y * (size_t)s->down.stride, s->down.count, s->width);
  u8 *row = s->target + (size_t)y * s->target_stride;
  scale_across(row, s->line, &s->across, s->target_width, s->rounding);
  /* Encoders read whole blocks: what lies beyond the edge repeats it. */
  memset(row + s->target_width, row[s->target_width - 1], 16);
}

void scaler_feed(Scaler *s, int count) {
  int have = min_int(count, s->source_height);
  for (; s->next < s->target_height; s->next++) {
    if (min_int(s->down.first[s->next] + s->down.count, s->source_height) > have) return;
    tick();
    make_row(s, s->next);
  }
}
