/* An animated PNG file as a source of frames. The whole file must be there. */
#include "animation/canvas.h"
#include "png/png_decode.h"

static PngHead head;
static PngFrame frame;
static bool found;

/* Draws a frame's rows on the canvas as they come. */
static u8 *row;
static u8 *next_row(RowSink *sink, int y) { return row; }
static void row_done(RowSink *sink, int count) {
  u32 *to = canvas_row(frame.y + count - 1) + frame.x;
  const u32 *from = (const u32 *)(const void *)row;
  if (frame.is_blended) canvas_blend(to, from, frame.width);
  else memcpy(to, from, (size_t)frame.width * sizeof(u32));
}
static RowSink sink = {next_row, row_done};

static const Disposal DISPOSALS[3] = {
    [KEEP_FRAME] = DISPOSE_NOT, [CLEAR_FRAME] = DISPOSE_TO_CLEAR, [RESTORE_FRAME] = DISPOSE_TO_PREVIOUS};

void EXPORT(png_frames_begin)(void) { png_open_animated(); }
Progress EXPORT(png_frames_head)(void) { return input.ended ? png_read_head(&head) : MORE; }
int EXPORT(png_frames_width)(void) { return head.width; }
int EXPORT(png_frames_height)(void) { return head.height; }

void EXPORT(png_frames_plan)(void) {
  canvas_open(head.width, head.height);
  row = take((size_t)head.width * 4 + 64);
}

void EXPORT(png_next)(void) {
  found = png_next_frame(&frame);
  if (!found) return;
  canvas_next((Box){frame.x, frame.y, frame.width, frame.height}, DISPOSALS[frame.disposal]);
  size_t mark = memory_mark();
  png_start_frame(frame.width, frame.height, &sink);
  if (png_read_rows() == MORE) fail(MISUSED, "it is not all there");
  memory_release(mark);
}
bool EXPORT(png_found)(void) { return found; }
int EXPORT(png_delay)(void) { return frame.delay_ms; }
/* 0: for ever. */
int EXPORT(png_plays)(void) { return png_play_count(); }
