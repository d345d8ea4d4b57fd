"""Are the tests worth anything? Every rule of the table is broken in several ways; each must be caught."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from differentiation import Env, draw
from reference import evaluate
from test_operations import CASES, applied, check_complex, check_derivatives, check_expansion, check_transpose, sampled

from steepest.calculus.forward import tangent_variable
from steepest.expr.build import add, multiply, ones, scale, transpose_axes, variable
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.ops.complex_parts import conj
from steepest.ops.operation import Operation
from steepest.ops.rearrange import strided

pytestmark = pytest.mark.heavy

Rule = Callable[..., Expr]


def _of_result(change: Callable[[Expr], Expr]) -> Callable[[Rule], Rule]:
    """A rule whose answer is changed."""
    return lambda rule: lambda *args, **params: change(rule(*args, **params))


def _of_tangent(change: Callable[[Expr], Expr]) -> Callable[[Rule], Rule]:
    """A rule that is given another tangent."""
    return lambda rule: lambda y, dx, *x, **params: rule(y, change(dx), *x, **params)


def _swapped(e: Expr) -> Expr:
    """The last two axes swapped, where their lengths allow it."""
    if e.ndim < 2 or e.shape[-1] != e.shape[-2]:
        return e
    return transpose_axes(e, (*range(e.ndim - 2), e.ndim - 1, e.ndim - 2))


def _reversed(e: Expr) -> Expr:
    return strided(e, e.shape[-1] - 1, -1, e.shape[-1]) if e.ndim else e


WRONG_SIGN = _of_result(lambda e: scale(constant(-1), e))
OFF_BY_A_LITTLE = _of_result(lambda e: scale(constant(1.001), e))

OF_RULES: dict[str, Callable[[Rule], Rule | None]] = {
    "wrong sign": WRONG_SIGN,
    "off by 0.1 %": OFF_BY_A_LITTLE,
    "claimed constant": lambda rule: None,
    "of the transposed tangent": _of_tangent(_swapped),
    "transposed": _of_result(_swapped),
    "of the reversed tangent": _of_tangent(_reversed),
    "of the conjugate": _of_tangent(conj),
    "not linear": _of_tangent(lambda dx: multiply(dx, dx)),
    "not homogeneous": _of_tangent(lambda dx: add(dx, ones(dx.shape))),
    "in terms of the operand, not the result": lambda rule: (
        lambda y, dx, *x, **params: rule(x[0] if x[0].shape == y.shape else y, dx, *x, **params)
    ),
}
OF_LINEAR_MAPS: dict[str, Callable[[Rule], Rule]] = {
    "wrong sign": WRONG_SIGN,
    "off by 0.1 %": OFF_BY_A_LITTLE,
    "conjugated": _of_result(conj),
    "reversed": _of_result(_reversed),
}


def mutants() -> Iterator[tuple[str, Operation, dict[str, Any]]]:
    """Every record with one field broken, under a name of its own (the name is what interning goes by)."""
    for op, params in CASES:
        points = sampled(op)
        for k, rule in enumerate(op.differentials):
            for how, mutate in OF_RULES.items():
                if rule is not None and points[k].dtype.kind in "fc" and _differs(op, params, k, mutate(rule)):
                    rules = (*op.differentials[:k], mutate(rule), *op.differentials[k + 1 :])
                    yield _broken(op, params, f"rule {k} {how}", differentials=rules)
        for field in ("transpose", "expansion", "square"):
            rule = getattr(op, field)
            for how, mutate in OF_LINEAR_MAPS.items():
                if rule is not None and _breaks(op, params, field, mutate(rule)):
                    yield _broken(op, params, f"{field} {how}", **{field: mutate(rule)})


def _broken(op: Operation, params: dict[str, Any], how: str, **fields: Any) -> tuple[str, Operation, dict[str, Any]]:
    label = f"{op.name} {params or ''}: {how}"
    return label, dataclasses.replace(op, name=label, **fields), params


def _differs(op: Operation, params: dict[str, Any], k: int, mutant: Rule | None) -> bool:
    """Whether the mutant says anything else than the rule; if not, there is nothing to catch."""
    y, env = applied(op, sampled(op), params)
    dx = tangent_variable(list(env)[k])
    if mutant is None:
        return op.expansion is None  # a composite without a rule is differentiated through its expansion
    return not _same(op.differentials[k], mutant, (y, dx, *env), params, env)


def _breaks(op: Operation, params: dict[str, Any], field: str, mutant: Rule) -> bool:
    y, env = applied(op, sampled(op), params)
    g = variable("g", y.shape, y.dtype)
    return not _same(getattr(op, field), mutant, (g, *env) if field == "transpose" else tuple(env), params, env)


def _same(rule: Any, mutant: Rule, operands: tuple[Expr, ...], params: dict[str, Any], env: Env) -> bool:
    """Equal wherever it counts: real and imaginary part may forget what was changed."""
    rng = np.random.default_rng(21)
    full = {**{v: draw(rng, v) for v in operands if isinstance(v, Variable)}, **env}
    try:
        ours, theirs = evaluate([rule(*operands, **params), mutant(*operands, **params)], full)
    except Exception:
        return False  # it fails on its own
    return bool(np.allclose(ours, theirs, rtol=1e-9))


def check(op: Operation, params: dict[str, Any]) -> None:
    check_derivatives(op, params)
    check_complex(op, params)
    check_expansion(op, params)
    if op.transpose is not None:
        check_transpose(op, params)


@pytest.mark.parametrize(("op", "params"), CASES, ids=lambda v: v.name if isinstance(v, Operation) else "")
def test_the_record_itself_passes(op: Operation, params: dict[str, Any]) -> None:
    check(dataclasses.replace(op, name=f"{op.name} unchanged"), params)


def test_every_mutant_is_caught() -> None:
    survivors, total = [], 0
    for label, op, params in mutants():
        total += 1
        try:
            with np.errstate(all="ignore"):
                check(op, params)
        except Exception:
            continue  # any failure counts as caught
        survivors.append(label)
    print(f"caught {total - len(survivors)} of {total}", *survivors, sep="\n")
    assert total > 300
    assert survivors == []
