/* The picture as planes of YCbCr, scaled to a view: never a pixel of RGBA. For colours of BT.601, which are those of JPEG and WebP. */
#include "av1.h"
#include "view.h"

static bool is_grey(void) { return av1.p.layout == DAV1D_PIXEL_LAYOUT_I400; }

static void copy_row(u8 *to, int plane, int y, int width) {
  const u8 *row = (const u8 *)av1.data[plane] + (ptrdiff_t)y * av1.stride[plane > 0];
  if (av1.p.bpc == 8) {
    memcpy(to, row, (size_t)width);
    return;
  }
  const u16 *samples = (const u16 *)(const void *)row;
  int more = av1.p.bpc - 8, half = 1 << (more - 1);
  for (int x = 0; x < width; x++) to[x] = clamp_u8((samples[x] + half) >> more);
}

static void scale_plane(int component, bool is_full_range) {
  bool halves_x = component && (av1.p.layout == DAV1D_PIXEL_LAYOUT_I420 || av1.p.layout == DAV1D_PIXEL_LAYOUT_I422);
  bool halves_y = component && av1.p.layout == DAV1D_PIXEL_LAYOUT_I420;
  int width = halves_x ? ceil_div(av1.p.w, 2) : av1.p.w, height = halves_y ? ceil_div(av1.p.h, 2) : av1.p.h;
  SourcePlane plane = {width, height, (size_t)width, 1, halves_x ? 0.5 : 1, halves_y ? 0.5 : 1, !is_full_range};
  Scaler *scaler = view_scaler(component, &plane);
  for (int y = 0; y < height; y++) {
    copy_row(scaler_row(scaler, y), component, y, width);
    scaler_feed(scaler, y + 1);
  }
}

/* The picture that was decoded last becomes the core's kind of picture, as `view_set` and `view_set_planes` have it. */
void EXPORT(av1_planes)(bool is_full_range) {
  int components = is_grey() ? 1 : 3;
  picture_open(view.target_width, view.target_height, components, view.is_subsampled);
  for (int i = 0; i < components; i++) scale_plane(i, is_full_range);
}
