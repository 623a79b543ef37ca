#ifndef WEBP_FAILURE_H
#define WEBP_FAILURE_H
#include "core.h"
#include "webp/decode.h"

/* libwebp's status as our failure. */
_Noreturn void webp_fail(VP8StatusCode status);
#endif
