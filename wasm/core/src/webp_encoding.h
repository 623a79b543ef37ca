/* What stills and frames share of libwebp's encoder. */
#ifndef WEBP_ENCODING_H
#define WEBP_ENCODING_H
#include "core.h"
#include "webp/encode.h"

typedef struct {
  float quality; /* 0 to 100; when lossless, the effort */
  int method;    /* 0 (fast) to 6 (small) */
  bool is_lossless;
} WebpEncoding;

/* `target` has no pixels yet, and writes to the output. */
void webp_open_target(WebPConfig *config, WebPPicture *target, const WebpEncoding *how, int width, int height);
void webp_encode(const WebPConfig *config, WebPPicture *target);
#endif
