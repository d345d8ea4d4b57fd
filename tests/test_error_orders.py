"""Errors of differences at falling steps, and the order they show."""

from __future__ import annotations

import numpy as np
import pytest

from steepest.numeric import central, error_orders, forward, observed_orders


@pytest.mark.parametrize(("order", "accuracy"), [(1, 2), (1, 4), (2, 2), (2, 4), (3, 2)])
def test_the_order_that_a_stencil_states_is_seen(order: int, accuracy: int) -> None:
    truth = float(np.exp(0.3))
    found = error_orders(np.exp, 0.3, truth, {"it": central(order, accuracy)}, steps=[0.2, 0.1, 0.05, 0.025])
    assert found.order("it") == pytest.approx(accuracy, abs=0.05)


def test_rounding_does_not_count() -> None:
    found = error_orders(np.exp, 0.3, float(np.exp(0.3)), steps=10.0 ** -np.arange(1, 14))
    assert found.order("one-sided") == pytest.approx(1, abs=0.05)
    assert found.order("symmetric") == pytest.approx(2, abs=0.05)


def test_errors_that_say_nothing_have_no_order() -> None:
    line = error_orders(lambda x: 3 * x, 1.0, 3.0)
    assert np.isnan(line.order("one-sided"))
    assert "nan" in str(line)
    assert np.isnan(observed_orders([1, 0.5], [0.0, 0.0])).all()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="one and the same"):
        error_orders(np.exp, 0.0, 1.0, {"a": forward(1), "b": forward(2)})
    with pytest.raises(ValueError, match=r"not finite at -0\.1"):
        error_orders(lambda x: np.sqrt(x) if x >= 0 else np.nan, 0.0, 0.0)
    with pytest.raises(ValueError, match="fall"):
        observed_orders([0.1, 0.2], [1, 2])
    with pytest.raises(ValueError, match="one error a step"):
        observed_orders([0.1, 0.2], [1])
