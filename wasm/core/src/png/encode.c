#include "../output.h"
#include "checksum.h"
#include "encoder.h"
#include "libdeflate.h"
#include <stdlib.h>

/* Of patches/libdeflate-segments.patch: whether what is compressed next ends the stream; what it calls now and then. */
extern bool libdeflate_ends_stream;
void libdeflate_tick(void);
void libdeflate_tick(void) { tick(); }

#define SEGMENT ((size_t)1 << 20)
#define AROUND_ROW 32
/* Of the rows, in bands of so many, one in so many bands is compressed to see which way of filtering is better. */
#define BAND 8
#define TRIED_BANDS 8

typedef struct {
  const PngEncoding *job;
  Kind kind;
  size_t row_bytes;
  int pixel_bytes;
  bool is_filtered;
  u8 *current, *above;
  u8 *segment; /* rows as they are compressed */
  size_t filled, room;
  struct libdeflate_compressor *compressor;
  u32 adler;
  u32 *sequence; /* of an animation's chunks, for frames behind the first; NULL: the data is plain IDAT */
} Encoder;
static Encoder png;

static void write_be32(u8 *p, u32 value) {
  for (int i = 0; i < 4; i++) p[i] = (u8)(value >> (24 - 8 * i));
}

/* A chunk's frame around `count` bytes that lie 8 behind `at`, in reserved output. */
static void finish_chunk(u8 *at, const char *name, size_t count) {
  write_be32(at, (u32)count);
  memcpy(at + 4, name, 4);
  write_be32(at + 8 + count, crc32_update(0, at + 4, count + 4));
  output_commit(count + 12);
}

void png_write_chunk(const char *name, const u8 *bytes, size_t count) {
  u8 *at = output_reserve(count + 12);
  if (count) memcpy(at + 8, bytes, count);
  finish_chunk(at, name, count);
}

void png_write_header(const Kind *kind, int width, int height) {
  static const u8 signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  u8 header[13] = {[8] = (u8)kind->depth, [9] = (u8)kind->color_type};
  write_be32(header, (u32)width);
  write_be32(header + 4, (u32)height);
  output_write(signature, sizeof signature);
  png_write_chunk("IHDR", header, sizeof header);
}

static void write_head(void) {
  u8 palette[256 * 3], alphas[256];
  png_write_header(&png.kind, png.job->width, png.job->height);
  if (!png.kind.colors) return;
  for (int i = 0; i < png.kind.colors; i++) {
    memcpy(palette + 3 * i, &png.kind.palette[i], 3);
    alphas[i] = (u8)(png.kind.palette[i] >> 24);
  }
  png_write_chunk("PLTE", palette, (size_t)png.kind.colors * 3);
  if (png.kind.with_alpha) png_write_chunk("tRNS", alphas, (size_t)png.kind.with_alpha);
}

/* ---- rows ---- */

static void begin_rows(void) { memset(png.current, 0, png.row_bytes); }

/* Puts row `y` into the segment. Its predecessor must have been packed last. */
static void add_row(int y) {
  u8 *above = png.current;
  png.current = png.above;
  png.above = above;
  png_pack(png.current, png.job->pixels + (size_t)y * png.job->stride, &png.kind, png.job->width);
  u8 *to = png.segment + png.filled;
  if (png.is_filtered) png_filter(to, png.current, png.above, png.row_bytes, png.pixel_bytes);
  else {
    to[0] = 0;
    memcpy(to + 1, png.current, png.row_bytes);
  }
  png.filled += png.row_bytes + 1;
}

/* What was packed past a row's end must not be seen as its left neighbour's. */
static u8 *row_buffer(void) { return (u8 *)calloc(1, png.row_bytes + 2 * AROUND_ROW) + AROUND_ROW; }
static void free_row(u8 *row) { free(row - AROUND_ROW); }

static size_t compress(u8 *to, size_t room) {
  size_t size = libdeflate_deflate_compress(png.compressor, png.segment, png.filled, to, room);
  if (!size) fail(MISUSED, "libdeflate had no room");
  return size;
}

static size_t compressed_room(void) { return libdeflate_deflate_compress_bound(png.compressor, png.room) + 64; }

static void open_compressor(int level) {
  png.compressor = libdeflate_alloc_compressor(level);
  if (!png.compressor) fail(OUT_OF_MEMORY, "there is no more memory");
}

/* ---- which way of filtering ---- */

/* The fastest that tells them apart: 1 and 2 find too little in what has repetitions. */
#define TRIAL_LEVEL 3
/* Filtered rows have few repetitions: of levels 3 to 7 the last finds half a percent more, in one and a half the time.
   Those that stay more than a quarter of what they were have next to none: level 1 takes half the time, for 1 % fewer to 2.5 %
   more bytes. */
#define FILTERED_LEVEL 3
#define NOISY_LEVEL 1
#define NOISY_PART 4
#define MOST_FILTERED 7

static bool is_tried(int y) { return png.job->height < BAND * TRIED_BANDS || y / BAND % TRIED_BANDS == TRIED_BANDS / 2; }

static size_t size_when(bool is_filtered, u8 *scratch) {
  size_t size = 0;
  png.is_filtered = is_filtered;
  png.filled = 0;
  begin_rows();
  for (int y = 0; y < png.job->height; y++) {
    if (!is_tried(y)) continue;
    tick();
    add_row(y);
    if (png.filled + png.row_bytes + 1 <= png.room && y + 1 < png.job->height) continue;
    size += compress(scratch, compressed_room());
    png.filled = 0;
  }
  if (png.filled) size += compress(scratch, compressed_room());
  return size;
}

static size_t tried_bytes(void) {
  size_t rows = 0;
  for (int y = 0; y < png.job->height; y++) rows += is_tried(y);
  return rows * (png.row_bytes + 1);
}

/* Gives the level too. Palettes are never filtered: numbers of colours are no amounts. */
static int choose_filtering(void) {
  int level = png.job->level;
  png.is_filtered = false;
  if (png.kind.colors) return level;
  size_t mark = memory_mark();
  open_compressor(TRIAL_LEVEL);
  u8 *scratch = take(compressed_room());
  size_t plain = size_when(false, scratch), filtered = size_when(true, scratch);
  libdeflate_free_compressor(png.compressor);
  memory_release(mark);
  png.is_filtered = filtered < plain;
  png.filled = 0;
  if (!png.is_filtered || level <= FILTERED_LEVEL || level > MOST_FILTERED) return level;
  return filtered * NOISY_PART > tried_bytes() ? NOISY_LEVEL : FILTERED_LEVEL;
}

/* ---- the data ---- */

static void write_segment(bool is_first, bool is_last) {
  static const u8 zlib_header[2] = {0x78, 0x9C};
  u8 *at = output_reserve(compressed_room() + 32), *to = at + 8;
  if (png.sequence) {
    write_be32(to, (*png.sequence)++);
    to += 4;
  }
  if (is_first) {
    memcpy(to, zlib_header, sizeof zlib_header);
    to += sizeof zlib_header;
  }
  libdeflate_ends_stream = is_last;
  to += compress(to, compressed_room());
  png.adler = adler32_update(png.adler, png.segment, png.filled);
  if (is_last) {
    write_be32(to, png.adler);
    to += 4;
  }
  finish_chunk(at, png.sequence ? "fdAT" : "IDAT", (size_t)(to - at) - 8);
  png.filled = 0;
}

static void write_data(void) {
  bool is_first = true;
  begin_rows();
  for (int y = 0; y < png.job->height; y++) {
    bool is_last = y + 1 == png.job->height;
    tick();
    add_row(y);
    if (!is_last && png.filled + png.row_bytes + 1 <= png.room) continue;
    write_segment(is_first, is_last);
    is_first = false;
  }
}

/* What is taken here is given back at the end: an animation comes here for each of its frames. */
static void open_encoder(const PngEncoding *job, const Kind *kind) {
  png = (Encoder){.job = job, .kind = *kind, .adler = 1};
  size_t bits = (size_t)kind->channels * (size_t)kind->depth;
  png.row_bytes = ((size_t)job->width * bits + 7) / 8;
  png.pixel_bytes = bits < 8 ? 1 : (int)(bits / 8);
  png.room = png.row_bytes + 1 > SEGMENT ? png.row_bytes + 1 : SEGMENT;
  size_t all = (png.row_bytes + 1) * (size_t)job->height;
  if (png.room > all) png.room = all;
  png.current = row_buffer();
  png.above = row_buffer();
  png.segment = malloc(png.room + 64);
  libdeflate_ends_stream = true;
  open_compressor(choose_filtering());
}

static void close_encoder(void) {
  libdeflate_free_compressor(png.compressor);
  free(png.segment);
  free_row(png.above);
  free_row(png.current);
}

void png_encode(const PngEncoding *job) {
  Kind kind;
  png_choose_kind(&kind, job);
  open_encoder(job, &kind);
  write_head();
  write_data();
  close_encoder();
  png_write_chunk("IEND", NULL, 0);
}

void png_encode_data(const PngEncoding *job, const Kind *kind, u32 *sequence) {
  open_encoder(job, kind);
  png.sequence = sequence;
  write_data();
  close_encoder();
}
