/* The encoded file, in blocks, so that nothing is ever copied to grow. */
#ifndef OUTPUT_H
#define OUTPUT_H
#include "core.h"

/* At least `bytes` free bytes in a row; valid until the next call. */
u8 *output_reserve(size_t bytes);
/* The first `bytes` of what was reserved are filled. */
void output_commit(size_t bytes);
void output_write(const void *bytes, size_t count);
/* A place in what was written, to be patched later (lengths, checksums). `count` bytes that lie in one block. */
u8 *output_hole(size_t count);
size_t output_size(void);
void output_reset(void);
#endif
