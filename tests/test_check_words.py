"""What a check says of entries: which are named, and with which numbers."""

from __future__ import annotations

import numpy as np
import pytest

import steepest as st
from steepest.verify.mistakes.constants import told_sizes
from steepest.verify.mistakes.mistake import Mistake


def huber(r: np.ndarray) -> np.floating:
    return np.sum(np.where(np.abs(r) < 1, 0.5 * r**2, np.abs(r) - 0.5))


def test_an_entry_that_is_right_here_is_not_named() -> None:
    # The last one is wrong only where it is moved below 1.
    r = np.array([-5.7, 2.0, -1.9, -3.3, 0.55, 1.4])
    report = st.check(huber, r, gradient=np.sign)
    assert report.diagnosis == "entry (4,) is 1, should be 0.55"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_wrong(bad: float) -> None:
    x = np.array([1.0, -2.0, 0.5])
    report = st.check(lambda x: np.sum(np.sin(x)), x, gradient=lambda x: np.where(x < 0, bad, np.cos(x)))
    assert not report
    assert str(report).startswith("wrong: ")
    assert report.mistake is Mistake.NOT_FINITE
    assert "not finite at entry (1,)" in report.diagnosis


@pytest.mark.parametrize(
    ("text", "words"), [("m", " (m = 3)"), ("3", " (m = 3)"), ("1/3", " (m = 3)"), ("2", ""), ("1/m", " (m = 3)")]
)
def test_a_number_that_may_be_a_size(text: str, words: str) -> None:
    assert told_sizes(text, {"m": 3, "n": 2}) == words
