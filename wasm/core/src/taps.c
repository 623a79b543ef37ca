#include "taps.h"
#include <math.h>

#define LOBES 3
#define PI 3.14159265358979323846

/* A point on the unit circle that moves by equal angles: two sines for a whole row of them. */
typedef struct {
  double sine, cosine;
} Angle;
static Angle angle_of(double radians) { return (Angle){sin(radians), cos(radians)}; }
static Angle turned(Angle a, Angle by) {
  return (Angle){a.sine * by.cosine + a.cosine * by.sine, a.cosine * by.cosine - a.sine * by.sine};
}

/* Lanczos at x, x + step, …: sinc(x) * sinc(x / LOBES), and nothing from LOBES on. Returns their sum. */
static double lanczos_row(double x, double step, int count, double *shares) {
  Angle near = angle_of(PI * x), wide = angle_of(PI * x / LOBES);
  Angle near_step = angle_of(PI * step), wide_step = angle_of(PI * step / LOBES);
  double sum = 0;
  for (int k = 0; k < count; k++) {
    double at = x + k * step, area = PI * PI / LOBES * at * at;
    /* Where the quotient would be one of two nothings, it is 1. */
    double share = fabs(at) >= LOBES ? 0 : area < 1e-12 ? 1 : near.sine * wide.sine / area;
    sum += shares[k] = share;
    near = turned(near, near_step);
    wide = turned(wide, wide_step);
  }
  return sum;
}

/* Rounded so that the sum is exact: what is missing goes to the greatest, where it shows least. */
static void quantise(const double *shares, double sum, int count, double gain, i16 *weights) {
  double unit = gain * (1 << TAPS_BITS);
  int left = (int)floor(unit + 0.5), greatest = 0;
  for (int i = 0; i < count; i++) {
    int weight = (int)floor(shares[i] / sum * unit + 0.5);
    weights[i] = (i16)weight;
    left -= weight;
    if (shares[i] > shares[greatest]) greatest = i;
  }
  weights[greatest] = (i16)(weights[greatest] + left);
}

Taps taps_lanczos3(Span span, int target, int lanes, double gain) {
  double step = span.length / target, stretch = step < 1 ? 1 : step, radius = LOBES * stretch;
  int most = min_int((int)ceil(radius * 2) + 2, span.high - span.low);
  Taps taps = {.stride = (int)round_up((size_t)most, (size_t)lanes)};
  /* Kernels work on four target samples at a time: three more may be read. */
  size_t samples = (size_t)target + 3;
  taps.first = take_zeroed(samples * sizeof(int));
  taps.weights = take_zeroed(samples * (size_t)taps.stride * sizeof(i16) + 16);
  double *shares = take((size_t)most * sizeof(double));
  for (int i = 0; i < target; i++) {
    double centre = span.start + (i + 0.5) * step - 0.5;
    int first = clamp_int((int)ceil(centre - radius), span.low, span.high - 1);
    int last = clamp_int((int)floor(centre + radius), first, span.high - 1);
    int count = min_int(last - first + 1, most);
    double sum = lanczos_row((first - centre) / stretch, 1 / stretch, count, shares);
    /* Beyond an edge nothing of the kernel may be left; then the edge itself counts. */
    if (!(sum > 1e-9)) sum = shares[2 * first + count > span.low + span.high ? count - 1 : 0] = 1;
    quantise(shares, sum, count, gain, taps.weights + (size_t)i * (size_t)taps.stride);
    taps.first[i] = first;
    taps.count = max_int(taps.count, count);
  }
  taps.count = (int)round_up((size_t)taps.count, (size_t)lanes);
  return taps;
}
