#include "boxes.h"
#include <math.h>

/* Sums over all cells below and including this one, in each of the three directions; a border of zeros before them. */
#define SIDE (CELLS + 1)
typedef struct {
  double count, sums[3], squares;
} Moments;
static Moments *table;

/* Cells from[i] < c <= to[i]. */
typedef struct {
  int from[3], to[3];
  double variance;
} ColourBox;

void boxes_open(void) { table = take(SIDE * SIDE * SIDE * sizeof *table); }

static Moments *at(int r, int g, int b) { return &table[(r * SIDE + g) * SIDE + b]; }

static void add(Moments *to, const Moments *what, double sign) {
  to->count += sign * what->count;
  for (int i = 0; i < 3; i++) to->sums[i] += sign * what->sums[i];
  to->squares += sign * what->squares;
}

static Moments moments_of(const Cell *cell) {
  Moments m = {.count = cell->count};
  if (!cell->count) return m;
  for (int i = 0; i < 3; i++) {
    m.sums[i] = cell->sums[i];
    m.squares += m.sums[i] * m.sums[i] / m.count;
  }
  return m;
}

static void sum_up(const Cell *cells) {
  memset(table, 0, SIDE * SIDE * SIDE * sizeof *table);
  for (int r = 1; r < SIDE; r++)
    for (int g = 1; g < SIDE; g++) {
      tick();
      Moments line = {0};
      for (int b = 1; b < SIDE; b++) {
        Moments cell = moments_of(&cells[((r - 1) * CELLS + g - 1) * CELLS + b - 1]);
        add(&line, &cell, 1);
        Moments *to = at(r, g, b);
        *to = line;
        add(to, at(r - 1, g, b), 1);
        add(to, at(r, g - 1, b), 1);
        add(to, at(r - 1, g - 1, b), -1);
      }
    }
}

static Moments volume(const ColourBox *box) {
  Moments sum = {0};
  for (int corner = 0; corner < 8; corner++) {
    int c[3];
    for (int i = 0; i < 3; i++) c[i] = corner >> i & 1 ? box->from[i] : box->to[i];
    add(&sum, at(c[0], c[1], c[2]), __builtin_popcount((unsigned)corner) & 1 ? -1 : 1);
  }
  return sum;
}

static double squared_mean(const Moments *m) {
  if (m->count < 0.5) return 0;
  return (m->sums[0] * m->sums[0] + m->sums[1] * m->sums[1] + m->sums[2] * m->sums[2]) / m->count;
}

static void measure(ColourBox *box) {
  Moments m = volume(box);
  bool is_cell = box->to[0] - box->from[0] == 1 && box->to[1] - box->from[1] == 1 && box->to[2] - box->from[2] == 1;
  box->variance = is_cell ? 0 : m.squares - squared_mean(&m);
}

/* Where the halves explain most. False when everything lies in one plane whatever the direction. */
static bool divide(ColourBox *box, ColourBox *rest) {
  Moments whole = volume(box);
  double best = 0;
  int axis = -1, place = 0;
  for (int i = 0; i < 3; i++)
    for (int p = box->from[i] + 1; p < box->to[i]; p++) {
      ColourBox half = *box;
      half.to[i] = p;
      Moments low = volume(&half), high = whole;
      add(&high, &low, -1);
      if (low.count < 0.5 || high.count < 0.5) continue;
      double explained = squared_mean(&low) + squared_mean(&high);
      if (explained > best) {
        best = explained;
        axis = i;
        place = p;
      }
    }
  if (axis < 0) return false;
  *rest = *box;
  rest->from[axis] = place;
  box->to[axis] = place;
  measure(box);
  measure(rest);
  return true;
}

static u32 mean_of(const ColourBox *box) {
  Moments m = volume(box);
  u32 colour = 0xff000000;
  for (int i = 0; i < 3; i++) colour |= (u32)clamp_int((int)lrint(m.sums[i] / m.count), 0, 255) << 8 * i;
  return colour;
}

int boxes_divide(const Cell *cells, int most, u32 *colours) {
  static ColourBox boxes[256];
  sum_up(cells);
  boxes[0] = (ColourBox){.to = {CELLS, CELLS, CELLS}};
  measure(&boxes[0]);
  int count = 1;
  while (count < most) {
    int widest = 0;
    for (int i = 1; i < count; i++)
      if (boxes[i].variance > boxes[widest].variance) widest = i;
    if (boxes[widest].variance <= 0) break;
    if (divide(&boxes[widest], &boxes[count])) count++;
    else boxes[widest].variance = 0;
  }
  for (int i = 0; i < count; i++) colours[i] = mean_of(&boxes[i]);
  return count;
}
