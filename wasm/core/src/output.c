#include "output.h"

#define ORDINARY (64 * 1024)

typedef struct Block Block;
struct Block {
  Block *next;
  size_t used, room;
  u8 bytes[];
};
static Block *first, *last;
static size_t total;

static Block *add_block(size_t room) {
  Block *block = take(sizeof(Block) + room);
  *block = (Block){.room = room};
  if (last) last->next = block;
  else first = block;
  return last = block;
}

/* Before anything is written: the memory of the previous picture is gone. */
void EXPORT(output_reset)(void) {
  first = last = NULL;
  total = 0;
}

u8 *output_reserve(size_t bytes) {
  Block *block = last;
  if (!block || block->room - block->used < bytes) block = add_block(bytes > ORDINARY ? bytes : ORDINARY);
  return block->bytes + block->used;
}

void output_commit(size_t bytes) {
  last->used += bytes;
  total += bytes;
}

void output_write(const void *bytes, size_t count) {
  memcpy(output_reserve(count), bytes, count);
  output_commit(count);
}

u8 *output_hole(size_t count) {
  u8 *hole = output_reserve(count);
  output_commit(count);
  return hole;
}

size_t EXPORT(output_size)(void) { return total; }

/* The host reads block after block: the first one for NULL, NULL behind the last. */
const u8 *EXPORT(output_next)(const u8 *after) {
  const Block *block = after ? ((const Block *)(after - offsetof(Block, bytes)))->next : first;
  return block ? block->bytes : NULL;
}
size_t EXPORT(output_length)(const u8 *bytes) { return ((const Block *)(bytes - offsetof(Block, bytes)))->used; }
