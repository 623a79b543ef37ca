/* From scan to scan, to the rows. */
#include "decoder.h"

static Progress run_scan(void) {
  return jpeg.head.is_progressive ? jpeg_progressive_scan() : jpeg_sequential_scan();
}

static void begin_scan(void) {
  /* A scan that says nothing to the wanted scale is passed over: its bytes end at the next marker. */
  bool is_wanted = !jpeg.head.is_progressive || jpeg_progressive_wants();
  jpeg.stage = is_wanted ? IN_SCAN : AT_SEGMENTS;
  if (is_wanted) jpeg_begin_scan();
}

static Progress next_scan(void) {
  for (;;) {
    Segments found = jpeg_read_segments();
    if (found == SEGMENTS_MORE) return MORE;
    if (found == SEGMENTS_END) {
      jpeg.stage = AT_OUTPUT;
      return READY;
    }
    /* A sequential picture is complete after its scan: another one is nobody's. */
    if (!jpeg.head.is_progressive) continue;
    begin_scan();
    return READY;
  }
}

Progress jpeg_read_rows(void) {
  for (;;) switch (jpeg.stage) {
      case AT_FIRST_SCAN:
        if (jpeg.head.is_progressive) jpeg_progressive_begin();
        begin_scan();
        break;
      case IN_SCAN:
        if (run_scan() == MORE) return MORE;
        jpeg.stage = AT_SEGMENTS;
        break;
      case AT_SEGMENTS:
        if (next_scan() == MORE) return MORE;
        break;
      case AT_OUTPUT:
        if (jpeg.head.is_progressive) jpeg_progressive_output();
        jpeg.stage = AT_END;
        break;
      case AT_END: return READY;
    }
}
