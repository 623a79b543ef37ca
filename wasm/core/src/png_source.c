/* A PNG file as the source of pixels. */
#include "pixels.h"
#include "png/png_decode.h"

static PngHead head;

void EXPORT(png_begin)(void) { png_open(); }
Progress EXPORT(png_head)(void) { return png_read_head(&head); }
int EXPORT(png_width)(void) { return head.width; }
int EXPORT(png_height)(void) { return head.height; }
void EXPORT(png_plan)(void) { png_start(pixels_sink(head.width, head.height, !head.has_alpha)); }
Progress EXPORT(png_rows)(void) { return png_read_rows(); }
