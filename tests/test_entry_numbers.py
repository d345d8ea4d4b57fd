"""Tuples of numbers: the last one serves again once its caller has let go of it, and none that somebody holds."""

from __future__ import annotations

import gc
import sys
import threading
from typing import Any

import numpy as np
import pytest
from affine_kernel import affine
from answering import FLOAT64, Answer

from steepest.engines.native.entry.callable import reason_against
from steepest.engines.native.entry.entrance import Container, NumberArgument, Output, Result
from steepest.engines.native.entry.layout import tuples_know_their_hash

pytestmark = pytest.mark.skipif(reason_against() is not None, reason=str(reason_against()))

PAIR = Container(tuple, (Output(0), Output(1)))


def both(result: Result = PAIR) -> Answer:
    """2x + 1 and x + 2."""
    return Answer().enter(affine([(2, 1), (1, 2)]), NumberArgument(FLOAT64), result=result)


def test_a_tuple_that_is_held_stays_what_it_is() -> None:
    g = both()
    first, second = g(1.0), g(2.0)
    assert first is not second
    assert [g(float(k)) for k in range(4)] == [(1.0, 2.0), (3.0, 3.0), (5.0, 4.0), (7.0, 5.0)]
    assert (first, second) == ((3.0, 3.0), (5.0, 4.0))
    assert hash(g(1.0)) == hash((3.0, 3.0))
    assert hash(g(2.0)) == hash((5.0, 4.0))


def test_a_number_that_is_held_stays_what_it_is() -> None:
    g = both()
    _, slope = g(1.0)
    value, _ = g(2.0)
    view = memoryview(g(3.0)[0])
    for k in range(100):
        assert g(k + 0.5) == (2 * k + 2.0, k + 2.5)
    assert (value, slope, view[()]) == (5.0, 3.0, 7.0)
    assert all(type(x) is np.float64 for x in g(4.0))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Container(tuple, (Output(1), Output(0))), (6.0, 9.0)),
        (Container(tuple, (Output(1), Output(1))), (6.0, 6.0)),
        (Container(tuple, (PAIR, Output(0))), ((9.0, 6.0), 9.0)),
        (Container(list, (Container(tuple, (Output(0),)), Container(tuple, (Output(1),)))), [(9.0,), (6.0,)]),
    ],
)
def test_tuples_of_every_make(result: Result, expected: Any) -> None:
    g = both(result)
    held = [g(4.0) for _ in range(3)]
    assert g(5.0) != expected
    assert held == [expected] * 3
    assert g(4.0) == expected


def test_the_collector_may_come_at_any_time() -> None:
    g = both()
    for k in range(50):
        kept = g(float(k))
        gc.collect(0)
        assert g(k + 1.0) == (2 * k + 3.0, k + 3.0)
        assert kept == (2 * k + 1.0, k + 2.0)
    gc.collect()
    assert g(1.0) == (3.0, 3.0)


def test_nothing_is_lost_or_left_behind() -> None:
    g = both()
    held, counted = g(0.5), sys.getrefcount(np.float64)
    for k in range(1000):
        g(k + 0.5)
        a, b = g(k + 1.5)
    del a, b
    assert sys.getrefcount(np.float64) <= counted + 2
    assert held == (2.0, 2.5)
    last = g(1.0)
    if not tuples_know_their_hash():
        with_callable = sys.getrefcount(last)
        del g
        gc.collect()
        assert sys.getrefcount(last) == with_callable - 1
    assert last == (3.0, 3.0)


def test_several_threads() -> None:
    g, wrong = both(), []

    def work(start: int) -> None:
        for k in range(start, start + 2000):
            found = g(float(k))
            again = g(-float(k))
            if found != (2.0 * k + 1, k + 2.0) or again != (1 - 2.0 * k, 2.0 - k):
                wrong.append(k)

    workers = [threading.Thread(target=work, args=(10000 * n,)) for n in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert wrong == []
