#include "inflate.h"
#include "../simd.h"
#include "checksum.h"
#include "inflate_tables.h"

#define HISTORY 32768
#define IN_ROOM 65536
/* The header of a block with its code lengths takes at most this many bytes. */
#define LONGEST_HEADER 1024
/* Input that one symbol with its refills may look at, and output that one copy may write over. */
#define IN_SLACK 32
/* align_bytes goes back by as many, from where it went back before: those bytes must still lie there. */
#define BACK 8
#define IN_LEAD (2 * BACK)
#define OUT_SLACK (258 + 64)

static struct {
  enum { AT_HEADER, AT_BLOCK, IN_BLOCK, IN_STORED, AT_CHECKSUM, AT_END } stage;
  bool is_finished, is_last_block;
  u64 bits; /* the next bits, lowest first; those above `count` are not to be relied upon */
  u32 count;
  const u8 *in, *in_end;
  u8 *in_buffer;
  u8 *out, *taken, *window, *window_end;
  u32 stored; /* bytes left of a stored block */
  u32 adler;
  u32 literals[LITERAL_ENTRIES], distances[DISTANCE_ENTRIES];
} z;

void inflate_open(size_t most) {
  size_t room = HISTORY + 2 * most + 2 * HISTORY;
  memset(&z, 0, sizeof z);
  z.adler = 1;
  z.in = z.in_end = z.in_buffer = (u8 *)take_zeroed(IN_LEAD + IN_ROOM + IN_SLACK + 64) + IN_LEAD;
  z.out = z.taken = z.window = take(room + OUT_SLACK + 64);
  z.window_end = z.window + room;
}

u8 *inflate_room(size_t *room) {
  size_t left = (size_t)(z.in_end - z.in);
  memmove(z.in_buffer - BACK, z.in - BACK, BACK + left);
  z.in = z.in_buffer;
  z.in_end = z.in_buffer + left;
  *room = IN_ROOM - left;
  return z.in_buffer + left;
}

void inflate_feed(size_t count) { z.in_end += count; }

void inflate_finish(void) {
  z.is_finished = true;
  /* Whoever reads on finds zeros, and is caught by over_end. */
  memset((u8 *)z.in_end, 0, IN_SLACK + 64);
}

const u8 *inflate_made(size_t *count) {
  *count = (size_t)(z.out - z.taken);
  return z.taken;
}

void inflate_take(size_t count) {
  z.adler = adler32_update(z.adler, z.taken, count);
  z.taken += count;
}

/* ---- bits ---- */

INLINE void refill(void) {
  u64 word;
  memcpy(&word, z.in, 8);
  z.bits |= word << z.count;
  z.in += (63 - z.count) >> 3;
  z.count |= 56;
}

INLINE u32 take_bits(int n) {
  u32 value = (u32)(z.bits & ((1u << n) - 1));
  z.bits >>= n;
  z.count -= (u32)n;
  return value;
}

/* Bytes were used that never came. */
static void check_end(void) {
  if (z.in - (z.count >> 3) > z.in_end) fail(TRUNCATED, "its compressed data ends too early");
}

/* Back to whole bytes. */
static void align_bytes(void) {
  z.in -= z.count >> 3;
  z.bits = z.count = 0;
  check_end();
}

static bool has_input(size_t bytes) { return z.is_finished || (size_t)(z.in_end - z.in) >= bytes; }

/* ---- blocks ---- */

static void read_zlib_header(void) {
  u32 method = z.in[0], flags = z.in[1];
  z.in += 2;
  check_end();
  if ((method & 15) != 8 || method >> 4 > 7 || flags & 32 || (method << 8 | flags) % 31)
    fail(DAMAGED, "its compressed data does not begin as it must");
  z.stage = AT_BLOCK;
}

static void make_fixed_tables(void) {
  u8 lengths[LITERALS];
  memset(lengths, 8, 144);
  memset(lengths + 144, 9, 112);
  memset(lengths + 256, 7, 24);
  memset(lengths + 280, 8, 8);
  make_table(z.literals, LITERAL_CODES, lengths, LITERALS);
  memset(lengths, 5, DISTANCES);
  make_table(z.distances, DISTANCE_CODES, lengths, DISTANCES);
}

/* Code lengths are themselves coded, with repetitions (RFC 1951 section 3.2.7). */
static void read_lengths(u8 *lengths, int count, const u32 *precodes) {
  for (int i = 0; i < count;) {
    refill();
    u32 entry = precodes[z.bits & (PRECODE_ENTRIES - 1)];
    if (entry & ENTRY_SPECIAL) fail(DAMAGED, "its compressed data has impossible codes");
    take_bits(entry & 255);
    int symbol = (int)ENTRY_VALUE(entry), repeat = 1;
    u8 value = (u8)symbol;
    if (symbol == 16) {
      if (!i) fail(DAMAGED, "its compressed data has impossible codes");
      value = lengths[i - 1];
      repeat = 3 + (int)take_bits(2);
    } else if (symbol > 16) {
      value = 0;
      repeat = symbol == 17 ? 3 + (int)take_bits(3) : 11 + (int)take_bits(7);
    }
    if (repeat > count - i) fail(DAMAGED, "its compressed data has impossible codes");
    memset(lengths + i, value, (size_t)repeat);
    i += repeat;
    check_end();
  }
}

static void read_dynamic_tables(void) {
  static const u8 order[PRECODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  int literals = 257 + (int)take_bits(5), distances = 1 + (int)take_bits(5), precodes = 4 + (int)take_bits(4);
  u8 lengths[LITERALS + DISTANCES] = {0};
  u32 table[PRECODE_ENTRIES];
  for (int i = 0; i < precodes; i++) {
    refill();
    lengths[order[i]] = (u8)take_bits(3);
  }
  make_table(table, PRECODE_CODES, lengths, PRECODES);
  if (literals > 286) fail(DAMAGED, "its compressed data has impossible codes");
  read_lengths(lengths, literals + distances, table);
  if (!lengths[256]) fail(DAMAGED, "its compressed data has a block without an end");
  make_table(z.literals, LITERAL_CODES, lengths, literals);
  make_table(z.distances, DISTANCE_CODES, lengths + literals, distances);
}

static void begin_block(void) {
  refill();
  z.is_last_block = take_bits(1);
  u32 kind = take_bits(2);
  if (kind == 0) {
    align_bytes();
    u32 length = (u32)z.in[0] | (u32)z.in[1] << 8, inverse = (u32)z.in[2] | (u32)z.in[3] << 8;
    z.in += 4;
    check_end();
    if (length != (inverse ^ 0xFFFF)) fail(DAMAGED, "its compressed data is damaged");
    z.stored = length;
    z.stage = IN_STORED;
    return;
  }
  if (kind == 1) make_fixed_tables();
  else if (kind == 2) read_dynamic_tables();
  else fail(DAMAGED, "its compressed data is damaged");
  z.stage = IN_BLOCK;
}

static void end_block(void) {
  z.stage = z.is_last_block ? AT_CHECKSUM : AT_BLOCK;
}

static InflateState copy_stored(void) {
  size_t in = z.in_end > z.in ? (size_t)(z.in_end - z.in) : 0, out = (size_t)(z.window_end - z.out), count = z.stored;
  count = count < in ? count : in;
  count = count < out ? count : out;
  memcpy(z.out, z.in, count);
  z.in += count;
  z.out += count;
  z.stored -= (u32)count;
  if (!z.stored) end_block();
  else if (count == in && z.is_finished) fail(TRUNCATED, "its compressed data ends too early");
  return count == out && z.stored ? INFLATE_OUTPUT : INFLATE_INPUT;
}

/* A repetition. It may write up to 64 bytes too many. */
INLINE u8 *copy_match(u8 *out, u32 distance, u32 length) {
  const u8 *from = out - distance;
  u8 *end = out + length;
  if (distance >= 16) {
    do {
      wasm_v128_store(out, wasm_v128_load(from));
      wasm_v128_store(out + 16, wasm_v128_load(from + 16));
      out += 32;
      from += 32;
    } while (out < end);
  } else if (distance == 1) {
    V v = wasm_v128_load8_splat(from);
    for (; out < end; out += 16) wasm_v128_store(out, v);
  } else if (distance == 4) {
    u32 pixel;
    memcpy(&pixel, from, 4);
    V v = wasm_i32x4_splat((int)pixel);
    for (; out < end; out += 16) wasm_v128_store(out, v);
  } else if (distance >= 8) {
    do {
      memcpy(out, from, 8);
      out += 8;
      from += 8;
    } while (out < end);
  } else {
    /* Of eight bytes the first `distance` are right, and so are the next, one step later. */
    do {
      u64 word;
      memcpy(&word, from, 8);
      memcpy(out, &word, 8);
      out += distance;
      from += distance;
    } while (out < end);
  }
  return end;
}

#define MASK(n) (((u64)1 << (n)) - 1)

/* Symbols while there is input and room for any one of them. The state lives in locals, which is twice as fast. */
static InflateState decode_symbols(void) {
  u64 bits = z.bits;
  u32 count = z.count;
  const u8 *in = z.in, *in_stop = z.is_finished ? z.in_end + 8 : z.in_end - IN_SLACK;
  u8 *out = z.out, *const out_stop = z.window_end;
  const u8 *const window = z.window;
  InflateState state = INFLATE_INPUT;
#define REFILL()              \
  do {                        \
    u64 word;                 \
    memcpy(&word, in, 8);     \
    bits |= word << count;    \
    in += (63 - count) >> 3;  \
    count |= 56;              \
  } while (0)
#define DROP(n) (bits >>= (n) & 63, count -= (n) & 63)
#define LOOK() (z.literals[bits & MASK(LITERAL_BITS)])
  /* Looked up before more bits come in, which then takes no time: what is left of them is enough for one look. */
  u32 entry = 0;
  bool is_begun = false;
  for (;;) {
    if (UNLIKELY(in > in_stop)) break;
    if (UNLIKELY(out >= out_stop)) {
      state = INFLATE_OUTPUT;
      break;
    }
    REFILL();
    if (UNLIKELY(!is_begun)) entry = LOOK(), is_begun = true;
    /* Three literals of at most 11 bits, then a length of at most 20: 53 of the 56 bits that there are. */
    if (entry & ENTRY_LITERAL) {
      DROP(entry);
      *out++ = (u8)(entry >> 16);
      entry = LOOK();
      if (entry & ENTRY_LITERAL) {
        DROP(entry);
        *out++ = (u8)(entry >> 16);
        entry = LOOK();
        if (entry & ENTRY_LITERAL) {
          DROP(entry);
          *out++ = (u8)(entry >> 16);
          entry = LOOK();
          continue;
        }
      }
    }
    if (UNLIKELY(entry & ENTRY_TABLE)) {
      DROP(LITERAL_BITS);
      entry = z.literals[ENTRY_VALUE(entry) + (bits & MASK(ENTRY_CODE(entry)))];
      if (entry & ENTRY_LITERAL) {
        DROP(entry);
        *out++ = (u8)(entry >> 16);
        entry = LOOK();
        continue;
      }
    }
    if (UNLIKELY(entry & ENTRY_SPECIAL)) {
      if (!(entry & ENTRY_END)) fail(DAMAGED, "its compressed data has a code that is none");
      DROP(entry);
      end_block();
      break;
    }
    u32 length = ENTRY_VALUE(entry) + (u32)((bits & MASK(entry & 63)) >> ENTRY_CODE(entry));
    DROP(entry);
    REFILL();
    entry = z.distances[bits & MASK(DISTANCE_BITS)];
    if (UNLIKELY(entry & ENTRY_TABLE)) {
      DROP(DISTANCE_BITS);
      entry = z.distances[ENTRY_VALUE(entry) + (bits & MASK(ENTRY_CODE(entry)))];
    }
    if (UNLIKELY(entry & ENTRY_SPECIAL)) fail(DAMAGED, "its compressed data has a code that is none");
    u32 distance = ENTRY_VALUE(entry) + (u32)((bits & MASK(entry & 63)) >> ENTRY_CODE(entry));
    DROP(entry);
    if (UNLIKELY(distance > (size_t)(out - window))) fail(DAMAGED, "its compressed data refers to what was before it");
    entry = LOOK();
    out = copy_match(out, distance, length);
  }
#undef LOOK
#undef REFILL
#undef DROP
  z.bits = bits & MASK(count);
  z.count = count;
  z.in = in;
  z.out = out;
  if (z.is_finished) check_end();
  return state;
}

static void check_sum(void) {
  align_bytes();
  const u8 *p = z.in;
  z.in += 4;
  check_end();
  u32 adler = adler32_update(z.adler, z.taken, (size_t)(z.out - z.taken));
  if (read_be32(p) != adler) fail(DAMAGED, "the checksum of its compressed data is wrong");
  z.stage = AT_END;
}

/* Makes room by forgetting what was taken and is too far back to be referred to. */
static void slide(void) {
  size_t keep = (size_t)(z.out - z.taken), made = (size_t)(z.out - z.window);
  keep = keep > HISTORY ? keep : HISTORY;
  if (keep >= made) return;
  size_t gone = made - keep;
  memmove(z.window, z.window + gone, keep);
  z.out -= gone;
  z.taken -= gone;
}

InflateState inflate_run(void) {
  for (;;) switch (z.stage) {
      case AT_HEADER:
        if (!has_input(2)) return INFLATE_INPUT;
        read_zlib_header();
        break;
      case AT_BLOCK:
        if (!has_input(LONGEST_HEADER)) return INFLATE_INPUT;
        begin_block();
        break;
      case IN_BLOCK:
      case IN_STORED: {
        if (z.out >= z.window_end) slide();
        if (z.out >= z.window_end) return INFLATE_OUTPUT;
        bool was_stored = z.stage == IN_STORED;
        InflateState state = was_stored ? copy_stored() : decode_symbols();
        if (z.stage == IN_BLOCK || z.stage == IN_STORED) return state;
        break;
      }
      case AT_CHECKSUM:
        if (!has_input(8)) return INFLATE_INPUT;
        check_sum();
        break;
      case AT_END: return INFLATE_END;
    }
}
