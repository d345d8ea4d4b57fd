"""Products of all entries of a row, of the other entries, and running products.

Nothing is divided by an entry, so all derivatives are right where entries are 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.expr.build import multiply, ones
from steepest.expr.dimension import Shape
from steepest.expr.dtype import BOOL, INT, DType
from steepest.expr.node import Expr

from .operation import define, same_shape
from .rearrange import entry, join, part, strided
from .reduction import row_dot


def _running_product(x: Expr) -> Expr:
    """Running products by doubling: after step k each entry is the product of the last 2^k."""
    n, reach = x.shape[-1], 1
    while reach < n:
        shifted = join([ones((*x.shape[:-1], reach)), part(x, 0, n - reach)])
        x, reach = multiply(x, shifted), 2 * reach
    return x


def _by_halves(x: Expr) -> Expr:
    """The product as a tree of halves."""
    n = x.shape[-1]
    if n == 0:
        return ones(x.shape[:-1])
    while n > 1:
        half = n // 2
        paired = multiply(part(x, 0, half), part(x, half, 2 * half))
        if n % 2:
            paired = join([paired, part(x, n - 1, n)])
        x, n = paired, half + n % 2
    return entry(x, 0)


def _before(x: Expr) -> Expr:
    """The product of the entries before each entry."""
    n = x.shape[-1]
    return cumprod(join([ones((*x.shape[:-1], 1)), part(x, 0, n - 1)])) if n > 1 else ones(x.shape)


def _reversed(x: Expr) -> Expr:
    n = x.shape[-1]
    return strided(x, n - 1, -1, n)


def _others(x: Expr) -> Expr:
    """The product of the entries before times that of the entries after."""
    return multiply(_before(x), _reversed(_before(_reversed(x))))


def _others_numpy(x: Any) -> Any:
    x = np.asarray(x)
    one = np.ones((*x.shape[:-1], 1), x.dtype)
    before = np.cumprod(np.concatenate([one, x[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([one, x[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    return before[..., : x.shape[-1]] * after[..., : x.shape[-1]]


def _sample(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (rng.uniform(-2, 2, (3, 5)),)


def _drop_last(s: Shape) -> Shape:
    return s[:-1]


def _product_type(dtype: DType) -> DType:
    """NumPy counts truth values when it multiplies them."""
    return INT if dtype is not None and dtype == BOOL else dtype


def _by_entry(y: Expr, dx: Expr, x: Expr) -> Expr:
    return row_dot(product_of_others(x), dx)


cumprod = define(
    name="cumprod", numpy=lambda x: np.cumprod(x, axis=-1), differentials=(None,), expansion=_running_product,
    shape=same_shape, dtype=_product_type, text="cumprod", latex=r"\operatorname{cumprod}", sample=_sample, cost=2,
)  # fmt: skip
product_of_others = define(
    name="product_of_others", numpy=_others_numpy, differentials=(None,), expansion=_others, shape=same_shape,
    dtype=_product_type, text="prodothers", latex=r"\operatorname{prodothers}", sample=_sample, cost=4,
)  # fmt: skip
prod = define(
    name="prod", numpy=lambda x: np.prod(x, axis=-1), differentials=(_by_entry,), expansion=_by_halves,
    shape=_drop_last, dtype=_product_type,
    text="prod", latex=r"\operatorname{prod}", sample=_sample, cost=2, rule_name="product of all entries",
    rule_text=("d Πx = Σ_i (Π_{j≠i} x_j) dx_i",),
)  # fmt: skip
