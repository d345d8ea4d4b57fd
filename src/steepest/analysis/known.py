"""What the laws ask of the parts of an expression; `Knowledge` answers."""

from __future__ import annotations

from typing import Protocol

from steepest.expr.node import Expr
from steepest.ops.definite import Definite
from steepest.ops.interval import Interval

from .proof import Proof


class Known(Protocol):
    def range(self, e: Expr) -> Interval:
        """Where the entries lie."""

    def proof(self, e: Expr) -> Proof | None:
        """The best that is known of it as a matrix."""

    def definite(self, e: Expr) -> Definite: ...

    def symmetric(self, e: Expr) -> bool: ...
