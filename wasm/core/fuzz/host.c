#include "host.h"
#include <stdlib.h>

jmp_buf host_failed;

/* As little as a picture of this size may need, so that those that ask for more end early. */
#define MOST_BYTES ((size_t)256 << 20)

/* Blocks of their own, so that the sanitizer sees every byte beyond them. */
static void **blocks;
static size_t count, room, taken;

void *take(size_t bytes) {
  if (bytes > MOST_BYTES - taken) fail(OUT_OF_MEMORY, "it needs more memory than it may have");
  taken += bytes;
  if (count == room) {
    room = room ? 2 * room : 64;
    blocks = realloc(blocks, room * sizeof *blocks);
  }
  /* Whatever is read before it is written must not matter. */
  void *block = aligned_alloc(16, round_up(bytes ? bytes : 1, 16));
  memset(block, 0xa5, round_up(bytes ? bytes : 1, 16));
  return blocks[count++] = block;
}
void *take_zeroed(size_t bytes) { return memset(take(bytes), 0, bytes); }
size_t memory_mark(void) { return count; }
void memory_release(size_t mark) {
  while (count > mark) free(blocks[--count]);
}
void host_reset(void) {
  memory_release(0);
  taken = 0;
}

void fail(Failure code, const char *what) { longjmp(host_failed, (int)code); }
void tick(void) {}
