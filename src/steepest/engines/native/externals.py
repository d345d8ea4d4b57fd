"""Names of routines outside a kernel, and where they are in this process.

A kernel says what it calls by name, so that its code can be kept on disk and used by another process:

    blas:dgemm                          SciPy's BLAS, with Fortran's calling convention; ``int`` has 32 bits
    lapack:dpotrf                       SciPy's LAPACK, likewise
    ufunc:scipy.special.jv:dd->d        the loop of a ufunc for these types
    ufuncdata:scipy.special.jv:dd->d    the last argument of that loop; may be null
    linalg:svd_s:d->ddd                 a loop over matrices inside `numpy.linalg`
    threads:run                         sharing work among threads; run_short, count: machine/threads.py
    python:call                         a call of a Python function: machine/python_calls.py
    product:double:8                    a matrix product in tiles, by vectors of 8 numbers: tiled_products.py
"""

from __future__ import annotations

import ctypes
import importlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import ModuleType

import numpy as np
import scipy.linalg.cython_blas
import scipy.linalg.cython_lapack

from . import tiled_products
from .machine import python_calls, threads
from .ufunc_loops import Loop, loop

MODULES = ("numpy", "scipy.special", "scipy.special._ufuncs")  # where ufuncs are looked for
LOOPS = (*MODULES, "numpy.fft._pocketfft_umath")  # where their loops are: in the last, over rows

# What a routine may take for its address to be given out: an integer of another name may have 64 bits.
_KNOWN_TYPES = re.compile(
    r"(void|int|char|__pyx_t_(float|double)_complex|__pyx_t_5scipy_6linalg_\w+_[a-z]+[0-9]?)( \*)?"
)

_capsule_name = ctypes.pythonapi.PyCapsule_GetName
_capsule_name.restype, _capsule_name.argtypes = ctypes.c_char_p, (ctypes.py_object,)
_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype, _capsule_pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


def address(name: str) -> int:
    """Where the routine called `name` is in this process.

    Raises:
        LookupError: if there is no such routine, or it is not of the known kind.

    >>> address("blas:dgemm") == address("lapack:dpotrf")
    False
    """
    scheme, _, rest = name.partition(":")
    if scheme not in SCHEMES:
        raise LookupError(f"no external routine is called {name!r}: a name begins with one of {', '.join(SCHEMES)}")
    return SCHEMES[scheme](rest)


@lru_cache(maxsize=256)
def ufunc_name(function: np.ufunc) -> str | None:
    """The dotted name under which another process finds a ufunc again, if there is one.

    >>> ufunc_name(np.exp)
    'numpy.exp'
    """
    for module in MODULES:
        if getattr(importlib.import_module(module), function.__name__, None) is function:
            return f"{module}.{function.__name__}"
    return None


def _ufunc_loop(rest: str) -> Loop:
    path, _, types = rest.partition(":")
    module, _, name = path.rpartition(".")
    try:
        function = getattr(importlib.import_module(module), name, None) if module in LOOPS else None
    except ImportError:  # another NumPy
        function = None
    if not isinstance(function, np.ufunc):
        raise LookupError(f"{path!r} is not a ufunc of {', '.join(LOOPS)}")
    return loop(function, types)


def _linalg_loop(rest: str) -> int:
    name, _, types = rest.partition(":")
    function = getattr(getattr(np.linalg, "_umath_linalg", None), name, None)
    if not isinstance(function, np.ufunc):
        raise LookupError(f"this NumPy ({np.__version__}) has no loop {name!r} over matrices")
    return loop(function, types).address


def _routine(module: ModuleType, name: str) -> int:
    """A routine that a module offers to Cython."""
    capsule = module.__pyx_capi__.get(name)
    if capsule is None:
        raise LookupError(f"{module.__name__} has no routine {name!r}")
    signature = _capsule_name(capsule)
    if unknown := [t for t in _types(signature.decode()) if not _KNOWN_TYPES.fullmatch(t)]:
        raise LookupError(f"{name} in {module.__name__} takes {', '.join(unknown)}, of which the size is not known")
    found: int = _capsule_pointer(capsule, signature)
    return found


def _types(signature: str) -> set[str]:
    """The types in a signature such as ``void (char *, int *)``."""
    return {t.strip() for t in re.split(r"[(),]", signature)} - {""}


SCHEMES: Mapping[str, Callable[[str], int]] = {
    "blas": partial(_routine, scipy.linalg.cython_blas),
    "lapack": partial(_routine, scipy.linalg.cython_lapack),
    "ufunc": lambda rest: _ufunc_loop(rest).address,
    "ufuncdata": lambda rest: _ufunc_loop(rest).data,
    "linalg": _linalg_loop,
    "threads": threads.address,
    "python": python_calls.address,
    "product": tiled_products.address,
}
