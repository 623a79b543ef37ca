#include "segments.h"
#include "../output.h"

static void segment(int marker, size_t length) {
  output_write((u8[]){0xff, (u8)marker, (u8)((length + 2) >> 8), (u8)(length + 2)}, 4);
}

static void write_tables(const Quantiser *quantisers, int tables) {
  for (int t = 0; t < tables; t++) {
    u8 bytes[65] = {(u8)t};
    for (int i = 0; i < 64; i++) bytes[1 + i] = quantisers[t].table[jpeg_zigzag[i]];
    segment(0xdb, 65);
    output_write(bytes, 65);
  }
}

static void write_frame(const JpegEncoding *job) {
  const u8 size[6] = {8, (u8)(job->height >> 8), (u8)job->height, (u8)(job->width >> 8), (u8)job->width, (u8)job->components};
  segment(job->is_progressive ? 0xc2 : 0xc0, 6 + 3 * (size_t)job->components);
  output_write(size, 6);
  for (int i = 0; i < job->components; i++) {
    u8 sampling = i == 0 && job->components == 3 ? 0x22 : 0x11;
    output_write((u8[]){(u8)(i + 1), sampling, i > 0}, 3);
  }
}

void jpeg_write_head(const JpegEncoding *job, const Quantiser *quantisers) {
  output_write((u8[]){0xff, 0xd8}, 2);
  segment(0xe0, 14);
  output_write("JFIF\0\1\1\0\0\1\0\1\0\0", 14);
  write_tables(quantisers, job->components == 1 ? 1 : 2);
  write_frame(job);
}

void jpeg_write_codes(const Codes *codes, int is_ac, int table) {
  segment(0xc4, 17 + (size_t)codes->symbols);
  output_write((u8[]){(u8)(is_ac << 4 | table)}, 1);
  output_write(codes->lengths + 1, 16);
  output_write(codes->values, (size_t)codes->symbols);
}

void jpeg_write_scan(const JpegScan *scan) {
  segment(0xda, 4 + 2 * (size_t)scan->components);
  output_write((u8[]){(u8)scan->components}, 1);
  for (int i = 0; i < scan->components; i++)
    output_write((u8[]){(u8)(scan->first + i + 1), scan->components > 1 && i ? 0x11 : 0}, 2);
  output_write((u8[]){(u8)scan->from, (u8)scan->to, (u8)(scan->high << 4 | scan->low)}, 3);
}

void jpeg_write_end(void) { output_write((u8[]){0xff, 0xd9}, 2); }
