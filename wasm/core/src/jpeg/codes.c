#include "codes.h"
#include "../output.h"

Page *add_page(Tokens *tokens) {
  Page *page = take(sizeof *page);
  page->next = NULL;
  page->used = 0;
  if (tokens->last) tokens->last->next = page;
  else tokens->first = page;
  return tokens->last = page;
}

/* Symbols that occur, in their order, with how often they do; what was merged into another has none. */
typedef struct {
  u64 counts[257];
  int symbols[257], count;
} Used;

/* The place of the lowest count but `except`; among equals the last, as libjpeg has it. -1 = there is none. */
static int lowest(const Used *used, int except) {
  int found = -1;
  for (int i = 0; i < used->count; i++)
    if (used->counts[i] && i != except && (found < 0 || used->counts[i] <= used->counts[found])) found = i;
  return found;
}

/* T.81 K.2, figure K.1: how many bits each symbol's code has. Entry 256 keeps the code of all ones free. */
static void code_sizes(const u32 *from, int *sizes) {
  Used used;
  int others[257];
  used.count = 0;
  for (int i = 0; i <= 256; i++) {
    sizes[i] = 0;
    if (i < 256 && !from[i]) continue;
    others[used.count] = -1;
    used.counts[used.count] = i < 256 ? from[i] : 1;
    used.symbols[used.count++] = i;
  }
  for (;;) {
    int a = lowest(&used, -1), b = lowest(&used, a);
    if (b < 0) return;
    used.counts[a] += used.counts[b];
    used.counts[b] = 0;
    for (sizes[used.symbols[a]]++; others[a] >= 0; sizes[used.symbols[a]]++) a = others[a];
    others[a] = b;
    for (sizes[used.symbols[b]]++; others[b] >= 0; sizes[used.symbols[b]]++) b = others[b];
  }
}

/* Figure K.3: codes of more than 16 bits are shortened, at the cost of others. */
static void limit_lengths(u32 *lengths) {
  for (int i = 256; i > 16; i--)
    while (lengths[i] > 0) {
      int j = i - 2;
      while (!lengths[j]) j--;
      lengths[i] -= 2;
      lengths[i - 1]++;
      lengths[j + 1] += 2;
      lengths[j]--;
    }
  int longest = 16;
  while (!lengths[longest]) longest--;
  lengths[longest]--;
}

void make_codes(Codes *codes) {
  int sizes[257];
  u32 lengths[258] = {0};
  code_sizes(codes->counts, sizes);
  for (int i = 0; i <= 256; i++)
    if (sizes[i]) lengths[sizes[i]]++;
  limit_lengths(lengths);
  for (int i = 1; i <= 16; i++) codes->lengths[i] = (u8)lengths[i];
  codes->symbols = 0;
  for (int size = 1; size <= 256; size++)
    for (int i = 0; i < 256; i++)
      if (sizes[i] == size) codes->values[codes->symbols++] = (u8)i;
}

/* code | length << 16, by table and symbol */
static u32 assigned[4 * 256];

static void assign(const Tokens *tokens) {
  memset(assigned, 0, sizeof assigned);
  for (int t = 0; t < 4; t++) {
    const Codes *codes = &tokens->codes[t];
    u32 code = 0;
    for (int length = 1, at = 0; length <= 16; length++, code <<= 1)
      for (int i = 0; i < codes->lengths[length]; i++, at++)
        assigned[t << 8 | codes->values[at]] = code++ | (u32)length << 16;
  }
}

typedef struct {
  u64 buffer;
  int count;
  u8 *at;
} Writer;

/* A byte of all ones is followed by a stuffed zero (T.81 F.1.2.3). */
INLINE void put_byte(Writer *w, u8 byte) {
  *w->at++ = byte;
  if (byte == 0xff) *w->at++ = 0;
}

INLINE void put_word(Writer *w) {
  w->count -= 32;
  u32 word = (u32)(w->buffer >> w->count), inverse = ~word;
  if (LIKELY(!((inverse - 0x01010101u) & word & 0x80808080u))) {
    word = __builtin_bswap32(word);
    memcpy(w->at, &word, 4);
    w->at += 4;
    return;
  }
  for (int shift = 24; shift >= 0; shift -= 8) put_byte(w, (u8)(word >> shift));
}

INLINE void put_token(Writer *w, u32 token) {
  u32 code = assigned[token & 1023];
  /* The magnitude's size is the low half of an AC symbol and all of a DC symbol; neither is above 15. */
  int size = token & 15, length = (int)(code >> 16) + size;
  w->buffer = w->buffer << length | (u64)(code & 0xffff) << size | token >> 16;
  w->count += length;
  if (w->count >= 32) put_word(w);
}

void write_tokens(const Tokens *tokens) {
  Writer writer = {0};
  assign(tokens);
  for (const Page *page = tokens->first; page; page = page->next) {
    tick();
    for (int first = 0; first < page->used; first += 1024) {
      /* A token is at most 31 bits, and every byte may need stuffing. */
      u8 *begin = writer.at = output_reserve(1024 * 8 + 16);
      for (int i = first; i < min_int(first + 1024, page->used); i++) put_token(&writer, page->tokens[i]);
      output_commit((size_t)(writer.at - begin));
    }
  }
  u8 *begin = writer.at = output_reserve(16);
  writer.buffer = writer.buffer << 7 | 127;
  for (writer.count += 7; writer.count >= 8; writer.count -= 8)
    put_byte(&writer, (u8)(writer.buffer >> (writer.count - 8)));
  output_commit((size_t)(writer.at - begin));
}
