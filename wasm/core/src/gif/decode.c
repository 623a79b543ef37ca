/* The blocks of the file. Whatever is taken from the input is taken whole: a block, a table, a sub-block. */
#include "draw.h"
#include "lzw_decode.h"

#define COLOURS 256
#define SIGNATURE_BYTES 13 /* signature and logical screen descriptor */
#define DESCRIPTOR_BYTES 10
#define MOST_PIXELS ((size_t)UINT32_MAX - 4096) /* that LzwString can address */
enum { EXTENSION = 0x21, IMAGE = 0x2c, TRAILER = 0x3b };
enum { APPLICATION = 0xff, GRAPHIC_CONTROL = 0xf9 };

typedef enum { IN_SIGNATURE, IN_GLOBAL_TABLE, IN_BLOCKS, IN_EXTENSION, IN_LOCAL_TABLE, IN_CODE_SIZE, IN_DATA, ENDED } Phase;

static struct {
  Phase phase;
  int width, height;
  int loops;
  int frames;
  int table_size; /* of the table that is read next */
  u32 global[COLOURS], local[COLOURS];
  bool has_local;
  struct {
    int label, sub_blocks;
    bool is_loops;
  } extension;
  struct {
    int delay, transparent;
    Disposal disposal;
  } control; /* of the next frame */
  GifFrame frame;
  bool is_interlaced;
  u8 *indices;
  size_t room;
  LzwDecoder lzw;
} gif;

static u32 read_le16(const u8 *p) { return p[0] | (u32)p[1] << 8; }
static void forget_control(void) {
  gif.control.delay = 0;
  gif.control.disposal = DISPOSE_NOT;
  gif.control.transparent = -1;
}

void gif_open(void) {
  memset(&gif, 0, sizeof gif);
  gif.loops = -1;
  forget_control();
}

int gif_loops(void) { return gif.loops; }

/* The next `count` bytes, or NULL while they are not there. Where the file ends without them, a first frame that is not
   whole fails, and the animation ends with the last whole one. */
static const u8 *take_bytes(size_t count) {
  if (input_left() >= count) {
    const u8 *bytes = input.head;
    input.head += count;
    return bytes;
  }
  if (!input.ended) return NULL;
  if (gif.frames == 0) fail(TRUNCATED, "it ends before its first frame does");
  gif.phase = ENDED;
  return NULL;
}

/* A sub-block (section 15): its length in `*count`, 0 for the terminator. NULL as from take_bytes. */
static const u8 *take_sub_block(size_t *count) {
  size_t length = input_left() ? *input.head : 0;
  const u8 *bytes = take_bytes(1 + length);
  *count = length;
  return bytes ? bytes + 1 : NULL;
}

static bool read_signature(void) {
  const u8 *p = take_bytes(SIGNATURE_BYTES);
  if (!p) return false;
  if (memcmp(p, "GIF87a", 6) && memcmp(p, "GIF89a", 6)) fail(DAMAGED, "it does not begin as a GIF does");
  gif.width = (int)read_le16(p + 6);
  gif.height = (int)read_le16(p + 8);
  gif.table_size = p[10] & 0x80 ? 2 << (p[10] & 7) : 0;
  /* Without any table: what decoders agree on. */
  if (!gif.table_size) gif.global[0] = 0xff000000, gif.global[1] = 0xffffffff;
  gif.phase = gif.table_size ? IN_GLOBAL_TABLE : IN_BLOCKS;
  return true;
}

/* Indices beyond the table stay transparent: no colour was given to them. */
static bool read_table(u32 *colours, Phase then) {
  const u8 *p = take_bytes((size_t)gif.table_size * 3);
  if (!p) return false;
  memset(colours, 0, COLOURS * sizeof *colours);
  for (int i = 0; i < gif.table_size; i++, p += 3)
    colours[i] = 0xff000000 | (u32)p[2] << 16 | (u32)p[1] << 8 | p[0];
  gif.phase = then;
  return true;
}

/* Section 23; decoders agree that disposal 4 means 3. */
static const Disposal DISPOSALS[8] = {[2] = DISPOSE_TO_CLEAR, [3] = DISPOSE_TO_PREVIOUS, [4] = DISPOSE_TO_PREVIOUS};

static void read_control(const u8 *p) {
  gif.control.disposal = DISPOSALS[p[0] >> 2 & 7];
  gif.control.delay = (int)read_le16(p + 1);
  gif.control.transparent = p[0] & 1 ? p[3] : -1;
}

static bool read_extension(void) {
  size_t count;
  const u8 *p = take_sub_block(&count);
  if (!p) return false;
  bool is_first = gif.extension.sub_blocks++ == 0;
  if (gif.extension.label == GRAPHIC_CONTROL && is_first && count >= 4) read_control(p);
  if (gif.extension.label == APPLICATION && is_first)
    gif.extension.is_loops = count == 11 && (!memcmp(p, "NETSCAPE2.0", 11) || !memcmp(p, "ANIMEXTS1.0", 11));
  else if (gif.extension.is_loops && count >= 3 && p[0] == 1) gif.loops = (int)read_le16(p + 1);
  if (count == 0) gif.phase = IN_BLOCKS;
  gif.extension.sub_blocks = min_int(gif.extension.sub_blocks, 1);
  return true;
}

static bool read_descriptor(void) {
  const u8 *p = take_bytes(DESCRIPTOR_BYTES);
  if (!p) return false;
  gif.frame = (GifFrame){
      .x = (int)read_le16(p + 1),
      .y = (int)read_le16(p + 3),
      .width = (int)read_le16(p + 5),
      .height = (int)read_le16(p + 7),
      .delay_ms = gif.control.delay * 10,
      .disposal = gif.control.disposal,
  };
  gif.is_interlaced = p[9] & 0x40;
  gif.has_local = p[9] & 0x80;
  gif.table_size = 2 << (p[9] & 7);
  gif.phase = gif.has_local ? IN_LOCAL_TABLE : IN_CODE_SIZE;
  return true;
}

static bool read_block(void) {
  if (!input_left()) return take_bytes(1);
  switch (*input.head) {
    case EXTENSION: {
      const u8 *p = take_bytes(2);
      if (!p) return false;
      gif.extension.label = p[1];
      gif.extension.sub_blocks = 0;
      gif.extension.is_loops = false;
      gif.phase = IN_EXTENSION;
      return true;
    }
    case IMAGE: return read_descriptor();
    case TRAILER:
      if (gif.frames == 0) fail(DAMAGED, "it has no picture");
      gif.phase = ENDED;
      return true;
    case 0: return take_bytes(1); /* a terminator too many, as some writers leave it */
    default:
      if (gif.frames == 0) fail(DAMAGED, "it has a block of no known kind");
      gif.phase = ENDED; /* what some writers leave behind the last frame */
      return true;
  }
}

static bool read_code_size(void) {
  const u8 *p = take_bytes(1);
  if (!p) return false;
  if (*p < 1 || *p > 8) fail(DAMAGED, "its compressed data has an impossible code size");
  size_t pixels;
  if (__builtin_mul_overflow((size_t)gif.frame.width, (size_t)gif.frame.height, &pixels) || pixels > MOST_PIXELS)
    fail(OUT_OF_MEMORY, "one of its frames is too large");
  if (pixels > gif.room || !gif.indices) {
    size_t screen = (size_t)gif.width * (size_t)gif.height;
    gif.room = pixels > screen ? pixels : screen;
    gif.indices = take(LZW_BEFORE + gif.room + LZW_BEHIND);
  }
  lzw_begin(&gif.lzw, *p, gif.indices, pixels);
  gif.phase = IN_DATA;
  return true;
}

/* True when the frame's data is over. */
static bool read_data(void) {
  for (size_t count = 1; count;) {
    tick();
    /* Whole frames whose end was cut off are whole frames. */
    if (input.ended && !input_left() && gif.lzw.is_done && gif.lzw.at == gif.lzw.end) break;
    const u8 *p = take_sub_block(&count);
    if (!p) return false;
    lzw_decode(&gif.lzw, p, count);
  }
  return true;
}

/* One step; false where it takes more input, or nothing more comes. */
static bool step(void) {
  switch (gif.phase) {
    case IN_SIGNATURE: return read_signature();
    case IN_GLOBAL_TABLE: return read_table(gif.global, IN_BLOCKS);
    case IN_BLOCKS: return read_block();
    case IN_EXTENSION: tick(); return read_extension();
    case IN_LOCAL_TABLE: return read_table(gif.local, IN_CODE_SIZE);
    default: return false;
  }
}

static void fix_size(void) {
  if (gif.width == 0 || gif.height == 0) gif.width = gif.height = 0;
  gif.width = max_int(gif.width, gif.frame.x + gif.frame.width);
  gif.height = max_int(gif.height, gif.frame.y + gif.frame.height);
  if (gif.width == 0 || gif.height == 0) fail(DAMAGED, "it has no size");
}

Progress gif_read_head(GifHead *head) {
  while (gif.phase != IN_CODE_SIZE && step()) continue;
  if (gif.phase != IN_CODE_SIZE) return MORE;
  fix_size();
  const GifFrame *frame = &gif.frame;
  bool is_covered = !frame->x && !frame->y && frame->width == gif.width && frame->height == gif.height;
  *head = (GifHead){
      .width = gif.width,
      .height = gif.height,
      .has_alpha_possible = !is_covered || gif.control.transparent >= 0,
  };
  return READY;
}

static void draw(void) {
  size_t there = gif.lzw.at - LZW_BEFORE;
  /* Later frames may end early, and leave on the screen what was there; a first one would leave holes. */
  if (gif.frames == 0 && gif.lzw.at != gif.lzw.end) fail(TRUNCATED, "its first frame ends too early");
  GifPixels pixels = {
      .indices = gif.indices + LZW_BEFORE,
      .count = there,
      .colours = gif.has_local ? gif.local : gif.global,
      .transparent = gif.control.transparent,
      .is_interlaced = gif.is_interlaced,
  };
  gif_draw(&gif.frame, &pixels);
  gif.frames++;
  gif.phase = IN_BLOCKS;
  forget_control();
}

Progress gif_read_frame(GifFrame *frame, bool *found) {
  while (gif.phase < IN_CODE_SIZE && step()) continue;
  *found = gif.phase == IN_CODE_SIZE && read_code_size();
  if (gif.phase == IN_DATA && read_data()) {
    draw();
    *frame = gif.frame;
    *found = true;
    return READY;
  }
  *found = false;
  return gif.phase == ENDED ? READY : MORE;
}
