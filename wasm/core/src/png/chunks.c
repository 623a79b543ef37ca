/* The chunks of a PNG file (ISO 15948 section 5 and 11). */
#include "checksum.h"
#include "decoder.h"
#include "inflate.h"

PngDecoder png;

static const u8 signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

#define NAME(a, b, c, d) ((u32)(a) << 24 | (u32)(b) << 16 | (u32)(c) << 8 | (u32)(d))
#define IS_ANCILLARY(name) ((name) & 0x20000000)
/* Name and checksum, and the length before them. */
#define AROUND 12
/* What there is of a chunk that must be seen whole. */
#define MOST_BYTES 1024
#define MOST_SIDE (1 << 24)

void png_open(void) {
  memset(&png, 0, sizeof png);
  for (int i = 0; i < 256; i++) png.palette[i][3] = 255;
}

void png_open_animated(void) {
  png_open();
  png.is_animated = true;
}

static Progress need_more(void) {
  if (input.ended) fail(TRUNCATED, "it ends too early");
  return MORE;
}

/* The header: which combinations there are is table 11.1. */
static void read_header(const u8 *p, u32 length) {
  static const u8 depths[7] = {[GREY] = 1 | 2 | 4 | 8 | 16, [RGB] = 8 | 16, [PALETTE] = 1 | 2 | 4 | 8,
                               [GREY_ALPHA] = 8 | 16, [RGB_ALPHA] = 8 | 16};
  u32 width = length == 13 ? read_be32(p) : 0, height = length == 13 ? read_be32(p + 4) : 0;
  if (!width || !height || p[9] > 6 || !p[8] || p[8] & (p[8] - 1) || !(depths[p[9]] & p[8]) || p[10] || p[11] || p[12] > 1)
    fail(DAMAGED, "its header says what cannot be");
  if (width > MOST_SIDE || height > MOST_SIDE) fail(OUT_OF_MEMORY, "it is too large");
  png.head = (PngHead){.width = (int)width, .height = (int)height, .depth = p[8], .color_type = p[9],
                       .is_interlaced = p[12], .has_alpha = p[9] & 4};
  png.has_header = true;
}

static void read_palette(const u8 *p, u32 length) {
  if (length % 3 || length < 3 || length > 768 || png.has_data) fail(DAMAGED, "its palette is damaged");
  png.has_palette = true;
  png.colors = (int)length / 3;
  for (int i = 0; i < png.colors; i++) memcpy(png.palette[i], p + 3 * i, 3);
}

static void read_transparency(const u8 *p, u32 length) {
  int type = png.head.color_type;
  if (png.has_data || (type != GREY && type != RGB && type != PALETTE)) return;
  if (type == PALETTE) {
    for (u32 i = 0; i < length && i < 256; i++) png.palette[i][3] = p[i];
    png.head.has_alpha = true;
    return;
  }
  u32 samples = type == GREY ? 1 : 3;
  if (length < 2 * samples) return;
  for (u32 i = 0; i < samples; i++) png.key[i] = (u16)read_be16(p + 2 * i);
  png.has_key = png.head.has_alpha = true;
}

static void begin_data(u32 length) {
  if (png.data_is_over) fail(DAMAGED, "its pixel data is torn apart");
  if (png.head.color_type == PALETTE && !png.has_palette) fail(DAMAGED, "it has no palette");
  png.has_data = true;
  png.crc = crc32_update(0, input.head + 4, 4);
  png.left = length;
  png.stage = IN_DATA;
  input.head += 8;
}

/* Of a frame's data the sequence number comes first: it adds nothing to the order that the chunks are in. */
static void begin_frame_data(u32 length) {
  if (length < 4 || input_left() < AROUND + 4) fail(DAMAGED, "one of its frames is damaged");
  begin_data(length);
  png.crc = crc32_update(png.crc, input.head, 4);
  input.head += 4;
  png.left -= 4;
}

/* Chunks that are small and must be right before they are looked at. */
static void read_whole(u32 name, u32 length) {
  const u8 *p = input.head + 8;
  bool is_right = crc32_update(0, p - 4, length + 4) == read_be32(p + length);
  if (!is_right && !IS_ANCILLARY(name)) fail(DAMAGED, "the checksum of one of its parts is wrong");
  input.head += AROUND + length;
  switch (name) {
    case NAME('I', 'H', 'D', 'R'):
      if (png.has_header) fail(DAMAGED, "it has two headers");
      read_header(p, length);
      return;
    case NAME('P', 'L', 'T', 'E'): read_palette(p, length); return;
    case NAME('t', 'R', 'N', 'S'):
      if (is_right) read_transparency(p, length);
      return;
    case NAME('a', 'c', 'T', 'L'):
      if (is_right && length >= 8) png.plays = (int)(read_be32(p + 4) & 0x7FFFFFFF);
      return;
    default: /* the end */
      if (!png.has_data) fail(DAMAGED, "it has no pixel data");
      png.stage = BEHIND_END;
  }
}

static bool is_read_whole(u32 name) {
  return name == NAME('I', 'H', 'D', 'R') || name == NAME('P', 'L', 'T', 'E') || name == NAME('t', 'R', 'N', 'S') ||
         name == NAME('I', 'E', 'N', 'D') || (png.is_animated && name == NAME('a', 'c', 'T', 'L'));
}

static Progress read_chunk(void) {
  if (input_left() < AROUND) return need_more();
  u32 length = read_be32(input.head), name = read_be32(input.head + 4);
  if (length > 0x7FFFFFFF) fail(DAMAGED, "the length of one of its parts is wrong");
  if (!png.has_header && name != NAME('I', 'H', 'D', 'R')) fail(DAMAGED, "it does not begin with its header");
  bool is_frame_data = png.is_animated && name == NAME('f', 'd', 'A', 'T');
  bool is_data = is_frame_data || name == NAME('I', 'D', 'A', 'T');
  if (png.is_animated && name == NAME('f', 'c', 'T', 'L')) {
    png.stage = AT_FRAME;
    return READY;
  }
  if (png.has_data && !is_data) png.data_is_over = true;
  if (is_frame_data) begin_frame_data(length);
  else if (is_data) begin_data(length);
  else if (is_read_whole(name)) {
    if (length > MOST_BYTES) fail(DAMAGED, "the length of one of its parts is wrong");
    if (input_left() < AROUND + length) return need_more();
    read_whole(name, length);
  } else {
    if (!IS_ANCILLARY(name)) fail(UNSUPPORTED, "it has parts that no PNG has");
    input.head += 8;
    png.left = length + 4;
    png.stage = IN_UNUSED;
  }
  return READY;
}

static Progress skip(void) {
  size_t count = input_left() < png.left ? input_left() : png.left;
  input.head += count;
  png.left -= (u32)count;
  if (png.left) return need_more();
  png.stage = AT_CHUNK;
  return READY;
}

static Progress read_signature(void) {
  if (input_left() < sizeof signature) return need_more();
  if (memcmp(input.head, signature, sizeof signature)) fail(DAMAGED, "it does not begin as a PNG does");
  input.head += sizeof signature;
  png.stage = AT_CHUNK;
  return READY;
}

Progress png_read_chunks(void) {
  while (png.stage != IN_DATA && png.stage != AT_FRAME && png.stage != BEHIND_END) {
    Progress progress = png.stage == AT_SIGNATURE ? read_signature() : png.stage == AT_CHUNK ? read_chunk() : skip();
    if (progress == MORE) return MORE;
  }
  return READY;
}

Progress png_read_head(PngHead *head) {
  if (png_read_chunks() == MORE) return MORE;
  *head = png.head;
  return READY;
}

/* The first `count` bytes of what is left of a chunk are used. */
static void use_data(size_t count) {
  png.crc = crc32_update(png.crc, input.head, count);
  input.head += count;
  png.left -= (u32)count;
}

static Progress end_data(void) {
  if (input_left() < 4) return need_more();
  if (read_be32(input.head) != png.crc) fail(DAMAGED, "the checksum of its pixel data is wrong");
  input.head += 4;
  png.stage = AT_CHUNK;
  return READY;
}

Progress png_skip_data(void) {
  if (!png.left) return end_data();
  if (!input_left()) return need_more();
  use_data(input_left() < png.left ? input_left() : png.left);
  return READY;
}

Progress png_feed(void) {
  for (;;) {
    if (png_read_chunks() == MORE) return MORE;
    if (png.stage == BEHIND_END || png.stage == AT_FRAME) {
      inflate_finish();
      return READY;
    }
    if (png.left) break;
    if (end_data() == MORE) return MORE;
  }
  size_t room, count = input_left() < png.left ? input_left() : png.left;
  u8 *to = inflate_room(&room);
  count = count < room ? count : room;
  if (!count) return need_more();
  memcpy(to, input.head, count);
  use_data(count);
  inflate_feed(count);
  return READY;
}
