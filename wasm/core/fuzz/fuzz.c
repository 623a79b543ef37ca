/* One file of any format through the core, under the sanitizers. The first bytes say which decoder, which view, which encoder and
   in which pieces the file comes; the rest is the file. A failure of ours is an answer; anything else that ends the process
   is a bug. */
#include "host.h"
#include "input.h"
#include "jpeg/jpeg.h"
#include "output.h"
#include "pixels.h"
#include "view.h"
#include <stdlib.h>

#define MOST_PIXELS (1 << 20)
#define MOST_FRAMES 20

/* The module's exports that have no header. */
void input_reset(void);
u8 *input_reserve(size_t bytes);
void input_commit(size_t bytes, bool is_last);
void view_set(double x, double y, double width, double height, int target_width, int target_height);
void view_set_bounds(double left, double top, double right, double bottom);
void view_set_planes(bool is_subsampled, bool is_limited, int chroma_x, int chroma_y);
void jpeg_begin(void), jpeg_plan(void), png_begin(void), png_plan(void), webp_plan_planes(void), webp_planes(void), webp_pixels(void);
Progress jpeg_head(void), jpeg_rows(void), png_head(void), png_rows(void), webp_head(void), gif_head(void), gif_next(void);
Progress png_frames_head(void);
int jpeg_width(void), jpeg_height(void), png_width(void), png_height(void), webp_width(void), webp_height(void);
bool webp_is_planar(void), webp_is_animated(void), gif_found(void), webp_found(void), png_found(void);
void gif_begin(void), gif_plan(void), webp_frames_plan(void), webp_next(void), png_frames_begin(void), png_frames_plan(void), png_next(void);
int gif_width(void), gif_height(void), png_frames_width(void), png_frames_height(void);
void canvas_to_pixels(void), canvas_close(void), frame_take(void), frame_add(int), frames_end(void);
void gif_frames(int, int, int), webp_frames(int, int, int, float, int, bool), png_frames(int, int, int, int);
void picture_turn(int), picture_to_pixels(void), picture_from_pixels(void), picture_limit_range(void);
void picture_to_jpeg(int, bool), picture_to_webp(float, int), pixels_turn(int), pixels_to_webp(float, int, bool), pixels_to_png(int);

/* What the first bytes say. */
typedef struct {
  u8 decoder, encoder, walk, chunk, shrink, part, quality, planes;
} Job;
static Job job;
static const u8 *file;
static size_t left;

static void feed(void) {
  size_t count = (size_t)job.chunk * job.chunk + 1;
  if (count > left) count = left;
  memcpy(input_reserve(count), file, count);
  file += count;
  left -= count;
  input_commit(count, left == 0);
}
static void read_with(Progress (*turn)(void)) {
  while (turn() == MORE) feed();
}

static int small(int side) { return clamp_int(side * (job.shrink + 1) / 96, 1, 2048); }

static bool set_view(int width, int height) {
  if ((size_t)width * (size_t)height > MOST_PIXELS) return false;
  int across = max_int(1, width - job.part % 7 * width / 8), down = max_int(1, height - job.part / 7 % 7 * height / 8);
  int x = (width - across) / 2, y = (height - down) / 3;
  bool is_copy = job.shrink == 255;
  view_set(x, y, across, down, is_copy ? across : small(across), is_copy ? down : small(down));
  if (job.part & 128) view_set_bounds(x, y, x + across, y + down);
  view_set_planes(job.planes & 1, job.planes & 2, job.planes & 4 ? -1 : 0, job.planes & 8 ? -1 : 0);
  return true;
}

static void encode_pixels(void) {
  pixels_turn(job.walk & 7);
  switch (job.encoder % 5) {
    case 0: pixels_to_png(job.quality % 12 + 1); return;
    case 1: pixels_to_webp(job.quality % 100, job.encoder % 5, job.encoder & 32); return;
    case 2:
      gif_frames(pixels.width, pixels.height, 1);
      frame_take();
      frame_add(0);
      frames_end();
      return;
    default:
      picture_from_pixels();
      picture_to_jpeg(job.quality % 100 + 1, job.encoder & 16);
  }
}

/* Encoders take planes only as they ask for them: the host never mixes them up. */
static void encode_planes(void) {
  picture_turn(job.walk & 7);
  int quality = job.quality % 100 + 1;
  if (job.planes & 1 && job.planes & 2) picture_to_webp((float)quality, job.encoder % 7);
  else if (job.planes & 1) picture_to_jpeg(quality, job.encoder & 16);
  else {
    picture_to_pixels();
    job.walk = 0;
    encode_pixels();
  }
}

typedef struct {
  int (*width)(void), (*height)(void);
  void (*plan)(void), (*next)(void);
  bool (*found)(void);
} Frames;

static void next_of_gif(void) { read_with(gif_next); }
static const Frames GIF = {gif_width, gif_height, gif_plan, next_of_gif, gif_found};
static const Frames WEBP = {webp_width, webp_height, webp_frames_plan, webp_next, webp_found};
static const Frames PNG = {png_frames_width, png_frames_height, png_frames_plan, png_next, png_found};

static void open_frames(int width, int height) {
  if (job.encoder % 3 == 0) gif_frames(width, height, job.quality);
  else if (job.encoder % 3 == 1) webp_frames(width, height, job.quality, job.quality % 100, job.encoder % 5, job.encoder & 32);
  else png_frames(width, height, job.quality, job.quality % 12 + 1);
}

static void run_frames(const Frames *frames) {
  if (!set_view(frames->width(), frames->height())) return;
  frames->plan();
  int count = 0;
  for (frames->next(); frames->found() && count < MOST_FRAMES; frames->next()) {
    canvas_to_pixels();
    pixels_turn(job.walk & 7);
    if (count++ == 0) {
      int width = pixels.width, height = pixels.height;
      canvas_close();
      open_frames(width, height);
      canvas_to_pixels();
      pixels_turn(job.walk & 7);
    }
    frame_take();
    canvas_close();
    frame_add(job.quality);
  }
  if (count) frames_end();
}

static void run(void) {
  switch (job.decoder % 6) {
    case 0:
      jpeg_begin();
      read_with(jpeg_head);
      if (!set_view(jpeg_width(), jpeg_height())) return;
      jpeg_plan();
      read_with(jpeg_rows);
      encode_planes();
      return;
    case 1:
      png_begin();
      read_with(png_head);
      if (!set_view(png_width(), png_height())) return;
      png_plan();
      read_with(png_rows);
      encode_pixels();
      return;
    case 2:
      read_with(webp_head);
      if (webp_is_animated() || !set_view(webp_width(), webp_height())) return;
      if (webp_is_planar() && job.planes & 16) {
        webp_plan_planes();
        webp_planes();
        encode_planes();
        return;
      }
      webp_pixels();
      encode_pixels();
      return;
    case 3:
      gif_begin();
      read_with(gif_head);
      run_frames(&GIF);
      return;
    case 4:
      read_with(webp_head);
      if (webp_is_animated()) run_frames(&WEBP);
      return;
    default:
      png_frames_begin();
      read_with(png_frames_head);
      run_frames(&PNG);
  }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
  if (size < sizeof job) return 0;
  memcpy(&job, data, sizeof job);
  file = data + sizeof job;
  left = size - sizeof job;
  host_reset();
  input_reset();
  output_reset();
  if (!setjmp(host_failed)) run();
  host_reset();
  return 0;
}
