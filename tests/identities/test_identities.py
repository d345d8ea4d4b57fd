"""Every identity of the book: proved as an expression, checked as numbers, and printed as the book prints it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pytest

from identities.agreement import (
    derived,
    points,
    require_differences,
    require_stacked_value,
    require_stated_value,
    stated,
)
from identities.book import BOOK, CHAPTERS
from identities.normal_form import proved_equal
from identities.refused import REFUSALS
from steepest.api.examples import points as points_of
from steepest.api.formula import Formula, formula
from steepest.engines.python.compile import evaluate
from steepest.expr.build import is_zero, scale, transpose_axes
from steepest.expr.node import Expr, Variable
from steepest.expr.number import constant
from steepest.ops.substitution import substitute

# What the normal form does not see: there the numbers alone speak.
BY_NUMBERS = {
    "traces: gradient of tr sin X, entrywise by X",  # f of a diagonal against the diagonal of f
    "determinants: gradient of det cX by c",  # det(cX) = cⁿ det(X)
    "determinants: gradient of det (I + a xᵀ) by x",  # the matrix determinant lemma
    "determinants: gradient of log |det (I + xxᵀ)| by x",
    "inverses: gradient of aᵀ diag(x)⁻¹ b by x",  # the inverse of a diagonal matrix
    "inverses: gradient of sum of eigenvalues of a symmetric matrix by X",
    "inverses: gradient of largest eigenvalue by X",
    "structured: gradient of log |det diag(d)| by d",
    "structured: jacobian of running sums by x",  # a rule against an array
    "structured: gradient of Σ (Dx)², first differences by x",
    "structured: gradient of product of entries by x",  # the product of the others against a quotient
    "losses: gradient of Huber loss by w",  # two conditions against a clip
    "statistics: gradient of Gaussian mixture by a mean by u",  # softmax of stacked numbers
    "scalar: gradient of arccosh x by x",  # √(x − 1)√(x + 1)
}


@cache
def derivative(name: str) -> Formula:
    return derived(BOOK[name])


def test_the_book_is_large_enough():
    assert len(BOOK) == sum(len(chapter.IDENTITIES) for chapter in CHAPTERS.values()), "two identities share a name"
    assert len(BOOK) >= 250
    assert sum(i.text is not None for i in BOOK.values()) >= 100
    assert all(i.source for i in BOOK.values())
    assert BOOK.keys() >= BY_NUMBERS


@pytest.mark.parametrize("name", BOOK)
def test_value(name):
    identity = BOOK[name]
    for values in points(identity, 2):
        require_stated_value(identity, derivative(name), values)
        if identity.stacked is not None:
            require_stacked_value(identity, derivative(name), values)
        require_differences(identity, derivative(name), values)


@pytest.mark.parametrize("name", [name for name in BOOK if name not in BY_NUMBERS])
def test_proof(name):
    ours, book = derivative(name), stated(BOOK[name], derivative(name))
    assert proved_equal(ours.expr, book)
    assert proved_equal(ours.readable, book)
    assert is_zero(book) or not proved_equal(ours.expr, scale(constant(2), book))


def mutations(e: Expr, variables: Sequence[Variable]) -> Iterator[Expr]:
    """Expressions that are mostly others: transposed, a variable scaled, two variables exchanged."""
    if e.ndim == 2 and e.shape[0] == e.shape[1]:
        yield transpose_axes(e, (1, 0))
    for v in variables:
        yield from substitute([e], {v: scale(constant(1.5), v)})
        for w in variables:
            if w.name > v.name and w.shape == v.shape:
                yield from substitute([e], {v: w, w: v})


def require_sound_proof(name: str) -> None:
    f = derivative(name)
    variables = f.source.capture.variables
    kinds = points_of([v.shape for v in variables], seed=0, facts=[v.facts for v in variables])
    drawn = next(itertools.islice(kinds, 4, None))  # positive, with positive definite matrices
    at = dict(zip(variables, drawn, strict=True))
    for mutated in mutations(f.expr, variables):
        if proved_equal(f.expr, mutated):
            with np.errstate(all="ignore"):
                ours, other = evaluate([f.expr, mutated], at)
            np.testing.assert_allclose(other, ours, rtol=1e-7, atol=1e-9 * (1 + np.max(np.abs(ours), initial=0.0)))


@pytest.mark.parametrize("name", list(BOOK)[::8])
def test_what_is_proved_is_true(name):
    require_sound_proof(name)


@pytest.mark.heavy
@pytest.mark.parametrize("name", BOOK)
def test_all_that_is_proved_is_true(name):
    require_sound_proof(name)


@pytest.mark.parametrize("name", [name for name, i in BOOK.items() if i.text is not None])
def test_text(name):
    assert formula_lines(str(derivative(name))) == BOOK[name].text


def formula_lines(text: str) -> str:
    """What is printed without the notes below, which are set in by two spaces."""
    return "\n".join(line for line in text.split("\n") if line.startswith(" " * 3) or not line.startswith(" " * 2))


GRADIENTS = [name for name, i in BOOK.items() if i.derivative != "hessian" and i.meaning == "unconstrained"]


def require_steps_to_end_in_the_answer(name: str) -> None:
    identity = BOOK[name]
    steps = formula(identity.function, **identity.declared).steps(identity.by)
    last = "".join(formula_lines(str(steps)).split())
    assert last.endswith("".join(formula_lines(str(derivative(name))).split()))


@pytest.mark.parametrize("name", GRADIENTS[::6])
def test_steps(name):
    require_steps_to_end_in_the_answer(name)


@pytest.mark.heavy
@pytest.mark.parametrize("name", GRADIENTS)
def test_all_steps(name):
    require_steps_to_end_in_the_answer(name)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda r: r.name)
def test_refused(refusal):
    shapes = dict(part.strip().split(":") for part in refusal.shapes.split(";"))
    with pytest.raises(refusal.error, match=refusal.reason):
        str(getattr(formula(refusal.function, **shapes), refusal.derivative)(refusal.by))
