/* How the C versions are called from Python: arrays in, a value and fresh arrays out.
 *
 * A kernel sees its inputs as `array`s and the data of its outputs. FUNCTION(name, ...) wraps it for METH_FASTCALL:
 * inputs must be C-contiguous arrays of the module's precision (or of int64), or Python floats.
 */
#pragma once
#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

typedef REAL real;
enum { REAL_TYPE = sizeof(real) == 8 ? NPY_DOUBLE : NPY_FLOAT };

typedef struct {
    void *data;
    const npy_intp *shape;
    real number; /* if it was a Python float */
} array;

/* An extent of an output: a number, or AXIS(i, a), the length of axis a of input i. */
#define AXIS(i, a) (-(1 + 8 * (i) + (a)))
typedef struct {
    int ndim;
    npy_intp extent[4];
    int zeroed; /* comes as zeros, in pages that cost nothing until they are written */
} shape;

typedef struct {
    const char *name;
    real (*kernel)(const array *in, real *const *out);
    int inputs, has_value, outputs;
    shape output[6];
} function;

#define REALS(array_) ((const real *)(array_).data)
#define INTEGERS(array_) ((const int64_t *)(array_).data)

static inline int read_array(PyObject *x, array *out) {
    if (PyFloat_CheckExact(x)) {
        out->number = (real)PyFloat_AS_DOUBLE(x);
        return 1;
    }
    if (!PyArray_CheckExact(x)) return 0;
    PyArrayObject *a = (PyArrayObject *)x;
    int type = PyArray_TYPE(a);
    if ((type != REAL_TYPE && type != NPY_LONG) || !PyArray_IS_C_CONTIGUOUS(a) || !PyArray_ISBEHAVED_RO(a)) return 0;
    out->data = PyArray_DATA(a);
    out->shape = PyArray_DIMS(a);
    return 1;
}

static inline PyObject *call(const function *f, PyObject *const *args, Py_ssize_t count) {
    array in[8];
    real *out[6];
    if (count != f->inputs) return PyErr_Format(PyExc_TypeError, "%s takes %d arguments", f->name, f->inputs);
    for (int i = 0; i < f->inputs; i++)
        if (!read_array(args[i], &in[i]))
            return PyErr_Format(PyExc_TypeError, "%s: argument %d is not of the kind wanted", f->name, i);
    PyObject *result = PyTuple_New(f->has_value + f->outputs);
    if (!result) return NULL;
    for (int k = 0; k < f->outputs; k++) {
        npy_intp extent[4];
        for (int a = 0; a < f->output[k].ndim; a++) {
            npy_intp e = f->output[k].extent[a];
            extent[a] = e >= 0 ? e : in[(-e - 1) / 8].shape[(-e - 1) % 8];
        }
        PyObject *made = f->output[k].zeroed ? PyArray_ZEROS(f->output[k].ndim, extent, REAL_TYPE, 0)
                                             : PyArray_SimpleNew(f->output[k].ndim, extent, REAL_TYPE);
        if (!made) {
            Py_DECREF(result);
            return NULL;
        }
        PyTuple_SET_ITEM(result, f->has_value + k, made);
        out[k] = PyArray_DATA((PyArrayObject *)made);
    }
    real value = f->kernel(in, out);
    if (f->has_value) {
        PyObject *made = PyFloat_FromDouble(value);
        if (!made) {
            Py_DECREF(result);
            return NULL;
        }
        PyTuple_SET_ITEM(result, 0, made);
    }
    return result;
}

#define FUNCTION(name_, inputs_, has_value_, outputs_, ...)                                        \
    static const function name_##_function = {#name_, name_, inputs_, has_value_, outputs_, {__VA_ARGS__}}; \
    static PyObject *name_##_call(PyObject *self, PyObject *const *args, Py_ssize_t count) {       \
        return call(&name_##_function, args, count);                                               \
    }
#define METHOD(name_) {#name_, (PyCFunction)(void (*)(void))name_##_call, METH_FASTCALL, NULL}

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
#define EXTENSION(...)                                                                             \
    static PyMethodDef methods[] = {__VA_ARGS__, {NULL, NULL, 0, NULL}};                           \
    static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, TEXT(MODULE), NULL, -1, methods}; \
    PyMODINIT_FUNC JOIN(PyInit_, MODULE)(void) {                                                   \
        import_array();                                                                            \
        return PyModule_Create(&definition);                                                       \
    }
