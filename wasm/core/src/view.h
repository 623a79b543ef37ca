/* What the result shows: a rectangle of the stored picture, scaled to a size. Set by the host before a source is asked to
   decode; how the scaled picture is turned comes later (picture_turn, pixels_turn). */
#ifndef VIEW_H
#define VIEW_H
#include "picture.h"
#include "scaler.h"

typedef struct {
  double x, y, width, height; /* of the stored picture, in its pixels */
  /* Pixels outside of these bounds are not there for the filter: they were cut off before it. */
  double left, top, right, bottom;
  int target_width, target_height;
  /* Only of planes: */
  bool is_subsampled; /* 4:2:0 */
  bool is_limited;    /* BT.601's range 16..235, as WebP wants it; else the full one of JPEG */
  int chroma_x, chroma_y; /* -1 where a mirror will turn a side of odd length around: its chroma samples then begin one
                             pixel before the edge */
} View;
extern View view;

typedef struct {
  double x, y, width, height;
} Area;
/* The view along one axis of a source with so many samples, `scale` of them to a pixel. */
Span view_span_x(double scale, int samples);
Span view_span_y(double scale, int samples);
/* The part of the stored picture, in its pixels, that the target's plane of this component shows. */
Area view_area(int component);

/* A decoder's plane of one component: `scale_x` and `scale_y` samples to a pixel. `is_limited`: its range. */
typedef struct {
  int width, height;
  size_t stride;
  int batch;
  double scale_x, scale_y;
  bool is_limited;
} SourcePlane;
/* A scaler from this plane to the picture's, which must be open. */
Scaler *view_scaler(int component, const SourcePlane *plane);
#endif
