"""The laws that proofs name: of definite matrices (Horn & Johnson, Matrix Analysis, chapter 7), of convex functions."""

from __future__ import annotations

from typing import NamedTuple


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
DOMINANCE = Law("s diag(v) − vvᵀ with v ≥ 0, s ≥ Σv", r"s \operatorname{diag}(v) - v v^{\top},\ v \ge 0,\ s \ge \sum v")
MIRRORED = Law("symmetric product", r"\text{symmetric product}")

# --- convex functions ---------------------------------------------------------------------------------

VARIABLE = Law("variable", r"\text{variable}")
CONSTANT = Law("constant", r"\text{constant}")
NEGATIVE_MULTIPLE = Law("negative multiple", r"\text{negative multiple}")
POWER = Law("power", r"\text{power}")
TRACE = Law("tr(CK) with C ⪰ 0", r"\operatorname{tr}(C K),\ C \succeq 0")
QUADRATIC = Law("zᵀMz with z affine, M ⪰ 0", r"z^{\top} M z,\ z \text{ affine},\ M \succeq 0")
OVER_LINEAR = Law(
    "zᵀMz / t with z affine, M ⪰ 0, t > 0 concave",
    r"z^{\top} M z / t,\ z \text{ affine},\ M \succeq 0,\ t > 0 \text{ concave}",
)
FRACTIONAL = Law("zᵀS⁻¹z with z and S affine, S ≻ 0", r"z^{\top} S^{-1} z,\ z, S \text{ affine},\ S \succ 0")
CHOSEN = Law("largest or smallest entry", r"\text{largest or smallest entry}")
SPECTRUM = Law("extreme value, or sum, of a spectrum", r"\text{extreme value, or sum, of a spectrum}")
LENGTH = Law("length of an affine vector", r"\text{length of an affine vector}")
NONNEGATIVE = Law("constant ≥ 0", r"\text{constant} \ge 0")
EXPONENTIALS = Law("logarithm of a sum of exponentials", r"\text{logarithm of a sum of exponentials}")
NONE = Law("", "")


def in_words(text: str) -> Law:
    """A law without signs."""
    return Law(text, rf"\text{{{text}}}")
