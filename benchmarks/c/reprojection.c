/* Residuals of bundle adjustment and their Jacobian blocks 2×15, derived by hand.
 *
 * Blocks of observations are gathered into lanes, the straight-line code runs over the lanes, and the blocks are
 * written out one observation after the other.
 */
#include "call.h"

enum { LANES = 32, CAMERA = 11, PARAMETERS = 15 };
typedef real lanes[LANES];

/* From parameters p and what was seen to residuals r and Jacobian J (2 × PARAMETERS), all in lanes. */
static inline void observe(const lanes *restrict p, const lanes *restrict seen, lanes *restrict r, lanes *restrict J) {
    lanes angles, cosines, sines; /* in loops of their own: gcc would join sin and cos of one angle, and then not vectorise */
    for (int b = 0; b < LANES; b++)
        angles[b] = sqrt(p[0][b] * p[0][b] + p[1][b] * p[1][b] + p[2][b] * p[2][b] + (real)1e-12);
    for (int b = 0; b < LANES; b++) cosines[b] = cos(angles[b]);
    for (int b = 0; b < LANES; b++) sines[b] = sin(angles[b]);
    for (int b = 0; b < LANES; b++) {
        real inverse = 1 / angles[b], c = cosines[b], s = sines[b], k0 = p[0][b] * inverse, k1 = p[1][b] * inverse, k2 = p[2][b] * inverse;
        real y0 = p[11][b] - p[3][b], y1 = p[12][b] - p[4][b], y2 = p[13][b] - p[5][b];
        real x0 = k1 * y2 - k2 * y1, x1 = k2 * y0 - k0 * y2, x2 = k0 * y1 - k1 * y0; /* k × y */
        real ky = k0 * y0 + k1 * y1 + k2 * y2, v = 1 - c;
        real t0 = c * y0 + s * x0 + v * ky * k0, t1 = c * y1 + s * x1 + v * ky * k1, t2 = c * y2 + s * x2 + v * ky * k2;
        /* the lens: u = D q, q the first two over the third; m = w f du/dt */
        real depth = 1 / t2, q0 = t0 * depth, q1 = t1 * depth, r2 = q0 * q0 + q1 * q1;
        real D = 1 + r2 * (p[9][b] + p[10][b] * r2), E = 2 * (p[9][b] + 2 * p[10][b] * r2);
        real weight = p[14][b], wf = weight * p[6][b], wfd = wf * depth;
        real m00 = wfd * (D + E * q0 * q0), m01 = wfd * E * q0 * q1, m11 = wfd * (D + E * q1 * q1);
        real m02 = -(m00 * q0 + m01 * q1), m12 = -(m01 * q0 + m11 * q1);
        real e0 = p[6][b] * D * q0 + p[7][b] - seen[0][b], e1 = p[6][b] * D * q1 + p[8][b] - seen[1][b];
        r[0][b] = weight * e0, r[1][b] = weight * e1;
        /* by the rotation vector: through the angle and through the axis */
        real a0 = c * x0 - s * y0 + s * ky * k0, a1 = c * x1 - s * y1 + s * ky * k1, a2 = c * x2 - s * y2 + s * ky * k2;
        real si = s * inverse, vi = v * inverse;
        real z0 = a0 - si * x0 - 2 * vi * ky * k0, z1 = a1 - si * x1 - 2 * vi * ky * k1, z2 = a2 - si * x2 - 2 * vi * ky * k2;
        real d00 = k0 * z0 + vi * (y0 * k0 + ky), d10 = k0 * z1 - si * y2 + vi * y0 * k1, d20 = k0 * z2 + si * y1 + vi * y0 * k2;
        real d01 = k1 * z0 + si * y2 + vi * y1 * k0, d11 = k1 * z1 + vi * (y1 * k1 + ky), d21 = k1 * z2 - si * y0 + vi * y1 * k2;
        real d02 = k2 * z0 - si * y1 + vi * y2 * k0, d12 = k2 * z1 + si * y0 + vi * y2 * k1, d22 = k2 * z2 + vi * (y2 * k2 + ky);
        J[0][b] = m00 * d00 + m01 * d10 + m02 * d20, J[15][b] = m01 * d00 + m11 * d10 + m12 * d20;
        J[1][b] = m00 * d01 + m01 * d11 + m02 * d21, J[16][b] = m01 * d01 + m11 * d11 + m12 * d21;
        J[2][b] = m00 * d02 + m01 * d12 + m02 * d22, J[17][b] = m01 * d02 + m11 * d12 + m12 * d22;
        /* by the point, and the other way round by the centre: the rotation itself */
        real R00 = c + v * k0 * k0, R01 = v * k0 * k1 - s * k2, R02 = v * k0 * k2 + s * k1;
        real R10 = v * k0 * k1 + s * k2, R11 = c + v * k1 * k1, R12 = v * k1 * k2 - s * k0;
        real R20 = v * k0 * k2 - s * k1, R21 = v * k1 * k2 + s * k0, R22 = c + v * k2 * k2;
        J[11][b] = m00 * R00 + m01 * R10 + m02 * R20, J[26][b] = m01 * R00 + m11 * R10 + m12 * R20;
        J[12][b] = m00 * R01 + m01 * R11 + m02 * R21, J[27][b] = m01 * R01 + m11 * R11 + m12 * R21;
        J[13][b] = m00 * R02 + m01 * R12 + m02 * R22, J[28][b] = m01 * R02 + m11 * R12 + m12 * R22;
        J[3][b] = -J[11][b], J[4][b] = -J[12][b], J[5][b] = -J[13][b];
        J[18][b] = -J[26][b], J[19][b] = -J[27][b], J[20][b] = -J[28][b];
        J[6][b] = weight * D * q0, J[21][b] = weight * D * q1;
        J[7][b] = weight, J[22][b] = 0, J[8][b] = 0, J[23][b] = weight;
        J[9][b] = wf * r2 * q0, J[24][b] = wf * r2 * q1;
        J[10][b] = wf * r2 * r2 * q0, J[25][b] = wf * r2 * r2 * q1;
        J[14][b] = e0, J[29][b] = e1;
    }
}

static real reprojection(const array *in, real *const *out) {
    const real *cameras = REALS(in[0]), *points = REALS(in[1]), *weights = REALS(in[2]), *image = REALS(in[5]);
    const int64_t *camera_of = INTEGERS(in[3]), *point_of = INTEGERS(in[4]);
    npy_intp n = in[2].shape[0], n_cameras = in[0].shape[0], n_points = in[1].shape[0];
    int outside = 0;
#pragma omp parallel for reduction(| : outside)
    for (npy_intp begin = 0; begin < n; begin += LANES) {
        lanes p[PARAMETERS], seen[2], r[2], J[2 * PARAMETERS];
        npy_intp count = n - begin < LANES ? n - begin : LANES;
        for (npy_intp b = 0; b < LANES; b++) {
            npy_intp i = begin + (b < count ? b : 0);
            int64_t camera = camera_of[i], point = point_of[i];
            if (camera < 0 || camera >= n_cameras || point < 0 || point >= n_points) {
                outside = 1;
                camera = point = 0;
            }
            for (int j = 0; j < CAMERA; j++) p[j][b] = cameras[camera * CAMERA + j];
            for (int j = 0; j < 3; j++) p[CAMERA + j][b] = points[point * 3 + j];
            p[14][b] = weights[i];
            seen[0][b] = image[2 * i], seen[1][b] = image[2 * i + 1];
        }
        observe((const lanes *)p, (const lanes *)seen, r, J);
        for (npy_intp b = 0; b < count; b++) {
            real *restrict to = out[1] + (begin + b) * 2 * PARAMETERS;
            out[0][2 * (begin + b)] = r[0][b], out[0][2 * (begin + b) + 1] = r[1][b];
            for (int j = 0; j < 2 * PARAMETERS; j++) to[j] = J[j][b];
        }
    }
    return outside ? NAN : 0;
}
FUNCTION(reprojection, 6, 0, 2, {2, {AXIS(2, 0), 2}}, {3, {AXIS(2, 0), 2, 15}})

EXTENSION(METHOD(reprojection))
