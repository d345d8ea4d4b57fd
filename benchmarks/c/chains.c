/* A polynomial of one number, Rosenbrock's function of n, the 5-point Laplacian's energy on a grid. */
#include "call.h"

static PyObject *polynomial_call(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    if (count != 1 || !PyFloat_CheckExact(args[0])) {
        PyErr_SetString(PyExc_TypeError, "polynomial takes one float");
        return NULL;
    }
    double x = PyFloat_AS_DOUBLE(args[0]);
    PyObject *result = PyTuple_New(2), *value = PyFloat_FromDouble((3 * x - 4) * x);
    PyObject *slope = PyFloat_FromDouble(6 * x - 4);
    if (!result || !value || !slope) {
        Py_XDECREF(result);
        Py_XDECREF(value);
        Py_XDECREF(slope);
        return NULL;
    }
    PyTuple_SET_ITEM(result, 0, value);
    PyTuple_SET_ITEM(result, 1, slope);
    return result;
}

/* the inner points of a stretch of x */
static inline real rosenbrock_points(const real *restrict x, real *restrict g, npy_intp begin, npy_intp end) {
    real value = 0;
    for (npy_intp i = begin; i < end; i++) {
        real before = x[i] - x[i - 1] * x[i - 1], after = x[i + 1] - x[i] * x[i], rest = 1 - x[i];
        g[i] = 200 * before - 400 * x[i] * after - 2 * rest;
        value += 100 * after * after + rest * rest;
    }
    return value;
}

static double rosenbrock_long(const real *x, real *g, npy_intp n) {
    double value = 0;
#pragma omp parallel for reduction(+ : value)
    for (npy_intp begin = 1; begin < n - 1; begin += 10000)
        value += rosenbrock_points(x, g, begin, begin + 10000 < n - 1 ? begin + 10000 : n - 1);
    return value;
}

static real rosenbrock(const array *in, real *const *out) {
    const real *x = REALS(in[0]);
    real *g = out[0];
    npy_intp n = in[0].shape[0];
    if (n < 2) {
        if (n == 1) g[0] = 0;
        return 0;
    }
    real u = x[1] - x[0] * x[0], rest = 1 - x[0];
    g[0] = -400 * x[0] * u - 2 * rest;
    g[n - 1] = 200 * (x[n - 1] - x[n - 2] * x[n - 2]);
    real value = 100 * u * u + rest * rest;
    return value + (n > 50000 ? (real)rosenbrock_long(x, g, n) : rosenbrock_points(x, g, 1, n - 1));
}
FUNCTION(rosenbrock, 1, 1, 1, {1, {AXIS(0, 0)}})

static real laplacian_energy(const array *in, real *const *out) {
    const real *restrict u = REALS(in[0]);
    real *restrict g = out[0];
    npy_intp m = in[0].shape[0], n = in[0].shape[1];
    double total = 0;
#pragma omp parallel for reduction(+ : total) if (m * n > 50000)
    for (npy_intp i = 0; i < m; i++) {
        const real *restrict row = u + i * n;
        const real *restrict above = i > 0 ? row - n : row; /* at an edge the neighbour is the point itself */
        const real *restrict below = i < m - 1 ? row + n : row;
        real *restrict to = g + i * n;
        real sum = 0;
        for (npy_intp j = 0; j < n; j++) {
            real down = below[j] - row[j];
            to[j] = 2 * row[j] - above[j] - below[j];
            sum += down * down;
        }
        for (npy_intp j = 1; j < n - 1; j++) {
            real right = row[j + 1] - row[j];
            to[j] += 2 * row[j] - row[j - 1] - row[j + 1];
            sum += right * right;
        }
        if (n > 1) {
            real right = row[1] - row[0];
            to[0] -= right;
            to[n - 1] += row[n - 1] - row[n - 2];
            sum += right * right;
        }
        total += sum;
    }
    return 0.5 * total;
}
FUNCTION(laplacian_energy, 1, 1, 1, {2, {AXIS(0, 0), AXIS(0, 1)}})

EXTENSION(METHOD(polynomial), METHOD(rosenbrock), METHOD(laplacian_energy))
