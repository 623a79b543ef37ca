/* Frames on their way to an encoder. Each waits until the next one is there: equal ones are one that lasts longer, and how
   a frame must leave depends on what follows. */
#ifndef FRAMES_H
#define FRAMES_H
#include "canvas.h"

typedef struct {
  int width, height;
  const u32 *shown;  /* what stands there before this frame: RGBA, transparent pixels all zero */
  const u32 *pixels; /* what is to stand there */
  const u32 *next;   /* what follows, NULL for the last */
  int delay_ms;
  bool is_first;
} Frame;

typedef struct {
  /* Writes a frame. Returns whether nothing is left on the screen when its time is over. */
  bool (*frame)(const Frame *frame);
  void (*end)(int count);
  bool is_binary; /* it knows no alpha between none and all */
} FrameWriter;

void frames_open(const FrameWriter *writer, int width, int height);
/* The smallest box around all pixels that change; of no size when none does. */
Box frame_changes(const Frame *frame);
#endif
