/* GIF87a and GIF89a (CompuServe, "Graphics Interchange Format", 31 July 1990), still and animated, as browsers show them:
   one canvas on which each frame is drawn, after what the frame before it has asked for on leaving.

   Beyond the specification, as Chrome and sharp have it: the first frame may enlarge the screen, later ones are cut at
   its edges; the background is transparent, whatever colour the file names; disposal 4 means 3; a missing trailer, or a
   frame behind the first that was cut off, ends the animation. */
#ifndef GIF_DECODE_H
#define GIF_DECODE_H
#include "../animation/canvas.h"
#include "../input.h"

typedef struct {
  int width, height;
  bool has_alpha_possible; /* in the first frame: it names a transparent colour, or leaves part of the screen free */
} GifHead;

typedef struct {
  int x, y, width, height; /* as stored: may reach beyond the canvas */
  int delay_ms;            /* as stored, in steps of 10; 0 and 10 are for the host to judge */
  Disposal disposal;
} GifFrame;

/* After memory_reset. Forgets everything. */
void gif_open(void);
/* READY when the first frame's descriptor was read: it has a say in the size. */
Progress gif_read_head(GifHead *head);
/* READY: `*found` says whether there was another frame, which is then on the canvas. After the head, and canvas_open. */
Progress gif_read_frame(GifFrame *frame, bool *found);
/* How often the animation is repeated as far as it was read: 0 for ever, -1 without the extension, which means never. */
int gif_loops(void);
#endif
