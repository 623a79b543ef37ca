#include "palette.h"
#include "../simd.h"
#include "boxes.h"

/* Above this many pixels a cell's sums could overflow: it then keeps its mean at half the weight. */
#define MOST_IN_CELL (1u << 24)
#define CELL_COUNT (CELLS * CELLS * CELLS)
/* Colours that are told apart when indices are looked up: six bits a channel. */
#define KEYS (1 << 18)
#define EXACT 256

static Cell *cells;
static u16 *known; /* index + 1 for each key */

/* The distinct colours, as long as they are few. */
static struct {
  u32 slots[4 * EXACT];
  u8 indices[4 * EXACT];
  u32 colours[EXACT];
  int count; /* EXACT + 1: too many */
} exact;

/* The palette in use, so that four colours are compared at once. */
static struct {
  i16 pairs[256 * 2]; /* red and green */
  i16 blues[256 * 2]; /* blue and nothing */
  int count;
  bool is_exact;
} used;

void palette_open(void) {
  cells = take(CELL_COUNT * sizeof *cells);
  known = take(KEYS * sizeof *known);
  boxes_open();
}

void palette_begin(void) {
  memset(cells, 0, CELL_COUNT * sizeof *cells);
  memset(&exact, 0, sizeof exact);
}

static u32 slot_of(u32 colour) {
  u32 slot = colour * 2654435761u >> 22;
  while (exact.slots[slot] && exact.slots[slot] != colour) slot = (slot + 1) & (4 * EXACT - 1);
  return slot;
}

static void note_exact(u32 colour) {
  u32 slot = slot_of(colour);
  if (exact.slots[slot]) return;
  if (exact.count < EXACT) {
    exact.slots[slot] = colour;
    exact.colours[exact.count] = colour;
  }
  exact.count++;
}

static Cell *cell_of(u32 colour) {
  return &cells[((colour >> 3 & 31) << 10) | ((colour >> 11 & 31) << 5) | (colour >> 19 & 31)];
}

static void count_colour(u32 colour) {
  Cell *cell = cell_of(colour);
  if (UNLIKELY(cell->count == MOST_IN_CELL)) {
    cell->count /= 2;
    for (int i = 0; i < 3; i++) cell->sums[i] /= 2;
  }
  cell->count++;
  for (int i = 0; i < 3; i++) cell->sums[i] += colour >> 8 * i & 255;
}

void palette_count(const u32 *pixels, const u32 *shown, int count) {
  for (int i = 0; i < count; i++) {
    if (pixels[i] == shown[i]) continue;
    if (exact.count <= EXACT) note_exact(pixels[i]);
    count_colour(pixels[i]);
  }
}

static u32 mean_of(const Cell *cell) {
  u32 colour = 0xff000000;
  for (int i = 0; i < 3; i++) colour |= (cell->sums[i] + cell->count / 2) / cell->count << 8 * i;
  return colour;
}

static void compare_with(const Palette *palette) {
  used.count = palette->count;
  for (int i = 0; i < 256; i++) {
    /* Places that are not used are farther from every colour than any other. */
    u32 c = palette->colours[i];
    bool is_there = i < palette->count;
    used.pairs[2 * i] = (i16)(is_there ? c & 255 : 4000);
    used.pairs[2 * i + 1] = (i16)(is_there ? c >> 8 & 255 : 4000);
    used.blues[2 * i] = (i16)(is_there ? c >> 16 & 255 : 4000);
    used.blues[2 * i + 1] = 0;
  }
}

static int nearest(u32 colour, int *distance) {
  V pair = wasm_i32x4_splat((i32)((colour & 255) | (colour >> 8 & 255) << 16));
  V blue = wasm_i32x4_splat((i32)(colour >> 16 & 255));
  V best = wasm_i32x4_splat(INT32_MAX), places = wasm_i32x4_splat(0), place = wasm_i32x4_make(0, 1, 2, 3);
  for (int i = 0; i < used.count; i += 4) {
    V p = wasm_i16x8_sub(wasm_v128_load(used.pairs + 2 * i), pair);
    V b = wasm_i16x8_sub(wasm_v128_load(used.blues + 2 * i), blue);
    V d = wasm_i32x4_add(wasm_i32x4_dot_i16x8(p, p), wasm_i32x4_dot_i16x8(b, b));
    V is_less = wasm_i32x4_lt(d, best);
    best = wasm_i32x4_min(best, d);
    places = wasm_v128_bitselect(place, places, is_less);
    place = wasm_i32x4_add(place, wasm_i32x4_splat(4));
  }
  i32 distances[4], found[4];
  wasm_v128_store(distances, best);
  wasm_v128_store(found, places);
  int least = 0;
  for (int i = 1; i < 4; i++)
    if (distances[i] < distances[least]) least = i;
  *distance = distances[least];
  return found[least];
}

double palette_error(const Palette *palette) {
  double sum = 0, count = 0;
  compare_with(palette);
  for (int i = 0; i < CELL_COUNT; i++) {
    if (!cells[i].count) continue;
    int distance;
    nearest(mean_of(&cells[i]), &distance);
    sum += (double)distance * cells[i].count;
    count += cells[i].count;
  }
  return count ? sum / count : 0;
}

/* Each colour moves to the mean of the cells that are nearest to it. */
static void settle(Palette *palette) {
  static struct {
    double count, sums[3];
  } means[256];
  memset(means, 0, sizeof means);
  compare_with(palette);
  for (int i = 0; i < CELL_COUNT; i++) {
    if (!cells[i].count) continue;
    if (i % CELLS == 0) tick();
    int distance, to = nearest(mean_of(&cells[i]), &distance);
    means[to].count += cells[i].count;
    for (int k = 0; k < 3; k++) means[to].sums[k] += cells[i].sums[k];
  }
  for (int i = 0; i < palette->count; i++) {
    if (means[i].count < 0.5) continue;
    u32 colour = 0xff000000;
    for (int k = 0; k < 3; k++) colour |= (u32)(means[i].sums[k] / means[i].count + 0.5) << 8 * k;
    palette->colours[i] = colour;
  }
}

void palette_make(Palette *palette, int most) {
  memset(palette, 0, sizeof *palette);
  if (exact.count <= most) {
    palette->count = max_int(1, exact.count);
    memcpy(palette->colours, exact.colours, (size_t)exact.count * sizeof(u32));
    return;
  }
  palette->count = boxes_divide(cells, most, palette->colours);
  settle(palette);
  palette->error = palette_error(palette);
}

static int place_in(const Palette *palette, u32 colour) {
  for (int i = 0; i < palette->count; i++)
    if (palette->colours[i] == colour) return i;
  return -1;
}

bool palette_holds(const Palette *palette) {
  if (exact.count > palette->count) return false;
  for (int i = 0; i < exact.count; i++)
    if (place_in(palette, exact.colours[i]) < 0) return false;
  return true;
}

void palette_use(const Palette *palette) {
  used.is_exact = palette_holds(palette);
  if (used.is_exact)
    for (int i = 0; i < exact.count; i++) exact.indices[slot_of(exact.colours[i])] = (u8)place_in(palette, exact.colours[i]);
  else {
    compare_with(palette);
    memset(known, 0, KEYS * sizeof *known);
  }
}

u8 palette_index(u32 colour) {
  if (used.is_exact) return exact.indices[slot_of(colour)];
  u32 key = (colour >> 2 & 63) | (colour >> 10 & 63) << 6 | (colour >> 18 & 63) << 12;
  if (!known[key]) {
    int distance;
    /* The middle of all colours that share the key, so that their order does not matter. */
    known[key] = (u16)(nearest((colour & 0xfcfcfcfc) | 0x020202, &distance) + 1);
  }
  return (u8)(known[key] - 1);
}
