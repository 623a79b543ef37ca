/* libaom's kernels for NEON, by SIMDe as WebAssembly's vectors; and what Debian's SIMDe 0.7.4 does not have of NEON. */
#ifndef COMPAT_ARM_NEON_H
#define COMPAT_ARM_NEON_H
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/arm/neon.h>

#define NEON static inline __attribute__((always_inline, unused))

NEON uint16x8_t vabal_u8(uint16x8_t sum, uint8x8_t a, uint8x8_t b) { return vaddq_u16(sum, vabdl_u8(a, b)); }

/* The lane is a constant, which a function could not take. */
#define vmla_lane_s16(sum, a, b, lane) vmla_n_s16(sum, a, vget_lane_s16(b, lane))
#define vmlaq_lane_s16(sum, a, b, lane) vmlaq_n_s16(sum, a, vget_lane_s16(b, lane))
#define vmlaq_lane_s32(sum, a, b, lane) vmlaq_n_s32(sum, a, vget_lane_s32(b, lane))
#define vmlaq_lane_f32(sum, a, b, lane) vmlaq_n_f32(sum, a, vget_lane_f32(b, lane))
#define vmlsq_lane_s32(sum, a, b, lane) vmlsq_n_s32(sum, a, vget_lane_s32(b, lane))

/* Each lane is shifted by its own: left and saturated, or right and rounded. Only pictures of more than 8 bits use it. */
NEON int32x4_t vqrshlq_s32(int32x4_t values, int32x4_t shifts) {
  int32_t lanes[4], by[4];
  vst1q_s32(lanes, values);
  vst1q_s32(by, shifts);
  for (int i = 0; i < 4; i++) {
    int64_t wide = lanes[i];
    if (by[i] >= 0) wide = by[i] > 31 ? (wide > 0) * (int64_t)INT32_MAX + (wide < 0) * (int64_t)INT32_MIN : wide * ((int64_t)1 << by[i]);
    else wide = by[i] < -32 ? 0 : (wide + ((int64_t)1 << (-by[i] - 1))) >> -by[i];
    lanes[i] = (int32_t)(wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : wide);
  }
  return vld1q_s32(lanes);
}

NEON void vst1_u8_x2(uint8_t *to, uint8x8x2_t v) {
  for (int i = 0; i < 2; i++) vst1_u8(to + 8 * i, v.val[i]);
}
NEON void vst1_u8_x4(uint8_t *to, uint8x8x4_t v) {
  for (int i = 0; i < 4; i++) vst1_u8(to + 8 * i, v.val[i]);
}
#endif
