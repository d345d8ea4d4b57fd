/* Log-sum-exp of a long vector; k-means with gradient and the diagonal of the Hessian. */
#include "call.h"

static real log_sum_exp(const array *in, real *const *out) {
    const real *restrict x = REALS(in[0]);
    real *restrict g = out[0];
    npy_intp n = in[0].shape[0];
    real top = -INFINITY;
    double sum = 0;
#pragma omp parallel for simd reduction(max : top) if (parallel : n > 20000)
    for (npy_intp i = 0; i < n; i++) top = x[i] > top ? x[i] : top;
#pragma omp parallel for reduction(+ : sum) if (n > 20000)
    for (npy_intp begin = 0; begin < n; begin += 2048) { /* partial sums in the array's own precision */
        npy_intp end = begin + 2048 < n ? begin + 2048 : n;
        real part = 0;
        for (npy_intp i = begin; i < end; i++) part += g[i] = exp(x[i] - top);
        sum += part;
    }
    real scale = (real)(1 / sum);
#pragma omp parallel for simd if (parallel : n > 20000)
    for (npy_intp i = 0; i < n; i++) g[i] *= scale;
    return top + (real)log(sum);
}
FUNCTION(log_sum_exp, 1, 1, 1, {1, {AXIS(0, 0)}})

enum { BLOCK = 64, MOST = 64 }; /* points in lanes, dimensions at most */

/* the nearest centre of each of BLOCK points that lie as columns */
static inline void nearest(const real (*restrict x)[BLOCK], const real *restrict C, npy_intp k, npy_intp d,
                           real *restrict best, int32_t *restrict which) {
    for (int b = 0; b < BLOCK; b++) best[b] = INFINITY, which[b] = 0;
    for (npy_intp c = 0; c < k; c++) {
        real distance[BLOCK] = {0};
        for (npy_intp j = 0; j < d; j++) {
            real centre = C[c * d + j];
            for (int b = 0; b < BLOCK; b++) distance[b] += (x[j][b] - centre) * (x[j][b] - centre);
        }
        for (int b = 0; b < BLOCK; b++) {
            which[b] = distance[b] < best[b] ? (int32_t)c : which[b];
            best[b] = distance[b] < best[b] ? distance[b] : best[b];
        }
    }
}

static real k_means(const array *in, real *const *out) {
    const real *C = REALS(in[0]), *X = REALS(in[1]);
    npy_intp k = in[0].shape[0], d = in[0].shape[1], n = in[1].shape[0];
    real *g = out[0], *h = out[1];
    double cost = 0;
    if (d > MOST) return NAN;
    memset(g, 0, k * d * sizeof(real));
    real *count = calloc(k, sizeof(real));
#pragma omp parallel reduction(+ : cost)
    {
        real *sums = calloc(k * (d + 1), sizeof(real)), *counts = sums + k * d;
        real x[MOST][BLOCK], best[BLOCK];
        int32_t which[BLOCK];
#pragma omp for nowait
        for (npy_intp begin = 0; begin < n; begin += BLOCK) {
            npy_intp rows = n - begin < BLOCK ? n - begin : BLOCK;
            for (npy_intp j = 0; j < d; j++)
                for (npy_intp b = 0; b < BLOCK; b++) x[j][b] = X[(begin + (b < rows ? b : 0)) * d + j];
            nearest((const real(*)[BLOCK])x, C, k, d, best, which);
            real sum = 0;
            for (npy_intp b = 0; b < rows; b++) {
                sum += best[b];
                counts[which[b]] += 1;
                real *restrict to = sums + which[b] * d;
                const real *restrict point = X + (begin + b) * d;
                for (npy_intp j = 0; j < d; j++) to[j] += point[j];
            }
            cost += sum;
        }
#pragma omp critical
        for (npy_intp c = 0; c < k; c++) {
            count[c] += counts[c];
            for (npy_intp j = 0; j < d; j++) g[c * d + j] += sums[c * d + j];
        }
        free(sums);
    }
    for (npy_intp c = 0; c < k; c++)
        for (npy_intp j = 0; j < d; j++) {
            g[c * d + j] = 2 * (count[c] * C[c * d + j] - g[c * d + j]);
            h[c * d + j] = 2 * count[c];
        }
    free(count);
    return cost;
}
FUNCTION(k_means, 2, 1, 2, {2, {AXIS(0, 0), AXIS(0, 1)}}, {2, {AXIS(0, 0), AXIS(0, 1)}})

EXTENSION(METHOD(log_sum_exp), METHOD(k_means))
