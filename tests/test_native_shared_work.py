"""What several elementary functions of the same numbers have in common is computed once on the native engine."""

from __future__ import annotations

import re

import numpy as np
import pytest
from captured_programs import value, value_and_gradient
from native_engine import WIDTHS, check_program

from steepest.engines.native.compile import emit

ANGLES = np.concatenate([np.linspace(-9.0, 9.0, 77), [1e5, -3e9, 1e22, 0.0, -0.0]])


def waves(x):
    return np.sin(x) * 2.0 + np.cos(x) - (1.0 - np.cos(x)) ** 2


def logistic_loss(x):
    return np.sum(np.log1p(np.exp(-x)))


def calls(f, *arrays, wrt=None):
    program = value(f, *arrays) if wrt is None else value_and_gradient(f, *arrays, wrt=wrt)
    text = emit(program).text
    stages = "".join(part for part in re.split(r"(?=^define )", text, flags=re.MULTILINE) if " @stage" in part[:60])
    return re.findall(r"@(\w+)_(?:double|float)_\d+\(", stages)


def test_an_angle_is_reduced_once():
    found = calls(waves, ANGLES)
    assert {"sin_of_remainder", "cos_of_remainder"} <= set(found)
    assert set(found).isdisjoint({"sin", "cos", "cosm1"})
    vectors = value(waves, ANGLES[:64])  # whole registers alone
    assert emit(vectors).text.count("@remainder_of_angle_double_8(") <= 1 + 4  # the definition, a vector of four


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_angles(dtype, bits):
    x = ANGLES.astype(dtype)
    check_program(value(waves, x), (x,), bits)


def test_one_exponential_for_a_logistic_loss_and_its_gradient():
    found = calls(logistic_loss, np.linspace(-3.0, 3.0, 40), wrt=0)
    assert "exp" in found
    assert "expit" not in found


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_logistic_functions_of_every_size(dtype, bits):
    x = np.concatenate([np.linspace(-80.0, 80.0, 101), np.linspace(-1.0, 1.0, 11), [-700.0, 700.0]]).astype(dtype)
    program = value(lambda x: np.stack([np.log1p(np.exp(x)), 1.0 / (1.0 + np.exp(-x)), np.exp(x) * 1e-3]), x[:-2])
    check_program(program, (x[:-2],), bits)
    check_program(value_and_gradient(logistic_loss, x[2:-2]), (x[2:-2],), bits)


@pytest.mark.parametrize(("n", "bits"), [(64, WIDTHS[0]), (67, WIDTHS[-1])])
@pytest.mark.parametrize("fold", [np.max, np.min, np.prod, np.sum])
def test_folds_of_blocks_of_rows(fold, n, bits):
    """Each block is folded before it meets the others."""
    x = np.random.default_rng(5).uniform(0.8, 1.25, n)
    w = np.random.default_rng(6).uniform(0.8, 1.25, (n, 3))
    check_program(value(lambda x: fold(x * 2.0 - 1.0), x), (x,), bits)
    check_program(value(lambda w: fold(w * 2.0 - 1.0, axis=0), w), (w,), bits)
