"""Ours: the plain NumPy function, compiled on the first call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import steepest as st
from benchmarks.derivatives import Transforms
from benchmarks.problem import Row

from .prepared import CannotDo, Prepared

VERSION = st.__version__


def _eager(transform: Callable[..., Any]) -> Callable[..., Any]:
    """The transform, told to compile on the first call."""
    accepts = "compile" in inspect.signature(transform).parameters
    return functools.partial(transform, compile="eager") if accepts else transform


def _compiled(f: Callable[..., Any]) -> Callable[..., Any]:
    """What came out of a transform is compiled already."""
    return f if hasattr(f, "explain") else _eager(st.jit)(f)


def _structured_hessian(f: Callable[..., Any], wrt: Any) -> Callable[..., Any]:
    if "structure" not in inspect.signature(st.hessian).parameters:
        raise CannotDo("this version keeps no structure")
    return _eager(st.hessian)(f, wrt, structure="keep")


def _ones_direction(f: Callable[..., Any], wrt: int) -> Callable[..., Any]:
    product = st.hvp(f, wrt)
    return lambda *args: product(*args, np.ones_like(args[wrt]))


TRANSFORMS = Transforms(
    numpy=np,
    compiled=_compiled,
    value_and_grad=_eager(st.value_and_grad),
    jacobian=_eager(st.jacobian),
    hessian=_eager(st.hessian),
    structured_hessian=_structured_hessian,
    vmap=st.vmap,
    ones_direction=_ones_direction,
)


def prepare(row: Row, inputs: tuple[Any, ...]) -> Prepared:
    problem = row.problem
    return Prepared(problem.derivative(TRANSFORMS, problem.function, problem.wrt), inputs)
