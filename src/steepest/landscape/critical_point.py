"""Critical points as they are told: each with its second-derivative test, all with what is proved of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from steepest.errors import ArgumentError

from .certificate import Certificate
from .manifold import CriticalManifold
from .second_order import Kind
from .table import table_of


@dataclass(frozen=True)
class CriticalPoint:
    """A point where the gradient is 0: x ``(n,)``, the eigenvalues of the Hessian rising, their directions as columns.

    `proved` says that intervals prove the point: there is exactly one near x, and its kind is as said.
    """

    x: np.ndarray
    value: float
    kind: Kind
    index: int
    eigenvalues: np.ndarray
    directions: np.ndarray
    proved: bool = False
    note: str = ""

    def __repr__(self) -> str:
        at = ", ".join(f"{v:.6g}" for v in self.x)
        return f"{self.kind} at ({at}), f = {self.value:.6g}, eigenvalues {_listed(self.eigenvalues)}" + (
            f" ({self.note})" if self.note else ""
        )


class CriticalPoints(list[CriticalPoint]):
    """Critical points by rising value; `complete` only where the certificate proves that there are no others."""

    def __init__(
        self, points: Iterable[CriticalPoint], certificate: Certificate, manifolds: Sequence[CriticalManifold] = ()
    ):
        super().__init__(points)
        self.certificate, self.manifolds = certificate, tuple(manifolds)

    @property
    def complete(self) -> bool:
        return self.certificate.complete

    def of_kind(self, kind: str) -> list[CriticalPoint]:
        """Those that are a "minimum", "maximum", "saddle" or "degenerate"."""
        try:
            wanted = Kind(kind)
        except ValueError:
            kinds = ", ".join(repr(str(k)) for k in Kind)
            raise ArgumentError(f"a critical point is one of {kinds}; got {kind!r}") from None
        return [p for p in self if p.kind is wanted]

    def __str__(self) -> str:
        return table_of(self)

    def __repr__(self) -> str:
        return str(self)


def _listed(values: np.ndarray) -> str:
    return "[" + ", ".join(f"{v:.4g}" for v in values) + "]"
