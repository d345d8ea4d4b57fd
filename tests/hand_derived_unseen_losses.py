"""Mistakes by somebody who had not seen how they are named, written down beforehand and looked at once.

Names that say the same in other words stand beside each other. What is right comes in several forms, as text too.
"""

from __future__ import annotations

import numpy as np
from hand_derived_gradients import Textbook, inv, sigmoid

from steepest.verify.mistakes.mistake import Mistake

RNG = np.random.default_rng(20261122)
N = RNG.normal


def softmax_rows(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


_labels = np.eye(3)[RNG.integers(0, 3, 18)]


def _softmax_loss(W, X, Y):
    Z = X @ W
    return np.sum(np.log(np.sum(np.exp(Z), axis=1)) - np.sum(Y * Z, axis=1)) / X.shape[0]


def _wrong_entry(g, i, by):
    g = np.array(g, dtype=float)
    g[i] *= by
    return g


def _swap_rows(G, i, j):
    G = np.array(G)
    G[[i, j]] = G[[j, i]]
    return G


def _layers(W, X, v, y, slope=lambda H: 1 - H**2, residual=lambda a, y: a - y):
    A = np.tanh(X @ W)
    return X.T @ (np.outer(residual(A @ v, y), v) * slope(A)) / len(y)


def _softmax(z):
    E = np.exp(z - np.max(z))
    return E / np.sum(E)


FOURTH = (
    Textbook(
        "weighted least squares",
        lambda b, X, y, w: 0.5 * np.sum(w * (X @ b - y) ** 2),
        (N(size=3), N(size=(20, 3)), N(size=20), RNG.random(20) + 0.5),
        (
            lambda b, X, y, w: X.T @ (w * (X @ b - y)),
            "X'*(w .* (X*b - y))",
            lambda b, X, y, w: X.T @ np.diag(w) @ X @ b - X.T @ (w * y),
            lambda b, X, y, w: sum(w[i] * (X[i] @ b - y[i]) * X[i] for i in range(len(y))),
        ),
        (
            # weights forgotten
            (lambda b, X, y, w: X.T @ (X @ b - y), {Mistake.MISSING_FACTOR}),
            # the 2 not cancelled
            (lambda b, X, y, w: 2 * X.T @ (w * (X @ b - y)), {Mistake.FACTOR}),
            # weights squared
            (lambda b, X, y, w: X.T @ (w**2 * (X @ b - y)), {Mistake.POWER, Mistake.EXTRA_FACTOR}),
        ),
    ),
    Textbook(
        "ridge towards a prior",
        lambda b, X, y, lam, b0: np.sum((X @ b - y) ** 2) / (2 * len(y)) + lam / 2 * np.sum((b - b0) ** 2),
        (N(size=4), N(size=(15, 4)), N(size=15), 0.7, N(size=4)),
        (
            lambda b, X, y, lam, b0: X.T @ (X @ b - y) / len(y) + lam * (b - b0),
            lambda b, X, y, lam, b0: (X.T @ X / len(y) + lam * np.eye(4)) @ b - X.T @ y / len(y) - lam * b0,
            "X'*(X*b - y)/m + lam*(b - b0)",
        ),
        (
            # 1/m forgotten in the data term
            (
                lambda b, X, y, lam, b0: X.T @ (X @ b - y) + lam * (b - b0),
                {Mistake.TERM_FACTOR, Mistake.MISSING_FACTOR},
            ),
            # prior's centre forgotten
            (lambda b, X, y, lam, b0: X.T @ (X @ b - y) / len(y) + lam * b, {Mistake.MISSING_TERM}),
            # lam without its 1/2 cancelled
            (lambda b, X, y, lam, b0: X.T @ (X @ b - y) / len(y) + 0.5 * lam * (b - b0), {Mistake.TERM_FACTOR}),
        ),
    ),
    Textbook(
        "logistic regression, labels ±1",
        lambda w, X, y: np.mean(np.log1p(np.exp(-y * (X @ w)))),
        (N(size=3), N(size=(24, 3)), np.sign(N(size=24))),
        (
            lambda w, X, y: -X.T @ (y * sigmoid(-y * (X @ w))) / len(y),
            lambda w, X, y: -X.T @ (y * (1 - sigmoid(y * (X @ w)))) / len(y),
            lambda w, X, y: -np.einsum("ij,i->j", X, y / (1 + np.exp(y * (X @ w)))) / X.shape[0],
        ),
        (
            # minus forgotten
            (lambda w, X, y: X.T @ (y * sigmoid(-y * (X @ w))) / len(y), {Mistake.SIGN, Mistake.FACTOR}),
            # label forgotten in the chain
            (lambda w, X, y: -X.T @ sigmoid(-y * (X @ w)) / len(y), {Mistake.MISSING_FACTOR}),
            # margin with the wrong sign
            (
                lambda w, X, y: -X.T @ (y * sigmoid(y * (X @ w))) / len(y),
                {Mistake.TERM_SIGN, Mistake.SIGN, Mistake.FUNCTION},
            ),
        ),
    ),
    Textbook(
        "softmax regression",
        _softmax_loss,
        (N(size=(4, 3)), N(size=(18, 4)), _labels),
        (
            lambda W, X, Y: X.T @ (softmax_rows(X @ W) - Y) / X.shape[0],
            lambda W, X, Y: X.T @ softmax_rows(X @ W) / len(X) - X.T @ Y / len(X),
            lambda W, X, Y: (X.T @ (softmax_rows(X @ W) - Y) / X.shape[0]).astype(np.float32),
        ),
        (
            # 1/m forgotten
            (lambda W, X, Y: X.T @ (softmax_rows(X @ W) - Y), {Mistake.FACTOR}),
            # the other layout
            (lambda W, X, Y: (softmax_rows(X @ W) - Y).T @ X / X.shape[0], {Mistake.LAYOUT, Mistake.TRANSPOSE}),
            # sigmoid in place of softmax
            (lambda W, X, Y: X.T @ (sigmoid(X @ W) - Y) / X.shape[0], {Mistake.FUNCTION}),
        ),
    ),
    Textbook(
        "Poisson regression",
        lambda b, X, y: np.sum(np.exp(X @ b) - y * (X @ b)),
        (0.3 * N(size=4), N(size=(16, 4)), RNG.poisson(2.0, 16).astype(float)),
        (
            lambda b, X, y: X.T @ (np.exp(X @ b) - y),
            "X'*(exp(X*b) - y)",
            lambda b, X, y: [float(np.sum(X[:, j] * (np.exp(X @ b) - y))) for j in range(4)],
        ),
        (
            # exp forgotten
            (lambda b, X, y: X.T @ (X @ b - y), {Mistake.FUNCTION}),
            # y with the wrong sign
            (lambda b, X, y: X.T @ (np.exp(X @ b) + y), {Mistake.TERM_SIGN}),
            # entry 2 off by 1e-3
            (lambda b, X, y: _wrong_entry(X.T @ (np.exp(X @ b) - y), 2, 1.001), {Mistake.ENTRY}),
        ),
    ),
    Textbook(
        "quadratic form",
        lambda x, A, b: x @ A @ x - b @ x,
        (N(size=4), N(size=(4, 4)), N(size=4)),
        (
            lambda x, A, b: (A + A.T) @ x - b,
            "A*x + A'*x - b",
            lambda x, A, b: x @ A + A @ x - b,
            lambda x, A, b: np.einsum("ij,j->i", A, x) + np.einsum("ji,j->i", A, x) - b,
        ),
        (
            # A taken for symmetric
            (lambda x, A, b: 2 * A @ x - b, {Mistake.TRANSPOSE}),
            # product rule cut short
            (lambda x, A, b: A @ x - b, {Mistake.MISSING_TERM}),
            # linear term forgotten
            (lambda x, A, b: (A + A.T) @ x, {Mistake.MISSING_TERM}),
        ),
    ),
    Textbook(
        "log-determinant",
        lambda A: np.linalg.slogdet(A)[1],
        (N(size=(3, 3)) + 3 * np.eye(3),),
        (
            lambda A: inv(A).T,
            lambda A: inv(A.T),
            lambda A: np.linalg.solve(A.T, np.eye(3)),
        ),
        (
            # transpose forgotten
            (lambda A: inv(A), {Mistake.TRANSPOSE, Mistake.LAYOUT}),
            # det A in front
            (lambda A: np.linalg.det(A) * inv(A).T, {Mistake.EXTRA_FACTOR}),
            # rows 0 and 2 swapped
            (lambda A: _swap_rows(inv(A).T, 0, 2), {Mistake.SWAPPED}),
        ),
    ),
    Textbook(
        "matrix factorisation",
        lambda U, V, M, lam: 0.5 * np.sum((U @ V.T - M) ** 2) + lam * np.sum(U**2),
        (N(size=(5, 2)), N(size=(6, 2)), N(size=(5, 6)), 0.3),
        (
            lambda U, V, M, lam: (U @ V.T - M) @ V + 2 * lam * U,
            lambda U, V, M, lam: U @ (V.T @ V + 2 * lam * np.eye(2)) - M @ V,
        ),
        (
            # 2 forgotten in the penalty
            (lambda U, V, M, lam: (U @ V.T - M) @ V + lam * U, {Mistake.TERM_FACTOR}),
            # residual with the wrong sign
            (lambda U, V, M, lam: (M - U @ V.T) @ V + 2 * lam * U, {Mistake.TERM_SIGN, Mistake.TERM_FACTOR}),
            # penalty forgotten
            (lambda U, V, M, lam: (U @ V.T - M) @ V, {Mistake.MISSING_TERM}),
        ),
    ),
    Textbook(
        "two layers",
        lambda W, X, v, y: np.sum((np.tanh(X @ W) @ v - y) ** 2) / (2 * len(y)),
        (N(size=(3, 4)), N(size=(10, 3)), N(size=4), N(size=10)),
        (
            _layers,
            lambda W, X, v, y: X.T @ (np.outer(np.tanh(X @ W) @ v - y, v) / np.cosh(X @ W) ** 2) / len(y),
            lambda W, X, v, y: (
                np.einsum("mi,m,j,mj->ij", X, np.tanh(X @ W) @ v - y, v, 1 - np.tanh(X @ W) ** 2) / len(y)
            ),
        ),
        (
            # slope of tanh forgotten
            (lambda W, X, v, y: _layers(W, X, v, y, slope=np.ones_like), {Mistake.MISSING_FACTOR}),
            # 1 - tanh
            (lambda W, X, v, y: _layers(W, X, v, y, slope=lambda H: 1 - H), {Mistake.POWER, Mistake.FUNCTION}),
            # a decay that is not in the loss
            (lambda W, X, v, y: _layers(W, X, v, y) + 0.01 * W, {Mistake.EXTRA_TERM}),
        ),
    ),
    Textbook(
        "log-sum-exp of an affine map",
        lambda x, A, b: np.log(np.sum(np.exp(A @ x + b))),
        (N(size=4), N(size=(4, 4)), N(size=4)),
        (
            lambda x, A, b: A.T @ _softmax(A @ x + b),
            "A'*softmax(A*x + b)",
            lambda x, A, b: np.exp(A @ x + b - np.log(np.sum(np.exp(A @ x + b)))) @ A,
        ),
        (
            # not divided by the sum
            (lambda x, A, b: A.T @ np.exp(A @ x + b), {Mistake.MISSING_FACTOR}),
            # A in place of its transpose
            (lambda x, A, b: A @ _softmax(A @ x + b), {Mistake.TRANSPOSE}),
            # two entries swapped
            (lambda x, A, b: (A.T @ _softmax(A @ x + b))[[0, 2, 1, 3]], {Mistake.SWAPPED}),
        ),
    ),
    Textbook(
        "likelihood of coins",
        lambda p, y: -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)),
        (RNG.random(5) * 0.8 + 0.1, RNG.integers(0, 2, 5).astype(float) * 0.8 + 0.1),
        (
            lambda p, y: -y / p + (1 - y) / (1 - p),
            lambda p, y: (p - y) / (p * (1 - p)),
        ),
        (
            # inner minus forgotten
            (lambda p, y: -y / p - (1 - y) / (1 - p), {Mistake.TERM_SIGN}),
            # second term forgotten
            (lambda p, y: -y / p, {Mistake.MISSING_TERM}),
            # the first entry has the wrong sign
            (lambda p, y: _wrong_entry(-y / p + (1 - y) / (1 - p), 0, -1.0), {Mistake.ENTRY}),
        ),
    ),
    Textbook(
        "hinge loss",
        lambda w, X, y: np.mean(np.maximum(0, 1 - y * (X @ w))),
        (N(size=3), N(size=(20, 3)), np.sign(N(size=20))),
        (lambda w, X, y: -X.T @ (y * (y * (X @ w) < 1)) / len(y),),
        (),
    ),
)
