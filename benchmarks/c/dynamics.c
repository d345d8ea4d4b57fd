/* Three bodies in the plane: right-hand side and its 12×12 Jacobian. */
#include "call.h"

/* p = d / |d|³ and its derivative k = I / |d|³ − 3 d dᵀ / |d|⁵, symmetric: k = {xx, xy, yy} */
static inline void pull(real x, real y, real *restrict p, real *restrict k) {
    real r2 = x * x + y * y, inverse = 1 / r2, cube = inverse * sqrt(inverse), fifth = 3 * cube * inverse;
    p[0] = x * cube, p[1] = y * cube;
    k[0] = cube - fifth * x * x, k[1] = -fifth * x * y, k[2] = cube - fifth * y * y;
}

/* the 2×2 block at (row, column): a times one symmetric matrix plus b times another */
static inline void block(real *restrict J, int row, int column, real a, const real *k, real b, const real *l) {
    real *at = J + 12 * row + column;
    at[0] = a * k[0] + b * l[0];
    at[1] = at[12] = a * k[1] + b * l[1];
    at[13] = a * k[2] + b * l[2];
}

static real three_body(const array *in, real *const *out) {
    const real *restrict s = REALS(in[0]), *restrict m = REALS(in[1]);
    real *restrict f = out[0], *restrict J = out[1];
    real ab[2], bc[2], ca[2], A[3], B[3], C[3];
    pull(s[2] - s[0], s[3] - s[1], ab, A);
    pull(s[4] - s[2], s[5] - s[3], bc, B);
    pull(s[0] - s[4], s[1] - s[5], ca, C);
    for (int i = 0; i < 6; i++) f[i] = s[6 + i];
    for (int i = 0; i < 2; i++) {
        f[6 + i] = m[1] * ab[i] - m[2] * ca[i];
        f[8 + i] = m[2] * bc[i] - m[0] * ab[i];
        f[10 + i] = m[0] * ca[i] - m[1] * bc[i];
    }
    memset(J, 0, 144 * sizeof(real));
    for (int i = 0; i < 6; i++) J[12 * i + 6 + i] = 1;
    block(J, 6, 0, -m[1], A, -m[2], C), block(J, 6, 2, m[1], A, 0, A), block(J, 6, 4, m[2], C, 0, C);
    block(J, 8, 0, m[0], A, 0, A), block(J, 8, 2, -m[2], B, -m[0], A), block(J, 8, 4, m[2], B, 0, B);
    block(J, 10, 0, m[0], C, 0, C), block(J, 10, 2, m[1], B, 0, B), block(J, 10, 4, -m[0], C, -m[1], B);
    return 0;
}
FUNCTION(three_body, 2, 0, 2, {1, {12}}, {2, {12, 12}})

EXTENSION(METHOD(three_body))
