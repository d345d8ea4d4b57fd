"""Nets of dense layers: most of their time goes into matrix products."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import logsumexp

from benchmarks.problem import Problem, Row, Target, at_sizes, in_float32


def one_hidden(W1, b1, W2, b2, X, Y):  # Y one-hot
    Z = np.tanh(X @ W1 + b1) @ W2 + b2
    return np.mean(logsumexp(Z, axis=1) - np.sum(Y * Z, axis=1))


def three_hidden(W1, b1, W2, b2, W3, b3, W4, b4, X, Y):
    H = np.tanh(np.tanh(np.tanh(X @ W1 + b1) @ W2 + b2) @ W3 + b3)
    Z = H @ W4 + b4
    return np.mean(logsumexp(Z, axis=1) - np.sum(Y * Z, axis=1))


# --- variants


def rectified(W1, b1, W2, b2, X, Y):
    Z = np.maximum(X @ W1 + b1, 0.0) @ W2 + b2
    return np.mean(logsumexp(Z, axis=1) - np.sum(Y * Z, axis=1))


def autoencoder(W1, b1, W2, b2, X, Y):  # a bottleneck; Y is what comes out
    H = 1.0 / (1.0 + np.exp(-(X @ W1 + b1)))
    return np.mean((H @ W2 + b2 - Y) ** 2)


def residual_blocks(W1, b1, W2, b2, W3, b3, X, Y):
    H = X + np.tanh(X @ W1 + b1)
    H = H + np.tanh(H @ W2 + b2)
    return np.mean((H @ W3 + b3 - Y) ** 2) + 1e-4 * (np.sum(W1**2) + np.sum(W2**2))


def _layers(rng: np.random.Generator, widths: tuple[int, ...]) -> tuple[Any, ...]:
    made: list[Any] = []
    for before, after in itertools.pairwise(widths):
        made += [rng.normal(size=(before, after)) / np.sqrt(before), 0.1 * rng.normal(size=after)]
    return tuple(made)


def _classes(rng: np.random.Generator, batch: int, *widths: int) -> tuple[Any, ...]:
    labels = np.eye(widths[-1])[rng.integers(0, widths[-1], batch)]
    return *_layers(rng, widths), rng.normal(size=(batch, widths[0])), labels


def _numbers(rng: np.random.Generator, batch: int, *widths: int) -> tuple[Any, ...]:
    data = rng.normal(size=(batch, widths[0])), rng.normal(size=(batch, widths[-1]))
    return *_layers(rng, widths), *data


def _net(name: str, f: Callable[..., Any], make: Callable[..., Any], tiny: tuple[int, ...], layers: int) -> Problem:
    return Problem(name, f, make, tiny, tuple(range(2 * layers)))


TARGET = Target(0.95, None, 0.65)
ROWS: tuple[Row, ...] = (
    *at_sizes(_net("MLP", one_hidden, _classes, (5, 4, 3, 2), 2), {(256, 784, 256, 10): TARGET}),
    *at_sizes(_net("deep MLP", three_hidden, _classes, (5, 4, 3, 3, 3, 2), 4), {(256, 100, 100, 100, 100, 10): TARGET}),
)
ROWS_FLOAT32 = in_float32(ROWS, TARGET)
VARIANTS = (
    *at_sizes(_net("rectified MLP", rectified, _classes, (5, 4, 3, 2), 2), {(512, 300, 120, 20): TARGET}),
    *at_sizes(_net("autoencoder", autoencoder, _numbers, (5, 4, 2, 4), 2), {(1000, 200, 30, 200): TARGET}),
    *at_sizes(_net("residual net", residual_blocks, _numbers, (5, 3, 3, 3, 2), 3), {(2000, 64, 64, 64, 8): TARGET}),
)
