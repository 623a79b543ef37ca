/* A JPEG file as the source of a picture: what part of it, how large, and at which DCT scale it is best decoded. */
#include "jpeg/jpeg.h"
#include "view.h"

static JpegHead head;

void EXPORT(jpeg_begin)(void) { jpeg_open(); }
Progress EXPORT(jpeg_head)(void) { return jpeg_read_head(&head); }
int EXPORT(jpeg_width)(void) { return head.width; }
int EXPORT(jpeg_height)(void) { return head.height; }
Progress EXPORT(jpeg_rows)(void) { return jpeg_read_rows(); }

/* The most that can be shrunk while decoding for a reduction of `ratio`, as libvips has it: powers of two, and never so
   that nothing is left for the filter that comes after. */
static int scale_for(double ratio) {
  int shrink = ratio >= 8 ? 8 : ratio >= 4 ? 4 : ratio >= 2 ? 2 : 1;
  if (shrink > 1 && (int)ratio == shrink) shrink /= 2;
  return 8 / shrink;
}

/* Planes as the view wants them, each at the scale that is best for it. */
void EXPORT(jpeg_plan)(void) {
  picture_open(view.target_width, view.target_height, head.components, view.is_subsampled);
  for (int i = 0; i < head.components; i++) {
    const Plane *target = &picture.planes[i];
    Area area = view_area(i);
    /* Samples of this component to a pixel, at full size. */
    double fx = (double)head.sampling[i].h / head.h_most, fy = (double)head.sampling[i].v / head.v_most;
    double ratio_x = area.width / target->width * fx, ratio_y = area.height / target->height * fy;
    int n = scale_for(ratio_x < ratio_y ? ratio_x : ratio_y);
    JpegPlane plane = jpeg_plane(i, n);
    SourcePlane source = {plane.width, plane.height, plane.stride, plane.batch, fx * n / 8, fy * n / 8, false};
    jpeg_set_component(i, n, view_scaler(i, &source));
  }
}
