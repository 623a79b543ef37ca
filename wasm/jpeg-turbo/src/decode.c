/* Compiled twice: for 8 bits a sample, and with BITS_IN_JSAMPLE=12 and the names of the library's other copy. */
#include "decoder.h"
#include "failures.h"
#include "input.h"
#include <stdio.h>
#include "jpeglib.h"

/* Of one picture. Encoders write some ten; each of them may cost as much time as all of the picture, from a few bytes. */
#define MOST_SCANS 100

static struct jpeg_decompress_struct jpeg;
static struct jpeg_error_mgr errors;
static struct jpeg_progress_mgr progress;
static struct jpeg_source_mgr source;
#if BITS_IN_JSAMPLE > 8
static JSAMPLE *wide;
#endif

/* ---- what libjpeg calls ---- */

static void on_error(j_common_ptr any) { fail_with_error(any->err->msg_code); }

/* Level -1 is a warning, all above are news. */
static void on_message(j_common_ptr any, int level) {
  if (level < 0) fail_with_warning(any->err->msg_code);
}

static void ignore(j_common_ptr any) {}

/* For each row of MCUs that is read, and for each row that is given. */
static void on_progress(j_common_ptr any) {
  tick();
  if (jpeg.input_scan_number > MOST_SCANS) fail(OUT_OF_MEMORY, "it has too many scans");
}

static void nothing(j_decompress_ptr j) {}

static boolean fill(j_decompress_ptr j) { fail(TRUNCATED, "it ends too early"); }

static void skip(j_decompress_ptr j, long count) {
  if (count <= 0) return;
  if ((size_t)count > source.bytes_in_buffer) fill(j);
  source.next_input_byte += count;
  source.bytes_in_buffer -= (size_t)count;
}

static void prepare(void) {
  memset(&jpeg, 0, sizeof jpeg);
  errors = (struct jpeg_error_mgr){
      .error_exit = on_error, .emit_message = on_message, .output_message = ignore, .reset_error_mgr = ignore};
  progress = (struct jpeg_progress_mgr){.progress_monitor = on_progress};
  source = (struct jpeg_source_mgr){
      .next_input_byte = input.head,
      .bytes_in_buffer = input_left(),
      .init_source = nothing,
      .fill_input_buffer = fill,
      .skip_input_data = skip,
      .resync_to_restart = jpeg_resync_to_restart,
      .term_source = nothing,
  };
}

/* ---- the decoder ---- */

static Head open(void) {
  prepare();
  jpeg.err = &errors;
  jpeg_create_decompress(&jpeg);
  jpeg.src = &source;
  jpeg.progress = &progress;
  jpeg_read_header(&jpeg, TRUE);
  return (Head){
      .width = (int)jpeg.image_width,
      .height = (int)jpeg.image_height,
      .is_cmyk = jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK,
  };
}

static void start(int eighths) {
  bool is_cmyk = jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
  jpeg.out_color_space = is_cmyk ? JCS_CMYK : JCS_EXT_RGBA;
  jpeg.scale_num = (unsigned)eighths;
  jpeg.scale_denom = 8;
  jpeg.dct_method = JDCT_ISLOW;
  /* It would invent what scans have left out; the core's own decoder does not. */
  jpeg.do_block_smoothing = FALSE;
  jpeg_start_decompress(&jpeg);
#if BITS_IN_JSAMPLE > 8
  wide = take((size_t)jpeg.output_width * 4 * sizeof(JSAMPLE));
#endif
}

static int width(void) { return (int)jpeg.output_width; }
static int height(void) { return (int)jpeg.output_height; }

static void read(u8 *row) {
#if BITS_IN_JSAMPLE > 8
  jpeg_read_scanlines(&jpeg, &wide, 1);
  for (size_t i = 0, end = (size_t)jpeg.output_width * 4; i < end; i++)
    row[i] = (u8)((wide[i] * 255 + MAXJSAMPLE / 2) / MAXJSAMPLE);
#else
  jpeg_read_scanlines(&jpeg, &row, 1);
#endif
}

static void finish(void) { jpeg_finish_decompress(&jpeg); }

#if BITS_IN_JSAMPLE > 8
const Decoder decoder12 = {open, start, width, height, read, finish};
#else
const Decoder decoder8 = {open, start, width, height, read, finish};
#endif
