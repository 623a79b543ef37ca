/* Up to 256 colours for a frame: the frame's own where they suffice, else chosen by Wu's method (X. Wu, "Color quantization by
   dynamic programming and principal analysis", Graphics Gems II) and moved to the means of what they stand for. */
#ifndef GIF_PALETTE_H
#define GIF_PALETTE_H
#include "../core.h"

typedef struct {
  u32 colours[256];
  int count;
  double error; /* mean squared distance of what it was made for */
} Palette;

/* Takes memory, once a file; begins the counting of a frame's colours. */
void palette_open(void);
void palette_begin(void);
/* Counts those pixels that are not as they were. All are opaque. */
void palette_count(const u32 *pixels, const u32 *shown, int count);
/* Of what was counted. `most`: 2 to 256. */
void palette_make(Palette *palette, int most);
/* What the mean squared distance of what was counted from these colours would be. */
double palette_error(const Palette *palette);

/* Whether every colour that was counted is among these. */
bool palette_holds(const Palette *palette);

/* The nearest of the palette's colours, for each colour looked for once. */
void palette_use(const Palette *palette);
u8 palette_index(u32 colour);
#endif
