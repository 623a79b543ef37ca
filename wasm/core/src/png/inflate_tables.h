/* Huffman tables of deflate (RFC 1951 section 3.2). A look-up yields a symbol with all that is to be done about it. */
#ifndef INFLATE_TABLES_H
#define INFLATE_TABLES_H
#include "../core.h"

/* An entry: bits 0..7 how many bits it takes in all, its extra bits too; 8..11 how long the code alone is; 16..30 the
   literal, the base of a length or a distance, or where a second table begins (then 8..11 are that table's bits). */
#define ENTRY_LITERAL 0x80000000u
#define ENTRY_SPECIAL 0x8000u /* one of the following */
#define ENTRY_TABLE 0x4000u
#define ENTRY_END 0x2000u /* of the block; a special entry of neither kind is a code that nobody has */
#define ENTRY_VALUE(entry) ((entry) >> 16 & 0x7FFF)
#define ENTRY_CODE(entry) ((entry) >> 8 & 15)

#define LITERAL_BITS 11
#define DISTANCE_BITS 8
#define PRECODE_BITS 7
/* The greatest sizes that codes of at most 15 bits can need, with 288, 32 and 19 symbols (zlib's `enough`). */
#define LITERAL_ENTRIES 2342
#define DISTANCE_ENTRIES 402
#define PRECODE_ENTRIES 128

#define LITERALS 288
#define DISTANCES 32
#define PRECODES 19

typedef enum { LITERAL_CODES, DISTANCE_CODES, PRECODE_CODES } CodeKind;
/* Of `count` code lengths. Fails with DAMAGED when they are no code. */
void make_table(u32 *table, CodeKind kind, const u8 *lengths, int count);
#endif
