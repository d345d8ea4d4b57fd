/* Regressions: one pass over the rows, in blocks that stay in the cache.
 *
 * For a block: the linear predictions, then the loss and its slope in a loop over the block that the compiler makes
 * vectors of, then the rows times the slopes onto the gradient.
 */
#include "call.h"

enum { BLOCK = 32, MOST = 1024 };

static inline real dot(const real *restrict x, const real *restrict y, npy_intp n) {
    real sum = 0;
    for (npy_intp j = 0; j < n; j++) sum += x[j] * y[j];
    return sum;
}

/* z = X theta for a block, four rows at a time: theta is loaded once for the four */
static inline void predict(const real *restrict X, const real *restrict theta, real *restrict z, npy_intp rows, npy_intp n) {
    npy_intp i = 0;
    for (; i + 4 <= rows; i += 4) {
        const real *restrict a = X + i * n, *restrict b = a + n, *restrict c = b + n, *restrict d = c + n;
        real p = 0, q = 0, r = 0, s = 0;
        for (npy_intp j = 0; j < n; j++) {
            real t = theta[j];
            p += a[j] * t, q += b[j] * t, r += c[j] * t, s += d[j] * t;
        }
        z[i] = p, z[i + 1] = q, z[i + 2] = r, z[i + 3] = s;
    }
    for (; i < rows; i++) z[i] = dot(X + i * n, theta, n);
}

/* g += Xᵀ r for a block, four rows at a time; where rows are long, those of the next block are fetched meanwhile */
static inline void accumulate(const real *restrict X, const real *restrict r, real *restrict g, npy_intp rows, npy_intp n) {
    npy_intp i = 0;
    for (; i + 4 <= rows; i += 4) {
        const real *restrict a = X + i * n, *restrict b = a + n, *restrict c = b + n, *restrict d = c + n;
        real p = r[i], q = r[i + 1], s = r[i + 2], t = r[i + 3];
        if (n >= 64)
            for (npy_intp j = 0; j < 4 * n; j += 64 / sizeof(real)) __builtin_prefetch(a + BLOCK * n + j);
        for (npy_intp j = 0; j < n; j++) g[j] += a[j] * p + b[j] * q + c[j] * s + d[j] * t;
    }
    for (; i < rows; i++)
        for (npy_intp j = 0; j < n; j++) g[j] += X[i * n + j] * r[i];
}

/* REGRESSION(name, {...}): the block sets `slope` and `loss` from the prediction `z` and the response `y`. */
#define REGRESSION(name, ...)                                                                      \
    static inline real name##_rows(const real *restrict theta, const real *restrict X, const real *restrict Y,   \
                                   real *restrict g, npy_intp m, npy_intp n) {                     \
        real z[BLOCK], value = 0;                                                                  \
        for (npy_intp begin = 0; begin < m; begin += BLOCK) {                                      \
            npy_intp rows = m - begin < BLOCK ? m - begin : BLOCK;                                 \
            const real *restrict block = X + begin * n;                                            \
            predict(block, theta, z, rows, n);                                                     \
            real sum = 0;                                                                          \
            for (npy_intp i = 0; i < rows; i++) {                                                  \
                real z_i = z[i], y = Y[begin + i], slope, loss;                                    \
                __VA_ARGS__;                                                                       \
                z[i] = slope;                                                                      \
                sum += loss;                                                                       \
            }                                                                                      \
            value += sum;                                                                          \
            accumulate(block, z, g, rows, n);                                                      \
        }                                                                                          \
        return value;                                                                              \
    }                                                                                              \
    static real name(const array *in, real *const *out) {                                          \
        const real *theta = REALS(in[0]), *X = REALS(in[1]), *y = REALS(in[2]);                    \
        npy_intp m = in[1].shape[0], n = in[1].shape[1];                                           \
        real *g = out[0];                                                                          \
        double value = 0;                                                                          \
        if (n > MOST) return NAN;                                                                  \
        for (npy_intp j = 0; j < n; j++) g[j] = 0;                                                 \
        if (m * n < 100000) {                                                                      \
            value = name##_rows(theta, X, y, g, m, n);                                             \
        } else {                                                                                   \
            npy_intp chunks = (m + 4095) / 4096;                                                   \
            _Pragma("omp parallel reduction(+ : value)") {                                         \
                real own[MOST];                                                                    \
                for (npy_intp j = 0; j < n; j++) own[j] = 0;                                       \
                _Pragma("omp for schedule(static) nowait") for (npy_intp c = 0; c < chunks; c++) { \
                    npy_intp begin = c * 4096, rows = m - begin < 4096 ? m - begin : 4096;         \
                    value += name##_rows(theta, X + begin * n, y + begin, own, rows, n);           \
                }                                                                                  \
                _Pragma("omp critical") for (npy_intp j = 0; j < n; j++) g[j] += own[j];           \
            }                                                                                      \
        }                                                                                          \
        for (npy_intp j = 0; j < n; j++) g[j] /= m;                                                \
        return value / m;                                                                          \
    }                                                                                              \
    FUNCTION(name, 3, 1, 1, {1, {AXIS(0, 0)}})

REGRESSION(least_squares, {
    real r = z_i - y;
    slope = 2 * r;
    loss = r * r;
})
REGRESSION(logistic, {
    real t = -y * z_i, e = exp(-fabs(t)); /* one exponential for value and slope */
    loss = (t > 0 ? t : 0) + log1p(e);
    slope = -y * (t > 0 ? 1 : e) / (1 + e);
})
REGRESSION(poisson, {
    real e = exp(z_i);
    loss = e - y * z_i;
    slope = e - y;
})
REGRESSION(huber, {
    real r = z_i - y, size = fabs(r);
    loss = size <= 1 ? (real)0.5 * r * r : size - (real)0.5;
    slope = size <= 1 ? r : copysign((real)1, r);
})
REGRESSION(student_t, {
    real r = z_i - y, q = 1 + r * r * (real)0.25;
    loss = (real)2.5 * log(q);
    slope = (real)1.25 * r / q;
})

EXTENSION(METHOD(least_squares), METHOD(logistic), METHOD(poisson), METHOD(huber), METHOD(student_t))
