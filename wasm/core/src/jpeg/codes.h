/* Symbols that wait for their Huffman codes. */
#ifndef JPEG_CODES_H
#define JPEG_CODES_H
#include "../core.h"

typedef struct {
  u32 counts[256];
  u8 lengths[17], values[256];
  int symbols;
} Codes;

/* Tokens of one page; pages are never moved. */
#define PAGE_TOKENS 16384
typedef struct Page Page;
struct Page {
  Page *next;
  int used;
  u32 tokens[PAGE_TOKENS]; /* symbol | table << 8 | bits << 16 */
};

typedef struct {
  Codes codes[4]; /* DC and AC of luma, DC and AC of chroma */
  Page *first, *last;
} Tokens;

Page *add_page(Tokens *tokens);
INLINE void add_token(Tokens *tokens, int table, int symbol, u32 bits) {
  Page *page = tokens->last;
  if (UNLIKELY(!page || page->used == PAGE_TOKENS)) page = add_page(tokens);
  page->tokens[page->used++] = (u32)symbol | (u32)table << 8 | bits << 16;
  tokens->codes[table].counts[symbol]++;
}

/* Optimal codes of at most 16 bits for the counts. */
void make_codes(Codes *codes);
void write_tokens(const Tokens *tokens);
#endif
