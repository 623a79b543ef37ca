/* A zlib stream (RFC 1950, 1951), decoded as its bytes arrive: it stops wherever input or room is missing, and goes on there.
   What it has made stays in a window until the caller has taken it and the format can no longer refer to it. */
#ifndef INFLATE_H
#define INFLATE_H
#include "../core.h"

typedef enum {
  INFLATE_INPUT,  /* add some with inflate_feed, or say that there is none */
  INFLATE_OUTPUT, /* take some of what is there */
  INFLATE_END,    /* the stream is over and its checksum right */
} InflateState;

/* `most`: bytes that the caller takes at a time; as many are made before INFLATE_OUTPUT, and usually more. */
void inflate_open(size_t most);
/* Room for compressed bytes; at least one. */
u8 *inflate_room(size_t *room);
void inflate_feed(size_t count);
/* No more will come. */
void inflate_finish(void);
/* Fails with DAMAGED, or with TRUNCATED when it was finished too early. */
InflateState inflate_run(void);
/* What was made and not yet taken. 64 bytes behind it may be read. */
const u8 *inflate_made(size_t *count);
void inflate_take(size_t count);
#endif
