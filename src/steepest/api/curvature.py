"""Whether a function of some of its variables is convex, with the form that proves it.

First by the Hessian, where the function has one on all of a convex domain: it must be seen to be semidefinite. Then
by composition of convex functions, which needs no Hessian. What neither proves is unknown, not false.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from steepest.analysis.bent import Bent
from steepest.analysis.composition import Composition
from steepest.analysis.domain import assumptions, is_smooth_on_convex_domain
from steepest.analysis.flatten import distributed
from steepest.analysis.knowledge import Knowledge
from steepest.analysis.law import CONSTANT, VARIABLE
from steepest.analysis.proof import Proof
from steepest.calculus.jacobian import hessian
from steepest.expr.build import add, contract, is_zero, negate, variable
from steepest.expr.fact import Fact
from steepest.expr.node import Add, Apply, Expr, Variable
from steepest.expr.traversal import count_nodes, depends_on, toposort
from steepest.formula.printing import formula_latex, formula_text
from steepest.frontends.tracing.capture import Capture
from steepest.ops.definite import Definite
from steepest.ops.operation import Curvature as Bending
from steepest.ops.substitution import substitute
from steepest.rewrite.declared.values import with_facts
from steepest.rewrite.readable.form import readable
from steepest.rewrite.simplify import simplify

from .rich import Rich
from .source import variable_of

MOST_NODES = 300  # of a function whose Hessian is looked into
NOT_CONVEX_SETS = frozenset({Fact.ORTHOGONAL, Fact.UNIT, Fact.INTEGER})  # not used: between two points they fail
MATRIX = 2  # axes
DEEPEST, MOST_REASONS = 12, 60  # steps of a proof that are shown: inside of each other, and in all
RELATIONS = {
    (Definite.PSD, False): ("⪰", r"\succeq"), (Definite.PSD, True): ("⪯", r"\preceq"),
    (Definite.PD, False): ("≻", r"\succ"), (Definite.PD, True): ("≺", r"\prec"),
}  # fmt: skip
TRIVIAL = (VARIABLE, CONSTANT)


@dataclass(frozen=True)
class Reason:
    """One step of a proof: a statement about a part of the formula, and the law."""

    text: str
    latex: str
    depth: int = 0

    def __str__(self) -> str:
        return "  " * self.depth + self.text


@dataclass(frozen=True)
class Curvature(Rich):
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
        """The proof in LaTeX, one aligned display; where there is none, the verdict."""
        if not self.reasons:
            return rf"\text{{{self.verdict}}}"
        return "\\begin{aligned}\n" + " \\\\\n".join(r.latex for r in self.reasons) + "\n\\end{aligned}"


def curvature_of_traces(
    traces: Sequence[tuple[Capture, Expr]], names: Sequence[str], conditions: Sequence[str]
) -> Curvature:
    """Of a function traced at several sizes, which must agree; what it is stays true under the `conditions` only."""
    names = tuple(dict.fromkeys(names))
    found: list[Curvature] = []
    for c, y in traces:
        variables = [variable_of(c, name) for name in names]
        moving = depends_on([g.expr for g in c.guards], variables)
        if any(g.expr in moving for g in c.guards):  # what it is beyond the branch that was taken, nobody knows
            return Curvature("unknown", names)
        found.append(curvature_of(y, variables))
    if len({f.verdict for f in found}) > 1:
        return Curvature("unknown", names)
    first = found[0]
    limits = tuple(Reason(f"for {c}", rf"\text{{for {c}}}") for c in conditions) if first.reasons else ()
    return Curvature(first.verdict, names, (*first.reasons, *limits))


def curvature_of(y: Expr, variables: Sequence[Variable]) -> Curvature:
    """Of the number `y`, in these variables together."""
    names = tuple(v.name for v in variables)
    freed = {v: variable(v.name, v.shape, v.dtype, v.tag, v.facts - NOT_CONVEX_SETS) for v in variables}
    (y,) = substitute([y], {v: w for v, w in freed.items() if v is not w})
    whole = {n for n in toposort([y]) if isinstance(n, Apply) and n.op.on_definite is not None}
    (y,) = with_facts([y], Knowledge(), written=whole)  # on the convex set of the facts the two are one function
    moving = list(freed.values())
    if y not in depends_on([y], moving):
        said = "it does not depend on " + ", ".join(names)
        return Curvature("affine", names, (Reason(said, rf"\text{{{said}}}"),))
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
        for concave in (False, True):
            proof = _proof_of_hessian(distributed(negate(form)) if concave else form, x, known)
            if proof is not None:
                strict = "strictly " if proof.definite is Definite.PD else ""
                return Curvature(
                    strict + ("concave" if concave else "convex"), names, _reasons(form, proof, x, concave)
                )
    return None


def _proof_of_hessian(h: Expr, x: Variable, known: Knowledge) -> Proof | None:
    """That h is semidefinite; of a symmetric variable on the symmetric matrices."""
    forms = [h, _on_symmetric_directions(h, known)] if Fact.SYMMETRIC in x.facts else [h]
    proofs = (known.proof(form) for form in forms)
    return next((p for p in proofs if p is not None and p.definite >= Definite.PSD), None)


def _on_symmetric_directions(h: Expr, known: Knowledge) -> Expr:
    """A matrix of the same quadratic form: for Dᵀ = D the last two axes may change places, term by term."""
    h = distributed(h)
    terms = h.args if isinstance(h, Add) else (h,)
    turned = []
    for t in terms:
        swapped = contract([((0, 1, 2, 3), t)], (0, 1, 3, 2))
        turned.append(t if known.definite(t) >= Definite.PSD else swapped)
    return add(*turned)


def _reasons(form: Expr, proof: Proof, x: Variable, concave: bool) -> tuple[Reason, ...]:
    signed = distributed(negate(proof.about)) if concave else proof.about
    first = [_statement(form, None, proof, x, r"∇² = ", r"\nabla^2 = ", 0)] if signed is not form else []
    turned = first and Fact.SYMMETRIC in x.facts
    lead = ("on symmetric directions ", r"\text{on symmetric directions } ") if turned else ("∇² = ", r"\nabla^2 = ")
    own = _statement(signed, concave, proof, x, *lead, 0)
    return tuple(dict.fromkeys((*first, own, *islice(_because(proof, x, 1), MOST_REASONS))))


def _statement(
    e: Expr, concave: bool | None, proof: Proof, x: Variable, lead: str, latex_lead: str, depth: int
) -> Reason:
    """That `e` is definite, by the law of the proof; with None for `concave` only what it is."""
    text, latex = _written(e, x)
    if concave is None:
        return Reason(lead + text, latex_lead + latex, depth)
    relation, latex_relation = RELATIONS[proof.definite, concave]
    return Reason(
        f"{lead}{text} {relation} 0: {proof.law.text}",
        rf"{latex_lead}{latex} {latex_relation} 0 &: {proof.law.latex}",
        depth,
    )


def _written(e: Expr, x: Variable) -> tuple[str, str]:
    by = x if e.ndim > MATRIX else None
    return formula_text(e, by=by).replace("\n", " "), formula_latex(e, by=by)


def _because(p: Proof, x: Variable, depth: int) -> Iterator[Reason]:
    """What a proof rests on, each claim before its own reasons."""
    for w in sorted(p.weights, key=lambda w: (len(_written(w, x)[0]), _written(w, x)[0])):
        if w is not p.about and w.args:
            text, latex = _written(w, x)
            relation, latex_relation = (">", ">") if p.definite is Definite.PD else ("≥", r"\ge")
            yield Reason(f"{text} {relation} 0", f"{latex} {latex_relation} 0", depth)
    for q in p.because:
        if q.definite >= Definite.PSD:
            yield _statement(q.about, False, q, x, "", "", depth)
            yield from _because(q, x, depth + 1)


# --- by composition -----------------------------------------------------------------------------------


def _by_composition(y: Expr, variables: Sequence[Variable], known: Knowledge, names: tuple[str, ...]) -> Curvature:
    bent = Composition(y, variables, known).of(y)
    if not bent.curvature:
        return Curvature("unknown", names)
    return Curvature(str(bent.curvature), names, tuple(dict.fromkeys(islice(_steps(bent, 0), MOST_REASONS))))


def _steps(b: Bent, depth: int) -> Iterator[Reason]:
    if b.rule in TRIVIAL or not b.curvature:
        return
    yield Reason(
        f"{formula_text(b.about)} is {b.curvature}: {b.rule.text}",
        rf"{formula_latex(b.about)} &\text{{ is {b.curvature}: }} {b.rule.latex}",
        depth,
    )
    if b.curvature != Bending.AFFINE and depth < DEEPEST:
        for part in b.because:
            yield from _steps(part, depth + 1)
