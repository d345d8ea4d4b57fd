/* Softmax regression: one pass over blocks of rows.
 *
 * Rows lie in lanes for the scores and the softmax, so that a block of X is transposed first; the gradient runs along
 * the features, where no sums across lanes are needed, and is kept transposed until the end.
 */
#include "call.h"

enum { BLOCK = 32 };

/* z[t] = W[:, t] · x for a few classes and BLOCK rows in lanes */
#define SCORES(tile)                                                                               \
    static inline void scores_##tile(const real *restrict W, const real *restrict x, real *restrict z, npy_intp n, npy_intp q) { \
        real sum[tile][BLOCK] = {{0}};                                                             \
        for (npy_intp j = 0; j < n; j++)                                                           \
            for (int t = 0; t < tile; t++)                                                         \
                for (int b = 0; b < BLOCK; b++) sum[t][b] += W[j * q + t] * x[j * BLOCK + b];      \
        memcpy(z, sum, sizeof sum);                                                                \
    }
SCORES(5)
SCORES(3)
SCORES(1)

/* the loss of a block; scores become slopes */
static inline real softmax(real *restrict z, const real *restrict Y, npy_intp rows, npy_intp q) {
    real top[BLOCK], total[BLOCK] = {0}, label[BLOCK] = {0}, loss = 0;
    for (int b = 0; b < BLOCK; b++) top[b] = z[b];
    for (npy_intp c = 1; c < q; c++)
        for (int b = 0; b < BLOCK; b++) top[b] = z[c * BLOCK + b] > top[b] ? z[c * BLOCK + b] : top[b];
    for (npy_intp c = 0; c < q; c++)
        for (npy_intp b = 0; b < rows; b++) label[b] += Y[b * q + c] * z[c * BLOCK + b];
    for (npy_intp c = 0; c < q; c++)
        for (int b = 0; b < BLOCK; b++) total[b] += z[c * BLOCK + b] = exp(z[c * BLOCK + b] - top[b]);
    for (npy_intp b = 0; b < rows; b++) loss += top[b] + log(total[b]) - label[b];
    for (int b = 0; b < BLOCK; b++) total[b] = 1 / total[b];
    for (npy_intp c = 0; c < q; c++)
        for (npy_intp b = 0; b < BLOCK; b++) z[c * BLOCK + b] = b < rows ? z[c * BLOCK + b] * total[b] - Y[b * q + c] : 0;
    return loss;
}

/* G (q, n) += slopesᵀ X, four rows and two classes at a time */
static inline void accumulate(const real *restrict X, const real *restrict r, real *restrict G, npy_intp rows, npy_intp n, npy_intp q) {
    npy_intp c = 0;
    for (; c + 2 <= q; c += 2) {
        real *restrict g = G + c * n, *restrict h = g + n;
        const real *restrict p = r + c * BLOCK, *restrict s = p + BLOCK;
        npy_intp b = 0;
        for (; b + 4 <= rows; b += 4) {
            const real *restrict x = X + b * n;
            for (npy_intp j = 0; j < n; j++) {
                real x0 = x[j], x1 = x[n + j], x2 = x[2 * n + j], x3 = x[3 * n + j];
                g[j] += p[b] * x0 + p[b + 1] * x1 + p[b + 2] * x2 + p[b + 3] * x3;
                h[j] += s[b] * x0 + s[b + 1] * x1 + s[b + 2] * x2 + s[b + 3] * x3;
            }
        }
        for (; b < rows; b++)
            for (npy_intp j = 0; j < n; j++) g[j] += p[b] * X[b * n + j], h[j] += s[b] * X[b * n + j];
    }
    for (; c < q; c++)
        for (npy_intp b = 0; b < rows; b++)
            for (npy_intp j = 0; j < n; j++) G[c * n + j] += r[c * BLOCK + b] * X[b * n + j];
}

static real softmax_regression(const array *in, real *const *out) {
    const real *W = REALS(in[0]), *X = REALS(in[1]), *Y = REALS(in[2]);
    npy_intp n = in[0].shape[0], q = in[0].shape[1], m = in[1].shape[0];
    real *total = calloc(n * q, sizeof(real));
    double value = 0;
#pragma omp parallel reduction(+ : value)
    {
        real *G = calloc(n * q, sizeof(real));
        real *x = aligned_alloc(64, n * BLOCK * sizeof(real)), *z = aligned_alloc(64, q * BLOCK * sizeof(real));
#pragma omp for nowait
        for (npy_intp begin = 0; begin < m; begin += BLOCK) {
            npy_intp rows = m - begin < BLOCK ? m - begin : BLOCK, c = 0;
            const real *block = X + begin * n;
            for (npy_intp b = 0; b < BLOCK; b++) {
                const real *restrict row = block + (b < rows ? b : 0) * n;
                for (npy_intp j = 0; j < n; j++) x[j * BLOCK + b] = row[j];
            }
            for (; c + 5 <= q; c += 5) scores_5(W + c, x, z + c * BLOCK, n, q);
            for (; c + 3 <= q; c += 3) scores_3(W + c, x, z + c * BLOCK, n, q);
            for (; c < q; c++) scores_1(W + c, x, z + c * BLOCK, n, q);
            value += softmax(z, Y + begin * q, rows, q);
            accumulate(block, z, G, rows, n, q);
        }
#pragma omp critical
        for (npy_intp i = 0; i < n * q; i++) total[i] += G[i];
        free(G), free(x), free(z);
    }
    for (npy_intp j = 0; j < n; j++)
        for (npy_intp c = 0; c < q; c++) out[0][j * q + c] = total[c * n + j] / m;
    free(total);
    return value / m;
}
FUNCTION(softmax_regression, 3, 1, 1, {2, {AXIS(0, 0), AXIS(0, 1)}})

EXTENSION(METHOD(softmax_regression))
