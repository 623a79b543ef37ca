#include "pixels.h"
#include "png/png_encode.h"

/* Level 1 (fast) to 12 (small). */
void EXPORT(pixels_to_png)(int level) {
  PngEncoding job = {pixels.samples, (size_t)pixels.width * 4, pixels.width, pixels.height, level};
  png_encode(&job);
}
