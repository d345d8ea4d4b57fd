"""A Jacobian by its rows: that of one output, or of the sum of all with weights, is the gradient of one number."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .lengths import COLUMNS
from .subject import Subject, Wanted

Given = Callable[..., Any]
Place = tuple[int, ...]
LETTERS = ("w", "v", "u", *COLUMNS)


def wrong_rows(subject: Subject, given: np.ndarray, right: np.ndarray, part: float) -> list[Place]:
    """The outputs whose rows are wrong by more than `part` of the largest entry."""
    scale = float(max(np.max(np.abs(right), initial=0.0), np.max(np.abs(given), initial=0.0)))
    wrong = ~(np.abs(given - right) <= part * scale)  # NaN is wrong
    own = tuple(range(len(subject.outputs), wrong.ndim))
    return [tuple(int(k) for k in place) for place in np.argwhere(np.any(wrong, axis=own))]


def of_output(subject: Subject, given: Given, place: Place) -> tuple[Subject, Given]:
    """The problem of one output alone."""
    f = subject.function
    row = replace(
        subject, function=lambda *args: functools.reduce(operator.getitem, place, f(*args)), wanted=Wanted.GRADIENT,
        own_names=subject.names,
    )  # fmt: skip
    return row, lambda *args: np.asarray(given(*args))[place]


def weighted(subject: Subject, given: Given) -> tuple[str, tuple[Subject, Given]]:
    """The problem of the sum of all outputs with weights, which are one more argument; and its name."""
    f, axes = subject.function, len(subject.outputs)
    name = next(c for c in LETTERS if c not in subject.names)
    weights = np.random.default_rng(2).uniform(0.5, 1.5, subject.outputs)
    total = replace(
        subject, function=lambda *args: np.sum(args[-1] * f(*args[:-1])), args=(*subject.args, weights),
        wanted=Wanted.GRADIENT, own_names=(*subject.names, name), whole=lambda args: subject.whole(args[:-1]),
    )  # fmt: skip
    return name, (total, lambda *args: np.tensordot(args[-1], np.asarray(given(*args[:-1])), axes))
