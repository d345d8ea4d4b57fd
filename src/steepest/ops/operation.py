"""The record of an operation: everything this package knows about it, in one place.

`differentials[k](y, dx, *x, **params)` is the part of the differential of ``y = op(*x)`` that is due to its
k-th operand. It must be linear in `dx` and built from sums, contractions and linear operations: forward mode
evaluates it, reverse mode transposes it, a Jacobian is its coefficient. ``None`` says that y is piecewise
constant in that operand. A record with a missing or contradictory field fails when it is made.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.expr.build import contract, fill, rebuild, uniform_value
from steepest.expr.dimension import Shape
from steepest.expr.dtype import BOOL, COMPLEX64, FLOAT64, INT, DType, inexact, is_complex, promote, real_of
from steepest.expr.loop import rebuilt_scan
from steepest.expr.node import Apply, Expr, Scan, intern
from steepest.expr.number import constant
from steepest.expr.traversal import plain_type

from .definite import Definite
from .interval import EVERYTHING, Interval

Rule = Callable[..., Expr]
Sample = Callable[[np.random.Generator], tuple[Any, ...]]


class Curvature(enum.Flag):
    """Both convex and concave is affine."""

    UNKNOWN = 0
    CONVEX = 1
    CONCAVE = 2
    AFFINE = 3

    def __str__(self) -> str:
        return (self.name or "").lower()

    def opposite(self) -> Curvature:
        return {Curvature.CONVEX: Curvature.CONCAVE, Curvature.CONCAVE: Curvature.CONVEX}.get(self, self)


class Monotone(enum.Enum):
    INCREASING = "increasing"
    DECREASING = "decreasing"
    CONSTANT = "constant"
    UNKNOWN = "unknown"


Bend = tuple[Curvature, Monotone]


class Smoothness(enum.Enum):
    """How the operation varies; decides what a disagreement at a point may mean."""

    SMOOTH = "smooth on its domain"
    KINKS = "continuous, with kinks where `kink` says"
    STEPS = "piecewise constant"


EVERYWHERE = "all real numbers"  # the domain of an operation that has a value at every point


@dataclass(frozen=True, kw_only=True, eq=False)
class Operation:
    """One operation. `params` of a node are passed to `shape`, `numpy` and the rules as keywords."""

    name: str
    numpy: Callable[..., Any]  # the reference, and what the NumPy engine calls
    differentials: tuple[Rule | None, ...]
    sample: Sample  # operands at a generic point of the domain: no symmetry, distinct sizes
    shape: Callable[..., Shape]
    dtype: Callable[..., DType]
    text: str  # how it prints: "exp", or a pattern with {0}, {1}
    latex: str
    letter: str = ""  # what its value is usually called: p for softmax
    sample_params: tuple[dict[str, Any], ...] = ({},)  # settings the tests go through
    elementwise: bool = False
    core_rank: int = 1  # if not entrywise: how many trailing axes it works on (1: vectors, 2: matrices)
    domain: str = EVERYWHERE
    kink: str = ""  # the convention at points where the derivative jumps
    smoothness: Smoothness = Smoothness.SMOOTH
    curvature: Curvature = Curvature.UNKNOWN
    monotone: Monotone = Monotone.UNKNOWN
    curvature_sample: Sample | None = None  # where the declared curvature holds, if not on all of the domain
    curved_on: Interval = EVERYTHING  # the same as an interval for the operands
    arguments: tuple[Interval, ...] = ()  # the domain as intervals, one for each operand; smooth inside
    range: Callable[..., Interval] | None = None  # of the result, by the operands' intervals; by `monotone` if None
    bend_on: Callable[..., Bend] | None = None  # curvature and monotony on intervals; the declared ones if None
    domain_on: Callable[..., Interval | None] | None = None  # of the first operand, by the intervals of the others
    curvature_by: tuple[Curvature, ...] = ()  # in each operand alone, the others fixed; if not in all together
    on_definite: Bend | None = None  # of a matrix function, in the Loewner order of positive definite matrices
    row_sum: float | None = None  # of the result's last axis, if it is always the same
    least_at: float | None = None  # where a convex function of one operand is least: it falls before, rises after
    of_definite: Mapping[Definite, Definite] = field(default_factory=dict)  # of a matrix function, by its operand
    cost: float = 1.0  # multiply-adds per entry of the result
    rule_name: str = ""  # what a teacher calls the rule; "derivative of exp" if empty
    rule_text: tuple[str, ...] = ()  # the rule as printed: "d exp(x) = exp(x) dx"
    transpose: Rule | None = None  # for linear operations of one operand: transpose(cotangent, x, **params)
    expansion: Rule | None = None  # for composites: the same value in other operations; the rule where there is none
    square: Rule | None = None  # square(*x, **params): the square of the result, without the kink of its root
    accuracy: Callable[..., float] | None = None  # accuracy(**params): relative, of what a solver finds; None: rounding
    source: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.text or not self.latex:
            raise ValueError(f"operation {self.name!r} needs a name, a text and a LaTeX form")
        if self.smoothness is Smoothness.KINKS and not self.kink:
            raise ValueError(f"operation {self.name!r} has kinks: say what its derivative is there")
        if self.smoothness is Smoothness.STEPS and any(self.differentials):
            raise ValueError(f"operation {self.name!r} is piecewise constant, yet has a rule")
        if len(self.arguments) not in (0, len(self.differentials)):
            raise ValueError(f"operation {self.name!r} needs one domain for each operand")
        if (self.curvature_sample is None) != (self.curved_on == EVERYTHING):
            raise ValueError(f"operation {self.name!r}: say where it is curved as declared, by sample and interval")

    def __repr__(self) -> str:
        return f"Operation({self.name!r})"

    def __call__(self, *args: Expr, **params: Any) -> Expr:
        if len(args) != len(self.differentials):
            raise TypeError(f"{self.name} takes {len(self.differentials)} operands, got {len(args)}")
        if self.elementwise:
            folded = self._folded(args, params)
            if folded is not None:
                return folded
        shape = self.shape(*(a.shape for a in args), **params)
        dtype = self.dtype(*_operand_types(args), **params)
        settings = tuple(sorted(params.items()))
        return intern(Apply, args, shape, dtype, (self, settings), (self.name, settings))

    def _folded(self, args: tuple[Expr, ...], params: dict[str, Any]) -> Expr | None:
        """The value, where all operands are, or are filled with, plain numbers without named sizes."""
        numbers = [c.value for a in args if (c := uniform_value(a)) is not None and not c.sizes]
        if params or len(numbers) < len(args):
            return None
        with np.errstate(all="ignore"):
            value = self.numpy(*numbers)
        plain = constant(value.item() if isinstance(value, (np.generic, np.ndarray)) else value)
        return fill(plain, self.shape(*(a.shape for a in args)))


def _operand_types(args: tuple[Expr, ...]) -> list[DType]:
    """The types of operands; plain numbers widen the others as in NumPy: 2 booleans, 0.5 integers, 1j reals."""
    dtypes = [a.dtype for a in args]
    others = promote(*dtypes)
    if others is None or None not in dtypes:
        return dtypes
    kinds = [plain_type(a) if a.dtype is None else None for a in args]
    wider = {
        complex: COMPLEX64,
        float: FLOAT64 if others.kind in "biu" else None,
        int: INT if others == BOOL else None,
    }
    return [d if k is None else wider.get(k) for d, k in zip(dtypes, kinds, strict=True)]


OPERATIONS: dict[str, Operation] = {}


def define(**facts: Any) -> Operation:
    """Make a record and enter it in the table."""
    op = Operation(**facts)
    if op.name in OPERATIONS:
        raise ValueError(f"operation {op.name!r} is already defined")
    OPERATIONS[op.name] = op
    return op


def rebuilt(n: Expr, args: tuple[Expr, ...]) -> Expr:
    """The node `n` on other operands."""
    return rebuild(n, args, _reapply)


def _reapply(n: Expr, args: tuple[Expr, ...]) -> Expr:
    if isinstance(n, Scan):
        return rebuilt_scan(n, args)
    assert isinstance(n, Apply)
    return n.op(*args, **dict(n.params))


# --- shape and type rules --------------------------------------------------------------------------


def common_shape(*shapes: Shape) -> Shape:
    """Entry by entry: one shape, or scalars."""
    found: Shape = ()
    for s in shapes:
        if s and found and s != found:
            raise ValueError(f"an entrywise operation needs one shape, got {found} and {s}")
        found = found or s
    return found


def same_shape(first: Shape, *_: Shape, **__: Any) -> Shape:
    return first


def float_type(*dtypes: DType, **_: Any) -> DType:
    return inexact(promote(*dtypes))


def same_type(*dtypes: DType, **_: Any) -> DType:
    return promote(*dtypes)


def ordered_type(*dtypes: DType, **_: Any) -> DType:
    """As `same_type`, of operations that make no sense of complex numbers, or another one."""
    if is_complex(promote(*dtypes)):
        raise TypeError("this operation is piecewise constant on real numbers only")
    return promote(*dtypes)


def real_type(*dtypes: DType, **_: Any) -> DType:
    return real_of(inexact(promote(*dtypes)))


def bool_type(*_: DType, **__: Any) -> DType:
    return BOOL


# --- entrywise operations --------------------------------------------------------------------------


def uniform(low: float, high: float, shape: Sequence[int] = (2, 3)) -> Sample:
    """A generic point: entries drawn evenly between two bounds."""
    return lambda rng: (rng.uniform(low, high, tuple(shape)),)


def uniforms(*bounds: tuple[float, float], shape: Sequence[int] = (2, 3)) -> Sample:
    return lambda rng: tuple(rng.uniform(low, high, tuple(shape)) for low, high in bounds)


def elementwise(name: str, numpy: Callable[..., Any], derivatives: Sequence[Rule | None], **facts: Any) -> Operation:
    """An entrywise operation. ``derivatives[k](y, *x)`` is its partial derivative in operand k."""
    facts.setdefault("sample", uniforms(*[(-2.0, 2.0)] * len(derivatives)))
    facts.setdefault("text", name)
    facts.setdefault("latex", r"\operatorname{" + name.replace("_", r"\_") + "}")
    facts.setdefault("dtype", float_type)
    return define(
        name=name,
        numpy=numpy,
        shape=common_shape,
        elementwise=True,
        differentials=tuple(None if d is None else _chain(d) for d in derivatives),
        **facts,
    )


def _chain(derivative: Rule) -> Rule:
    def rule(y: Expr, dx: Expr, *x: Expr, **params: Any) -> Expr:
        return spread_product(y.shape, derivative(y, *x, **params), dx)

    return rule


def spread_product(shape: Shape, *factors: Expr) -> Expr:
    """The entrywise product broadcast to `shape`; factors have that shape or are scalars."""
    labels = tuple(range(len(shape)))
    return contract([(labels if f.ndim else (), f) for f in factors], labels, dict(zip(labels, shape, strict=True)))


def settled(e: Expr) -> Any:
    """The plain number an operand is filled with, or None if it is not one number without named sizes."""
    c = uniform_value(e)
    return None if c is None or c.sizes else c.value
