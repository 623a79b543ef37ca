#include "encoder.h"

enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGB_ALPHA = 6 };

/* Colours seen so far, found by a hash of theirs. */
#define SLOTS 1024
typedef struct {
  u32 colors[SLOTS];
  u16 numbers[SLOTS]; /* plus one; 0 = free */
  int count;
} Colors;
static Colors *seen;

static u32 *slot_of(u32 color, u16 **number) {
  u32 at = (color * 0x9E3779B1u) >> 22;
  while (seen->numbers[at] && seen->colors[at] != color) at = (at + 1) % SLOTS;
  *number = &seen->numbers[at];
  return &seen->colors[at];
}

static u32 pixel_at(const u8 *row, int x) {
  u32 pixel;
  memcpy(&pixel, row + 4 * (size_t)x, 4);
  return pixel;
}
static int alpha_of(u32 pixel) { return (int)(pixel >> 24); }

/* Notes the row's colours; false when there are more than a palette holds. */
static bool see_colors(Kind *kind, const u8 *row, int width) {
  u32 last = ~pixel_at(row, 0);
  for (int x = 0; x < width; x++) {
    u32 pixel = pixel_at(row, x);
    if (pixel == last) continue;
    u16 *number;
    u32 *slot = slot_of(last = pixel, &number);
    if (*number) continue;
    if (seen->count == 256) return false;
    *slot = pixel;
    kind->palette[seen->count++] = pixel;
    *number = (u16)seen->count;
  }
  return true;
}

/* Those with alpha to the front: what the file says of transparency is then short. Returns how many they are. */
static int sort_palette(Kind *kind) {
  int front = 0;
  for (int i = 0; i < kind->colors; i++) {
    u32 color = kind->palette[i];
    if (alpha_of(color) == 255) continue;
    kind->palette[i] = kind->palette[front];
    kind->palette[front++] = color;
  }
  for (int i = 0; i < kind->colors; i++) {
    u16 *number;
    slot_of(kind->palette[i], &number);
    *number = (u16)(i + 1);
  }
  return front;
}

static void see_row(const u8 *row, int width, bool *is_grey, bool *is_opaque) {
  u32 difference = 0, alpha = 255;
  for (int x = 0; x < width; x++) {
    const u8 *p = row + 4 * (size_t)x;
    difference |= (u32)(p[0] ^ p[1]) | (u32)(p[1] ^ p[2]);
    alpha &= p[3];
  }
  *is_grey &= difference == 0;
  *is_opaque &= alpha == 255;
}

void png_choose_kind(Kind *kind, const PngEncoding *job) {
  bool is_grey = true, is_opaque = true, is_palette = true;
  seen = take_zeroed(sizeof *seen);
  memset(kind, 0, sizeof *kind);
  for (int y = 0; y < job->height && (is_grey || is_opaque || is_palette); y++) {
    const u8 *row = job->pixels + (size_t)y * job->stride;
    tick();
    see_row(row, job->width, &is_grey, &is_opaque);
    if (is_palette) is_palette = see_colors(kind, row, job->width);
  }
  kind->channels = (is_grey ? 1 : 3) + !is_opaque;
  kind->color_type = (is_grey ? GREY : RGB) | (is_opaque ? 0 : GREY_ALPHA);
  kind->depth = 8;
  /* A palette costs its own bytes: up to 16 colours it always pays, beyond only against three channels and more. */
  bool is_tiny = job->width < 16 && job->height < 16;
  if (!is_palette || (seen->count > 16 && kind->channels < 3) || (seen->count > 64 && is_tiny)) return;
  int colors = kind->colors = seen->count;
  kind->color_type = PALETTE;
  kind->channels = 1;
  kind->depth = colors <= 2 ? 1 : colors <= 4 ? 2 : colors <= 16 ? 4 : 8;
  kind->with_alpha = sort_palette(kind);
}

static void pack_palette(u8 *to, const u8 *pixels, int depth, int width) {
  int per_byte = 8 / depth;
  memset(to, 0, (size_t)ceil_div(width, per_byte));
  for (int x = 0; x < width; x++) {
    u16 *number;
    slot_of(pixel_at(pixels, x), &number);
    to[x / per_byte] |= (u8)((*number - 1) << (8 - depth * (x % per_byte + 1)));
  }
}

void png_pack(u8 *to, const u8 *pixels, const Kind *kind, int width) {
  switch (kind->color_type) {
    case PALETTE: pack_palette(to, pixels, kind->depth, width); break;
    case GREY:
      for (int x = 0; x < width; x++) to[x] = pixels[4 * x];
      break;
    case GREY_ALPHA:
      for (int x = 0; x < width; x++) to[2 * x] = pixels[4 * x], to[2 * x + 1] = pixels[4 * x + 3];
      break;
    case RGB:
      for (int x = 0; x < width; x++) memcpy(to + 3 * x, pixels + 4 * x, 4);
      break;
    default: memcpy(to, pixels, 4 * (size_t)width);
  }
}
