"""What a claim rests on: a law of the textbooks, the expression it is about, and the claims it needs itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from steepest.expr.node import Expr
from steepest.ops.definite import Definite


class Law(NamedTuple):
    """A law by its name, as text and in LaTeX."""

    text: str
    latex: str


DECLARED = Law("declared", r"\text{declared}")
IDENTITY = Law("identity", r"\text{identity}")
SIGN = Law("a number by its sign", r"\text{a number by its sign}")
EIGENVALUES = Law("function of the eigenvalues", r"\text{function of the eigenvalues}")
ENTRYWISE = Law("entry by entry", r"\text{entry by entry}")
SUM = Law("sum", r"\text{sum}")
GRAM = Law("BᵀB", r"B^{\top} B")
CONGRUENCE = Law("BᵀMB with M ⪰ 0", r"B^{\top} M B,\ M \succeq 0")
WEIGHTED = Law("BᵀDB with D ≥ 0 diagonal", r"B^{\top} D B,\ D \ge 0 \text{ diagonal}")
SCHUR = Law("Schur product", r"\text{Schur product}")
KRONECKER = Law("Kronecker product", r"\text{Kronecker product}")
MULTIPLE = Law("nonnegative multiple", r"\text{nonnegative multiple}")
DIAGONAL = Law("diagonal ≥ 0", r"\text{diagonal} \ge 0")
POSITIVE_DIAGONAL = Law("diagonal > 0", r"\text{diagonal} > 0")
DOMINANCE = Law(
    "s diag(v) − vvᵀ with v ≥ 0, s ≥ Σv", r"s \operatorname{diag}(v) - v v^{\top},\ v \ge 0,\ s \ge \textstyle\sum v"
)
MIRRORED = Law("symmetric product", r"\text{symmetric product}")


@dataclass(frozen=True)
class Proof:
    """`about` is positive (semi)definite, or only symmetric, by a law."""

    definite: Definite
    law: Law
    about: Expr
    because: tuple[Proof, ...] = ()
    weights: tuple[Expr, ...] = ()  # arrays whose entries must be ≥ 0, and are

    def walk(self) -> Iterator[Proof]:
        """This proof and those it rests on, each before its reasons."""
        yield self
        for p in self.because:
            yield from p.walk()
