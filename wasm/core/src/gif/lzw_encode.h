/* GIF's LZW (appendix F), written into sub-blocks. */
#ifndef GIF_LZW_ENCODE_H
#define GIF_LZW_ENCODE_H
#include "../core.h"

/* Writes the code size and begins. `literal_bits`: 2 to 8. */
void lzw_write_begin(int literal_bits);
void lzw_write(const u8 *indices, int count);
/* What is left, and the terminator. */
void lzw_write_end(void);
#endif
