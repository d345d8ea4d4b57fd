"""Products that a declared fact makes shorter: QᵀQ = I, Σp = 1, uᵀu = 1."""

from __future__ import annotations

from collections.abc import Iterable

from steepest.expr.build import delta
from steepest.expr.fact import Fact
from steepest.expr.node import Expr, Variable
from steepest.rewrite.readable.product import Rule
from steepest.rewrite.readable.term import Factor, Term


def declared_rules(nodes: Iterable[Expr]) -> tuple[Rule, ...]:
    """The laws for what is declared of the variables among these nodes."""
    facts = {fact for n in nodes if isinstance(n, Variable) for fact in n.facts}
    return tuple(rule for fact, rule in RULES.items() if fact in facts)


def _orthogonal(t: Term, rank: int) -> Term | None:
    """Σ_i Q_ia Q_ib = Σ_i Q_ai Q_bi = δ_ab."""
    for k, f in enumerate(t.factors):
        if not _is(f, Fact.ORTHOGONAL):
            continue
        for near in (0, 1):
            label = f.labels[near]
            if label < rank or f.labels[0] == f.labels[1]:
                continue
            partners = [g for g in t.factors if label in g.labels]
            column = Factor(delta(f.base.shape[0]), (f.labels[1 - near],) * 2, 1)
            if partners == [f] and f.exponent == 2:
                return _with(t, [f], column)
            others = [g for g in t.factors[k + 1 :] if g.base is f.base and g.labels[near] == label]
            if len(partners) == 2 and others and f.exponent == others[0].exponent == 1:
                g = others[0]
                return _with(t, [f, g], column._replace(labels=(f.labels[1 - near], g.labels[1 - near])))
    return None


def _probability(t: Term, rank: int) -> Term | None:
    """Σ_i p_i = 1."""
    return _summed_alone(t, rank, Fact.PROBABILITY, 1)


def _unit(t: Term, rank: int) -> Term | None:
    """Σ_i u_i² = 1."""
    return _summed_alone(t, rank, Fact.UNIT, 2)


def _summed_alone(t: Term, rank: int, fact: Fact, exponent: int) -> Term | None:
    for f in t.factors:
        summed = _is(f, fact) and f.exponent == exponent and f.labels[0] >= rank
        if summed and sum(g.labels.count(f.labels[0]) for g in t.factors) == 1:
            return _with(t, [f])
    return None


def _is(f: Factor, fact: Fact) -> bool:
    return isinstance(f.base, Variable) and fact in f.base.facts


def _with(t: Term, without: list[Factor], *new: Factor) -> Term:
    return Term(t.coefficient, (*(f for f in t.factors if f not in without), *new))


RULES: dict[Fact, Rule] = {Fact.ORTHOGONAL: _orthogonal, Fact.PROBABILITY: _probability, Fact.UNIT: _unit}
