/* One JPEG through libjpeg-turbo and our own part of the module, under the sanitizers. The first two bytes say how many bits its samples have
   and at which scale it is decoded. A failure of ours is an answer; anything else that ends the process is a bug. */
#include "host.h"
#include "input.h"

/* The module's exports, which have no header. */
void input_reset(void);
u8 *input_reserve(size_t bytes);
void input_commit(size_t bytes, bool is_last);
void turbo_open(int bits);
int turbo_width(void), turbo_height(void), turbo_next(void), turbo_rows_width(void), turbo_rows_height(void);
void turbo_start(int eighths);
u8 *turbo_band(void);

#define MOST_PIXELS (1 << 20)

/* What the library calls instead of libc. */
void *host_malloc(size_t bytes) { return take(bytes); }
void host_free(void *block) {}

static void run(const u8 *data, size_t size) {
  memcpy(input_reserve(size - 2), data + 2, size - 2);
  input_commit(size - 2, true);
  turbo_open(data[0] & 1 ? 12 : 8);
  /* Limits are checked by the host, from the header, before anything is decoded. */
  if ((size_t)turbo_width() * (size_t)turbo_height() > MOST_PIXELS) return;
  turbo_start(data[1] & 7 ? data[1] & 7 : 8);
  volatile u8 seen = 0;
  for (int rows; (rows = turbo_next()) > 0;)
    for (size_t i = 0, end = (size_t)rows * (size_t)turbo_rows_width() * 4; i < end; i++) seen ^= turbo_band()[i];
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
  if (size < 3) return 0;
  host_reset();
  input_reset();
  if (!setjmp(host_failed)) run(data, size);
  host_reset();
  return 0;
}
