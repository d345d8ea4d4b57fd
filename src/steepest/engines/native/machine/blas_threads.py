"""The threads of the BLAS that kernels call, which has a pool of its own.

A matrix product on several threads leaves OpenBLAS's threads looking for work for about 0.1 s. They yield to ours, so a
stage of ours right after a product loses nothing; but a product inside a part of ours should have one thread, since
OpenBLAS lets one caller at a time use its pool and the others wait.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator
from functools import lru_cache

import scipy.linalg.cython_blas

# As SciPy's own build of OpenBLAS calls them, and others: conda's, a Linux distribution's.
_SPELLINGS = ("scipy_openblas_{}", "scipy_openblas_{}64_", "openblas_{}", "openblas_{}64_")


def blas_threads() -> int | None:
    """How many threads SciPy's BLAS may use; None where it cannot be asked."""
    found = _routine("get_num_threads")
    return found() if found else None


@contextlib.contextmanager
def blas_at_most(count: int) -> Iterator[None]:
    """While this lasts, SciPy's BLAS uses at most `count` threads, in the whole process, where it can be told."""
    get, change = _routine("get_num_threads"), _routine("set_num_threads")
    if get is None or change is None:
        yield
        return
    before = get()
    change(min(max(count, 1), before))
    try:
        yield
    finally:
        change(before)


@lru_cache(maxsize=4)
def _routine(name: str) -> Callable[..., int] | None:
    """A routine of the library that SciPy's BLAS is linked to: a look-up goes on in what a library needs."""
    library = ctypes.CDLL(scipy.linalg.cython_blas.__file__)
    for spelling in _SPELLINGS:
        found = getattr(library, spelling.format(name), None)
        if found is not None:
            return found
    return None
