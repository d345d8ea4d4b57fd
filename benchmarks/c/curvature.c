/* Dense Hessians: what is not zero is written into fresh zeroed memory. */
#include "call.h"

enum { TILE = 16 };

/* xᵀAx: A + Aᵀ, in tiles, so that both are read along their rows */
static real quadratic_form(const array *in, real *const *out) {
    const real *A = REALS(in[1]);
    npy_intp n = in[1].shape[0];
    real *H = out[0];
#pragma omp parallel for if (n > 200)
    for (npy_intp i = 0; i < n; i += TILE)
        for (npy_intp j = 0; j <= i; j += TILE) {
            npy_intp rows = n - i < TILE ? n - i : TILE, columns = n - j < TILE ? n - j : TILE;
            real turned[TILE][TILE];
            for (npy_intp b = 0; b < columns; b++)
                for (npy_intp a = 0; a < rows; a++) turned[a][b] = A[(j + b) * n + i + a];
            for (npy_intp a = 0; a < rows; a++)
                for (npy_intp b = 0; b < columns; b++)
                    turned[a][b] = H[(i + a) * n + j + b] = A[(i + a) * n + j + b] + turned[a][b];
            for (npy_intp b = 0; b < columns; b++)
                for (npy_intp a = 0; a < rows; a++) H[(j + b) * n + i + a] = turned[a][b];
        }
    return 0;
}
FUNCTION(quadratic_form, 2, 0, 1, {2, {AXIS(0, 0), AXIS(0, 0)}})

/* G = XᵀX for X (m, k), repeated along the diagonal of H (p, k, p, k) */
static void repeated_gram(const real *restrict X, npy_intp m, npy_intp k, real *restrict H, npy_intp p) {
    real *G = calloc(k * k, sizeof(real));
    for (npy_intp i = 0; i < m; i++)
        for (npy_intp a = 0; a < k; a++)
            for (npy_intp b = 0; b < k; b++) G[a * k + b] += X[i * k + a] * X[i * k + b];
    for (npy_intp i = 0; i < p; i++)
        for (npy_intp a = 0; a < k; a++) memcpy(H + ((i * k + a) * p + i) * k, G + a * k, k * sizeof(real));
    free(G);
}

static real matrix_factorisation(const array *in, real *const *out) {
    const real *U = REALS(in[0]), *V = REALS(in[1]), *M = REALS(in[2]);
    npy_intp m = in[0].shape[0], k = in[0].shape[1], n = in[1].shape[0];
    repeated_gram(V, n, k, out[0], m);
    repeated_gram(U, m, k, out[3], n);
    real *UV = out[1], *VU = out[2], *R = malloc(m * n * sizeof(real));
    for (npy_intp i = 0; i < m; i++)
        for (npy_intp j = 0; j < n; j++) {
            real product = 0;
            for (npy_intp c = 0; c < k; c++) product += U[i * k + c] * V[j * k + c];
            R[i * n + j] = product - M[i * n + j];
        }
    /* U_ia with V_jb: U_ib V_ja + R_ij where a = b */
#pragma omp parallel for if (m * n > 1000)
    for (npy_intp i = 0; i < m; i++)
        for (npy_intp a = 0; a < k; a++) {
            real *restrict row = UV + (i * k + a) * n * k;
            for (npy_intp j = 0; j < n; j++) {
                real v = V[j * k + a];
                for (npy_intp b = 0; b < k; b++) row[j * k + b] = U[i * k + b] * v;
                row[j * k + a] += R[i * n + j];
            }
        }
#pragma omp parallel for if (m * n > 1000)
    for (npy_intp j = 0; j < n; j++)
        for (npy_intp b = 0; b < k; b++) {
            real *restrict row = VU + (j * k + b) * m * k;
            for (npy_intp i = 0; i < m; i++) {
                real u = U[i * k + b];
                for (npy_intp a = 0; a < k; a++) row[i * k + a] = u * V[j * k + a];
                row[i * k + b] += R[i * n + j];
            }
        }
    free(R);
    return 0;
}
#define BY(i, j, zeroed) \
    { 4, {AXIS(i, 0), AXIS(i, 1), AXIS(j, 0), AXIS(j, 1)}, zeroed }
FUNCTION(matrix_factorisation, 3, 0, 4, BY(0, 0, 1), BY(0, 1, 0), BY(1, 0, 0), BY(1, 1, 1))

static real tanh_layer(const array *in, real *const *out) {
    const real *W = REALS(in[0]), *x = REALS(in[1]);
    npy_intp m = in[0].shape[0], n = in[0].shape[1];
    for (npy_intp i = 0; i < m; i++) {
        real z = 0;
        for (npy_intp j = 0; j < n; j++) z += W[i * n + j] * x[j];
        real t = tanh(z), bend = -2 * t * (1 - t * t);
        for (npy_intp a = 0; a < n; a++) {
            real *restrict row = out[0] + ((i * n + a) * m + i) * n, scale = bend * x[a];
            for (npy_intp b = 0; b < n; b++) row[b] = scale * x[b];
        }
    }
    return 0;
}
FUNCTION(tanh_layer, 2, 0, 1, BY(0, 0, 1))

EXTENSION(METHOD(quadratic_form), METHOD(matrix_factorisation), METHOD(tanh_layer))
