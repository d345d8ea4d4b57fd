"""Textbook gradients by hand: the right ones in several algebraic forms, and wrong ones with the name of the mistake.

Where two names are equally right (a term −s left out of s(1 − s), or the factor 1 − s), both are listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.verify.mistakes.mistake import Mistake

Function = Callable[..., Any]
rng = np.random.default_rng(20)

X = rng.normal(size=(30, 4))
y = rng.normal(size=30)
theta = rng.normal(size=4)
signs = np.sign(rng.normal(size=30))
counts = rng.poisson(2.0, size=30).astype(float)
zeros_ones = (signs + 1) / 2
A = rng.normal(size=(4, 4))
S = A @ A.T + 4 * np.eye(4) + 0.2 * rng.normal(size=(4, 4))  # well conditioned, and not symmetric
W = rng.normal(size=(4, 3))
one_hot = np.eye(3)[rng.integers(0, 3, 30)]
U, V, R = rng.normal(size=(6, 2)), rng.normal(size=(5, 2)), rng.normal(size=(6, 5))
W1, w2 = rng.normal(size=(4, 5)), rng.normal(size=5)
p, q = rng.uniform(0.1, 1, 5), rng.uniform(0.1, 1, 5)
a, b = rng.normal(size=4), rng.normal(size=4)
B, C = rng.normal(size=(4, 5)), rng.normal(size=(5, 4))
Z, alpha = rng.normal(size=(7, 4)), rng.normal(size=7)


@dataclass(frozen=True)
class Textbook:
    """A function, where it is derived and by which argument; right gradients, and wrong ones with their mistakes."""

    name: str
    function: Function
    args: tuple[Any, ...]
    right: tuple[Function, ...]
    wrong: tuple[tuple[Function, set[Mistake]], ...]
    by: int = 0


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(W: Any, X: Any, Y: Any) -> Any:
    logits = X @ W
    return -np.mean(np.sum(Y * logits, axis=1) - np.log(np.sum(np.exp(logits), axis=1)))


def two_layers(W1: Any, w2: Any, X: Any, y: Any) -> Any:
    return np.mean((np.tanh(X @ W1) @ w2 - y) ** 2)


def residual(W1: Any, w2: Any, X: Any, y: Any) -> Any:
    return np.tanh(X @ W1) @ w2 - y


def gaussian(S: Any, x: Any, mu: Any) -> Any:
    return 0.5 * np.log(np.linalg.det(S)) + 0.5 * (x - mu) @ np.linalg.inv(S) @ (x - mu)


def kernel(x: Any, Z: Any, alpha: Any) -> Any:
    return np.sum(alpha * np.exp(-np.sum((Z - x) ** 2, axis=1) / 2))


def weights(x: Any, Z: Any, alpha: Any) -> Any:
    return alpha * np.exp(-np.sum((Z - x) ** 2, axis=1) / 2)


inv, norm = np.linalg.inv, np.linalg.norm
MISSING = {Mistake.MISSING_FACTOR}

TEXTBOOK = (
    Textbook(
        "least squares", lambda t, X, y: np.mean((X @ t - y) ** 2), (theta, X, y),
        (
            lambda t, X, y: 2 / len(y) * X.T @ (X @ t - y),
            lambda t, X, y: -2 * (y - X @ t) @ X / len(y),
            lambda t, X, y: (2 * (X.T @ X) @ t - 2 * X.T @ y) / len(y),
            lambda t, X, y: (2 / len(y) * X.T @ (X @ t - y))[:, None],
        ),
        (
            (lambda t, X, y: X.T @ (X @ t - y) / len(y), {Mistake.FACTOR}),
            (lambda t, X, y: 2 * X.T @ (X @ t - y), {Mistake.FACTOR}),
            (lambda t, X, y: 2 / len(y) * X.T @ (y - X @ t), {Mistake.SIGN}),
            (lambda t, X, y: 2 / len(y) * X.T @ (X @ t + y), {Mistake.TERM_SIGN}),
            (lambda t, X, y: 2 / len(y) * X.T @ (X @ t), {Mistake.MISSING_TERM}),
            (lambda t, X, y: 2 / len(y) * X * (X @ t - y)[:, None], {Mistake.ELEMENTWISE}),
            (lambda t, X, y: (2 / len(y) * X.T @ (X @ t - y))[::-1], {Mistake.SWAPPED}),
            (lambda t, X, y: 2 / len(y) * X.T @ (X @ t - y) * np.array([1, 1, 1.001, 1]), {Mistake.ENTRY}),
        ),
    ),
    Textbook(
        "ridge", lambda t, X, y, lam: np.sum((X @ t - y) ** 2) + lam * t @ t, (theta, X, y, 0.7),
        (
            lambda t, X, y, lam: 2 * X.T @ (X @ t - y) + 2 * lam * t,
            lambda t, X, y, lam: 2 * ((X.T @ X + lam * np.eye(len(t))) @ t - X.T @ y),
        ),
        (
            (lambda t, X, y, lam: 2 * X.T @ (X @ t - y), {Mistake.MISSING_TERM}),
            (lambda t, X, y, lam: 2 * X.T @ (X @ t - y) + lam * t, {Mistake.TERM_FACTOR}),
            (lambda t, X, y, lam: 2 * X.T @ (X @ t - y) - 2 * lam * t, {Mistake.TERM_SIGN}),
            (lambda t, X, y, lam: 2 * X.T @ (X @ t - y) + 2 * t, MISSING),
            (lambda t, X, y, lam: 2 * X.T @ (X @ t - y) + 2 * lam * t**2, {Mistake.POWER, Mistake.EXTRA_FACTOR}),
        ),
    ),
    Textbook(
        "logistic", lambda t, X, s: np.mean(np.log1p(np.exp(-s * (X @ t)))), (theta, X, signs),
        (
            lambda t, X, s: -X.T @ (s * sigmoid(-s * (X @ t))) / len(s),
            lambda t, X, s: X.T @ (sigmoid(X @ t) - (s + 1) / 2) / len(s),
        ),
        (
            (lambda t, X, s: -X.T @ (sigmoid(-s * (X @ t))) / len(s), MISSING),
            (lambda t, X, s: -X.T @ (s * sigmoid(s * (X @ t))) / len(s), {Mistake.TERM_SIGN, Mistake.FUNCTION}),
            (lambda t, X, s: -X.T @ (s * sigmoid(-s * (X @ t))), {Mistake.FACTOR}),
            (lambda t, X, s: X.T @ (s * sigmoid(-s * (X @ t))) / len(s), {Mistake.SIGN}),
        ),
    ),
    Textbook(
        "softmax cross-entropy", cross_entropy, (W, X, one_hot),
        (
            lambda W, X, Y: X.T @ (softmax(X @ W) - Y) / len(X),
            lambda W, X, Y: ((softmax(X @ W) - Y).T @ X / len(X)).T,
        ),
        (
            (lambda W, X, Y: X.T @ softmax(X @ W) / len(X), {Mistake.MISSING_TERM}),
            (lambda W, X, Y: X.T @ (softmax(X @ W) + Y) / len(X), {Mistake.TERM_SIGN}),
            (lambda W, X, Y: X.T @ (softmax(X @ W) - Y), {Mistake.FACTOR}),
            (lambda W, X, Y: (softmax(X @ W) - Y).T @ X / len(X), {Mistake.LAYOUT}),
            (lambda W, X, Y: X.T @ (np.exp(X @ W) - Y) / len(X), MISSING),
        ),
    ),
    Textbook(
        "Poisson", lambda t, X, k: np.sum(np.exp(X @ t) - k * (X @ t)), (theta, X, counts),
        (lambda t, X, k: X.T @ (np.exp(X @ t) - k),),
        (
            (lambda t, X, k: X.T @ (X @ t - k), {Mistake.FUNCTION}),
            (lambda t, X, k: X.T @ np.exp(X @ t), {Mistake.MISSING_TERM}),
            (lambda t, X, k: X.T @ (np.exp(X @ t) + k), {Mistake.TERM_SIGN}),
            (lambda t, X, k: X.T @ (k * np.exp(X @ t) - k), {Mistake.EXTRA_FACTOR}),
        ),
    ),
    Textbook(
        "quadratic form", lambda x, A, b: x @ A @ x / 2 - b @ x, (a, A, b),
        (lambda x, A, b: (A + A.T) @ x / 2 - b,),
        (
            (lambda x, A, b: A @ x - b, {Mistake.TRANSPOSE}),
            (lambda x, A, b: (A + A.T) @ x - b, {Mistake.TERM_FACTOR}),
            (lambda x, A, b: (A + A.T) @ x / 2 + b, {Mistake.TERM_SIGN}),
            (lambda x, A, b: A.T @ x / 2 - b, {Mistake.MISSING_TERM}),
        ),
    ),
    Textbook(
        "Rayleigh quotient", lambda x, A: x @ A @ x / (x @ x), (a, A),
        (
            lambda x, A: ((A + A.T) @ x - 2 * (x @ A @ x) / (x @ x) * x) / (x @ x),
            lambda x, A: (A @ x + A.T @ x) / (x @ x) - 2 * (x @ A @ x) * x / (x @ x) ** 2,
        ),
        (
            (lambda x, A: (A + A.T) @ x / (x @ x), {Mistake.MISSING_TERM}),
            (lambda x, A: 2 * (A @ x - (x @ A @ x) / (x @ x) * x) / (x @ x), {Mistake.TRANSPOSE}),
            (lambda x, A: (A + A.T) @ x - 2 * (x @ A @ x) / (x @ x) * x, MISSING),
            (lambda x, A: ((A + A.T) @ x - (x @ A @ x) / (x @ x) * x) / (x @ x), {Mistake.TERM_FACTOR}),
        ),
    ),
    Textbook(
        "log determinant", lambda S: np.log(np.linalg.det(S)), (S,),
        (lambda S: inv(S).T, lambda S: inv(S.T)),
        (
            (inv, {Mistake.TRANSPOSE}),
            (lambda S: -inv(S).T, {Mistake.SIGN}),
            (lambda S: np.linalg.det(S) * inv(S).T, {Mistake.EXTRA_FACTOR}),
            (lambda S: 1 / S, {Mistake.ELEMENTWISE}),
        ),
    ),
    Textbook(
        "trace", lambda X, A: np.trace(X.T @ A @ X), (W, A),
        (lambda X, A: (A + A.T) @ X, lambda X, A: A @ X + A.T @ X),
        (
            (lambda X, A: 2 * A @ X, {Mistake.TRANSPOSE}),
            (lambda X, A: A @ X, {Mistake.MISSING_TERM}),
            (lambda X, A: X.T @ (A + A.T), {Mistake.LAYOUT}),
        ),
    ),
    Textbook(
        "trace of a product", lambda X, B, C: np.trace(B @ C @ X), (A, B[:, :4] + S, C[:4] - S),
        (lambda X, B, C: (B @ C).T, lambda X, B, C: C.T @ B.T),
        (
            (lambda X, B, C: B @ C, {Mistake.TRANSPOSE}),
            (lambda X, B, C: C.T * B.T, {Mistake.ELEMENTWISE}),
        ),
    ),
    Textbook(
        "matrix factorisation", lambda U, V, R: np.sum((R - U @ V.T) ** 2), (U, V, R),
        (lambda U, V, R: -2 * (R - U @ V.T) @ V, lambda U, V, R: 2 * U @ (V.T @ V) - 2 * R @ V),
        (
            (lambda U, V, R: -(R - U @ V.T) @ V, {Mistake.FACTOR}),
            (lambda U, V, R: -2 * R @ V, {Mistake.MISSING_TERM}),
            (lambda U, V, R: -2 * (R - U @ V.T) @ V + 0.1 * U, {Mistake.EXTRA_TERM}),
        ),
    ),
    Textbook(
        "norm", lambda x, b: norm(x - b), (a, b),
        (lambda x, b: (x - b) / norm(x - b),),
        (
            (lambda x, b: x - b, MISSING),
            (lambda x, b: x / norm(x - b), {Mistake.MISSING_TERM}),
            (lambda x, b: (x - b) / norm(x - b) ** 2, {Mistake.POWER, Mistake.EXTRA_FACTOR}),
            (lambda x, b: 2 * (x - b), MISSING),
        ),
    ),
    Textbook(
        "Gaussian log-likelihood", gaussian, (S, a, b),
        (
            lambda S, x, mu: 0.5 * (inv(S).T - np.outer(inv(S).T @ (x - mu), inv(S) @ (x - mu))),
            lambda S, x, mu: 0.5 * inv(S.T) @ (S.T - np.outer(x - mu, x - mu)) @ inv(S.T),
        ),
        (
            (lambda S, x, mu: 0.5 * inv(S).T, {Mistake.MISSING_TERM}),
            (lambda S, x, mu: 0.5 * (inv(S).T + np.outer(inv(S).T @ (x - mu), inv(S) @ (x - mu))), {Mistake.TERM_SIGN}),
            (lambda S, x, mu: inv(S).T - 0.5 * np.outer(inv(S).T @ (x - mu), inv(S) @ (x - mu)), {Mistake.TERM_FACTOR}),
            (lambda S, x, mu: 0.5 * (inv(S) - np.outer(inv(S) @ (x - mu), inv(S).T @ (x - mu))), {Mistake.TRANSPOSE}),
        ),
    ),
    Textbook(
        "kernel", kernel, (a, Z, alpha),
        (
            lambda x, Z, c: (Z - x).T @ weights(x, Z, c),
            lambda x, Z, c: Z.T @ weights(x, Z, c) - weights(x, Z, c).sum() * x,
        ),
        (
            (lambda x, Z, c: -(Z - x).T @ weights(x, Z, c), {Mistake.SIGN}),
            (lambda x, Z, c: 2 * (Z - x).T @ weights(x, Z, c), {Mistake.FACTOR}),
            (lambda x, Z, c: Z.T @ weights(x, Z, c), {Mistake.MISSING_TERM}),
            (lambda x, Z, c: (Z - x).T @ weights(x, Z, 1), MISSING),
        ),
    ),
    Textbook(
        "entropy", lambda p: -np.sum(p * np.log(p)), (p,),
        (lambda p: -np.log(p) - 1, lambda p: -(1 + np.log(p))),
        (
            (lambda p: -np.log(p), {Mistake.MISSING_TERM}),
            (lambda p: np.log(p) + 1, {Mistake.SIGN}),
            (lambda p: 1 - np.log(p), {Mistake.TERM_SIGN}),
            (lambda p: -np.log(p) - 1 / p, {Mistake.EXTRA_TERM, Mistake.EXTRA_FACTOR, Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "KL divergence", lambda p, q: np.sum(p * np.log(p / q)), (p, q),
        (lambda p, q: np.log(p / q) + 1, lambda p, q: np.log(p) - np.log(q) + 1),
        (
            (lambda p, q: np.log(p / q), {Mistake.MISSING_TERM}),
            (lambda p, q: np.log(q / p) + 1, {Mistake.TERM_SIGN, Mistake.FUNCTION}),
            (lambda p, q: np.log(p) + 1, {Mistake.MISSING_TERM, Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "two layers", two_layers, (W1, w2, X, y),
        (
            lambda W1, w2, X, y: 2 / len(y) * X.T @ (np.outer(residual(W1, w2, X, y), w2) * (1 - np.tanh(X @ W1) ** 2)),
            lambda W1, w2, X, y: 2 / len(y) * X.T @ (np.outer(residual(W1, w2, X, y), w2) / np.cosh(X @ W1) ** 2),
        ),
        (
            (lambda W1, w2, X, y: 2 / len(y) * X.T @ np.outer(residual(W1, w2, X, y), w2), MISSING),
            (
                lambda W1, w2, X, y: 2 / len(y) * X.T @ (np.outer(residual(W1, w2, X, y), w2) * (1 - np.tanh(X @ W1))),
                {Mistake.POWER},
            ),
            (
                lambda W1, w2, X, y: 2 / len(y) * X.T
                @ (residual(W1, w2, X, y)[:, None] * (1 - np.tanh(X @ W1) ** 2)),
                MISSING,
            ),
            (
                lambda W1, w2, X, y: 2 / len(y) * X.T
                @ (np.outer(np.tanh(X @ W1) @ w2, w2) * (1 - np.tanh(X @ W1) ** 2)),
                {Mistake.MISSING_TERM},
            ),
        ),
    ),
    Textbook(
        "two layers, the outer weights", two_layers, (W1, w2, X, y),
        (lambda W1, w2, X, y: 2 / len(y) * np.tanh(X @ W1).T @ residual(W1, w2, X, y),),
        (
            (lambda W1, w2, X, y: 2 / len(y) * (X @ W1).T @ residual(W1, w2, X, y), {Mistake.FUNCTION}),
            (lambda W1, w2, X, y: 2 / len(y) * np.tanh(X @ W1).T @ y, {Mistake.MISSING_TERM}),
            (lambda W1, w2, X, y: np.tanh(X @ W1).T @ residual(W1, w2, X, y) / len(y), {Mistake.FACTOR}),
        ),
        by=1,
    ),
    Textbook(
        "PCA reconstruction", lambda W, X: np.sum((X - X @ W @ W.T) ** 2), (W / 3, X),
        (
            lambda W, X: -2 * ((X - X @ W @ W.T).T @ X + X.T @ (X - X @ W @ W.T)) @ W,
            lambda W, X: -4 * X.T @ X @ W + 2 * W @ W.T @ X.T @ X @ W + 2 * X.T @ X @ W @ W.T @ W,
        ),
        (
            (lambda W, X: -2 * X.T @ (X - X @ W @ W.T) @ W, {Mistake.MISSING_TERM}),
            (lambda W, X: -2 * (X - X @ W @ W.T).T @ X @ W, {Mistake.MISSING_TERM}),
            (lambda W, X: -4 * X.T @ (X - X @ W @ W.T) @ W, {Mistake.TRANSPOSE}),
        ),
    ),
    Textbook(
        "Frobenius norm", lambda X, B: np.sum((B @ X) ** 2), (W, A),
        (lambda X, B: 2 * B.T @ B @ X,),
        (
            (lambda X, B: 2 * B @ B.T @ X, {Mistake.TRANSPOSE, Mistake.ORDER}),
            (lambda X, B: B.T @ B @ X, {Mistake.FACTOR}),
            (lambda X, B: 2 * B.T @ X, MISSING),
        ),
    ),
    Textbook(
        "sigmoid", lambda t, X: np.sum(sigmoid(X @ t)), (theta, X),
        (
            lambda t, X: X.T @ (sigmoid(X @ t) * (1 - sigmoid(X @ t))),
            lambda t, X: X.T @ (np.exp(-X @ t) / (1 + np.exp(-X @ t)) ** 2),
        ),
        (
            (lambda t, X: X.T @ sigmoid(X @ t), MISSING),
            (lambda t, X: X.T @ (1 - sigmoid(X @ t)), MISSING),
            (lambda t, X: X.T @ (sigmoid(X @ t) * (1 + sigmoid(X @ t))), {Mistake.TERM_SIGN}),
            (lambda t, X: X.T @ (sigmoid(X @ t) * (1 - sigmoid(X @ t) ** 2)), {Mistake.POWER}),
        ),
    ),
    Textbook(
        "cosine similarity", lambda x, y: x @ y / (norm(x) * norm(y)), (a, b),
        (
            lambda x, y: y / (norm(x) * norm(y)) - (x @ y) * x / (norm(x) ** 3 * norm(y)),
            lambda x, y: (np.eye(len(x)) - np.outer(x, x) / (x @ x)) @ y / (norm(x) * norm(y)),
        ),
        (
            (lambda x, y: y / (norm(x) * norm(y)), {Mistake.MISSING_TERM}),
            (
                lambda x, y: y / (norm(x) * norm(y)) - (x @ y) * x / (norm(x) ** 2 * norm(y)),
                {Mistake.POWER, Mistake.EXTRA_FACTOR},
            ),
            (lambda x, y: y / norm(x) - (x @ y) * x / norm(x) ** 3, MISSING),
            (lambda x, y: y / (norm(x) * norm(y)) + (x @ y) * x / (norm(x) ** 3 * norm(y)), {Mistake.TERM_SIGN}),
        ),
    ),
    Textbook(
        "smooth hinge", lambda t, X, s: np.sum(np.log1p(np.exp(1 - s * (X @ t)))), (theta, X, signs),
        (lambda t, X, s: -X.T @ (s * sigmoid(1 - s * (X @ t))),),
        (
            (lambda t, X, s: -X.T @ sigmoid(1 - s * (X @ t)), MISSING),
            (lambda t, X, s: -X.T @ (s * sigmoid(-s * (X @ t))), {Mistake.MISSING_TERM}),
            (lambda t, X, s: -X.T @ (s * np.exp(1 - s * (X @ t))), {Mistake.FUNCTION}),
        ),
    ),
)  # fmt: skip
