/* Gaussian densities with their gradients, by Cholesky's factor, what it solves and the inverse made of it.
 *
 * For l = ½ zᵀz + ½ log|S| with S = LLᵀ and a = S⁻¹r, the gradient in S is ½ (S⁻¹ − aaᵀ): one factorisation, one
 * inverse from the factor. A row-major lower triangle is LAPACK's upper one.
 */
#include "lapack.h"

static real inverse_and_half_log(real *S, int n) {
    int info;
    real half = 0;
    potrf("U", &n, S, &n, &info);
    for (int i = 0; i < n; i++) half += log(S[(npy_intp)i * n + i]);
    return half;
}

/* theta: logarithms of the length, the height and the noise; X (n, d), y (n,) */
static real evidence(const array *in, real *const *out) {
    find_routines();
    const real *theta = REALS(in[0]), *X = REALS(in[1]), *y = REALS(in[2]);
    int n = (int)in[1].shape[0], d = (int)in[1].shape[1], one = 1, info;
    real l2 = exp(2 * theta[0]), height = exp(2 * theta[1]), noise = exp(2 * theta[2]);
    real *K = malloc(sizeof(real) * n * n), *E = malloc(sizeof(real) * n * n), *D = malloc(sizeof(real) * n * n);
    real *a = malloc(sizeof(real) * n), *columns = malloc(sizeof(real) * n * d);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < d; k++) columns[(npy_intp)k * n + i] = X[(npy_intp)i * d + k];
    for (int i = 0; i < n; i++) { /* lower triangles */
        real *restrict kr = K + (npy_intp)i * n, *restrict er = E + (npy_intp)i * n, *restrict dr = D + (npy_intp)i * n;
        memset(dr, 0, sizeof(real) * (i + 1));
        for (int k = 0; k < d; k++) {
            const real *restrict c = columns + (npy_intp)k * n;
            real x = X[(npy_intp)i * d + k];
            for (int j = 0; j <= i; j++) dr[j] += (x - c[j]) * (x - c[j]);
        }
        for (int j = 0; j <= i; j++) er[j] = exp(-dr[j] / (2 * l2)), kr[j] = height * er[j];
        kr[i] += noise;
    }
    real half = inverse_and_half_log(K, n), quadratic = 0;
    memcpy(a, y, sizeof(real) * n);
    potrs("U", &n, &one, K, &n, a, &n, &info);
    for (int i = 0; i < n; i++) quadratic += a[i] * y[i];
    potri("U", &n, K, &n, &info);
    real length = 0, up = 0, diagonal = 0;
    for (int i = 0; i < n; i++) {
        const real *restrict kr = K + (npy_intp)i * n, *restrict er = E + (npy_intp)i * n, *restrict dr = D + (npy_intp)i * n;
        real s = 0, t = 0;
        for (int j = 0; j < i; j++) {
            real w = (kr[j] - a[i] * a[j]) * er[j];
            s += w * dr[j], t += w;
        }
        length += s, up += 2 * t + (kr[i] - a[i] * a[i]), diagonal += kr[i] - a[i] * a[i];
    }
    out[0][0] = length * height / l2; /* both triangles, of ½ Σ W ∂K */
    out[0][1] = up * height;
    out[0][2] = diagonal * noise;
    free(K), free(E), free(D), free(a), free(columns);
    return quadratic / 2 + half + n * (real)0.91893853320467274178;
}

/* x, mu (n,), S (n, n), of which both triangles count */
static real density(const array *in, real *const *out) {
    find_routines();
    const real *x = REALS(in[0]), *mu = REALS(in[1]), *S = REALS(in[2]);
    int n = (int)in[0].shape[0], one = 1, info;
    real *a = out[0], *P = out[2], quadratic = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) P[(npy_intp)i * n + j] = (S[(npy_intp)i * n + j] + S[(npy_intp)j * n + i]) / 2;
    real half = inverse_and_half_log(P, n);
    for (int i = 0; i < n; i++) a[i] = x[i] - mu[i];
    potrs("U", &n, &one, P, &n, a, &n, &info);
    for (int i = 0; i < n; i++) quadratic += a[i] * (x[i] - mu[i]), out[1][i] = a[i];
    for (int i = 0; i < n; i++) out[0][i] = -a[i];
    potri("U", &n, P, &n, &info);
    const real *restrict b = out[1];
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++)
            P[(npy_intp)j * n + i] = P[(npy_intp)i * n + j] = (b[i] * b[j] - P[(npy_intp)i * n + j]) / 2;
    return -quadratic / 2 - half;
}

/* lambda, X (m, n), y (m,): ½ |X b − y|² at b = (XᵀX + lambda)⁻¹ Xᵀy, with its derivative in lambda */
static real ridge(const array *in, real *const *out) {
    find_routines();
    real lambda = in[0].data ? REALS(in[0])[0] : in[0].number, plus = 1, zero = 0, value = 0, slope = 0;
    real *X = (real *)in[1].data, *y = (real *)in[2].data;
    int m = (int)in[1].shape[0], n = (int)in[1].shape[1], one = 1, info;
    real *G = malloc(sizeof(real) * n * n), *b = calloc(n, sizeof(real)), *c = calloc(n, sizeof(real));
    real *r = malloc(sizeof(real) * m);
    syrk("U", "N", &n, &m, &plus, X, &n, &zero, G, &n);
    for (int i = 0; i < n; i++) G[(npy_intp)i * n + i] += lambda;
    gemm("N", "N", &n, &one, &m, &plus, X, &n, y, &m, &zero, b, &n);
    potrf("U", &n, G, &n, &info);
    potrs("U", &n, &one, G, &n, b, &n, &info);
    for (int i = 0; i < m; i++) {
        const real *restrict row = X + (npy_intp)i * n;
        real s = 0;
        for (int j = 0; j < n; j++) s += row[j] * b[j];
        r[i] = s - y[i];
        value += r[i] * r[i];
        for (int j = 0; j < n; j++) c[j] += row[j] * r[i];
    }
    potrs("U", &n, &one, G, &n, c, &n, &info);
    for (int j = 0; j < n; j++) slope -= b[j] * c[j];
    out[0][0] = slope;
    free(G), free(b), free(c), free(r);
    return value / 2;
}

FUNCTION(evidence, 3, 1, 1, {1, {AXIS(0, 0)}})
FUNCTION(density, 3, 1, 3, {1, {AXIS(0, 0)}}, {1, {AXIS(0, 0)}}, {2, {AXIS(0, 0), AXIS(0, 0)}})
FUNCTION(ridge, 3, 1, 1, {0, {0}})
EXTENSION(METHOD(evidence), METHOD(density), METHOD(ridge))
