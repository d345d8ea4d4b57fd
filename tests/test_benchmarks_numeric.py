"""The tables of grids and of checkers: their questions, our answers, and the page made of them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.numeric import (
    equations,
    features,
    features_of_checkers,
    features_of_grids,
    features_of_values,
    page_checkers,
    page_features,
    page_grids,
    verdicts,
)
from benchmarks.numeric.checked import CHANGES, CONDITIONS, Question, questions
from benchmarks.numeric.checkers import CHECKERS
from benchmarks.numeric.grid_fields import SMOOTH, SPACINGS
from benchmarks.numeric.grids import LINES, RATE, wave, waves
from benchmarks.numeric.landscapes import LANDSCAPES
from steepest import numeric

OURS = CHECKERS[0]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: c.name)
def test_the_gradient_called_right_is_right_and_the_others_are_not(condition: object) -> None:
    for change in CHANGES:
        question = Question(condition, 3, change)  # type: ignore[arg-type]
        f, gradient = question.on(np, np.asarray)
        x = question.x
        assert gradient(x).dtype == x.dtype
        truth = numeric.gradient(lambda x, f=f: float(f(x)), x).value
        off = np.abs(gradient(x) - truth).max() / np.abs(truth).max()
        enough = 1e-3 if x.dtype == np.float32 else 1e-7
        assert off < enough if question.is_right else off > 0.9e-3


def test_there_is_a_question_of_every_kind_at_every_scale() -> None:
    asked = list(questions())
    assert len(asked) == len(set(asked)) == 150
    assert sum(q.is_right for q in asked) == 30


def test_a_verdict() -> None:
    for change in ("right", "an entry, 1e-3"):
        found = verdicts.verdict(OURS, Question(CONDITIONS[1], 10, change))
        assert found.is_true


def test_a_checker_that_raises_gives_no_verdict() -> None:
    def prepare(question: Question) -> object:
        def refuse() -> bool:
            raise ValueError("it is not for such numbers")

        return refuse

    found = verdicts.of(type(OURS)("one", "numpy", prepare), [Question(CONDITIONS[0], 1, "right")])  # type: ignore[arg-type]
    assert found["refused"] == 1
    assert found["by_change"]["right"] == (0, 1)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_derivatives_of_the_wave(line: object) -> None:
    nodes = line.nodes  # type: ignore[attr-defined]
    assert waves(line, 3) == pytest.approx(-(RATE**3) * np.cos(RATE * nodes + 0.3), abs=1e-12)  # type: ignore[arg-type]
    assert wave(0.5, 0) == pytest.approx(np.sin(2.3), rel=1e-15)


def test_truths_of_landscapes() -> None:
    booth = next(landscape for landscape in LANDSCAPES if landscape.name == "Booth")
    x, y = point = booth.points[0]
    assert booth.gradient(point) == pytest.approx([10 * x + 8 * y - 34, 8 * x + 10 * y - 38], rel=1e-14)
    assert booth.hessian(point).tolist() == [[10, 8], [8, 10]]


def test_fields_and_functions_have_nodes_that_rise() -> None:
    for nodes in SPACINGS.values():
        assert (np.diff(nodes(9)) > 0).all()
    assert all(np.isfinite(f(np, np.linspace(-1, 1, 5))).all() for f in SMOOTH.values())


def test_the_page_counts_what_rounding_does_not_explain() -> None:
    cells = [
        {"nodes": "bent", "order": 1, "accuracy": a, "largest": errors, "rounding": 1e-9}
        for a, errors in ((2, [1e-3, 1e-3]), (4, [2e-9, 1.7e-9]), (6, [1e-3, 1e-4]), (8, [1e-4, 1e-2]))
    ]
    record = {
        "version": "1",
        "lines": cells,
        "waves": {"rates": "1, 4", "total": 9, "ours larger": 0, "findiff larger": 7, "median": 5.04},
        "polynomials": cells,
        "fields": [{"what": "curl", "shape": "3 × 3", "nodes": "bent", "largest": [1e-5, 2e-5]}],
        "quadrature": [{"function": "sin", "order": 1, "largest": [1e-12, 1e-5, 1e-5]}],
        "equations": [{"equation": "heat", "accuracy": 2, "largest": [[4e-4, 1e-4], [8e-4, 4e-4]]}],
        "large": [
            {"what": "curl", "ours": {"make": 1, "apply": 2}, "matrix": {"make": 3, "apply": 4}, "direct": 5.0},
        ],
    }
    page = "\n".join(page_grids.lines(record))
    assert "larger by more than 5 % in 1, in 1\nby more than rounding" in page
    assert "ours in 2, in 1 by more than that" in page
    assert "| bent | 1 | 1e-03, 1e-03 | 2e-09, 2e-09 | 1e-03, 1e-04 | 1e-04, 1e-02 |" in page
    assert "in 7,\nours in 0; the median of findiff's over ours is 5.0." in page
    assert "| heat | 2 | 4.00e-04, 1.00e-04 | 2.0 | 8.00e-04, 4.00e-04 | 1.0 |" in page
    assert "findiff is not installed" in "\n".join(page_grids.lines(None))


def test_the_page_has_a_row_for_every_checker() -> None:
    result = verdicts.of(OURS, [Question(c, 1, change) for c in CONDITIONS[:1] for change in ("right", "sign")])
    record = {"results": {OURS.title: result}, "versions": {"steepest": "0"}, "missing": ["torch"]}
    page = "\n".join(page_checkers.lines(record))
    assert "| steepest.check | 1 of 1 |" in page
    assert "torch is not installed here." in page


@pytest.mark.parametrize("name", equations.EQUATIONS)
def test_errors_of_an_equation_fall(name: str) -> None:
    ours, _ = equations.EQUATIONS[name]
    for accuracy in equations.ACCURACIES:
        coarse, fine = (ours(n, accuracy) for n in (16, 32))
        assert np.log2(coarse / fine) > accuracy - 1


def test_our_answers_to_the_probes() -> None:
    """What the page says of this library holds, whatever others answer."""
    rows = (*features_of_values.features(), *features_of_grids.features())
    found = {row.title: features.answer(row.probes["steepest"]) for row in rows}
    assert [title for title, cell in found.items() if cell.startswith(("raises", features.UNCERTAIN, "wrong"))] == []
    assert {title for title, cell in found.items() if cell.startswith("no")} == {
        "limits and residues",
        "errors of the inputs carried through",
        "α u + β u′ given at an end",
        "more than three axes",
        "an estimate of the error of given values",
        "implicit (compact) schemes",
        "a solver in time",
    }


def test_a_name_for_a_thing_is_no_clear_no() -> None:
    assert features.without(("steepest.numeric",), "complex-valued") == "no"
    assert features.without(("steepest.numeric",), "bounds") == features.UNCERTAIN


def test_the_page_has_every_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features_of_checkers, "TRIALS", 1)
    ours = "steepest.check"
    rows = [
        {"title": row.title, "cells": {ours: features.answer(row.probes[ours])}}
        for row in features_of_checkers.features()
    ]
    assert [row["cells"][ours] for row in rows[1:]] == ["1 of 1", "1 and 1 of 1", "yes"]
    record = {"values": rows, "grids": rows, "checkers": rows, "words": {ours: "it | " + 200 * "x"}}
    page = "\n".join(page_features.lines(record))
    assert "| second derivatives | yes |" in page
    assert "| steepest.check | it \\| xxx" in page
    assert page.endswith("x … |")
