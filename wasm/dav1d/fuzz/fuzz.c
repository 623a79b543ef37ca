/* Coded pictures of AV1 through dav1d and our own part of the module, under the sanitizers. The first four bytes say what the container would:
   matrix, range, whether it is alpha, how large the canvas is. A failure of ours is an answer; anything else that ends the process is a bug. */
#include "av1.h"
#include "host.h"

u8 *av1_buffer(size_t bytes);
void av1_decode(size_t bytes, unsigned pixels);
int av1_width(void), av1_height(void), av1_depth(void), av1_matrix(void);
bool av1_is_full_range(void);
void av1_close(void);
u8 *canvas_open(int columns, int rows);
void canvas_put_color(int x, int y, int matrix, bool is_full_range);
void canvas_put_alpha(int x, int y, bool is_full_range);
void canvas_divide(void);

#define MOST_PIXELS (1 << 18)

/* What the library calls instead of libc. */
void *host_malloc(size_t bytes) { return take(bytes); }
void host_free(void *block) {}
int host_aligned(void **pointer, size_t alignment, size_t bytes) {
  u8 *block = take(bytes + alignment);
  *pointer = block + (alignment - (uintptr_t)block % alignment) % alignment;
  return 0;
}

static void run(const u8 *data, size_t size) {
  memcpy(av1_buffer(size - 4), data + 4, size - 4);
  av1_decode(size - 4, MOST_PIXELS);
  /* As the host does it: a picture stands where it fits. */
  int width = av1_width(), height = av1_height();
  u8 *canvas = canvas_open(width + data[3] % 3, height + data[3] / 3 % 3);
  int x = data[3] % 3, y = data[3] / 3 % 3;
  canvas_put_color(x, y, data[0] & 128 ? data[0] & 15 : av1_matrix(), data[1] & 1 ? data[1] & 2 : av1_is_full_range());
  if (data[2] & 1) canvas_put_alpha(x, y, data[2] & 2);
  if (data[2] & 4) canvas_divide();
  av1_close();
  volatile u8 seen = 0;
  for (size_t i = 0, end = (size_t)width * (size_t)height * 4; i < end; i++) seen ^= canvas[i];
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
  if (size < 5) return 0;
  host_reset();
  if (!setjmp(host_failed)) run(data, size);
  host_reset();
  return 0;
}
