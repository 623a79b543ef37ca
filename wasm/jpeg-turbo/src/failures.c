#include "failures.h"
#include <stdio.h>
#include "jpeglib.h"
#include "jerror.h"

static _Noreturn void unsupported(void) { fail(UNSUPPORTED, "it is a kind of JPEG that this decoder does not know"); }

_Noreturn void fail_with_error(int code) {
  switch (code) {
    case JERR_OUT_OF_MEMORY: fail(OUT_OF_MEMORY, "it needs more memory than it may have");
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW: fail(OUT_OF_MEMORY, "it is too large");
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED: unsupported();
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY: fail(TRUNCATED, "it ends too early");
    default: fail(DAMAGED, "its data is damaged");
  }
}

void fail_with_warning(int code) {
  switch (code) {
    case JWRN_HIT_MARKER: fail(TRUNCATED, "its data ends too early");
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC: fail(DAMAGED, "its data is damaged");
    default: return; /* stray bytes between segments, odd versions: they cost no pixels */
  }
}
