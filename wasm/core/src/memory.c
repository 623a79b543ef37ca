/* One region above the program's own data. `take` only ever moves its top. The libraries' malloc takes from it too and
   keeps what is freed in lists by size, so that an encoder that allocates for each frame does not grow. */
#include "core.h"

#define BLOCK 65536
extern u8 __heap_base;

static uintptr_t top;
static uintptr_t limit = UINTPTR_MAX;

/* Freed blocks by size class: eight classes to each power of two, so at most an eighth is wasted. */
#define CLASSES 256
typedef struct Header Header;
struct Header {
  Header *next;
  u32 class;
  u32 shift; /* bytes from the block's own header to this one, which an aligned pointer has before it */
  u32 padding;
};
_Static_assert(sizeof(Header) == 16, "keeps blocks aligned");
static Header *freed[CLASSES];

/* Forgets everything. `most` bounds the whole memory, the program's own data included. */
void EXPORT(memory_reset)(size_t most) {
  top = (uintptr_t)&__heap_base;
  limit = most;
  memset(freed, 0, sizeof freed);
}

void *take(size_t bytes) {
  uintptr_t start = round_up(top, 16);
  uintptr_t end = start + bytes;
  if (end < start || end > limit) fail(OUT_OF_MEMORY, "it needs more memory than it may have");
  size_t have = (size_t)__builtin_wasm_memory_size(0) * BLOCK;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + BLOCK - 1) / BLOCK) == (size_t)-1)
    fail(OUT_OF_MEMORY, "there is no more memory");
  top = end;
  return (void *)start;
}

void *take_zeroed(size_t bytes) { return memset(take(bytes), 0, bytes); }

size_t memory_mark(void) { return top; }

void memory_release(size_t mark) {
  top = mark;
  for (int class = 0; class < CLASSES; class++)
    for (Header **at = &freed[class]; *at;)
      if ((uintptr_t)*at >= mark) *at = (*at)->next;
      else at = &(*at)->next;
}

/* Smallest class whose blocks hold `bytes`: 16 * (8 + low) << high, for the class 8 * high + low. */
static u32 class_of(size_t bytes) {
  size_t units = (bytes + 15) / 16;
  if (units <= 8) return 0;
  u32 high = 28 - (u32)__builtin_clz((u32)(units - 1));
  return 8 * high + (u32)(((units - 1) >> high) - 8) + 1;
}

static size_t class_bytes(u32 class) { return ((size_t)(8 + class % 8) << class / 8) * 16; }

void *malloc(size_t bytes) {
  if (bytes > (size_t)1 << 31) return NULL;
  u32 class = class_of(bytes);
  Header *block = freed[class];
  if (block) freed[class] = block->next;
  else {
    block = take(sizeof(Header) + class_bytes(class));
    block->class = class;
    block->shift = 0;
  }
  return block + 1;
}

void free(void *pointer) {
  if (!pointer) return;
  Header *block = (Header *)pointer - 1;
  block = (Header *)((u8 *)block - block->shift);
  block->next = freed[block->class];
  freed[block->class] = block;
}

void *calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
  void *block = malloc(bytes);
  return block ? memset(block, 0, bytes) : NULL;
}

/* `alignment`: a power of two. What it gives cannot be realloc'ed. */
int posix_memalign(void **pointer, size_t alignment, size_t bytes) {
  Header *block = malloc(bytes + alignment);
  if (!block) return 12; /* ENOMEM */
  uintptr_t start = round_up((uintptr_t)block, alignment);
  u32 shift = (u32)(start - (uintptr_t)block);
  if (shift) ((Header *)start)[-1].shift = shift;
  *pointer = (void *)start;
  return 0;
}

void *realloc(void *pointer, size_t bytes) {
  if (!pointer) return malloc(bytes);
  size_t had = class_bytes(((Header *)pointer - 1)->class);
  if (bytes <= had) return pointer;
  void *block = malloc(bytes);
  if (!block) return NULL;
  memcpy(block, pointer, had);
  free(pointer);
  return block;
}

_Noreturn void abort(void) { fail(MISUSED, "a library gave up"); }

/* Instead of wasi-libc's, which would bring its streams and their files along. */
_Noreturn void __assert_fail(const char *what, const char *file, int line, const char *function) {
  fail(MISUSED, "a library found itself at fault");
}
