"""Ordinary programs, written for NumPy and nothing else: loops, writes, algorithms, control flow."""

from __future__ import annotations

import bisect
import collections
import functools
import heapq
import itertools
import math
import operator
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from programs import Programs, check_gradient

program = Programs()


# --- loops and lists ----------------------------------------------------------------------------------


@program
def loop_over_entries(x: Any) -> Any:
    total, product = 0, 1
    for v in x:
        total += v
        product *= v
    total -= 1
    total /= 2
    total **= 2
    return total + product


@program
def comprehension(x: Any) -> Any:
    return sum([v * w for v in x for w in x if v > w])


@program
def generator_expression(x: Any) -> Any:
    return sum(v**2 for v in x if v > 0)


def squares(x: Any) -> Iterator[Any]:
    for v in x:
        yield v**2


@program
def generator_function(x: Any) -> Any:
    return sum(squares(x))


@program
def append_then_array(x: Any) -> Any:
    out = []
    for v in x:
        out.append(v * v)
    return np.array(out) @ np.arange(4.0)


@program
def written_list(x: Any) -> Any:
    y = [0.0] * 4
    for i, v in enumerate(x):
        y[i] += v**2
        y[-1] *= 1.5
    return sum(y)


@program
def rows(x: Any) -> Any:
    total = 0.0
    for row in x.reshape(2, 2):
        for v in row:
            total = total + v**2 * row.sum()
    return total


@program
def unpacked(x: Any) -> Any:
    a, *rest = x
    p, q = zip(*[(v, v * v) for v in rest], strict=True)
    return a * sum(p) * np.sum(q)


@program
def for_else(x: Any) -> Any:
    for v in x:
        if v > 100:
            result = v
            break
    else:
        result = x.sum() ** 2
    return result


@program
def itertools_of_entries(x: Any) -> Any:
    pairs = sum(a * b for a, b in itertools.pairwise(x)) + sum(a * b for a, b in itertools.combinations(x, 2))
    return pairs + sum(itertools.accumulate(x)) + sum(a * b for a, b in itertools.product(x, x))


@program
def map_filter_reduce(x: Any) -> Any:
    return sum(map(lambda v: v**2, filter(lambda v: v > 0, x))) + functools.reduce(operator.mul, x)  # noqa: C417


@program
def containers(x: Any) -> Any:
    d = {"a": x[0], "b": x[1:]}
    d["c"] = d["a"] * d["b"]
    counts: dict[int, Any] = collections.defaultdict(float)
    for i, v in enumerate(x):
        counts[i % 2] += v
    queue = collections.deque(x)
    queue.rotate(1)
    return sum(v.sum() for v in d.values()) + counts[0] * counts[1] + sum(a * b for a, b in zip(queue, x, strict=True))


@program
def tolist_and_item(x: Any) -> Any:
    return sum(v**2 for v in x.tolist()) + x[0].item() * x.sum().item()


@program
def ndenumerate_and_ndindex(x: Any) -> Any:
    return sum(v * i[0] for i, v in np.ndenumerate(x)) + sum(x[i] * i[0] for i in np.ndindex(x.shape))


# --- writing ------------------------------------------------------------------------------------------


@program
def in_place_operators(x: Any) -> Any:
    y = x.copy()
    y += 1
    y -= x * 2
    y *= y
    y /= 2
    y **= 2
    return y.sum()


@program
def slices_written(x: Any) -> Any:
    y = np.empty(4)
    y[:2] = x[2:]
    y[2:] = x[:2] ** 2
    y[::2] *= 3
    return y @ np.arange(4.0)


@program
def masks_written(x: Any) -> Any:
    y = x.copy()
    y[y < 0] = 0.0
    y[x > 0] *= 3
    return np.sum(y**2)


@program
def out_argument(x: Any) -> Any:
    y = np.empty(4)
    np.multiply(x, x, out=y)
    np.add(y, 1, out=y)
    return y.prod()


@program
def columns_written(x: Any) -> Any:
    a = np.ones((2, 2))
    a[:, 0] = x[:2]
    a[1] += a[0]
    return np.linalg.det(a)


@program
def view_written(x: Any) -> Any:
    y = x.copy()
    part = y[1:]
    part[0] = 5.0 * x[0]
    y[1] *= 2
    return (y**2).sum() + part.sum()


@program
def argument_rebound(x: Any) -> Any:
    x = x * 1
    x += 1
    return (x**2).sum()


# --- algorithms ---------------------------------------------------------------------------------------


@program
def euler(x: Any) -> Any:
    y = np.zeros((5, 2))
    y[0] = x[:2]
    for k in range(4):
        y[k + 1] = y[k] + 0.1 * np.array([y[k, 1], -y[k, 0] * x[2]])
    return y[-1] @ y[-1]


@program
def runge_kutta(x: Any) -> Any:
    def f(y: Any) -> Any:
        return np.array([y[1], -(x[0] ** 2) * y[0]])

    y, h = np.array([1.0, 0.0]), 0.1
    for _ in range(3):
        k1 = f(y)
        k2 = f(y + h / 2 * k1)
        k3 = f(y + h / 2 * k2)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + f(y + h * k3))
    return y[0]


@program
def newton(x: Any) -> Any:
    y = 1.0
    for _ in range(20):
        y = y - (y**2 - x[2]) / (2 * y)
    return y


@program
def heron_until_converged(x: Any) -> Any:
    a = abs(x[2])
    guess = a
    while abs(guess * guess - a) > 1e-12:
        guess = (guess + a / guess) / 2
    return guess


@program
def elimination_with_pivots(x: Any) -> Any:
    a, b, n = np.outer(x, x) + 3 * np.eye(4), x.copy(), 4
    for k in range(n):
        p = k + np.argmax(np.abs(a[k:, k]))
        if p != k:
            a[[k, p]], b[[k, p]] = a[[p, k]], b[[p, k]]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k:] -= factor * a[k, k:]
            b[i] -= factor * b[k]
    z = np.zeros(n)
    for i in range(n - 1, -1, -1):
        z[i] = (b[i] - a[i, i + 1 :] @ z[i + 1 :]) / a[i, i]
    return z @ np.arange(4.0)


@program
def cholesky(x: Any) -> Any:
    a = np.outer(x, x) + 3 * np.eye(4)
    low = np.zeros((4, 4))
    for i in range(4):
        for j in range(i + 1):
            s = sum(low[i, k] * low[j, k] for k in range(j))
            low[i, j] = math.sqrt(a[i, i] - s) if i == j else (a[i, j] - s) / low[j, j]
    return np.log(np.diag(low)).sum()


@program
def gram_schmidt(x: Any) -> Any:
    a, q = x.reshape(2, 2) + 2 * np.eye(2), np.zeros((2, 2))
    for j in range(2):
        v = a[:, j].copy()
        for i in range(j):
            v -= q[:, i] @ a[:, j] * q[:, i]
        q[:, j] = v / np.linalg.norm(v)
    return q[0, 1] + q[1, 0] * 2


@program
def time_warping(x: Any) -> Any:
    other = [1.0, 2.0, 0.5]
    d = np.full((5, 4), np.inf)
    d[0, 0] = 0
    for i in range(4):
        for j in range(3):
            d[i + 1, j + 1] = (x[i] - other[j]) ** 2 + min(d[i, j + 1], d[i + 1, j], d[i, j])
    return d[4, 3]


@program
def cross_entropy(x: Any) -> Any:
    z = x - x.max()
    return -np.log(np.exp(z)[1] / np.exp(z).sum())


@program
def monte_carlo(x: Any) -> Any:
    rng = np.random.default_rng(1)
    random.seed(1)
    return np.mean(np.maximum(rng.standard_normal((10, 4)) @ x, 0)) + x[0] * random.random()


# --- control flow -------------------------------------------------------------------------------------


@program
def early_return(x: Any) -> Any:
    if x[0] < 0:
        return 0.0 * x[0]
    for v in x:
        if v < 0:
            return v**2
    return x.sum()


@program
def conditional_expressions(x: Any) -> Any:
    y = x[0] ** 2 if x[0] > x[1] else x[1]
    z = x[0] if (x[0] > 0 and x[1] < 0) or not x[2] > 1 else x[1]
    w = x[2] if 0 < x[0] < 1 else x[1]
    return y * z * w * (x.sum() if any(v < 0 for v in x) and not all(v < 0 for v in x) else x.prod())


@program
def try_except(x: Any) -> Any:
    try:
        y = x[10]
    except IndexError:
        y = x[0] ** 3
    finally:
        z = x[1]
    return y * z


@program
def matched(x: Any) -> Any:
    match int(x[2] > 0):
        case 1:
            return x[0] * 3
        case _:
            return x[1]


@program
def integers_from_values(x: Any) -> Any:
    n, table = int(np.argmax(x)), [1.0, 2.0, 3.0]
    whole = table[math.floor(x[2])] * x[0] + table[round(x[0])] * x[1] + math.trunc(x[2]) * x[3]
    return np.sum(x[:n] ** 2) + x[np.argmin(x)] ** 3 + whole + sum(x[0] for _ in range(int(x[2])))


@program
def sorted_by_value(x: Any) -> Any:
    plain = sum(k * v for k, v in enumerate(sorted(x)))
    by_key = sum(k * v for k, v in enumerate(sorted(x, key=lambda v: -v * v, reverse=True)))
    return plain + by_key + np.sort(x) @ np.arange(4.0) + x[np.argsort(x)] @ np.arange(4.0)


@program
def extremes(x: Any) -> Any:
    return min(x) ** 2 + max(x) ** 3 + max(x[0], x[1], 0.0) + min(x, key=lambda v: v**2) + max([], default=x[0])


@program
def heap_and_bisection(x: Any) -> Any:
    heap = list(x)
    heapq.heapify(heap)
    return heapq.heappop(heap) ** 2 + x[0] * bisect.bisect([0.0, 1.0, 2.0], x[2])


@program
def positions_that_depend_on_values(x: Any) -> Any:
    (i,) = np.where(x > 0)
    return x[i].sum() * len(i) + x[np.nonzero(x > 0)].prod() + x[x > 0] @ np.ones((x > 0).sum())


@pytest.mark.parametrize("name", program)
def test_gradient(name: str) -> None:
    check_gradient(program[name])
