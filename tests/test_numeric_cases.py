"""The tables of ordinary, hard and held-out cases, which the benchmark measures too: right, or honestly wide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.numeric import hard, held_out, held_out_second, ordinary
from benchmarks.numeric.case import Case, Kind
from steepest import numeric
from steepest.numeric import NumericResult, Status

METHODS = ["auto", "richardson"]
FEW = 10  # a value so many times its error away from the truth is a confident wrong one
STATUS = {Kind.KINK: {Status.NONSMOOTH}, Kind.JUMP: {Status.JUMP}, Kind.EDGE: {Status.DOMAIN}}
STATUS |= {Kind.VERTICAL: {Status.NONSMOOTH, Status.DOMAIN}}


def results(cases: Sequence[Case], method: str) -> list[NumericResult]:
    return [numeric.derivative(c.f, c.x, c.order, method=method) for c in cases]


def relative(case: Case, result: NumericResult) -> float:
    return float(abs(result.value - case.truth) / (abs(case.truth) or 1.0))


def covers(case: Case, result: NumericResult, times: float = 1.0) -> bool:
    """Whether the truth is within the error, or the status tells that there is none."""
    if case.kind in (Kind.SMOOTH, Kind.EDGE):
        return bool(abs(result.value - case.truth) <= times * result.error + 1e-15 * abs(case.truth))
    if case.kind is Kind.KINK:
        return bool(abs(result.value - np.mean(case.sides)) <= times * result.error) and result.status is not Status.OK
    return result.status is not Status.OK and not result.error < abs(result.value) / FEW


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cases", [ordinary.FIRST, held_out.ORDINARY], ids=["tuned", "held out"])
def test_ordinary_functions(cases: Sequence[Case], method: str) -> None:
    found = results(cases, method)
    errors = [relative(c, r) for c, r in zip(cases, found, strict=True)]
    assert np.median(errors) <= 1e-13
    assert max(errors) <= 1e-10
    assert all(covers(c, r) for c, r in zip(cases, found, strict=True))
    assert {r.status for r in found} == {Status.OK}
    assert max(r.evaluations for r in found) <= 40
    assert np.median([r.evaluations for r in found]) <= 22


@pytest.mark.parametrize(("method", "most"), [("auto", 1e-10), ("richardson", 1e-8)])
@pytest.mark.parametrize("cases", [ordinary.SECOND, held_out.SECOND], ids=["tuned", "held out"])
def test_second_derivatives(cases: Sequence[Case], method: str, most: float) -> None:
    found = results(cases, method)
    assert max(relative(c, r) for c, r in zip(cases, found, strict=True)) <= most
    assert all(covers(c, r) for c, r in zip(cases, found, strict=True))


def test_higher_derivatives() -> None:
    found = results(ordinary.HIGHER, "auto")
    assert max(relative(c, r) for c, r in zip(ordinary.HIGHER, found, strict=True)) <= 1e-8
    assert all(covers(c, r) for c, r in zip(ordinary.HIGHER, found, strict=True))


def test_higher_derivatives_by_differences() -> None:
    found = results(ordinary.HIGHER, "richardson")
    assert all(covers(c, r) for c, r in zip(ordinary.HIGHER, found, strict=True))
    assert max(relative(c, r) for c, r in zip(ordinary.HIGHER, found, strict=True)) <= 1e-3


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the functions themselves
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cases", [hard.HARD, held_out.HARD, held_out_second.HARD], ids=["tuned", "held out", "again"])
def test_hard_cases(cases: Sequence[Case], method: str) -> None:
    found = results(cases, method)
    covered = [covers(c, r) for c, r in zip(cases, found, strict=True)]
    confident = [c.name for c, r in zip(cases, found, strict=True) if not covers(c, r, FEW)]
    assert np.mean(covered) >= 0.95
    assert confident == []


BROKEN = [c for c in (*hard.HARD, *held_out.HARD, *held_out_second.HARD) if c.kind is not Kind.SMOOTH]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_what_is_broken_is_called_so(case: Case) -> None:
    result = numeric.derivative(case.f, case.x)
    assert result.status in STATUS[case.kind]
    if case.kind is not Kind.VERTICAL:
        np.testing.assert_allclose([result.left, result.right], case.sides, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("case", [*hard.NOISE, *held_out.HARD[28:39]], ids=lambda case: case.name)
def test_noise_is_called_so(case: Case) -> None:
    result = numeric.derivative(case.f, case.x)
    declared = np.asarray(case.f(np.float64(case.x))).dtype == np.float32  # whose rounding is no noise
    assert declared or result.status is Status.NOISY
