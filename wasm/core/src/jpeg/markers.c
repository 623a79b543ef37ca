/* Segments of a JPEG file (T.81 annex B), as they arrive: a segment is read when all of it is there. */
#include "decoder.h"

Decoder jpeg;

enum { SOF0 = 0xc0, SOF1 = 0xc1, SOF2 = 0xc2, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc, SOF15 = 0xcf, RST0 = 0xd0, RST7 = 0xd7 };
enum { SOI = 0xd8, EOI = 0xd9, SOS = 0xda, DQT = 0xdb, DRI = 0xdd, APP0 = 0xe0, APP14 = 0xee, TEM = 0x01 };

static const u8 zigzag[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
                              41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
                              30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

static _Noreturn void damaged(const char *what) { fail(DAMAGED, what); }

static void read_quantisation(const u8 *p, const u8 *end) {
  while (p < end) {
    int table = *p & 15, is_wide = *p >> 4;
    p++;
    if (table > 3 || is_wide > 1 || end - p < (is_wide ? 128 : 64)) damaged("a quantisation table is damaged");
    for (int i = 0; i < 64; i++, p += 1 + is_wide) jpeg.quantisation[table][i] = (u16)(is_wide ? read_be16(p) : *p);
    jpeg.quantisation_set |= (u8)(1 << table);
  }
}

static void read_huffman(const u8 *p, const u8 *end) {
  while (p < end) {
    if (end - p < 17 || (*p & 15) > 3 || *p >> 4 > 1) damaged("a Huffman table is damaged");
    Huffman *table = &(*p >> 4 ? jpeg.ac : jpeg.dc)[*p & 15];
    int symbols = 0;
    for (int i = 1; i <= 16; i++) symbols += table->lengths[i] = p[i];
    p += 17;
    if (symbols > 256 || end - p < symbols) damaged("a Huffman table is damaged");
    memset(table->values, 0, sizeof table->values);
    memcpy(table->values, p, (size_t)symbols);
    p += symbols;
    table->is_set = true;
    table->is_built = false;
  }
}

static void lay_out(void) {
  JpegHead *head = &jpeg.head;
  jpeg.mcus_wide = ceil_div(head->width, 8 * head->h_most);
  jpeg.mcus_high = ceil_div(head->height, 8 * head->v_most);
  for (int i = 0; i < head->components; i++) {
    Component *c = &jpeg.components[i];
    c->blocks_wide = ceil_div(ceil_div(head->width * c->h, head->h_most), 8);
    c->blocks_high = ceil_div(ceil_div(head->height * c->v, head->v_most), 8);
    c->padded_wide = jpeg.mcus_wide * c->h;
    c->padded_high = jpeg.mcus_high * c->v;
  }
}

static void read_components(const u8 *p) {
  JpegHead *head = &jpeg.head;
  int blocks = 0;
  head->h_most = head->v_most = 1;
  for (int i = 0; i < head->components; i++, p += 3) {
    Component *c = &jpeg.components[i];
    *c = (Component){.id = p[0], .h = p[1] >> 4, .v = p[1] & 15, .table = p[2]};
    if (c->h < 1 || c->h > 4 || c->v < 1 || c->v > 4 || c->table > 3) damaged("a component is damaged");
    /* A lone component is never interleaved, whatever its factors say (T.81 A.2.2). */
    if (head->components == 1) c->h = c->v = 1;
    head->sampling[i].h = c->h;
    head->sampling[i].v = c->v;
    head->h_most = max_int(head->h_most, c->h);
    head->v_most = max_int(head->v_most, c->v);
    blocks += c->h * c->v;
  }
  if (blocks > 10) damaged("its units have more than ten blocks");
}

static void read_frame(int marker, const u8 *p, const u8 *end) {
  JpegHead *head = &jpeg.head;
  if (head->components) damaged("it has two frames");
  if (end - p < 6) damaged("its frame header is damaged");
  if (p[0] != 8) fail(UNSUPPORTED, "it has not 8 bits a sample");
  head->is_progressive = marker == SOF2;
  head->height = (int)read_be16(p + 1);
  head->width = (int)read_be16(p + 3);
  if (p[5] != 1 && p[5] != 3) fail(UNSUPPORTED, "it is neither grey nor YCbCr");
  if (!head->width || !head->height || end - p < 6 + 3 * p[5]) damaged("its frame header is damaged");
  head->components = p[5];
  read_components(p + 6);
  lay_out();
}

static bool is_rgb(void) {
  const Component *c = jpeg.components;
  if (jpeg.head.components != 3 || jpeg.adobe_transform == 1) return false;
  if (jpeg.adobe_transform == 0) return true;
  return !jpeg.is_jfif && c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B';
}

static void read_scan(const u8 *p, const u8 *end) {
  JpegHead *head = &jpeg.head;
  Scan *scan = &jpeg.scan;
  if (!head->components) damaged("a scan comes before the frame");
  scan->components = p < end ? *p++ : 0;
  if (scan->components < 1 || scan->components > head->components || end - p < 2 * scan->components + 3)
    damaged("a scan header is damaged");
  for (int i = 0; i < scan->components; i++, p += 2) {
    int index = 0;
    while (index < head->components && jpeg.components[index].id != p[0]) index++;
    if (index == head->components || (i && index <= scan->index[i - 1])) damaged("a scan names no component of the frame");
    scan->index[i] = index;
    jpeg.components[index].dc_table = p[1] >> 4 & 3;
    jpeg.components[index].ac_table = p[1] & 3;
  }
  scan->first = p[0];
  scan->last = p[1];
  scan->high = p[2] >> 4;
  scan->low = p[2] & 15;
}

/* Of one picture. Encoders write some ten. A scan of hardly more bytes than its header goes over all blocks: without a bound, 100 kB
   would keep a large picture busy for minutes. */
#define MOST_SCANS 100

/* T.81 G.1.1.1: what a progressive scan may hold. */
static void check_scan(void) {
  const Scan *scan = &jpeg.scan;
  if (is_rgb()) fail(UNSUPPORTED, "it is stored as RGB");
  if (!jpeg.head.is_progressive) {
    if (scan->components != jpeg.head.components) fail(UNSUPPORTED, "it is sequential with several scans");
    jpeg.scan.first = 0;
    jpeg.scan.last = 63;
    jpeg.scan.high = jpeg.scan.low = 0;
    return;
  }
  if (++jpeg.scans > MOST_SCANS) fail(OUT_OF_MEMORY, "it has too many scans");
  bool is_dc = scan->first == 0;
  if (scan->last > 63 || scan->last < scan->first || (is_dc && scan->last) || (!is_dc && scan->components > 1) ||
      scan->low > 13 || (scan->high && scan->high != scan->low + 1))
    damaged("a scan header is damaged");
}

static void read_segment(int marker, const u8 *p, const u8 *end) {
  if (marker == DQT) read_quantisation(p, end);
  else if (marker == DHT) read_huffman(p, end);
  else if (marker == DRI && end - p >= 2) jpeg.restart_interval = (int)read_be16(p);
  else if (marker == SOF0 || marker == SOF1 || marker == SOF2) read_frame(marker, p, end);
  else if (marker >= SOF0 && marker <= SOF15 && marker != JPG) fail(UNSUPPORTED, "its kind of coding is another one");
  else if (marker == APP0 && end - p >= 5 && !memcmp(p, "JFIF", 5)) jpeg.is_jfif = true;
  else if (marker == APP14 && end - p >= 12 && !memcmp(p, "Adobe", 5)) jpeg.adobe_transform = p[11];
  else if (marker == SOS) read_scan(p, end);
}

/* Moves to the next marker that is none of an entropy-coded segment's own, and leaves the head on its 0xFF.
   Returns 0 when there is none in sight. */
static int find_marker(void) {
  for (const u8 *p = input.head;; p++) {
    p = memchr(p, 0xff, (size_t)(input.tail - p));
    if (!p) {
      input.head = input.tail;
      return 0;
    }
    input.head = p;
    if (input.tail - p < 2) return 0;
    bool is_none = p[1] == 0 || p[1] == 0xff || p[1] == TEM || (p[1] >= RST0 && p[1] <= RST7);
    if (!is_none) return p[1];
  }
}

Segments jpeg_read_segments(void) {
  for (;;) {
    int marker = find_marker();
    size_t left = input_left();
    size_t length = marker && left >= 4 ? read_be16(input.head + 2) : 0;
    bool has_length = marker && marker != SOI && marker != EOI;
    if (!marker || (has_length && (left < 4 || left < 2 + length))) {
      if (input.ended) fail(TRUNCATED, "it ends in the middle");
      return SEGMENTS_MORE;
    }
    if (has_length && length < 2) damaged("a segment has no length");
    const u8 *segment = input.head + 4;
    input.head += has_length ? 2 + length : 2;
    if (marker == EOI) return SEGMENTS_END;
    if (has_length) read_segment(marker, segment, input.head);
    if (marker == SOS) {
      check_scan();
      return SEGMENTS_SCAN;
    }
  }
}

void jpeg_open(void) {
  memset(&jpeg, 0, sizeof jpeg);
  jpeg.adobe_transform = -1;
}

Progress jpeg_read_head(JpegHead *head) {
  if (!jpeg.has_begun) {
    if (input_left() < 2 && !input.ended) return MORE;
    if (input_left() < 2 || input.head[0] != 0xff || input.head[1] != SOI) damaged("it is no JPEG");
    jpeg.has_begun = true;
  }
  switch (jpeg_read_segments()) {
    case SEGMENTS_MORE: return MORE;
    case SEGMENTS_END: damaged("it has no picture");
    default: break;
  }
  *head = jpeg.head;
  return READY;
}

JpegPlane jpeg_plane(int component, int n) {
  const JpegHead *head = &jpeg.head;
  const Component *c = &jpeg.components[component];
  return (JpegPlane){
      .width = ceil_div(ceil_div(head->width * c->h, head->h_most) * n, 8),
      .height = ceil_div(ceil_div(head->height * c->v, head->v_most) * n, 8),
      /* The kernels write eight samples at a time, whatever the scale. */
      .stride = (size_t)c->padded_wide * (size_t)n + 16,
      .batch = 2 * c->v * n,
  };
}

/* Where the kept coefficients of a scale lie in a block: what suits the kernels of idct.c. */
static int place_of(int row, int column, int n) {
  if (row >= n || column >= n) return DISCARD;
  if (n == 1) return 0;
  if (n == 2) return row * 2 + column;
  if (n <= 4) return (row & 1) * 8 + column * 2 + (row >> 1);
  return row * 8 + column;
}

void jpeg_set_component(int component, int n, Scaler *scaler) {
  Component *c = &jpeg.components[component];
  if (!(jpeg.quantisation_set >> c->table & 1)) damaged("a quantisation table is missing");
  c->n = n;
  c->scaler = scaler;
  c->kept = n == 1 ? 1 : n == 2 ? 4 : n <= 4 ? 16 : 64;
  memset(c->place, DISCARD, sizeof c->place);
  memset(c->divisors, 0, sizeof c->divisors);
  for (int k = 0; k < 64; k++) {
    int place = place_of(zigzag[k] >> 3, zigzag[k] & 7, n);
    if (place == DISCARD) continue;
    c->place[k] = (u8)place;
    c->divisors[place] = (i16)jpeg.quantisation[c->table][k];
    c->last = k;
  }
}

void jpeg_begin_scan(void) {
  const Scan *scan = &jpeg.scan;
  for (int i = 0; i < scan->components; i++) {
    const Component *c = &jpeg.components[scan->index[i]];
    Huffman *dc = &jpeg.dc[c->dc_table], *ac = &jpeg.ac[c->ac_table];
    bool needs_dc = scan->first == 0 && scan->high == 0, needs_ac = scan->last > 0;
    if ((needs_dc && !dc->is_set) || (needs_ac && !ac->is_set)) damaged("a Huffman table is missing");
    if (needs_dc && !dc->is_built) huffman_build(dc, true);
    if (needs_ac && !ac->is_built) huffman_build(ac, false);
  }
  for (int i = 0; i < jpeg.head.components; i++) jpeg.components[i].prediction = 0;
  jpeg.row = jpeg.column = jpeg.end_of_band_run = 0;
  jpeg.until_restart = jpeg.restart_interval;
  bits_start(&jpeg.bits);
}

/* T.81 F.2.1.3.1: what comes before the marker belongs to the interval that ends, used or not. */
static Progress restart(void) {
  while (!bits_at_marker()) {
    bits_start(&jpeg.bits);
    if (!bits_ready(&jpeg.bits)) return MORE;
  }
  if (input_left() < 2) fail(TRUNCATED, "it ends in the middle");
  if (input.head[1] < RST0 || input.head[1] > RST7) damaged("a restart marker is missing");
  input.head += 2;
  for (int i = 0; i < jpeg.head.components; i++) jpeg.components[i].prediction = 0;
  jpeg.end_of_band_run = 0;
  jpeg.until_restart = jpeg.restart_interval;
  bits_start(&jpeg.bits);
  return READY;
}

Progress jpeg_next_mcu(void) {
  if (jpeg.restart_interval && jpeg.until_restart == 0) {
    bits_check(&jpeg.bits);
    if (restart() == MORE) return MORE;
  }
  if (!bits_ready(&jpeg.bits)) return MORE;
  jpeg.until_restart--;
  return READY;
}
