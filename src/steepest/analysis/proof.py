"""What a claim rests on: a law of the textbooks, the expression it is about, and the claims it needs itself."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.expr.node import Expr
from steepest.ops.definite import Definite

from .law import Law


@dataclass(frozen=True)
class Proof:
    """`about` is positive (semi)definite, or only symmetric, by a law."""

    definite: Definite
    law: Law
    about: Expr
    because: tuple[Proof, ...] = ()
    weights: tuple[Expr, ...] = ()  # arrays whose entries must be ≥ 0, and are
