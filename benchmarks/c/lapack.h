/* LAPACK and BLAS as SciPy has them: the same routines that every entrant can call. Column-major; int has 32 bits. */
#pragma once
#include "call.h"

#define PREFIX (sizeof(real) == 8 ? 'd' : 's')

/* The address of a routine, such as ("cython_lapack", "potrf"). The GIL is held. */
static void *routine(const char *library, const char *name) {
    char module[64], full[32];
    snprintf(module, sizeof module, "scipy.linalg.%s", library);
    snprintf(full, sizeof full, "%c%s", PREFIX, name);
    PyObject *m = PyImport_ImportModule(module), *table = m ? PyObject_GetAttrString(m, "__pyx_capi__") : NULL;
    PyObject *capsule = table ? PyDict_GetItemString(table, full) : NULL;
    if (!capsule) Py_FatalError("SciPy has no such routine");
    return PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));
}

static void (*potrf)(char *, int *, real *, int *, int *);
static void (*potrs)(char *, int *, int *, real *, int *, real *, int *, int *);
static void (*potri)(char *, int *, real *, int *, int *);
static void (*syrk)(char *, char *, int *, int *, real *, real *, int *, real *, real *, int *);
static void (*gemm)(char *, char *, int *, int *, int *, real *, real *, int *, real *, int *, real *, real *, int *);

static inline void find_routines(void) {
    if (potrf) return;
    potrs = routine("cython_lapack", "potrs"), potri = routine("cython_lapack", "potri");
    syrk = routine("cython_blas", "syrk"), gemm = routine("cython_blas", "gemm");
    potrf = routine("cython_lapack", "potrf");
}
