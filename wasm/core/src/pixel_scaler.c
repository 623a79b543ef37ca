/* Scales rows of pixels by Lanczos. Alpha is multiplied in at 16 bits, so that colours under faint alpha survive and a
   transparent neighbour adds none. Only as many rows are kept as the filter is high. Scaling down a column takes whole vectors
   as they lie, scaling across a row must gather: so what becomes smaller is scaled down first, as long as the rows of the
   source that the filter needs are not too many; otherwise each row is scaled across as it comes. */
#include "pixels.h"
#include "simd.h"
#include "taps.h"
#include "view.h"
#include <math.h>

#define UNIT 64             /* 16-bit steps to one of 8 bit */
#define OPAQUE (255 * UNIT)

/* Most memory of rows as wide as the source. */
#define MOST_RING (4 << 20)

typedef struct {
  RowSink sink; /* first, so that the sink is the scaler */
  Taps across, down;
  int source_width, source_height, next;
  /* A view that is not scaled is copied: nothing is lost to rounding. */
  bool is_copy;
  int x, y;
  bool is_down_first;
  bool is_bytes; /* opaque rows stay as they come, until they were scaled down */
  u8 *row;          /* as decoded */
  i16 *line, *made; /* a row that was scaled in one direction only; in both */
  u8 *ring;         /* the last rows, at 16 bits with alpha multiplied in; scaled across, unless that comes last */
  size_t ring_stride; /* bytes */
  const u8 **rows;
} PixelScaler;

#define DOT wasm_i32x4_dot_i16x8
#define ADD wasm_i32x4_add

static const V nothing = {0};

/* Two pixels of 8 bit, one in each half, to 16. color * 128 * (alpha * 16384 / 255) >> 15 = color * alpha * UNIT / 255. */
INLINE V multiply_in(V two) {
  const V alphas = wasm_i16x8_make(0, 0, 0, -1, 0, 0, 0, -1);
  V alpha = wasm_i16x8_shuffle(two, two, 3, 3, 3, 3, 7, 7, 7, 7);
  V share = wasm_i16x8_add(wasm_i16x8_shl(alpha, 6), wasm_i16x8_add(wasm_u16x8_shr(alpha, 2), wasm_u16x8_shr(alpha, 7)));
  V color = wasm_v128_bitselect(wasm_i16x8_splat(255 * 128), wasm_i16x8_shl(two, 7), alphas);
  return wasm_i16x8_q15mulr_sat(color, share);
}

static void multiply_row(i16 *line, const u8 *row, int width) {
  for (int x = 0; x < width; x += 4) {
    V four = wasm_v128_load(row + 4 * x);
    wasm_v128_store(line + 4 * x, multiply_in(wasm_u16x8_extend_low_u8x16(four)));
    wasm_v128_store(line + 4 * x + 8, multiply_in(wasm_u16x8_extend_high_u8x16(four)));
  }
}

/* Four source pixels a step: the first is interleaved with the third, the second with the fourth, which engines can do in
   one instruction each; the weights lie in that order. */
INLINE V weigh(const i16 *from, const i16 *weights, int count) {
  V a = wasm_i32x4_splat(1 << (TAPS_BITS - 1)), b = wasm_i32x4_splat(0);
  for (int k = 0; k < count; k += 4) {
    V p = wasm_v128_load(from + 4 * k), q = wasm_v128_load(from + 4 * k + 8);
    a = ADD(a, DOT(wasm_i16x8_shuffle(p, q, 0, 8, 1, 9, 2, 10, 3, 11), wasm_v128_load32_splat(weights + k)));
    b = ADD(b, DOT(wasm_i16x8_shuffle(p, q, 4, 12, 5, 13, 6, 14, 7, 15), wasm_v128_load32_splat(weights + k + 2)));
  }
  return wasm_i32x4_shr(ADD(a, b), TAPS_BITS);
}

static void order_weights(const Taps *taps, int samples) {
  for (i16 *w = taps->weights, *end = w + (size_t)samples * (size_t)taps->stride; w < end; w += 4) {
    i16 second = w[1];
    w[1] = w[2];
    w[2] = second;
  }
}

static void scale_across(i16 *to, const i16 *line, const Taps *taps, int width) {
  const int count = taps->count, stride = taps->stride;
  const i16 *weights = taps->weights;
  const int *first = taps->first;
  for (int x = 0; x < width; x += 2, weights += 2 * stride) {
    V p = weigh(line + 4 * first[x], weights, count), q = weigh(line + 4 * first[x + 1], weights + stride, count);
    wasm_v128_store(to + 4 * x, wasm_i16x8_narrow_i32x4(p, q));
  }
}

/* One pixel, four 32-bit lanes, with its alpha divided out and in steps of 8 bit. */
INLINE V divide_out(V pixel, int alpha) {
  float share = 255.0f / (float)alpha;
  V scale = wasm_f32x4_make(share, share, share, 1.0f / UNIT);
  V value = wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(pixel), scale), wasm_f32x4_splat(0.5f));
  return wasm_i32x4_trunc_sat_f32x4(value);
}

/* Two pixels of 16 bit to 8. */
INLINE void store_pixels(u8 *to, V two) {
  int a = wasm_i16x8_extract_lane(two, 3), b = wasm_i16x8_extract_lane(two, 7);
  V result;
  if (a == OPAQUE && b == OPAQUE) result = wasm_i16x8_shr(wasm_i16x8_add(two, wasm_i16x8_splat(UNIT / 2)), 6);
  else {
    /* Half a step of alpha and less is nothing, and has no colour. */
    V first = a >= UNIT / 2 ? divide_out(wasm_i32x4_extend_low_i16x8(two), a) : nothing;
    V second = b >= UNIT / 2 ? divide_out(wasm_i32x4_extend_high_i16x8(two), b) : nothing;
    result = wasm_i16x8_narrow_i32x4(first, second);
  }
  wasm_v128_store64_lane(to, wasm_u8x16_narrow_i16x8(result, result), 0);
}

INLINE V pack(V a, V b) {
  return wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(a, TAPS_BITS), wasm_i32x4_shr(b, TAPS_BITS));
}

/* `width` pixels, and up to three more. */
static void scale_down(i16 *to, const u8 *const *rows, const i16 *weights, int count, int width) {
  const V half = wasm_i32x4_splat(1 << (TAPS_BITS - 1));
  for (int x = 0; x < 4 * width; x += 16) {
    V a = half, b = half, c = half, d = half;
    for (int k = 0; k < count; k += 2) {
      const u8 *p = rows[k] + 2 * x, *q = rows[k + 1] + 2 * x;
      V pair = wasm_v128_load32_splat(weights + k);
      V p0 = wasm_v128_load(p), q0 = wasm_v128_load(q), p1 = wasm_v128_load(p + 16), q1 = wasm_v128_load(q + 16);
      a = ADD(a, DOT(wasm_i16x8_shuffle(p0, q0, 0, 8, 1, 9, 2, 10, 3, 11), pair));
      b = ADD(b, DOT(wasm_i16x8_shuffle(p0, q0, 4, 12, 5, 13, 6, 14, 7, 15), pair));
      c = ADD(c, DOT(wasm_i16x8_shuffle(p1, q1, 0, 8, 1, 9, 2, 10, 3, 11), pair));
      d = ADD(d, DOT(wasm_i16x8_shuffle(p1, q1, 4, 12, 5, 13, 6, 14, 7, 15), pair));
    }
    wasm_v128_store(to + x, pack(a, b));
    wasm_v128_store(to + x + 8, pack(c, d));
  }
}

/* Every byte between two of zero. */
INLINE V widened_low(V v) {
  return wasm_i8x16_shuffle(v, nothing, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
INLINE V widened_high(V v) {
  return wasm_i8x16_shuffle(v, nothing, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
INLINE V pack_bytes(V a, V b) {
  const int shift = TAPS_BITS - 6; /* what is left of it are UNIT steps to one */
  return wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(a, shift), wasm_i32x4_shr(b, shift));
}

/* The same of opaque pixels of 8 bit, to the bit: half the memory to go through, and nothing to multiply in. */
static void scale_down_bytes(i16 *to, const u8 *const *rows, const i16 *weights, int count, int width) {
  const V half = wasm_i32x4_splat(1 << (TAPS_BITS - 6 - 1));
  for (int x = 0; x < 4 * width; x += 16) {
    V a = half, b = half, c = half, d = half;
    for (int k = 0; k < count; k += 2) {
      V p = wasm_v128_load(rows[k] + x), q = wasm_v128_load(rows[k + 1] + x), pair = wasm_v128_load32_splat(weights + k);
      V low = wasm_i8x16_shuffle(p, q, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      V high = wasm_i8x16_shuffle(p, q, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      a = ADD(a, DOT(widened_low(low), pair));
      b = ADD(b, DOT(widened_high(low), pair));
      c = ADD(c, DOT(widened_low(high), pair));
      d = ADD(d, DOT(widened_high(high), pair));
    }
    wasm_v128_store(to + x, pack_bytes(a, b));
    wasm_v128_store(to + x + 8, pack_bytes(c, d));
  }
}

static u8 *ring_row(PixelScaler *s, int y) { return s->ring + (size_t)(y % s->down.count) * s->ring_stride; }

static void make_row(PixelScaler *s, int y) {
  int first = s->down.first[y];
  for (int k = 0; k < s->down.count; k++) s->rows[k] = ring_row(s, min_int(first + k, s->source_height - 1));
  const i16 *weights = s->down.weights + (size_t)y * (size_t)s->down.stride;
  i16 *to_row = s->is_down_first ? s->line : s->made;
  int width = s->is_down_first ? s->source_width : pixels.width;
  (s->is_bytes ? scale_down_bytes : scale_down)(to_row, s->rows, weights, s->down.count, width);
  if (s->is_down_first) scale_across(s->made, s->line, &s->across, pixels.width);
  u8 *to = pixels_row(y);
  for (int x = 0; x < 4 * pixels.width; x += 8) store_pixels(to + x, wasm_v128_load(s->made + x));
}

static u8 *next_row(RowSink *sink, int y) {
  PixelScaler *s = (PixelScaler *)sink;
  return s->is_bytes ? ring_row(s, y) : s->row;
}

static void row_done(RowSink *sink, int count) {
  PixelScaler *s = (PixelScaler *)sink;
  int y = count - 1;
  tick();
  if (s->is_copy) {
    if (y >= s->y && y < s->y + pixels.height)
      memcpy(pixels_row(y - s->y), s->row + 4 * (size_t)s->x, (size_t)pixels.width * 4);
    return;
  }
  if (s->next >= pixels.height || y < s->down.first[s->next]) return;
  i16 *row = (i16 *)(void *)ring_row(s, y);
  if (!s->is_bytes) multiply_row(s->is_down_first ? row : s->line, s->row, s->source_width);
  if (!s->is_down_first) scale_across(row, s->line, &s->across, pixels.width);
  for (; s->next < pixels.height; s->next++) {
    if (min_int(s->down.first[s->next] + s->down.count, s->source_height) > count) return;
    make_row(s, s->next);
  }
}

static bool is_whole(double x) { return x == floor(x); }

RowSink *pixels_sink(int source_width, int source_height, bool is_opaque) {
  PixelScaler *s = take_zeroed(sizeof *s);
  pixels_open(view.target_width, view.target_height);
  *s = (PixelScaler){.sink = {next_row, row_done}, .source_width = source_width, .source_height = source_height};
  s->row = take((size_t)source_width * 4 + 64);
  s->is_copy = view.width == view.target_width && view.height == view.target_height && is_whole(view.x) &&
               is_whole(view.y) && view.x >= 0 && view.y >= 0 && view.x + view.width <= source_width &&
               view.y + view.height <= source_height;
  if (s->is_copy) {
    s->x = (int)view.x;
    s->y = (int)view.y;
    return &s->sink;
  }
  s->across = taps_lanczos3(view_span_x(1, source_width), view.target_width, 4, 1);
  order_weights(&s->across, view.target_width);
  s->down = taps_lanczos3(view_span_y(1, source_height), view.target_height, 2, 1);
  size_t wide = ((size_t)source_width + (size_t)s->across.count + 4) * 4;
  size_t wide_bytes = is_opaque ? round_up(wide, 16) : wide * sizeof(i16);
  s->is_down_first = view.height > view.target_height && (size_t)s->down.count * wide_bytes <= MOST_RING;
  s->is_bytes = s->is_down_first && is_opaque;
  s->ring_stride = s->is_down_first ? wide_bytes : ((size_t)view.target_width + 4) * 4 * sizeof(i16);
  s->line = take_zeroed(wide * sizeof(i16));
  s->made = take(((size_t)view.target_width + 4) * 4 * sizeof(i16));
  s->ring = take_zeroed((size_t)s->down.count * s->ring_stride + 64);
  s->rows = take((size_t)s->down.count * sizeof *s->rows);
  return &s->sink;
}
