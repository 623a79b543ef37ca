/* Wu's boxes: the colours that were counted, divided where that takes away most of their variance. */
#ifndef GIF_BOXES_H
#define GIF_BOXES_H
#include "../core.h"

/* Cells a side: five bits a channel. */
#define CELLS 32

/* What fell into a cell. */
typedef struct {
  u32 count;
  u32 sums[3]; /* red, green, blue: means of at most 2^24 pixels, see palette.c */
} Cell;

/* Writes the means of at most `most` boxes. `cells`: CELLS^3, blue first. Returns how many. */
int boxes_divide(const Cell *cells, int most, u32 *colours);
/* Takes the memory that this needs. */
void boxes_open(void);
#endif
