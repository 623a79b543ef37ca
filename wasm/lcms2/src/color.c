/* What the host calls: one profile, or the table for inks without one, and pixels that become sRGB where they lie. */
#include "core.h"
#include "lcms2.h"
#include "press.h"

/* What four bytes of a pixel are. The same numbers as in src/engines/image/color/lcms.ts. */
typedef enum { GRAY = 0, RGB = 1, CMYK = 2 } Space;

#define FORMAT(space, channels, extra) (COLORSPACE_SH(space) | CHANNELS_SH(channels) | EXTRA_SH(extra) | BYTES_SH(1))
/* Grey stands three times in RGBA. Alpha is passed over, there and back. */
static const u32 FORMATS[] = {FORMAT(PT_GRAY, 1, 3), FORMAT(PT_RGB, 3, 1), FORMAT(PT_CMYK, 4, 0)};
static const u32 SRGB = FORMAT(PT_RGB, 3, 1);

static u8 *profile;
static u8 *pixels;
static Space space;
static cmsHTRANSFORM transform;

/* Where the host writes a profile of so many bytes. */
u8 *EXPORT(color_profile)(size_t bytes) { return profile = take(bytes); }

/* Whether lcms2 can do it. */
static bool open(cmsHTRANSFORM made, Space from) {
  transform = made;
  space = from;
  return made != NULL;
}

bool EXPORT(color_open)(size_t bytes, Space from) {
  cmsHPROFILE source = cmsOpenProfileFromMem(profile, bytes);
  if (!source) return false;
  cmsHPROFILE target = cmsCreate_sRGBProfile();
  return open(cmsCreateTransform(source, FORMATS[from], target, SRGB, INTENT_PERCEPTUAL, 0), from);
}

/* The table as a profile that leads from CMYK to sRGB at once. */
static cmsHPROFILE press_profile(void) {
  u16 values[sizeof press];
  for (size_t i = 0; i < sizeof press; i++) values[i] = (u16)(press[i] * 257);
  cmsPipeline *table = cmsPipelineAlloc(NULL, 4, 3);
  cmsPipelineInsertStage(table, cmsAT_END, cmsStageAllocCLut16bit(NULL, PRESS_STEPS, 4, 3, values));
  cmsHPROFILE link = cmsCreateProfilePlaceholder(NULL);
  cmsSetDeviceClass(link, cmsSigLinkClass);
  cmsSetColorSpace(link, cmsSigCmykData);
  cmsSetPCS(link, cmsSigRgbData);
  cmsWriteTag(link, cmsSigAToB0Tag, table);
  return link;
}

bool EXPORT(color_open_press)(void) {
  cmsHPROFILE link = press_profile();
  return open(cmsCreateMultiprofileTransform(&link, 1, FORMATS[CMYK], SRGB, INTENT_PERCEPTUAL, 0), CMYK);
}

/* Room for so many pixels, for as long as the profile is open. */
u8 *EXPORT(color_pixels)(size_t count) { return pixels = take(count * 4); }

/* The first of them: RGBA, or cyan, magenta, yellow and black with 255 for all of it, which become opaque. */
void EXPORT(color_convert)(size_t count) {
  tick();
  cmsDoTransform(transform, pixels, pixels, (u32)count);
  if (space == CMYK)
    for (size_t i = 0; i < count; i++) pixels[4 * i + 3] = 255;
}
