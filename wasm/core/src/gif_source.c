/* A GIF file as a source of frames: one canvas after the other. */
#include "gif/gif_decode.h"

static GifHead head;
static GifFrame frame;
static bool found;

void EXPORT(gif_begin)(void) { gif_open(); }
Progress EXPORT(gif_head)(void) { return gif_read_head(&head); }
int EXPORT(gif_width)(void) { return head.width; }
int EXPORT(gif_height)(void) { return head.height; }
void EXPORT(gif_plan)(void) { canvas_open(head.width, head.height); }

/* READY: gif_found says whether there is another frame; it is on the canvas then. */
Progress EXPORT(gif_next)(void) { return gif_read_frame(&frame, &found); }
bool EXPORT(gif_found)(void) { return found; }
/* In milliseconds, as stored. */
int EXPORT(gif_delay)(void) { return frame.delay_ms; }
/* 0: for ever. The extension, which counts repetitions, usually stands before the first frame. */
int EXPORT(gif_plays)(void) { return gif_loops() <= 0 ? -gif_loops() : gif_loops() + 1; }
