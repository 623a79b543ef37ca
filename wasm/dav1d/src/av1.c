#include "av1.h"
#include <stdio.h>

Dav1dPicture av1;
static Dav1dContext *context;
static u8 *data;

/* What patches/dav1d-tick.patch calls: an import under a name that dav1d may know. */
void dav1d_tick(void);
void dav1d_tick(void) { tick(); }

/* It reports calls that it was not made for; libc's streams would bring files along. */
FILE *const stderr = NULL;
int fprintf(FILE *restrict stream, const char *restrict format, ...) { return 0; }

static void keep(const u8 *bytes, void *cookie) {}

/* Where the host writes the bytes of a picture. */
u8 *EXPORT(av1_buffer)(size_t bytes) { return data = take(bytes + 64); }

static _Noreturn void fail_with(int error) {
  if (error == DAV1D_ERR(ENOMEM)) fail(OUT_OF_MEMORY, "there is no more memory");
  if (error == DAV1D_ERR(ERANGE)) fail(OUT_OF_MEMORY, "it is larger than its header announced");
  if (error == DAV1D_ERR(ENOPROTOOPT)) fail(UNSUPPORTED, "it is a kind of AV1 that this decoder does not know");
  fail(DAMAGED, "its data is damaged");
}

static void open_context(unsigned pixels) {
  Dav1dSettings settings;
  dav1d_default_settings(&settings);
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  settings.all_layers = 0;
  settings.frame_size_limit = pixels;
  context = NULL;
  memset(&av1, 0, sizeof av1);
  int error = dav1d_open(&context, &settings);
  if (error) fail_with(error);
}

/* Sends all there is until a picture comes. */
static void decode(size_t bytes) {
  Dav1dData input = {0};
  int error = dav1d_data_wrap(&input, data, bytes, keep, NULL);
  if (error) fail_with(error);
  for (;;) {
    if (input.sz) error = dav1d_send_data(context, &input);
    if (error && error != DAV1D_ERR(EAGAIN)) fail_with(error);
    error = dav1d_get_picture(context, &av1);
    if (!error) return;
    if (error != DAV1D_ERR(EAGAIN)) fail_with(error);
    if (!input.sz) fail(TRUNCATED, "it ends too early");
  }
}

/* The first picture of `bytes` bytes of the buffer, of at most so many pixels. */
void EXPORT(av1_decode)(size_t bytes, unsigned pixels) {
  open_context(pixels);
  decode(bytes);
  tick();
}
int EXPORT(av1_width)(void) { return av1.p.w; }
int EXPORT(av1_height)(void) { return av1.p.h; }
int EXPORT(av1_depth)(void) { return av1.p.bpc; }
/* ITU-T H.273's numbers. */
int EXPORT(av1_matrix)(void) { return (int)av1.seq_hdr->mtrx; }
bool EXPORT(av1_is_full_range)(void) { return av1.seq_hdr->color_range; }

void EXPORT(av1_close)(void) {
  dav1d_picture_unref(&av1);
  dav1d_close(&context);
}
