"""Ours: the plain NumPy function, compiled on the first call."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from typing import Any

import numpy as np

import steepest as st
import steepest.engines.native.compile
import steepest.engines.native.segments  # both are imported when code is first made: that is the start of a library
from benchmarks.derivatives import Transforms
from benchmarks.problem import Row, rebound
from steepest.engines.native.entry.entries import answering_code
from steepest.engines.native.entry.entry import Entry
from steepest.engines.native.externals import address
from steepest.engines.native.machine.large_results import keeping
from steepest.engines.native.machine.target import host
from steepest.engines.native.machine.threads import thread_count

from .checking import Clock, watch
from .prepared import Prepared

VERSION = st.__version__
CHECKS = Clock()

# What all derivatives share, and a process otherwise reads from disk, is no part of compiling one.
answering_code()
thread_count()
PRODUCTS = {"double": 64, "float": 32}  # bits of a number


def transforms(compile_: str) -> Transforms:
    """Our transforms, with the same word on when to compile for all."""

    def compiled(f: Callable[..., Any]) -> Callable[..., Any]:
        return f if isinstance(f, type(st.grad(f))) else st.jit(f, compile=compile_)  # a transform's result is compiled

    def ones_direction(f: Callable[..., Any], wrt: int) -> Callable[..., Any]:
        product = st.hvp(f, wrt)
        return lambda *args: product(*args, np.ones_like(args[wrt]))

    return Transforms(
        numpy=np,
        compiled=compiled,
        value_and_grad=functools.partial(st.value_and_grad, compile=compile_),
        jacobian=functools.partial(st.jacobian, compile=compile_),
        hessian=functools.partial(st.hessian, compile=compile_),
        structured_hessian=functools.partial(st.hessian, structure="keep", compile=compile_),
        vmap=st.vmap,
        ones_direction=ones_direction,
    )


def begin() -> None:
    """For a process of its own: what it would read from disk is made, and checks are timed."""
    for kind, bits in PRODUCTS.items():
        address(f"product:{kind}:{host().vector_bits // bits}")
    watch(CHECKS)


def prepare(row: Row, inputs: tuple[Any, ...]) -> Prepared:
    problem = row.problem
    function = problem.derivative(transforms("eager"), rebound(problem.function, {"scan": st.scan}), problem.wrt)
    return Prepared(function, inputs, checking=lambda: CHECKS.spent, kept=_kept)


def _kept() -> int:
    """Bytes that calls keep for the next one: to work in, and for large results."""
    kernels = (e.row.kernel for e in gc.get_objects() if isinstance(e, Entry))
    results = keeping()
    return sum(k.workspace for k in kernels if k.spare) + (results.kept() if results else 0)
