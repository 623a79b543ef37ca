#include "lzw_decode.h"
#include "../simd.h"

static LzwString strings[LZW_CODES];

static void clear(LzwDecoder *decoder) {
  decoder->size = decoder->first_size + 1;
  decoder->next = (1 << decoder->first_size) + 2;
  decoder->previous = (LzwString){0};
}

void lzw_begin(LzwDecoder *decoder, int literal_bits, u8 *bytes, size_t pixels) {
  for (u32 i = 0; i < LZW_BEFORE; i++) {
    bytes[i] = (u8)i;
    strings[i] = (LzwString){.start = i, .length = 1};
  }
  *decoder = (LzwDecoder){
      .bytes = bytes,
      .at = LZW_BEFORE,
      .end = LZW_BEFORE + pixels,
      .first_size = literal_bits,
      .is_done = pixels == 0,
  };
  clear(decoder);
}

/* Whole vectors: what is written too much is overwritten by the next string. A source ends at or before its target, so
   a string of at most 16 is read before it is written, and a longer one lies more than a vector away. */
INLINE void copy_string(u8 *to, const u8 *from, u32 length) {
  u32 i = 0;
  do wasm_v128_store(to + i, wasm_v128_load(from + i));
  while ((i += 16) < length);
}

/* Bits from the data: eight bytes at once where there are as many. Returns where the data goes on. */
INLINE const u8 *refill(u64 *bits, int *bit_count, const u8 *data, const u8 *end) {
  if (end - data >= 8) {
    u64 word;
    memcpy(&word, data, 8);
    *bits |= word << *bit_count;
    int taken = (63 - *bit_count) >> 3;
    *bit_count += taken * 8;
    return data + taken;
  }
  while (data < end && *bit_count <= 56) {
    *bits |= (u64)*data++ << *bit_count;
    *bit_count += 8;
  }
  return data;
}

void lzw_decode(LzwDecoder *decoder, const u8 *data, size_t count) {
  if (decoder->is_done) return;
  const u8 *data_end = data + count;
  u8 *const bytes = decoder->bytes;
  const size_t end = decoder->end;
  const u32 clear_code = 1u << decoder->first_size;
  size_t at = decoder->at;
  u64 bits = decoder->bits;
  int bit_count = decoder->bit_count, size = decoder->size;
  u32 next = (u32)decoder->next;
  LzwString previous = decoder->previous;

  for (;;) {
    if (bit_count < size) {
      data = refill(&bits, &bit_count, data, data_end);
      if (bit_count < size) break;
    }
    u32 code = (u32)bits & ((1u << size) - 1);
    bits >>= size;
    bit_count -= size;
    if (UNLIKELY(code - clear_code < 2)) {
      if (code > clear_code) {
        decoder->is_done = true;
        break;
      }
      size = decoder->first_size + 1;
      next = clear_code + 2;
      previous.length = 0;
      continue;
    }
    /* The string that is not finished yet: the previous one and its own first byte again. */
    bool is_next = code >= next;
    if (UNLIKELY(is_next && (code > next || !previous.length)))
      fail(DAMAGED, "its compressed data has a code that was never defined");
    LzwString string = is_next ? previous : strings[code];
    size_t room = end - at;
    if (UNLIKELY(string.length + is_next > room)) {
      /* More pixels than the frame has: the rest is not looked at. */
      memcpy(bytes + at, bytes + string.start, string.length < room ? string.length : room);
      at = end;
      decoder->is_done = true;
      break;
    }
    copy_string(bytes + at, bytes + string.start, string.length);
    if (is_next) bytes[at + string.length] = bytes[at];
    if (previous.length && next < LZW_CODES) {
      strings[next++] = (LzwString){.start = previous.start, .length = previous.length + 1};
      size += next == 1u << size && size < 12;
    }
    previous = (LzwString){.start = (u32)at, .length = string.length + is_next};
    at += previous.length;
    if (UNLIKELY(at == end)) {
      decoder->is_done = true;
      break;
    }
  }
  decoder->at = at;
  decoder->bits = bits;
  decoder->bit_count = bit_count;
  decoder->size = size;
  decoder->next = (int)next;
  decoder->previous = previous;
}
