#include "frames.h"
#include "../pixels.h"

static const FrameWriter *writer;
static int width, height, written, delay_ms;
static size_t count;                  /* of pixels */
static u32 *shown, *pending, *coming; /* before the frame that waits, that frame, the one after it */
static bool is_pending;

void frames_open(const FrameWriter *to, int across, int down) {
  writer = to;
  width = across;
  height = down;
  count = (size_t)width * (size_t)height;
  written = 0;
  is_pending = false;
  shown = take_zeroed(count * sizeof(u32) + 64);
  pending = take(count * sizeof(u32) + 64);
  coming = take(count * sizeof(u32) + 64);
}

static bool row_differs(const Frame *frame, int y) {
  size_t at = (size_t)y * (size_t)frame->width;
  return memcmp(frame->shown + at, frame->pixels + at, (size_t)frame->width * sizeof(u32)) != 0;
}

Box frame_changes(const Frame *frame) {
  int top = 0, bottom = frame->height, left = frame->width, right = 0;
  while (top < bottom && !row_differs(frame, top)) top++;
  while (bottom > top && !row_differs(frame, bottom - 1)) bottom--;
  if (top == bottom) return (Box){0};
  for (int y = top; y < bottom; y++) {
    tick();
    const u32 *was = frame->shown + (size_t)y * (size_t)frame->width, *is = frame->pixels + (size_t)y * (size_t)frame->width;
    for (int x = 0; x < left; x++)
      if (was[x] != is[x]) left = x;
    for (int x = frame->width; x > right; x--)
      if (was[x - 1] != is[x - 1]) right = x;
  }
  return (Box){left, top, right - left, bottom - top};
}

static void write_pending(const u32 *next) {
  Frame frame = {width, height, shown, pending, next, delay_ms, written == 0};
  bool is_cleared = writer->frame(&frame);
  written++;
  u32 *free = shown;
  shown = pending;
  pending = free;
  if (is_cleared) memset(shown, 0, count * sizeof(u32));
}

static u32 clean(u32 pixel) { return pixel >> 24 ? pixel : 0; }
static u32 clean_binary(u32 pixel) { return pixel >> 31 ? pixel | 0xff000000 : 0; }

/* ---- for the host ---- */

/* Takes the pixels as the next frame: their memory is free then. */
void EXPORT(frame_take)(void) {
  if (pixels.width != width || pixels.height != height) fail(MISUSED, "its frames are not of one size");
  for (int y = 0; y < height; y++) {
    tick();
    const u32 *from = (const u32 *)(const void *)pixels_row(y);
    u32 *to = coming + (size_t)y * (size_t)width;
    if (writer->is_binary)
      for (int x = 0; x < width; x++) to[x] = clean_binary(from[x]);
    else
      for (int x = 0; x < width; x++) to[x] = clean(from[x]);
  }
}

/* The frame that was taken last stands for so long. */
void EXPORT(frame_add)(int milliseconds) {
  if (is_pending && !memcmp(pending, coming, count * sizeof(u32))) {
    delay_ms += milliseconds;
    return;
  }
  if (is_pending) write_pending(coming);
  u32 *free = pending;
  pending = coming;
  coming = free;
  delay_ms = milliseconds;
  is_pending = true;
}

void EXPORT(frames_end)(void) {
  if (!is_pending) fail(MISUSED, "it has no frames");
  write_pending(NULL);
  writer->end(written);
}
