/* The pictures that make an image, as pixels: tiles beside each other, their alpha, RGBA of 8 bit. */
#include "av1.h"
#include <math.h>

static u8 *canvas;
static int width, height;

/* Black and opaque. Returns where it lies: rows without gaps. */
u8 *EXPORT(canvas_open)(int columns, int rows) {
  size_t bytes;
  if (__builtin_mul_overflow((size_t)columns * 4, (size_t)rows, &bytes)) fail(OUT_OF_MEMORY, "it is too large");
  width = columns;
  height = rows;
  canvas = take(bytes);
  for (size_t i = 0; i < bytes; i += 4) memcpy(canvas + i, "\0\0\0\xff", 4);
  return canvas;
}

/* ---- samples as numbers: whatever their size, left to right ---- */

static void read_row(i32 *to, int plane, int y, int count) {
  const u8 *row = (const u8 *)av1.data[plane] + (ptrdiff_t)y * av1.stride[plane > 0];
  if (av1.p.bpc == 8)
    for (int x = 0; x < count; x++) to[x] = row[x];
  else
    for (int x = 0; x < count; x++) to[x] = ((const u16 *)(const void *)row)[x];
}

static bool halves_x(void) { return av1.p.layout == DAV1D_PIXEL_LAYOUT_I420 || av1.p.layout == DAV1D_PIXEL_LAYOUT_I422; }
static bool halves_y(void) { return av1.p.layout == DAV1D_PIXEL_LAYOUT_I420; }

/* Linear between samples that lie in the middle of what they stand for: three parts of the near one, one of the far. */
static void widen(i32 *to, const i32 *from, int count, int half) {
  for (int x = 0; x < count; x++) {
    int near = x >> 1, far = clamp_int(near + (x & 1 ? 1 : -1), 0, half - 1);
    to[x] = (3 * from[near] + from[far] + 2) >> 2;
  }
}

/* A row of chroma as wide as luma. `spare` has room for two rows. */
static void read_chroma(i32 *to, int plane, int y, i32 *spare) {
  int across = halves_x() ? (av1.p.w + 1) / 2 : av1.p.w, down = halves_y() ? (av1.p.h + 1) / 2 : av1.p.h;
  i32 *near = halves_x() ? spare : to, *far = spare + av1.p.w;
  if (halves_y()) {
    read_row(near, plane, y >> 1, across);
    read_row(far, plane, clamp_int((y >> 1) + (y & 1 ? 1 : -1), 0, down - 1), across);
    for (int x = 0; x < across; x++) near[x] = (3 * near[x] + far[x] + 2) >> 2;
  } else read_row(near, plane, y, across);
  if (halves_x()) widen(to, near, av1.p.w, across);
}

/* ---- colours: ITU-T H.273, table 4 and section 8.3 ---- */

enum { IDENTITY = 0, BT709 = 1, FCC = 4, SMPTE240 = 7, YCGCO = 8, BT2020 = 9 };
#define BITS 16

typedef struct {
  i32 luma, black; /* (Y - black) * luma */
  i32 middle;
  i32 matrix[3][2]; /* of red, green, blue: what Cb and Cr add */
} Conversion;

static void weights(int matrix, double *red, double *blue) {
  *red = 0.299, *blue = 0.114; /* BT.601, and where nothing is said */
  if (matrix == BT709) *red = 0.2126, *blue = 0.0722;
  if (matrix == FCC) *red = 0.30, *blue = 0.11;
  if (matrix == SMPTE240) *red = 0.212, *blue = 0.087;
  if (matrix == BT2020) *red = 0.2627, *blue = 0.0593;
}

static Conversion conversion_for(int matrix, bool is_full_range) {
  int more = av1.p.bpc - 8;
  double most = (1 << av1.p.bpc) - 1, unit = 255.0 * (1 << BITS);
  double luma = unit / (is_full_range ? most : 219 << more), chroma = unit / (is_full_range ? most : 224 << more);
  Conversion c = {.luma = (i32)lrint(luma), .black = is_full_range ? 0 : 16 << more, .middle = 128 << more};
  if (matrix == YCGCO) {
    static const double signs[3][2] = {{-1, 1}, {1, 0}, {-1, -1}};
    for (int i = 0; i < 6; i++) c.matrix[i / 2][i % 2] = (i32)lrint(chroma * signs[i / 2][i % 2]);
    return c;
  }
  double red, blue;
  weights(matrix, &red, &blue);
  double green = 1 - red - blue;
  c.matrix[0][1] = (i32)lrint(chroma * 2 * (1 - red));
  c.matrix[1][0] = (i32)lrint(-chroma * 2 * (1 - blue) * blue / green);
  c.matrix[1][1] = (i32)lrint(-chroma * 2 * (1 - red) * red / green);
  c.matrix[2][0] = (i32)lrint(chroma * 2 * (1 - blue));
  return c;
}

INLINE u8 to_u8(i32 value) { return clamp_u8((value + (1 << (BITS - 1))) >> BITS); }

static void put_row(u8 *to, int count, const i32 *y, const i32 *u, const i32 *v, const Conversion *c) {
  for (int x = 0; x < count; x++) {
    i32 luma = (y[x] - c->black) * c->luma, cb = u[x] - c->middle, cr = v[x] - c->middle;
    for (int i = 0; i < 3; i++) to[4 * x + i] = to_u8(luma + cb * c->matrix[i][0] + cr * c->matrix[i][1]);
  }
}

/* Green, blue and red as they are. */
static void put_identity(u8 *to, int count, const i32 *g, const i32 *b, const i32 *r, const Conversion *c) {
  for (int x = 0; x < count; x++) {
    to[4 * x] = to_u8((r[x] - c->black) * c->luma);
    to[4 * x + 1] = to_u8((g[x] - c->black) * c->luma);
    to[4 * x + 2] = to_u8((b[x] - c->black) * c->luma);
  }
}

static void check_place(int x, int y, int matrix) {
  if (x < 0 || y < 0 || x >= width || y >= height) fail(DAMAGED, "one of its tiles lies outside of it");
  bool is_known = matrix <= 2 || (matrix >= 4 && matrix <= 9);
  if (!is_known) fail(UNSUPPORTED, "its colours are of a kind that this decoder does not know");
  if (matrix == IDENTITY && (halves_x() || halves_y())) fail(DAMAGED, "its colours cannot be what it says");
}

/* The picture's colours at (left, top); what lies beyond the canvas is cut off. `matrix` by H.273's numbers. */
void EXPORT(canvas_put_color)(int left, int top, int matrix, bool is_full_range) {
  bool is_grey = av1.p.layout == DAV1D_PIXEL_LAYOUT_I400;
  check_place(left, top, is_grey ? 2 : matrix);
  Conversion c = conversion_for(matrix, is_full_range);
  i32 *luma = take((size_t)av1.p.w * 5 * sizeof(i32)), *u = luma + av1.p.w, *v = u + av1.p.w, *spare = v + av1.p.w;
  int across = min_int(av1.p.w, width - left), down = min_int(av1.p.h, height - top);
  for (int x = 0; x < av1.p.w; x++) u[x] = v[x] = c.middle;
  for (int y = 0; y < down; y++) {
    if (y % 8 == 0) tick();
    u8 *to = canvas + 4 * ((size_t)(top + y) * (size_t)width + (size_t)left);
    read_row(luma, 0, y, av1.p.w);
    if (!is_grey) {
      read_chroma(u, 1, y, spare);
      read_chroma(v, 2, y, spare);
    }
    if (matrix == IDENTITY && !is_grey) put_identity(to, across, luma, u, v, &c);
    else put_row(to, across, luma, u, v, &c);
  }
}

/* The picture's luma at (left, top) as alpha. */
void EXPORT(canvas_put_alpha)(int left, int top, bool is_full_range) {
  check_place(left, top, 2);
  Conversion c = conversion_for(2, is_full_range);
  i32 *luma = take((size_t)av1.p.w * sizeof(i32));
  int across = min_int(av1.p.w, width - left), down = min_int(av1.p.h, height - top);
  for (int y = 0; y < down; y++) {
    u8 *to = canvas + 4 * ((size_t)(top + y) * (size_t)width + (size_t)left);
    read_row(luma, 0, y, av1.p.w);
    for (int x = 0; x < across; x++) to[4 * x + 3] = to_u8((luma[x] - c.black) * c.luma);
  }
}

/* Colours that were stored with their alpha multiplied in. */
void EXPORT(canvas_divide)(void) {
  size_t count = (size_t)width * (size_t)height;
  for (size_t i = 0; i < count; i++) {
    u8 *p = canvas + 4 * i;
    if (p[3] == 255) continue;
    for (int k = 0; k < 3; k++) p[k] = p[3] ? clamp_u8((p[k] * 255 + p[3] / 2) / p[3]) : 0;
  }
}
