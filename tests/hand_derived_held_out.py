"""Mistakes that were written down after the diagnosis was made: what it says of formulas it was not made with."""

from __future__ import annotations

import numpy as np
from hand_derived_gradients import Textbook, inv, sigmoid, softmax
from scipy.special import logsumexp

from steepest.verify.mistakes.mistake import Mistake

rng = np.random.default_rng(77)
n, m = 3, 12
x, A, b = rng.normal(size=n), rng.normal(size=(m, n)), rng.normal(size=m)
S, u = rng.normal(size=(n, n)), rng.normal(size=n)
P, D, w = rng.uniform(0.2, 1, (4, 3)), rng.normal(size=(3, 3)), rng.uniform(0.5, 2, m)
z, C, e = rng.normal(size=4), rng.normal(size=(9, 4)), rng.normal(size=9)
Q, c = rng.normal(size=(4, 4)), rng.normal(size=4)
K, T, L = rng.normal(size=(4, 3)), rng.normal(size=(4, 5)), rng.normal(size=(3, 5))
pos, d = rng.uniform(0.4, 1.5, 6), rng.uniform(0.3, 1, 6)

SECOND = (
    Textbook(
        "weighted ls",
        lambda x, A, b, w: np.sum(w * (A @ x - b) ** 2),
        (x, A, b, w),
        (lambda x, A, b, w: 2 * A.T @ (w * (A @ x - b)), lambda x, A, b, w: 2 * A.T @ np.diag(w) @ (A @ x - b)),
        (
            (lambda x, A, b, w: 2 * A.T @ (A @ x - b), {Mistake.MISSING_FACTOR}),
            (lambda x, A, b, w: 2 * A.T @ (w * (A @ x) - b), {Mistake.MISSING_FACTOR}),
            (lambda x, A, b, w: 2 * A.T @ (w**2 * (A @ x - b)), {Mistake.POWER, Mistake.EXTRA_FACTOR}),
            (lambda x, A, b, w: np.roll(2 * A.T @ (w * (A @ x - b)), 1), {Mistake.SWAPPED}),
        ),
    ),
    Textbook(
        "logsumexp",
        lambda x, A: logsumexp(A @ x),
        (x, A),
        (lambda x, A: A.T @ softmax(A @ x),),
        (
            (lambda x, A: A.T @ sigmoid(A @ x), {Mistake.FUNCTION}),
            (lambda x, A: A.T @ np.exp(A @ x), {Mistake.MISSING_FACTOR, Mistake.FUNCTION}),
            (lambda x, A: softmax(A @ x) @ A / len(A), {Mistake.FACTOR}),
        ),
    ),
    Textbook(
        "huber-like",
        lambda x, A, b: np.sum(np.sqrt(1 + (A @ x - b) ** 2)),
        (x, A, b),
        (lambda x, A, b: A.T @ ((A @ x - b) / np.sqrt(1 + (A @ x - b) ** 2)),),
        (
            (lambda x, A, b: A.T @ (A @ x - b), {Mistake.MISSING_FACTOR}),
            (
                lambda x, A, b: A.T @ ((A @ x - b) / (1 + (A @ x - b) ** 2)),
                {Mistake.POWER, Mistake.EXTRA_FACTOR, Mistake.MISSING_FACTOR, Mistake.FUNCTION},
            ),
            (lambda x, A, b: A.T @ (1 / np.sqrt(1 + (A @ x - b) ** 2)), {Mistake.MISSING_FACTOR}),
            (lambda x, A, b: 2 * A.T @ ((A @ x - b) / np.sqrt(1 + (A @ x - b) ** 2)), {Mistake.FACTOR}),
        ),
    ),
    Textbook(
        "inv form",
        lambda S, u: u @ inv(S) @ u,
        (S + 3 * np.eye(3), u),
        (lambda S, u: -np.outer(inv(S).T @ u, inv(S) @ u),),
        (
            (lambda S, u: np.outer(inv(S).T @ u, inv(S) @ u), {Mistake.SIGN}),
            (lambda S, u: -np.outer(inv(S) @ u, inv(S).T @ u), {Mistake.TRANSPOSE}),
            (lambda S, u: -np.outer(inv(S) @ u, inv(S) @ u), {Mistake.TRANSPOSE}),
            (lambda S, u: -np.outer(inv(S).T @ u, u), {Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "quartic",
        lambda x, S: (x @ S @ x) ** 2,
        (x, S),
        (lambda x, S: 2 * (x @ S @ x) * ((S + S.T) @ x),),
        (
            (lambda x, S: 2 * (S + S.T) @ x, {Mistake.MISSING_FACTOR}),
            (lambda x, S: 4 * (x @ S @ x) * (S @ x), {Mistake.TRANSPOSE}),
            (lambda x, S: 2 * (x @ S @ x) * (S @ x), {Mistake.MISSING_TERM}),
        ),
    ),
    Textbook(
        "log bilinear",
        lambda P, D: np.sum(np.log(P @ (D @ D.T + 1))),
        (P, D),
        (lambda P, D: (1 / (P @ (D @ D.T + 1))) @ (D @ D.T + 1).T,),
        (
            (lambda P, D: 1 / (P @ (D @ D.T + 1)), {Mistake.MISSING_FACTOR}),
            (lambda P, D: (1 / (P @ (D @ D.T + 1))) @ (D @ D.T), {Mistake.MISSING_TERM}),
            (
                lambda P, D: (P @ (D @ D.T + 1)) @ (D @ D.T + 1).T,
                {Mistake.POWER, Mistake.MISSING_FACTOR, Mistake.EXTRA_FACTOR, Mistake.FUNCTION},
            ),
        ),
    ),
    Textbook(
        "trace exp-ish",
        lambda D: np.trace(D @ D @ D),
        (D,),
        (lambda D: 3 * (D @ D).T,),
        (
            (lambda D: 3 * (D @ D), {Mistake.TRANSPOSE}),
            (lambda D: 3 * (D * D).T, {Mistake.ELEMENTWISE}),
            (lambda D: (D @ D).T, {Mistake.FACTOR}),
            (lambda D: 3 * D.T, {Mistake.POWER, Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "gelu-like",
        lambda x, A: np.sum((A @ x) * sigmoid(A @ x)),
        (x, A),
        (lambda x, A: A.T @ (sigmoid(A @ x) * (1 + (A @ x) * (1 - sigmoid(A @ x)))),),
        (
            (lambda x, A: A.T @ sigmoid(A @ x), {Mistake.MISSING_TERM}),
            (lambda x, A: A.T @ ((A @ x) * sigmoid(A @ x) * (1 - sigmoid(A @ x))), {Mistake.MISSING_TERM}),
            (lambda x, A: A.T @ (sigmoid(A @ x) + sigmoid(A @ x) * (1 - sigmoid(A @ x))), {Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "scalar",
        lambda t: np.sin(t**2) * np.exp(-t),
        (0.7,),
        (lambda t: 2 * t * np.cos(t * t) * np.exp(-t) - np.sin(t * t) * np.exp(-t),),
        (
            (lambda t: np.cos(t * t) * np.exp(-t) - np.sin(t * t) * np.exp(-t), {Mistake.MISSING_FACTOR}),
            (lambda t: 2 * t * np.cos(t * t) * np.exp(-t), {Mistake.MISSING_TERM}),
            (lambda t: 2 * t * np.cos(t * t) * np.exp(-t) + np.sin(t * t) * np.exp(-t), {Mistake.TERM_SIGN}),
            (lambda t: -2 * t * np.cos(t * t) * np.exp(-t), {Mistake.FACTOR, Mistake.MISSING_TERM}),
        ),
    ),
    Textbook(
        "variance",
        lambda x: np.mean((x - np.mean(x)) ** 2),
        (np.arange(6.0) ** 2,),
        (lambda x: 2 / len(x) * (x - x.mean()),),
        (
            (lambda x: 2 / len(x) * x, {Mistake.MISSING_TERM}),
            (lambda x: 2 * (x - x.mean()), {Mistake.FACTOR}),
            (lambda x: 2 / (len(x) - 1) * (x - x.mean()), {Mistake.FACTOR}),
        ),
    ),
)

THIRD = (
    Textbook(
        "elastic",
        lambda x, A, b, l, r: np.sum((A @ x - b) ** 2) / 2 + l * np.sum(np.sqrt(x**2 + 1e-2)) + r / 2 * x @ x,
        (z, C, e, 0.3, 0.8),
        (lambda x, A, b, l, r: A.T @ (A @ x - b) + l * x / np.sqrt(x**2 + 1e-2) + r * x,),
        (
            (lambda x, A, b, l, r: A.T @ (A @ x - b) + l * x / np.sqrt(x**2 + 1e-2), {Mistake.MISSING_TERM}),
            (lambda x, A, b, l, r: A.T @ (A @ x - b) + l / np.sqrt(x**2 + 1e-2) + r * x, {Mistake.MISSING_FACTOR}),
            (lambda x, A, b, l, r: A.T @ (A @ x - b) + l * x / np.sqrt(x**2 + 1e-2) + 2 * r * x, {Mistake.TERM_FACTOR}),
            (lambda x, A, b, l, r: A.T @ (A @ x - b) + x / np.sqrt(x**2 + 1e-2) + r * x, {Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "gaussian bump",
        lambda x, c: np.exp(-(x - c) @ (x - c)),
        (z, c),
        (lambda x, c: -2 * (x - c) * np.exp(-(x - c) @ (x - c)),),
        (
            (lambda x, c: -2 * (x + c) * np.exp(-(x - c) @ (x - c)), {Mistake.TERM_SIGN}),
            (lambda x, c: -2 * (x - c), {Mistake.MISSING_FACTOR}),
            (lambda x, c: -(x - c) * np.exp(-(x - c) @ (x - c)), {Mistake.FACTOR}),
            (lambda x, c: 2 * (x - c) * np.exp(-(x - c) @ (x - c)), {Mistake.SIGN}),
            (lambda x, c: -2 * (x - c) * np.exp(-(x - c) @ (x - c) / 2), {Mistake.TERM_FACTOR}),
        ),
    ),
    Textbook(
        "bilinear loss",
        lambda K, T, L: np.sum((T.T @ K - L.T) ** 2) / 2,
        (K, T, L),
        (lambda K, T, L: T @ (T.T @ K - L.T), lambda K, T, L: (T @ T.T) @ K - T @ L.T),
        (
            (lambda K, T, L: T @ (T.T @ K + L.T), {Mistake.TERM_SIGN}),
            (lambda K, T, L: (T.T @ K - L.T).T @ T.T, {Mistake.LAYOUT}),
            (lambda K, T, L: T @ T.T @ K, {Mistake.MISSING_TERM}),
            (lambda K, T, L: 2 * T @ (T.T @ K - L.T), {Mistake.FACTOR}),
            (lambda K, T, L: (T @ (T.T @ K - L.T))[[1, 0, 2, 3]], {Mistake.SWAPPED}),
            (lambda K, T, L: T @ (T.T @ K - L.T) * np.array([1, 1, 2.0])[None, :], {Mistake.ROW}),
        ),
    ),
    Textbook(
        "log barrier",
        lambda x, A: -np.sum(np.log(20 - A @ x)),
        (z, C),
        (lambda x, A: A.T @ (1 / (20 - A @ x)),),
        (
            (lambda x, A: -A.T @ (1 / (20 - A @ x)), {Mistake.SIGN}),
            (lambda x, A: A.T @ (1 / (20 - A @ x) ** 2), {Mistake.POWER, Mistake.EXTRA_FACTOR}),
            (lambda x, A: A.T @ np.ones(9), {Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "tr inv",
        lambda Q: np.trace(inv(Q @ Q.T + np.eye(4))),
        (Q,),
        (lambda Q: -2 * inv(Q @ Q.T + np.eye(4)) @ inv(Q @ Q.T + np.eye(4)) @ Q,),
        (
            (lambda Q: -inv(Q @ Q.T + np.eye(4)) @ inv(Q @ Q.T + np.eye(4)) @ Q, {Mistake.FACTOR}),
            (lambda Q: -2 * inv(Q @ Q.T + np.eye(4)) @ Q, {Mistake.MISSING_FACTOR, Mistake.POWER}),
            (lambda Q: -2 * inv(Q @ Q.T + np.eye(4)) @ inv(Q @ Q.T + np.eye(4)) @ Q.T, {Mistake.TRANSPOSE}),
        ),
    ),
    Textbook(
        "gamma-like",
        lambda p, d: np.sum(p * np.log(d) - d * p**2),
        (pos, d),
        (lambda p, d: np.log(d) - 2 * d * p,),
        (
            (lambda p, d: np.log(d) - d * p, {Mistake.TERM_FACTOR}),
            (lambda p, d: np.log(d) - 2 * p, {Mistake.MISSING_FACTOR}),
            (lambda p, d: -2 * d * p, {Mistake.MISSING_TERM}),
            (lambda p, d: np.log(d) - 2 * d * p + 1, {Mistake.EXTRA_TERM, Mistake.SHIFT}),
            (lambda p, d: np.log(d) - 2 * d, {Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "attention-ish",
        lambda x, A: np.sum(softmax(A @ x) * (A @ x)),
        (z, C),
        (lambda x, A: A.T @ (softmax(A @ x) * (1 + A @ x - np.sum(softmax(A @ x) * (A @ x)))),),
        (
            (lambda x, A: A.T @ (softmax(A @ x) * (1 + A @ x)), {Mistake.MISSING_TERM}),
            (lambda x, A: A.T @ softmax(A @ x), {Mistake.MISSING_TERM, Mistake.MISSING_FACTOR}),
        ),
    ),
)
