/* A JPEG file as the source of a picture: what part of it, how large, and at which DCT scale it is best decoded. */
#include "jpeg/jpeg.h"
#include "picture.h"

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

/* The rectangle x, y, width, height of the stored picture becomes target_width x target_height. `chroma_x` and `chroma_y`
   are -1 where a mirror will turn a side of odd length around: its chroma samples then begin one pixel before the edge.
   `is_limited`: the range becomes BT.601's 16..235 on the way, as WebP wants it. */
void EXPORT(jpeg_plan)(double x, double y, double width, double height, int target_width, int target_height,
                       bool is_subsampled, bool is_limited, int chroma_x, int chroma_y) {
  picture_open(target_width, target_height, head.components, is_subsampled);
  double step_x = width / target_width, step_y = height / target_height;
  for (int i = 0; i < head.components; i++) {
    const Plane *target = &picture.planes[i];
    bool is_half = is_subsampled && i > 0;
    /* Samples of this component to a pixel, and pixels to a target sample. */
    double fx = (double)head.sampling[i].h / head.h_most, fy = (double)head.sampling[i].v / head.v_most;
    double from_x = x + (is_half ? chroma_x * step_x : 0), from_y = y + (is_half ? chroma_y * step_y : 0);
    double span_x = step_x * (is_half ? 2 : 1), span_y = step_y * (is_half ? 2 : 1);
    double ratio_x = span_x * fx, ratio_y = span_y * fy;
    int n = scale_for(ratio_x < ratio_y ? ratio_x : ratio_y);
    double scale_x = fx * n / 8, scale_y = fy * n / 8;
    JpegPlane plane = jpeg_plane(i, n);
    ScalerPlan plan = {
        .source_width = plane.width,
        .source_height = plane.height,
        .source_stride = plane.stride,
        .batch = plane.batch,
        .x = from_x * scale_x,
        .y = from_y * scale_y,
        .width = span_x * target->width * scale_x,
        .height = span_y * target->height * scale_y,
        .target = target->samples,
        .target_width = target->width,
        .target_height = target->height,
        .target_stride = target->stride,
        .range = !is_limited ? SAME_RANGE : i ? CHROMA_TO_LIMITED : LUMA_TO_LIMITED,
    };
    jpeg_set_component(i, n, scaler_new(&plan));
  }
}
