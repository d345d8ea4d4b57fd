"""Fixed curves: interpolants and splines as functions of where they are evaluated."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.expr.build import contract
from steepest.expr.dimension import Shape
from steepest.expr.dtype import FLOAT64, DType
from steepest.expr.node import Expr

from .operation import Operation


@dataclass(frozen=True)
class Curve:
    """An interpolant of SciPy's, told from others by its content; ``function(t, order)`` are its derivatives."""

    function: Any
    trailing: Shape  # the shape of one of its values
    content: str

    def __repr__(self) -> str:
        return f"Curve({self.content})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Curve) and self.content == other.content

    def __hash__(self) -> int:
        return hash(self.content)


def curve(function: Any) -> Curve:
    """The curve of an object that can be evaluated at numbers, with the order of the derivative."""
    trailing = np.shape(function(np.zeros(1) + function.start, 0))[1:]
    return Curve(function, trailing, hashlib.sha256(pickle.dumps(function)).hexdigest())


def _values(t: Any, curve: Curve, order: int) -> Any:
    found = np.asarray(curve.function(np.asarray(t, dtype=np.float64), order), dtype=np.float64)
    return np.reshape(found, (*np.shape(t), *curve.trailing))[()]


def _shape(t: Shape, curve: Curve, order: int) -> Shape:
    return (*t, *curve.trailing)


def _type(*_: DType, **__: Any) -> DType:
    return FLOAT64


def _rule(y: Expr, dx: Expr, t: Expr, curve: Curve, order: int) -> Expr:
    """The next derivative; at a node the one to its right."""
    labels = tuple(range(y.ndim))
    return contract([(labels, along(t, curve=curve, order=order + 1)), (labels[: t.ndim], dx)], labels)


along = Operation(
    name="curve", numpy=_values, differentials=(_rule,), sample=lambda rng: (), shape=_shape, dtype=_type, text="curve",
    latex=r"\operatorname{curve}", cost=50, source="de Boor, A Practical Guide to Splines (2001), chapter 7",
)  # fmt: skip
