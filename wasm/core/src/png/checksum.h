/* The checksums of PNG chunks (CRC-32, ISO 3309) and zlib streams (Adler-32, RFC 1950). */
#ifndef CHECKSUM_H
#define CHECKSUM_H
#include "../core.h"

/* Begins with 0; the result of one call goes into the next. */
u32 crc32_update(u32 crc, const u8 *bytes, size_t count);
/* Begins with 1. */
u32 adler32_update(u32 adler, const u8 *bytes, size_t count);
#endif
