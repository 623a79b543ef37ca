#include "view.h"

View view;

void EXPORT(view_set)(double x, double y, double width, double height, int target_width, int target_height) {
  if (!(width > 0) || !(height > 0) || target_width < 1 || target_height < 1) fail(MISUSED, "it has no view");
  view = (View){.x = x, .y = y, .width = width, .height = height, .target_width = target_width,
                .target_height = target_height};
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
      .x = area.x * plane->scale_x,
      .y = area.y * plane->scale_y,
      .width = area.width * plane->scale_x,
      .height = area.height * plane->scale_y,
      .target = target->samples,
      .target_width = target->width,
      .target_height = target->height,
      .target_stride = target->stride,
      .range = range_for(component, plane->is_limited),
  };
  return scaler_new(&plan);
}
