/* Sequences, of which each entry is computed from the one before, with derivatives in reverse. */
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

/* A network whose gates are elementwise: two steps of weights and biases for each layer, UNITS of each of four gates. */
enum { UNITS = 14, KEPT = 8 };

static inline real gate(real z) { return 1 / (1 + (real)exp(-z)); }

/* minus the mean of what comes next times the logarithm of its prediction, with derivatives by the weights of the
 * layers and by those of input and output */
static real elementwise_lstm(const array *in, real *const *out) {
    const real *restrict w = REALS(in[0]), *restrict extra = REALS(in[1]), *restrict x = REALS(in[2]);
    real *restrict by_w = out[0], *restrict by_extra = out[1];
    int64_t layers = in[0].shape[0] / 2, steps = in[2].shape[0] - 1;
    real *kept = malloc(sizeof(real) * (size_t)((steps * (layers * KEPT + 1) + 4 * layers) * UNITS));
    real *predictions = kept + steps * layers * KEPT * UNITS, *states = predictions + steps * UNITS;
    real *back = states + 2 * layers * UNITS, total = 0, share = 1 / (real)(steps * UNITS);
    memset(states, 0, sizeof(real) * (size_t)(4 * layers * UNITS));
    memset(by_w, 0, sizeof(real) * (size_t)(8 * layers * UNITS));
    memset(by_extra, 0, sizeof(real) * 3 * UNITS);
    for (int64_t t = 0; t < steps; t++) {
        real input[UNITS], *y = predictions + t * UNITS, sum = 2;
        for (int i = 0; i < UNITS; i++) input[i] = x[t * UNITS + i] * extra[i];
        for (int64_t l = 0; l < layers; l++) {
            const real *v = w + 8 * l * UNITS, *b = v + 4 * UNITS;
            real *h = states + 2 * l * UNITS, *c = h + UNITS, *k = kept + (t * layers + l) * KEPT * UNITS;
            for (int i = 0; i < UNITS; i++) {
                real forget = gate(input[i] * v[i] + b[i]);
                real accept = gate(h[i] * v[UNITS + i] + b[UNITS + i]);
                real emit = gate(input[i] * v[2 * UNITS + i] + b[2 * UNITS + i]);
                real new = (real)tanh(h[i] * v[3 * UNITS + i] + b[3 * UNITS + i]);
                k[i] = input[i], k[UNITS + i] = h[i], k[2 * UNITS + i] = c[i];
                c[i] = c[i] * forget + accept * new;
                real shown = (real)tanh(c[i]);
                h[i] = emit * shown;
                k[3 * UNITS + i] = forget, k[4 * UNITS + i] = accept, k[5 * UNITS + i] = emit;
                k[6 * UNITS + i] = new, k[7 * UNITS + i] = shown;
                input[i] = h[i];
            }
        }
        for (int i = 0; i < UNITS; i++) {
            y[i] = input[i] * extra[UNITS + i] + extra[2 * UNITS + i];
            sum += (real)exp(y[i]);
        }
        real level = (real)log(sum), wanted = 0;
        for (int i = 0; i < UNITS; i++) {
            wanted += x[(t + 1) * UNITS + i];
            total -= share * x[(t + 1) * UNITS + i] * (y[i] - level);
        }
        for (int i = 0; i < UNITS; i++) y[i] = share * (wanted * (real)exp(y[i]) / sum - x[(t + 1) * UNITS + i]);
    }
    for (int64_t t = steps - 1; t >= 0; t--) {
        real by_x[UNITS];
        const real *by_y = predictions + t * UNITS;
        for (int i = 0; i < UNITS; i++) {
            const real *k = kept + (t * layers + layers - 1) * KEPT * UNITS;
            by_extra[UNITS + i] += by_y[i] * k[5 * UNITS + i] * k[7 * UNITS + i];
            by_extra[2 * UNITS + i] += by_y[i];
            by_x[i] = by_y[i] * extra[UNITS + i];
        }
        for (int64_t l = layers - 1; l >= 0; l--) {
            const real *v = w + 8 * l * UNITS, *k = kept + (t * layers + l) * KEPT * UNITS;
            real *by_v = by_w + 8 * l * UNITS, *by_b = by_v + 4 * UNITS, *by_h = back + 2 * l * UNITS, *by_c = by_h + UNITS;
            for (int i = 0; i < UNITS; i++) {
                real input = k[i], h = k[UNITS + i], c = k[2 * UNITS + i], forget = k[3 * UNITS + i];
                real accept = k[4 * UNITS + i], emit = k[5 * UNITS + i], new = k[6 * UNITS + i], shown = k[7 * UNITS + i];
                real now = by_x[i] + by_h[i], inner = by_c[i] + now * emit * (1 - shown * shown);
                real slopes[4] = {inner * c * forget * (1 - forget), inner * new * accept * (1 - accept),
                                  now * shown * emit * (1 - emit), inner * accept * (1 - new * new)};
                for (int g = 0; g < 4; g++) {
                    by_v[g * UNITS + i] += slopes[g] * (g % 2 ? h : input);
                    by_b[g * UNITS + i] += slopes[g];
                }
                by_c[i] = inner * forget;
                by_x[i] = slopes[0] * v[i] + slopes[2] * v[2 * UNITS + i];
                by_h[i] = slopes[1] * v[UNITS + i] + slopes[3] * v[3 * UNITS + i];
            }
        }
        for (int i = 0; i < UNITS; i++) by_extra[i] += by_x[i] * x[t * UNITS + i];
    }
    free(kept);
    return total;
}
FUNCTION(elementwise_lstm, 3, 1, 2, {2, {AXIS(0, 0), AXIS(0, 1)}}, {2, {3, UNITS}})

EXTENSION(METHOD(logistic_map), METHOD(smoothing), METHOD(elementwise_lstm))
