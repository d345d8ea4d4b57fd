"""Loops of many steps, which become one loop of the program."""

from __future__ import annotations

from typing import Any

import numpy as np

from .suite import Family

FAMILY = Family("Long loops")

STEPS = 80
WEIGHTS = np.array([0.2, 0.3, 0.1])


@FAMILY
def appended(x: Any) -> Any:
    """Results appended: ys.append(np.sin(ys[-1]) + 0.1 * x[1])"""
    ys = [x[0]]
    for _ in range(STEPS):
        ys.append(np.sin(ys[-1]) + 0.1 * x[1])
    return np.sum(np.array(ys) ** 2)


@FAMILY
def filled(x: Any) -> Any:
    """An array filled from the places before: y[t] = 0.5 * y[t - 1] + x[2] * 0.1 * np.sin(y[t - 2])"""
    y = np.zeros(STEPS)
    y[:2] = x[:2]
    for t in range(2, STEPS):
        y[t] = 0.5 * y[t - 1] + x[2] * 0.1 * np.sin(y[t - 2])
    return np.sum(y**2)


@FAMILY
def moving_average(x: Any) -> Any:
    """Slices that move: y[i] = np.sin(x[0] * i) + 0.5 * np.mean(y[i - 3 : i])"""
    y = np.zeros(STEPS)
    y[:4] = x
    for i in range(4, STEPS):
        y[i] = np.sin(x[0] * i) + 0.5 * np.mean(y[i - 3 : i])
    return np.sum(y**2)


@FAMILY
def overlap_add(x: Any) -> Any:
    """Slices that move, written: y[i : i + 3] += np.sin(x[1] * i) * WEIGHTS"""
    y = np.zeros(STEPS + 2)
    for i in range(STEPS):
        y[i : i + 3] += np.sin(x[1] * i) * WEIGHTS
    return np.sum(y**2)


@FAMILY
def diagonals(x: Any) -> Any:
    """A matrix filled along its diagonals: a[i, i + 1 : i + 3] = …"""
    a = np.zeros((STEPS, STEPS))
    for i in range(STEPS - 2):
        a[i, i] = 2.0 + x[0]
        a[i, i + 1 : i + 3] = x[1], np.sin(x[2] * i)
    return np.sum(a @ a)


@FAMILY
def time_warping(x: Any) -> Any:
    """A table filled by two loops: min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])"""
    a, b = np.sin(x[0] * np.arange(66)), np.cos(x[1] * np.arange(5))
    d = np.full((67, 6), 1e3)
    d[0, 0] = 0.0
    for i in range(1, 67):
        for j in range(1, 6):
            d[i, j] = (a[i - 1] - b[j - 1]) ** 2 + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[-1, -1]


@FAMILY
def beside_observations(x: Any) -> Any:
    """Over observations: for t, o in enumerate(np.cos(np.arange(STEPS)))"""
    level, loss = x[0], 0.0
    for t, o in enumerate(np.cos(np.arange(STEPS))):
        level = level + 0.1 * np.tanh(x[1]) * (o - level)
        loss = loss + (level - o) ** 2 / (t + 1)
    return loss


@FAMILY
def sum_of_terms(x: Any) -> Any:
    """A sum over a generator: sum(np.sin(x[0] * k) / (k + 1) for k in range(STEPS))"""
    return sum(np.sin(x[0] * k) / (k + 1) for k in range(STEPS)) * x[1]


@FAMILY
def while_counting(x: Any) -> Any:
    """A while loop over places: while i < STEPS"""
    y, i = x[0], 0
    while i < STEPS:
        y = np.sin(y) + 0.01 * i * x[1]
        i += 1
    return y


@FAMILY
def alternating(x: Any) -> Any:
    """Steps that differ by their number: if t % 2 == 0"""
    y = x[0]
    for t in range(STEPS):
        y = np.sin(y) + x[1] if t % 2 == 0 else np.cos(y)
    return y


@FAMILY
def several_lags(x: Any) -> Any:
    """Places long ago: y[t] = 0.5 * y[t - 12] + 0.4 * np.sin(y[t - 1] * x[1])"""
    y = np.zeros(STEPS)
    y[:12] = x[0]
    for t in range(12, STEPS):
        y[t] = 0.5 * y[t - 12] + 0.4 * np.sin(y[t - 1] * x[1])
    return np.sum(y**2)
