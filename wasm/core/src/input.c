#include "input.h"

/* Bytes behind the tail that may be read, so that vectors need no special end. */
#define SLACK 64

Input input;
static u8 *buffer;
static size_t room;

/* Forgets what there was; for a new picture, after memory_reset. */
void EXPORT(input_reset)(void) {
  input = (Input){0};
  buffer = NULL;
  room = 0;
}

/* Where the host writes its next `bytes` bytes. What was not taken yet stays in front of them. */
u8 *EXPORT(input_reserve)(size_t bytes) {
  size_t left = input_left(), needed = left + bytes;
  u8 *to = buffer;
  if (!buffer || needed > room) {
    room = needed + needed / 2;
    to = take(room + SLACK);
  }
  if (left) memmove(to, input.head, left);
  buffer = to;
  input.head = to;
  input.tail = to + left;
  return to + left;
}

void EXPORT(input_commit)(size_t bytes, bool is_last) {
  input.tail += bytes;
  input.ended = is_last;
  memset((u8 *)input.tail, 0, SLACK);
}
