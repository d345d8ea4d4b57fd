"""Functions of matrices: the exponential and the square root.

The exponential is scaling and squaring (Higham, The scaling and squaring method for the matrix exponential
revisited, SIAM J. Matrix Anal. Appl. 26, 2005); the square root's differential solves a Sylvester equation
(Higham, Functions of Matrices, 2008, section 6.1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from steepest.errors import NonFiniteError
from steepest.expr.build import add, contract, delta, scale, subtract
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .definite import KEPT, Definite
from .joint import over_batch
from .linalg_inverse import inverse
from .matrix import identities, product, square_shape
from .operation import Curvature, Monotone, define, float_type
from .rearrange import reshape

# The (13, 13) Padé approximant of exp, even and odd coefficients mixed; accurate up to this 1-norm (Higham, table 2.3).
PADE_13 = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
    670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)  # fmt: skip
PADE_REACH = 5.371920351148152


def _expm_expansion(x: Expr, squarings: int) -> Expr:
    """exp(A) = r(A / 2^s)^(2^s), with r the Padé approximant."""
    x = scale(constant(0.5**squarings), x)
    b = [constant(c / PADE_13[0]) for c in PADE_13]
    one, x2 = identities(x), product(x, x)
    x4 = product(x2, x2)
    x6 = product(x4, x2)
    powers = (one, x2, x4, x6)

    def series(coefficients: Any) -> Expr:
        return add(*(scale(c, p) for c, p in zip(coefficients, powers, strict=False)))

    def high(first: int) -> Expr:
        return add(*(scale(b[first + 2 * k], p) for k, p in enumerate(powers[1:])))

    odd = product(x, add(product(x6, high(9)), series(b[1:8:2])))
    even = add(product(x6, high(8)), series(b[0:8:2]))
    result = product(inverse(subtract(even, odd)), add(even, odd))
    for _ in range(squarings):
        result = product(result, result)
    return result


def _expm_numpy(x: Any, squarings: int) -> Any:
    return scipy.linalg.expm(x)


expm = define(
    name="expm", core_rank=2, numpy=_expm_numpy, differentials=(None,), expansion=_expm_expansion, text="expm",
    latex=r"\operatorname{expm}", shape=lambda s, squarings: square_shape(s), dtype=float_type, cost=200,
    sample=lambda rng: (rng.uniform(-1, 1, (3, 3)),), sample_params=({"squarings": 0}, {"squarings": 2}),
    of_definite=dict.fromkeys(KEPT, Definite.PD),
    source="Higham (2005), algorithm 2.3",
)  # fmt: skip


def _sqrtm_of_one(x: Any) -> tuple[Any]:
    root = scipy.linalg.sqrtm(x)
    if np.iscomplexobj(root) and not np.iscomplexobj(x):
        raise NonFiniteError(
            "this real matrix has no real square root (a negative eigenvalue); convert it to complex first"
        )
    return (np.asarray(root, dtype=x.dtype),)


def _sqrtm_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    """X dX + dX X = dA, written out as one linear system for all entries of dX."""
    n = y.shape[-1]
    batch = tuple(range(y.ndim - 2))
    i, j, a, b = range(y.ndim, y.ndim + 4)
    out = (*batch, i, j, a, b)
    left = contract([((*batch, i, a), y), ((j, b), delta(n))], out)
    right = contract([((*batch, b, j), y), ((i, a), delta(n))], out)
    front = y.shape[:-2]
    system = reshape(add(left, right), (*front, int(n) ** 2, int(n) ** 2))
    solved = reshape(inverse(system), (*front, n, n, n, n))
    return contract([(out, solved), ((*batch, a, b), dx)], (*batch, i, j))


sqrtm = define(
    name="sqrtm", core_rank=2, numpy=lambda x: over_batch(_sqrtm_of_one, x)[0], differentials=(_sqrtm_rule,),
    shape=square_shape, dtype=float_type, text="{0}^½", latex="{0}^{{1/2}}", cost=200,
    domain="no eigenvalue on the negative real axis",
    sample=lambda rng: (rng.uniform(-1, 1, (3, 3)) + np.diag(rng.uniform(3, 5, 3)),),
    of_definite={Definite.PSD: Definite.PSD, Definite.PD: Definite.PD},
    on_definite=(Curvature.CONCAVE, Monotone.INCREASING), rule_text=("X dX + dX X = dA, X = A^½",),
    rule_name="matrix square root", source="Higham (2008), section 6.1",
)  # fmt: skip
