#include "jpeg/jpeg.h"
#include "picture.h"

void EXPORT(picture_to_jpeg)(int quality, bool is_progressive) {
  JpegEncoding job = {.width = picture.width, .height = picture.height, .quality = quality,
                      .components = picture.components, .is_progressive = is_progressive};
  for (int i = 0; i < picture.components; i++) {
    job.planes[i] = picture.planes[i].samples;
    job.strides[i] = picture.planes[i].stride;
  }
  jpeg_encode(&job);
}
