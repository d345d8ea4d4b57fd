/* Log-likelihoods of Gaussian mixtures with their gradients, samples in lanes.
 *
 * Full covariance: every component's triangular root stays in the cache while all samples pass by, once for the
 * energies and once, after the softmax over the components, for the gradients.
 */
#include "call.h"

enum { BLOCK = 32, MOST = 128 };
typedef real lanes[BLOCK];

/* the columns of a block of samples; the last block is filled up with its first sample */
static inline void columns(const real *restrict X, npy_intp rows, npy_intp d, lanes *restrict x) {
    for (npy_intp j = 0; j < d; j++)
        for (npy_intp b = 0; b < BLOCK; b++) x[j][b] = X[(b < rows ? b : 0) * d + j];
}

static inline real log_sum_exp(const real *restrict a, npy_intp k, real *restrict p) {
    real top = -INFINITY, sum = 0;
    for (npy_intp c = 0; c < k; c++) top = a[c] > top ? a[c] : top;
    for (npy_intp c = 0; c < k; c++) sum += p[c] = exp(a[c] - top);
    for (npy_intp c = 0; c < k; c++) p[c] /= sum;
    return top + log(sum);
}

/* energies (k, BLOCK) become weights; the sum of the logarithms of `rows` lanes */
static inline real weights(lanes *restrict energy, npy_intp k, npy_intp rows) {
    lanes top, sum = {0};
    real value = 0;
    for (int b = 0; b < BLOCK; b++) top[b] = energy[0][b];
    for (npy_intp c = 1; c < k; c++)
        for (int b = 0; b < BLOCK; b++) top[b] = energy[c][b] > top[b] ? energy[c][b] : top[b];
    for (npy_intp c = 0; c < k; c++)
        for (int b = 0; b < BLOCK; b++) sum[b] += energy[c][b] = exp(energy[c][b] - top[b]);
    for (npy_intp b = 0; b < rows; b++) value += top[b] + log(sum[b]);
    for (npy_intp b = 0; b < BLOCK; b++) sum[b] = b < rows ? 1 / sum[b] : 0;
    for (npy_intp c = 0; c < k; c++)
        for (int b = 0; b < BLOCK; b++) energy[c][b] *= sum[b];
    return value;
}

static inline real total(const real *restrict x) {
    real sum = 0;
    for (int b = 0; b < BLOCK; b++) sum += x[b];
    return sum;
}

/* y = x − mu, t = Q y for lower triangular Q; four rows at a time */
static inline void transform(const real *restrict Q, const real *restrict mu, lanes *restrict x, lanes *restrict y,
                             lanes *restrict t, npy_intp d) {
    for (npy_intp j = 0; j < d; j++)
        for (int b = 0; b < BLOCK; b++) y[j][b] = x[j][b] - mu[j];
    npy_intp i = 0;
    for (; i + 4 <= d; i += 4) {
        const real *restrict p = Q + i * d, *restrict q = p + d, *restrict r = q + d, *restrict s = r + d;
        lanes a = {0}, c = {0}, e = {0}, f = {0};
        for (npy_intp j = 0; j < i + 4; j++) /* the root is zero above its diagonal */
            for (int b = 0; b < BLOCK; b++)
                a[b] += p[j] * y[j][b], c[b] += q[j] * y[j][b], e[b] += r[j] * y[j][b], f[b] += s[j] * y[j][b];
        memcpy(t[i], a, sizeof a), memcpy(t[i + 1], c, sizeof c);
        memcpy(t[i + 2], e, sizeof e), memcpy(t[i + 3], f, sizeof f);
    }
    for (; i < d; i++) {
        lanes a = {0};
        for (npy_intp j = 0; j <= i; j++)
            for (int b = 0; b < BLOCK; b++) a[b] += Q[i * d + j] * y[j][b];
        memcpy(t[i], a, sizeof a);
    }
}

/* R_ij += Σ_b w_i[b] y_j[b] for j ≤ i, in tiles of 4×2 */
static inline void outer(lanes *restrict w, lanes *restrict y, real *restrict R, npy_intp d) {
    npy_intp i = 0;
    for (; i + 4 <= d; i += 4) {
        npy_intp j = 0;
        for (; j + 2 <= i + 4; j += 2) {
            real a = 0, c = 0, e = 0, g = 0, f = 0, h = 0, k = 0, l = 0;
            for (int b = 0; b < BLOCK; b++) {
                real u = y[j][b], v = y[j + 1][b];
                a += w[i][b] * u, c += w[i][b] * v, e += w[i + 1][b] * u, f += w[i + 1][b] * v;
                g += w[i + 2][b] * u, h += w[i + 2][b] * v, k += w[i + 3][b] * u, l += w[i + 3][b] * v;
            }
            real *restrict to = R + i * d + j;
            to[0] += a, to[1] += c, to[d] += e, to[d + 1] += f;
            to[2 * d] += g, to[2 * d + 1] += h, to[3 * d] += k, to[3 * d + 1] += l;
        }
    }
    for (; i < d; i++)
        for (npy_intp j = 0; j <= i; j++) {
            real sum = 0;
            for (int b = 0; b < BLOCK; b++) sum += w[i][b] * y[j][b];
            R[i * d + j] += sum;
        }
}

/* the gradient of one component: w (weights of all blocks) times −t yᵀ onto the root, −Σ w t through Qᵀ onto the mean */
static void component(const real *Q, const real *mu, lanes *x, lanes *w, npy_intp stride, npy_intp blocks, npy_intp d,
                      const real *q, real *g_mu, real *g_q, real *g_L, real mass) {
    lanes y[MOST], t[MOST];
    real sum[MOST] = {0};
    memset(g_L, 0, d * d * sizeof(real));
    for (npy_intp block = 0; block < blocks; block++) {
        const real *restrict weight = w[block * stride];
        transform(Q, mu, x + block * d, y, t, d);
        for (npy_intp i = 0; i < d; i++) {
            for (int b = 0; b < BLOCK; b++) t[i][b] *= weight[b];
            sum[i] += total(t[i]);
        }
        outer(t, y, g_L, d);
    }
    for (npy_intp j = 0; j < d; j++) g_mu[j] = 0;
    for (npy_intp i = 0; i < d; i++) {
        for (npy_intp j = 0; j <= i; j++) g_mu[j] += Q[i * d + j] * sum[i];
        g_q[i] = mass - g_L[i * d + i] * exp(q[i]);
        for (npy_intp j = 0; j < i; j++) g_L[i * d + j] = -g_L[i * d + j];
        for (npy_intp j = i; j < d; j++) g_L[i * d + j] = 0;
    }
}

static real full_mixture(const array *in, real *const *out) {
    const real *alpha = REALS(in[0]), *mu = REALS(in[1]), *q = REALS(in[2]), *L = REALS(in[3]), *X = REALS(in[4]);
    npy_intp k = in[1].shape[0], d = in[1].shape[1], n = in[4].shape[0], blocks = (n + BLOCK - 1) / BLOCK;
    if (d > MOST) return NAN;
    int many = n * k * d * d > 200000;
    real *Q = malloc(k * d * d * sizeof(real)), *prior = malloc(2 * k * sizeof(real)), *mass = prior + k;
    lanes *x = aligned_alloc(64, blocks * d * sizeof(lanes)), *energy = aligned_alloc(64, blocks * k * sizeof(lanes));
    for (npy_intp b = 0; b < blocks; b++) columns(X + b * BLOCK * d, n - b * BLOCK < BLOCK ? n - b * BLOCK : BLOCK, d, x + b * d);
#pragma omp parallel for if (many)
    for (npy_intp c = 0; c < k; c++) {
        real *root = Q + c * d * d, shift = alpha[c];
        lanes y[MOST], t[MOST];
        for (npy_intp i = 0; i < d; i++) {
            for (npy_intp j = 0; j < i; j++) root[i * d + j] = L[(c * d + i) * d + j];
            root[i * d + i] = exp(q[c * d + i]);
            for (npy_intp j = i + 1; j < d; j++) root[i * d + j] = 0;
            shift += q[c * d + i];
        }
        for (npy_intp b = 0; b < blocks; b++) {
            lanes sum = {0};
            transform(root, mu + c * d, x + b * d, y, t, d);
            for (npy_intp i = 0; i < d; i++)
                for (int l = 0; l < BLOCK; l++) sum[l] += t[i][l] * t[i][l];
            for (int l = 0; l < BLOCK; l++) energy[b * k + c][l] = shift - (real)0.5 * sum[l];
        }
    }
    double value = -(double)n * log_sum_exp(alpha, k, prior);
#pragma omp parallel for reduction(+ : value) if (many)
    for (npy_intp b = 0; b < blocks; b++) value += weights(energy + b * k, k, n - b * BLOCK < BLOCK ? n - b * BLOCK : BLOCK);
#pragma omp parallel for if (many)
    for (npy_intp c = 0; c < k; c++) {
        mass[c] = 0;
        for (npy_intp b = 0; b < blocks; b++) mass[c] += total(energy[b * k + c]);
        out[0][c] = mass[c] - n * prior[c];
        component(Q + c * d * d, mu + c * d, x, energy + c, k, blocks, d, q + c * d, out[1] + c * d, out[2] + c * d,
                  out[3] + c * d * d, mass[c]);
    }
    free(Q), free(prior), free(x), free(energy);
    return value;
}
FUNCTION(full_mixture, 5, 1, 4, {1, {AXIS(0, 0)}}, {2, {AXIS(1, 0), AXIS(1, 1)}}, {2, {AXIS(1, 0), AXIS(1, 1)}},
         {3, {AXIS(3, 0), AXIS(3, 1), AXIS(3, 2)}})

/* Diagonal covariance: one pass over blocks of samples; the scaled differences of a block are kept. */
static real diagonal_mixture(const array *in, real *const *out) {
    const real *alpha = REALS(in[0]), *mu = REALS(in[1]), *logs = REALS(in[2]), *X = REALS(in[3]);
    npy_intp k = in[1].shape[0], d = in[1].shape[1], n = in[3].shape[0], kd = k * d;
    real *scale = malloc((kd + 2 * k) * sizeof(real)), *shift = scale + kd, *prior = shift + k;
    for (npy_intp c = 0; c < k; c++) {
        shift[c] = alpha[c];
        for (npy_intp j = 0; j < d; j++) scale[c * d + j] = exp(logs[c * d + j]), shift[c] += logs[c * d + j];
    }
    for (npy_intp i = 0; i < kd; i++) out[1][i] = out[2][i] = 0;
    real *mass = calloc(k, sizeof(real));
    double value = 0;
#pragma omp parallel reduction(+ : value)
    {
        lanes *x = aligned_alloc(64, (d + k) * sizeof(lanes)), *energy = x + d;
        real *g = calloc(2 * kd + k, sizeof(real)), *g_logs = g + kd, *own = g_logs + kd;
#pragma omp for nowait
        for (npy_intp begin = 0; begin < n; begin += BLOCK) {
            npy_intp rows = n - begin < BLOCK ? n - begin : BLOCK;
            columns(X + begin * d, rows, d, x);
            for (npy_intp c = 0; c < k; c++) {
                lanes sum = {0};
                for (npy_intp j = 0; j < d; j++) {
                    real m = mu[c * d + j], s = scale[c * d + j];
                    for (int b = 0; b < BLOCK; b++) {
                        real t = (x[j][b] - m) * s;
                        sum[b] += t * t;
                    }
                }
                for (int b = 0; b < BLOCK; b++) energy[c][b] = shift[c] - (real)0.5 * sum[b];
            }
            value += weights(energy, k, rows);
            for (npy_intp c = 0; c < k; c++) {
                const real *restrict w = energy[c];
                own[c] += total(w);
                for (npy_intp j = 0; j < d; j++) {
                    real m = mu[c * d + j], s = scale[c * d + j], first = 0, second = 0;
                    for (int b = 0; b < BLOCK; b++) {
                        real t = (x[j][b] - m) * s, wt = w[b] * t;
                        first += wt;
                        second += wt * t;
                    }
                    g[c * d + j] += first;
                    g_logs[c * d + j] += second;
                }
            }
        }
#pragma omp critical
        {
            for (npy_intp i = 0; i < kd; i++) out[1][i] += g[i], out[2][i] += g_logs[i];
            for (npy_intp c = 0; c < k; c++) mass[c] += own[c];
        }
        free(x), free(g);
    }
    double normal = log_sum_exp(alpha, k, prior);
    for (npy_intp c = 0; c < k; c++) {
        out[0][c] = prior[c] - mass[c] / n;
        for (npy_intp j = 0; j < d; j++) {
            npy_intp i = c * d + j;
            out[1][i] *= -scale[i] / n;
            out[2][i] = (out[2][i] - mass[c]) / n;
        }
    }
    free(scale), free(mass);
    return normal - value / n;
}
FUNCTION(diagonal_mixture, 4, 1, 3, {1, {AXIS(0, 0)}}, {2, {AXIS(1, 0), AXIS(1, 1)}}, {2, {AXIS(1, 0), AXIS(1, 1)}})

EXTENSION(METHOD(full_mixture), METHOD(diagonal_mixture))
