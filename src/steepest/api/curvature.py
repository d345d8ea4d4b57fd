"""Whether a function of some of its variables is convex, with the form that proves it.

First by the Hessian, where the function has one on all of a convex domain: it must be seen to be semidefinite. Then
by composition of convex functions, which needs no Hessian. What neither proves is unknown, not false.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from steepest.analysis.composition import Composition
from steepest.analysis.domain import assumptions, is_smooth_on_convex_domain
from steepest.analysis.knowledge import Knowledge
from steepest.analysis.proof import Proof
from steepest.analysis.shape import Bent
from steepest.calculus.jacobian import hessian
from steepest.calculus.substitution import substitute
from steepest.expr.build import add, contract, is_zero, negate, variable
from steepest.expr.fact import Fact
from steepest.expr.node import Add, Expr, Variable
from steepest.expr.traversal import count_nodes, depends_on
from steepest.formula.printing import formula_latex, formula_text
from steepest.ops.definite import Definite
from steepest.rewrite.readable.form import readable
from steepest.rewrite.simplify import simplify

MOST_NODES = 300  # of a function whose Hessian is looked into
NOT_CONVEX_SETS = frozenset({Fact.ORTHOGONAL, Fact.UNIT, Fact.INTEGER})  # not used: between two points they fail
TRIVIAL = frozenset({"variable", "constant"})


@dataclass(frozen=True)
class Reason:
    """One step of a proof: a statement about a part of the formula, and the law."""

    text: str
    latex: str
    depth: int = 0

    def __str__(self) -> str:
        return "  " * self.depth + self.text


@dataclass(frozen=True)
class Curvature:
    """The verdict, "convex", "strictly convex", "concave", "strictly concave", "affine" or "unknown", and its proof."""

    verdict: str
    variables: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()

    def __str__(self) -> str:
        return self.verdict

    def __repr__(self) -> str:
        return f"{self.verdict} in {', '.join(self.variables)}" + (f"\n{self.certificate}" if self.reasons else "")

    @property
    def certificate(self) -> str:
        """The proof, a line for each step; empty where there is none."""
        return "\n".join(map(str, self.reasons))

    def latex(self) -> str:
        """The proof in LaTeX, one aligned display."""
        return "\\begin{aligned}\n" + " \\\\\n".join(r.latex for r in self.reasons) + "\n\\end{aligned}"


def curvature_of(y: Expr, variables: Sequence[Variable], branches: bool = False) -> Curvature:
    """Of the number `y`, in these variables together. With `branches` it holds on part of the space only."""
    names = tuple(v.name for v in variables)
    if branches:
        return Curvature("unknown", names, (Reason("another branch of the function is taken elsewhere", ""),))
    freed = {v: variable(v.name, v.shape, v.dtype, v.tag, v.facts - NOT_CONVEX_SETS) for v in variables}
    (y,) = substitute([y], {v: w for v, w in freed.items() if v is not w})
    moving = list(freed.values())
    if y not in depends_on([y], moving):
        return Curvature("affine", names, (Reason("it does not depend on " + ", ".join(names), ""),))
    known = Knowledge(assumptions(y))
    if len(moving) == 1 and count_nodes([y]) <= MOST_NODES and is_smooth_on_convex_domain(y, moving, known):
        found = _by_hessian(y, moving[0], known, names)
        if found is not None:
            return found
    return _by_composition(y, moving, known, names)


# --- by the Hessian -----------------------------------------------------------------------------------


def _by_hessian(y: Expr, x: Variable, known: Knowledge, names: tuple[str, ...]) -> Curvature | None:
    (h,) = simplify([hessian(y, x)])
    if is_zero(h):
        return Curvature("affine", names, (Reason("∇² = 0", r"\nabla^2 = 0"),))
    for form in dict.fromkeys((readable(h, [y]), h)):
        for verdict, signed in (("convex", form), ("concave", negate(form))):
            proof = known.proof(signed)
            if (proof is None or proof.definite < Definite.PSD) and Fact.SYMMETRIC in x.facts:
                proof = known.proof(_on_symmetric_directions(signed, known))
            if proof is not None and proof.definite >= Definite.PSD:
                strict = "strictly " if proof.definite is Definite.PD else ""
                return Curvature(strict + verdict, names, _reasons(form, proof, x, verdict == "concave"))
    return None


def _on_symmetric_directions(h: Expr, known: Knowledge) -> Expr:
    """A matrix of the same quadratic form: for Dᵀ = D the last two axes may change places, term by term."""
    terms = h.args if isinstance(h, Add) else (h,)
    turned = []
    for t in terms:
        swapped = contract([((0, 1, 2, 3), t)], (0, 1, 3, 2))
        turned.append(t if known.definite(t) >= Definite.PSD else swapped)
    return add(*turned)


def _reasons(form: Expr, proof: Proof, x: Variable, negative: bool) -> tuple[Reason, ...]:
    sign, latex_sign = ("⪯", r"\preceq") if negative else ("⪰", r"\succeq")
    if proof.definite is Definite.PD:
        sign, latex_sign = ("≺", r"\prec") if negative else ("≻", r"\succ")
    first = Reason(
        f"∇² = {formula_text(form, by=x)} {sign} 0: {_law(proof)}",
        rf"\nabla^2 = {formula_latex(form, by=x)} {latex_sign} 0 &: \text{{{_law(proof)}}}",
    )
    return (first, *_because(proof, 1))


def _law(p: Proof) -> str:
    return p.law + ("" if p.definite >= Definite.PSD else ", symmetric")


def _because(p: Proof, depth: int) -> list[Reason]:
    found = []
    for w in p.weights:
        if w is not p.about and w.args:
            found.append(Reason(f"{formula_text(w)} ≥ 0", rf"{formula_latex(w)} \ge 0", depth))
    for q in p.because:
        kind, latex_kind = ("≻", r"\succ") if q.definite is Definite.PD else ("⪰", r"\succeq")
        found.append(
            Reason(
                f"{formula_text(q.about)} {kind} 0: {_law(q)}",
                rf"{formula_latex(q.about)} {latex_kind} 0 &: \text{{{_law(q)}}}",
                depth,
            )
        )
        found += _because(q, depth + 1)
    return found


# --- by composition -----------------------------------------------------------------------------------


def _by_composition(y: Expr, variables: Sequence[Variable], known: Knowledge, names: tuple[str, ...]) -> Curvature:
    bent = Composition(y, variables, known).of(y)
    if not bent.shape:
        return Curvature("unknown", names)
    return Curvature(str(bent.shape), names, tuple(_steps(bent, 0)))


def _steps(b: Bent, depth: int) -> list[Reason]:
    if b.rule in TRIVIAL:
        return []
    own = Reason(
        f"{formula_text(b.about)} is {b.shape}: {b.rule}",
        rf"{formula_latex(b.about)} &: \text{{{b.shape}, {b.rule}}}",
        depth,
    )
    return [own, *(step for part in b.because for step in _steps(part, depth + 1))]
