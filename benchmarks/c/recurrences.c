/* Sequences of numbers, each computed from the one before, with derivatives in reverse. */
#include "call.h"

/* x ← r x (1 − x) + e: the last x and its derivative by r */
static real logistic_map(const array *in, real *const *out) {
    real r = in[0].number, x = in[1].number;
    const real *restrict e = REALS(in[2]);
    int64_t n = in[2].shape[0];
    real by_r = 0; /* one number comes out of one: forward is as cheap, and needs no memory */
    for (int64_t t = 0; t < n; t++) {
        real slope = r * (1 - 2 * x), part = x * (1 - x);
        by_r = slope * by_r + part;
        x = r * part + e[t];
    }
    *out[0] = by_r;
    return x;
}
FUNCTION(logistic_map, 3, 1, 1, {0})

/* the sum of squared errors of prediction of the smoothed level, and its derivative by the weight */
static real smoothing(const array *in, real *const *out) {
    real a = in[0].number;
    const real *restrict y = REALS(in[1]);
    int64_t n = in[1].shape[0];
    real level = y[0], by_a = 0, total = 0, slope = 0;
    for (int64_t t = 1; t < n; t++) {
        real error = y[t] - level;
        total += error * error;
        slope -= 2 * error * by_a;
        by_a += error - a * by_a;
        level += a * error;
    }
    *out[0] = slope;
    return total;
}
FUNCTION(smoothing, 2, 1, 1, {0})

EXTENSION(METHOD(logistic_map), METHOD(smoothing))
