#include "view.h"
#include <math.h>

View view;

void EXPORT(view_set)(double x, double y, double width, double height, int target_width, int target_height) {
  if (!(width > 0) || !(height > 0) || target_width < 1 || target_height < 1) fail(MISUSED, "it has no view");
  view = (View){.x = x, .y = y, .width = width, .height = height, .target_width = target_width,
                .target_height = target_height, .left = -INFINITY, .top = -INFINITY, .right = INFINITY, .bottom = INFINITY};
}

void EXPORT(view_set_bounds)(double left, double top, double right, double bottom) {
  view.left = left;
  view.top = top;
  view.right = right;
  view.bottom = bottom;
}

/* Samples whose centre lies inside of the bounds; at least one. */
static Span span_of(double start, double length, double low, double high, double scale, int samples) {
  double first = ceil(low * scale - 0.5), behind = ceil(high * scale - 0.5);
  int from = first > 0 ? (first < samples ? (int)first : samples - 1) : 0;
  int to = behind < samples ? (behind > from ? (int)behind : from + 1) : samples;
  return (Span){from, to, start * scale, length * scale};
}

Span view_span_x(double scale, int samples) {
  return span_of(view.x, view.width, view.left, view.right, scale, samples);
}
Span view_span_y(double scale, int samples) {
  return span_of(view.y, view.height, view.top, view.bottom, scale, samples);
}

void EXPORT(view_set_planes)(bool is_subsampled, bool is_limited, int chroma_x, int chroma_y) {
  view.is_subsampled = is_subsampled;
  view.is_limited = is_limited;
  view.chroma_x = chroma_x;
  view.chroma_y = chroma_y;
}

Area view_area(int component) {
  bool is_half = view.is_subsampled && component > 0;
  const Plane *target = &picture.planes[component];
  double step_x = view.width / view.target_width, step_y = view.height / view.target_height;
  int pixels = is_half ? 2 : 1;
  return (Area){view.x + (is_half ? view.chroma_x * step_x : 0), view.y + (is_half ? view.chroma_y * step_y : 0),
                step_x * pixels * target->width, step_y * pixels * target->height};
}

static RangeChange range_for(int component, bool from_limited) {
  if (from_limited == view.is_limited) return SAME_RANGE;
  if (view.is_limited) return component ? CHROMA_TO_LIMITED : LUMA_TO_LIMITED;
  return component ? CHROMA_TO_FULL : LUMA_TO_FULL;
}

Scaler *view_scaler(int component, const SourcePlane *plane) {
  Area area = view_area(component);
  const Plane *target = &picture.planes[component];
  ScalerPlan plan = {
      .source_width = plane->width,
      .source_height = plane->height,
      .source_stride = plane->stride,
      .batch = plane->batch,
      .across = span_of(area.x, area.width, view.left, view.right, plane->scale_x, plane->width),
      .down = span_of(area.y, area.height, view.top, view.bottom, plane->scale_y, plane->height),
      .target = target->samples,
      .target_width = target->width,
      .target_height = target->height,
      .target_stride = target->stride,
      .range = range_for(component, plane->is_limited),
  };
  return scaler_new(&plan);
}
