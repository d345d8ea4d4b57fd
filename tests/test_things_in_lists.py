"""Long loops over lists of more than numbers: what the steps do not share, and the user's own lists afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import steepest as st

N = 80
LOWEST = {"a": -0.1, "b": -0.3}  # of no effect on positive values


@dataclass
class Pair:
    v: Any
    w: Any = 0.0


def names_by_number(x: Any) -> Any:
    names = ["a" if i < 40 else "b" for i in range(N)]
    s = x
    for i in range(N):
        s = np.maximum(np.sin(s) * 0.9 + 0.2 * x, LOWEST[names[i]])
    return s


def names_one_by_one(x: Any) -> Any:
    names = ["a" if i < 40 else "b" for i in range(N)]
    s = x
    for name in names:
        s = np.maximum(np.sin(s) * 0.9 + 0.2 * x, LOWEST[name])
    return s


def names_in_turn(x: Any) -> Any:
    names, s = ["a"], x
    for _ in range(N):
        names.append("b" if names[-1] == "a" else "a")
        s = np.maximum(np.sin(s) * 0.9 + 0.2 * x, LOWEST[names[-1]])
    return s


def lengths_alone(x: Any) -> Any:
    arrays = [np.ones(3 if i < 40 else 4) * x for i in range(N)]
    s = x
    for i in range(N):
        s = np.maximum(np.sin(s) * 0.9 + 0.2 * x, -0.1 * len(arrays[i]))
    return s


def one_dict_many_times(x: Any) -> Any:
    found, d = [], {"v": x}
    for _ in range(N):
        d["v"] = np.minimum(d["v"], 0.0) * 0.9
        found.append(d)
    return sum(r["v"] for r in found) + x


def one_record_many_times(x: Any) -> Any:
    found, d = [], Pair(x)
    for _ in range(N):
        d.v = np.minimum(d.v, 0.0) * 0.9
        found.append(d)
    return sum(r.v for r in found) + x


def written_a_step_later(x: Any) -> Any:
    found, d = [], {"v": x}
    for _ in range(N):
        d["v"] = np.minimum(d["v"], 0.0)
        d = {"v": d["v"] * 0.9}
        found.append(d)
    return sum(r["v"] for r in found) + x


def in_two_lists(x: Any) -> Any:
    first, second = [], []
    for i in range(N):
        d = {"v": np.minimum(x, 0.0) * i}
        first.append(d)
        second.append(d)
    first[4]["v"] = np.minimum(x, 0.0) ** 2
    return second[4]["v"] + x


def the_last_written_to(x: Any) -> Any:
    found = []
    for i in range(N):
        d = {"v": np.minimum(x, 0.0) * i}
        found.append(d)
    d["v"] = np.minimum(x, 0.0) ** 2
    return found[-1]["v"] + x


def records_in_turn(x: Any) -> Any:
    found, p = [], Pair(x)
    for _ in range(N):
        p = Pair(np.sin(p.v), p.v)
        found.append(p)
    p.v = x**3
    return sum(r.v * r.w for r in found)


def sets_to_fill(x: Any) -> Any:
    found: list[set[int]] = []
    for _ in range(N):
        found.append(set())
    for i in range(N):
        found[i].add(i)
    return x * sum(map(len, found))


@pytest.mark.parametrize(
    "f",
    [
        names_by_number, names_one_by_one, names_in_turn, lengths_alone, one_dict_many_times, one_record_many_times,
        written_a_step_later, in_two_lists, the_last_written_to, records_in_turn, sets_to_fill,
    ],
)  # fmt: skip
def test_the_capture_holds_at_other_points(f: Callable[[Any], Any]) -> None:
    g = st.value_and_grad(f)
    for x in (0.8, -0.45, 0.3):
        value, slope = g(x)
        assert value == pytest.approx(f(x), rel=1e-11)
        assert slope == pytest.approx((f(x + 1e-6) - f(x - 1e-6)) / 2e-6, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(("rows", "columns"), [(70, 20), (20, 70), (70, 70)])
def test_rows_in_rows(rows: int, columns: int) -> None:
    def f(x: Any) -> Any:
        found = []
        for i in range(rows):
            row = []
            for j in range(columns):
                row.append(np.sin(x * i) + j)
            found.append(row)
        return np.sum(np.array(found) ** 2) / rows**3

    assert st.grad(f)(0.3) == pytest.approx((f(0.3 + 1e-6) - f(0.3 - 1e-6)) / 2e-6, rel=1e-6)


def test_many_rows_of_traced_numbers() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.array([[x * i - j for j in range(18)] for i in range(66)]))

    assert st.grad(f)(0.3) == pytest.approx(18 * sum(range(66)))


def leaves_early(s: Any, i: Any) -> bool:
    return bool(s > 1.0)


def fails(s: Any, i: Any) -> bool:
    if i == 5:
        raise ValueError(i)
    return False


@pytest.mark.parametrize("ends", [leaves_early, fails])
def test_the_users_lists_stay_what_they_are(ends: Callable[[Any, Any], bool]) -> None:
    own = {"data": [0.1 * i for i in range(100)], "rows": [[0.1 * i for i in range(100)] for _ in range(3)]}

    def f(x: Any) -> Any:
        d, s = own, x
        for i in range(90):
            s = np.sin(s) + d["data"][i] + d["rows"][1][i]
            if ends(s, i):
                break
        return s

    data, rows = own["data"], list(own["rows"])
    try:
        st.grad(f)(0.8)
    except ValueError:
        assert ends is fails
    assert own["data"] is data
    assert all(x is y for x, y in zip(own["rows"], rows, strict=True))
