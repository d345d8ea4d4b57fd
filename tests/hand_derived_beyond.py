"""Gradients of machine learning, statistics, physics and matrix calculus by hand, with mistakes of many classes.

Written down before the diagnosis knew chains with a link missing, pairs of mistakes, and activations mixed up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hand_derived_gradients import Textbook
from hand_derived_gradients import sigmoid as sig
from hand_derived_gradients import softmax as sm

from steepest.verify.mistakes.mistake import Mistake

M = Mistake
rng = np.random.default_rng(5)
inv, det, tr = np.linalg.inv, np.linalg.det, np.trace
BEYOND: list[Textbook] = []


def T(name: str, f: Callable[..., Any], args: Any, right: Any, wrong: Any, by: int = 0) -> None:
    BEYOND.append(Textbook(name, f, tuple(args), tuple(right), tuple(wrong), by))


n, m = 4, 20
w, X, y = rng.normal(size=n), rng.normal(size=(m, n)), rng.normal(size=m)
t01 = (rng.random(m) > 0.5) * 1.0
pm = 2 * t01 - 1
cnt = rng.poisson(2, m) * 1.0
# logistic with 0/1 labels
T(
    "bce",
    lambda w, X, t: -np.mean(t * np.log(sig(X @ w)) + (1 - t) * np.log(1 - sig(X @ w))),
    (w, X, t01),
    [lambda w, X, t: X.T @ (sig(X @ w) - t) / len(t)],
    [
        (lambda w, X, t: X.T @ (t - sig(X @ w)) / len(t), {M.SIGN}),
        (lambda w, X, t: X.T @ (sig(X @ w) - t), {M.FACTOR}),
        (lambda w, X, t: X.T @ sig(X @ w) / len(t), {M.MISSING_TERM}),
        (lambda w, X, t: X.T @ ((sig(X @ w) - t) * sig(X @ w) * (1 - sig(X @ w))) / len(t), {M.EXTRA_FACTOR}),
        (lambda w, X, t: X.T @ (np.tanh(X @ w) - t) / len(t), {M.FUNCTION}),
        (lambda w, X, t: X.T @ (X @ w - t) / len(t), {M.FUNCTION, M.MISSING_FACTOR}),
    ],
)
T(
    "poisson",
    lambda w, X, k, l: np.sum(np.exp(X @ w) - k * (X @ w)) + l * np.sum(w**2) / 2,
    (w * 0.3, X, cnt, 0.4),
    [lambda w, X, k, l: X.T @ (np.exp(X @ w) - k) + l * w],
    [
        (lambda w, X, k, l: X.T @ (np.exp(X @ w) - k) + 2 * l * w, {M.TERM_FACTOR}),
        (lambda w, X, k, l: X.T @ (X @ w - k) + l * w, {M.FUNCTION}),
        (lambda w, X, k, l: X.T @ (np.exp(X @ w) - k), {M.MISSING_TERM}),
        (lambda w, X, k, l: X.T @ (np.exp(X @ w) + k) + l * w, {M.TERM_SIGN}),
        (lambda w, X, k, l: X.T @ (np.exp(X @ w) - k) + l, {M.MISSING_FACTOR}),
    ],
)
T(
    "squared hinge",
    lambda w, X, s: np.mean(np.maximum(0, 1 - s * (X @ w)) ** 2),
    (w, X, pm),
    [lambda w, X, s: -2 / len(s) * X.T @ (s * np.maximum(0, 1 - s * (X @ w)))],
    [
        (lambda w, X, s: -2 / len(s) * X.T @ np.maximum(0, 1 - s * (X @ w)), {M.MISSING_FACTOR}),
        (lambda w, X, s: 2 / len(s) * X.T @ (s * np.maximum(0, 1 - s * (X @ w))), {M.SIGN}),
        (lambda w, X, s: -2 / len(s) * X.T @ (s * (1 - s * (X @ w))), {M.FUNCTION, M.MISSING_FACTOR}),
        (lambda w, X, s: -2 / len(s) * X.T @ (s * (1 - s * (X @ w) > 0)), {M.MISSING_FACTOR, M.FUNCTION}),
    ],
)
# gaussian nll mu, log sigma
d = rng.normal(size=12)
T(
    "normal by mu",
    lambda mu, ls, d: np.sum((d - mu) ** 2) / (2 * np.exp(2 * ls)) + len(d) * ls,
    (0.3, 0.2, d),
    [lambda mu, ls, d: -np.sum(d - mu) / np.exp(2 * ls)],
    [
        (
            lambda mu, ls, d: -np.sum(d - mu) / np.exp(ls),
            {M.MISSING_FACTOR, M.TERM_FACTOR, M.POWER, M.FUNCTION, M.EXTRA_FACTOR},
        ),
        (lambda mu, ls, d: np.sum(d - mu) / np.exp(2 * ls), {M.SIGN}),
        (lambda mu, ls, d: -np.mean(d - mu) / np.exp(2 * ls), {M.FACTOR}),
    ],
)
T(
    "normal by log sigma",
    lambda mu, ls, d: np.sum((d - mu) ** 2) / (2 * np.exp(2 * ls)) + len(d) * ls,
    (0.3, 0.2, d),
    [lambda mu, ls, d: len(d) - np.sum((d - mu) ** 2) / np.exp(2 * ls)],
    [
        (lambda mu, ls, d: -np.sum((d - mu) ** 2) / np.exp(2 * ls), {M.MISSING_TERM}),
        (lambda mu, ls, d: len(d) - np.sum((d - mu) ** 2) / np.exp(2 * ls) / 2, {M.TERM_FACTOR}),
        (lambda mu, ls, d: len(d) + np.sum((d - mu) ** 2) / np.exp(2 * ls), {M.TERM_SIGN}),
        (lambda mu, ls, d: 1 - np.sum((d - mu) ** 2) / np.exp(2 * ls), {M.TERM_FACTOR, M.MISSING_FACTOR}),
    ],
    1,
)
# physics: LJ by positions
P = rng.normal(size=(4, 3)) * 1.5


def lj(P):
    e = 0.0
    for i in range(4):
        for j in range(i):
            r2 = np.sum((P[i] - P[j]) ** 2)
            e = e + 4 * (r2**-6 - r2**-3)
    return e


def ljg(P, s=24, a=2, sym=True, pa=-7, pb=-4):
    g = np.zeros_like(P)
    for i in range(4):
        for j in range(i):
            dd = P[i] - P[j]
            r2 = dd @ dd
            f = -s * (a * r2**pa - r2**pb) * dd
            g[i] += f
            if sym:
                g[j] -= f
    return g


T(
    "lennard-jones",
    lj,
    (P,),
    [ljg],
    [
        (lambda P: -ljg(P), {M.SIGN}),
        (lambda P: ljg(P, 12), {M.FACTOR}),
        (lambda P: ljg(P, a=1), {M.TERM_FACTOR, M.MISSING_FACTOR, M.MISSING_TERM}),
    ],
)
x3 = np.array([0.7, 1.1, -0.4])
T(
    "kepler",
    lambda q, mu: -mu / np.sqrt(q @ q),
    (x3, 1.3),
    [lambda q, mu: mu * q / (q @ q) ** 1.5],
    [
        (lambda q, mu: mu * q / (q @ q), {M.POWER, M.MISSING_FACTOR, M.EXTRA_FACTOR}),
        (lambda q, mu: -mu * q / (q @ q) ** 1.5, {M.SIGN}),
        (lambda q, mu: mu * q / (q @ q) ** 0.5, {M.POWER, M.MISSING_FACTOR}),
        (lambda q, mu: q / (q @ q) ** 1.5, {M.MISSING_FACTOR}),
        (lambda q, mu: mu / (q @ q) ** 1.5 * np.ones(3), {M.MISSING_FACTOR}),
    ],
)
T(
    "pendulum energy",
    lambda th, p, l, g: p**2 / (2 * l**2) + g * l * (1 - np.cos(th)),
    (0.6, 0.9, 1.4, 9.8),
    [lambda th, p, l, g: g * l * np.sin(th)],
    [
        (lambda th, p, l, g: g * l * np.cos(th), {M.FUNCTION}),
        (lambda th, p, l, g: g * np.sin(th), {M.MISSING_FACTOR}),
        (lambda th, p, l, g: g * l * th, {M.FUNCTION}),
        (lambda th, p, l, g: -g * l * np.sin(th), {M.SIGN}),
    ],
)
# matrix calculus
A = rng.normal(size=(4, 4))
S = A @ A.T + 3 * np.eye(4) + 0.3 * rng.normal(size=(4, 4))
B = rng.normal(size=(4, 4))
Q = rng.normal(size=(5, 4))
T(
    "tr AX inv B",
    lambda S, B: tr(inv(S) @ B),
    (S, B),
    [lambda S, B: -(inv(S) @ B @ inv(S)).T],
    [
        (lambda S, B: -(inv(S) @ B @ inv(S)), {M.TRANSPOSE}),
        (lambda S, B: (inv(S) @ B @ inv(S)).T, {M.SIGN}),
        (lambda S, B: -(inv(S) @ B).T, {M.MISSING_FACTOR}),
        (lambda S, B: -(inv(S) @ inv(S) @ B).T, {M.ORDER}),
        (lambda S, B: -(inv(S) @ B.T @ inv(S)).T, {M.TRANSPOSE}),
    ],
)
T(
    "logdet AXA",
    lambda S, Q: np.log(det(Q.T @ Q + S @ S.T)),
    (S, Q),
    [lambda S, Q: 2 * inv(Q.T @ Q + S @ S.T) @ S],
    [
        (lambda S, Q: inv(Q.T @ Q + S @ S.T) @ S, {M.FACTOR}),
        (lambda S, Q: 2 * inv(Q.T @ Q + S @ S.T), {M.MISSING_FACTOR}),
        (lambda S, Q: 2 * inv(S @ S.T) @ S, {M.MISSING_TERM}),
        (lambda S, Q: 2 * S @ inv(Q.T @ Q + S @ S.T), {M.ORDER, M.TRANSPOSE}),
        (lambda S, Q: 2 * inv(Q.T @ Q + S.T @ S) @ S, {M.TRANSPOSE, M.ORDER}),
    ],
)
T(
    "det",
    lambda S: det(S),
    (S,),
    [lambda S: det(S) * inv(S).T],
    [
        (lambda S: det(S) * inv(S), {M.TRANSPOSE}),
        (lambda S: inv(S).T, {M.MISSING_FACTOR}),
        (lambda S: det(S) * S.T, {M.FUNCTION, M.POWER, M.ELEMENTWISE}),
    ],
)
T(
    "frob sq AXB-C",
    lambda Z, A, B, K: np.sum((A @ Z @ B - K) ** 2),
    (rng.normal(size=(4, 3)), Q, rng.normal(size=(3, 6)), rng.normal(size=(5, 6))),
    [lambda Z, A, B, K: 2 * A.T @ (A @ Z @ B - K) @ B.T],
    [
        (lambda Z, A, B, K: A.T @ (A @ Z @ B - K) @ B.T, {M.FACTOR}),
        (lambda Z, A, B, K: 2 * A.T @ (A @ Z @ B + K) @ B.T, {M.TERM_SIGN}),
        (lambda Z, A, B, K: 2 * A.T @ (A @ Z @ B) @ B.T, {M.MISSING_TERM}),
        (lambda Z, A, B, K: (2 * A.T @ (A @ Z @ B - K) @ B.T).T, {M.LAYOUT}),
    ],
)
T(
    "rayleigh",
    lambda v, S: (v @ S @ v) / (v @ v),
    (rng.normal(size=4), S),
    [lambda v, S: ((S + S.T) @ v - 2 * (v @ S @ v) / (v @ v) * v) / (v @ v)],
    [
        (lambda v, S: (S + S.T) @ v / (v @ v), {M.MISSING_TERM}),
        (lambda v, S: (2 * S @ v - 2 * (v @ S @ v) / (v @ v) * v) / (v @ v), {M.TRANSPOSE}),
        (lambda v, S: ((S + S.T) @ v - 2 * (v @ S @ v) * v) / (v @ v), {M.MISSING_FACTOR, M.POWER}),
        (lambda v, S: (S + S.T) @ v - 2 * (v @ S @ v) / (v @ v) * v, {M.MISSING_FACTOR}),
        (lambda v, S: ((S + S.T) @ v - (v @ S @ v) / (v @ v) * v) / (v @ v), {M.TERM_FACTOR}),
        (lambda v, S: ((S + S.T) @ v + 2 * (v @ S @ v) / (v @ v) * v) / (v @ v), {M.TERM_SIGN}),
    ],
)
# networks
W1, b1, w2 = rng.normal(size=(4, 5)), rng.normal(size=5), rng.normal(size=5)


def net(W1, b1, w2, X, y):
    return np.mean((sig(X @ W1 + b1) @ w2 - y) ** 2)


def parts(W1, b1, w2, X, y):
    h = sig(X @ W1 + b1)
    r = h @ w2 - y
    return h, r


T(
    "net by b1",
    net,
    (W1, b1, w2, X, y),
    [lambda *a: 2 / len(a[4]) * np.sum(np.outer(parts(*a)[1], a[2]) * parts(*a)[0] * (1 - parts(*a)[0]), 0)],
    [
        (lambda *a: 2 / len(a[4]) * np.sum(np.outer(parts(*a)[1], a[2]), 0), {M.MISSING_FACTOR}),
        (
            lambda *a: 2 / len(a[4]) * np.sum(np.outer(parts(*a)[1], a[2]) * parts(*a)[0], 0),
            {M.MISSING_FACTOR, M.MISSING_TERM},
        ),
        (lambda *a: 2 * np.sum(np.outer(parts(*a)[1], a[2]) * parts(*a)[0] * (1 - parts(*a)[0]), 0), {M.FACTOR}),
        (
            lambda *a: 2 / len(a[4]) * np.sum(parts(*a)[1][:, None] * parts(*a)[0] * (1 - parts(*a)[0]), 0),
            {M.MISSING_FACTOR},
        ),
        (
            lambda *a: 2 / len(a[4]) * np.outer(parts(*a)[1], a[2]) * parts(*a)[0] * (1 - parts(*a)[0]),
            {M.ELEMENTWISE, M.SHAPE},
        ),
    ],
    1,
)
T(
    "net by W1",
    net,
    (W1, b1, w2, X, y),
    [lambda *a: 2 / len(a[4]) * a[3].T @ (np.outer(parts(*a)[1], a[2]) * parts(*a)[0] * (1 - parts(*a)[0]))],
    [
        (
            lambda *a: 2 / len(a[4]) * a[3].T @ (np.outer(parts(*a)[1], a[2]) * (1 - parts(*a)[0] ** 2)),
            {M.FUNCTION, M.POWER},
        ),
        (
            lambda *a: 2 / len(a[4]) * a[3].T @ (np.outer(parts(*a)[1], a[2]) * parts(*a)[0]),
            {M.MISSING_FACTOR, M.MISSING_TERM},
        ),
        (lambda *a: 2 / len(a[4]) * a[3].T @ (np.outer(parts(*a)[1], a[2]) * (1 - parts(*a)[0])), {M.MISSING_FACTOR}),
        (
            lambda *a: (
                2 / len(a[4]) * a[3].T @ (np.outer(parts(*a)[0] @ a[2], a[2]) * parts(*a)[0] * (1 - parts(*a)[0]))
            ),
            {M.MISSING_TERM},
        ),
    ],
)
T(
    "net by w2",
    net,
    (W1, b1, w2, X, y),
    [lambda *a: 2 / len(a[4]) * parts(*a)[0].T @ parts(*a)[1]],
    [
        (lambda *a: 2 / len(a[4]) * (a[3] @ a[0] + a[1]).T @ parts(*a)[1], {M.FUNCTION}),
        (lambda *a: -2 / len(a[4]) * parts(*a)[0].T @ parts(*a)[1], {M.SIGN}),
        (lambda *a: 2 / len(a[4]) * sig(a[3] @ a[0]).T @ parts(*a)[1], {M.MISSING_TERM}),
    ],
    2,
)
# softmax CE with temperature by logits
Y = np.eye(3)[rng.integers(0, 3, 8)]
Z = rng.normal(size=(8, 3))
T(
    "ce logits",
    lambda Z, Y, t: -np.mean(np.sum(Y * (Z / t - np.log(np.sum(np.exp(Z / t), 1, keepdims=True))), 1)),
    (Z, Y, 1.7),
    [lambda Z, Y, t: (sm(Z / t) - Y) / t / len(Z)],
    [
        (lambda Z, Y, t: (sm(Z / t) - Y) / len(Z), {M.MISSING_FACTOR, M.FACTOR}),
        (lambda Z, Y, t: sm(Z / t) / t / len(Z), {M.MISSING_TERM}),
        (lambda Z, Y, t: (sm(Z) - Y) / t / len(Z), {M.MISSING_FACTOR}),
        (lambda Z, Y, t: (Y - sm(Z / t)) / t / len(Z), {M.SIGN}),
        (lambda Z, Y, t: sm(Z / t) * (sm(Z / t) - Y) / t / len(Z), {M.EXTRA_FACTOR, M.MISSING_TERM}),
    ],
)
# softmax then dot: c.softmax(z); diagonal-only jacobian
z5, c5 = rng.normal(size=5), rng.normal(size=5)
T(
    "c·softmax",
    lambda z, c: c @ sm(z),
    (z5, c5),
    [lambda z, c: sm(z) * (c - c @ sm(z))],
    [
        (lambda z, c: sm(z) * (1 - sm(z)) * c, {M.MISSING_TERM, M.FUNCTION}),
        (lambda z, c: sm(z) * c, {M.MISSING_TERM}),
        (lambda z, c: sm(z) * (c + c @ sm(z)), {M.TERM_SIGN}),
        (lambda z, c: c - c @ sm(z), {M.MISSING_FACTOR}),
    ],
)


def ms(z, c, W):
    return np.sum((sm(W @ z) - c) ** 2) / 2


def msd(z, c, W):
    p = sm(W @ z)
    return W.T @ (p * ((p - c) - p @ (p - c)))


T(
    "softmax mse",
    ms,
    (z5, c5, rng.normal(size=(5, 5))),
    [msd],
    [
        (lambda z, c, W: W.T @ (sm(W @ z) * (1 - sm(W @ z)) * (sm(W @ z) - c)), {M.MISSING_TERM, M.FUNCTION}),
        (lambda z, c, W: W.T @ (sm(W @ z) - c), {M.MISSING_FACTOR}),
        (lambda z, c, W: W.T @ (sm(W @ z) * (sm(W @ z) - c)), {M.MISSING_TERM, M.MISSING_FACTOR}),
    ],
)


# layer norm
def ln(x, g, c):
    mu = np.mean(x)
    v = np.mean((x - mu) ** 2)
    return c @ (g * (x - mu) / np.sqrt(v + 1e-5))


def lng(x, g, c, a=1, b=1, k=0.5):
    mu = np.mean(x)
    s = np.sqrt(np.mean((x - mu) ** 2) + 1e-5)
    xh = (x - mu) / s
    d = c * g
    return (d - a * d.mean() - b * xh * np.mean(d * xh)) / s


g6 = rng.uniform(0.5, 1.5, 6)
x6 = rng.normal(size=6)
c6 = rng.normal(size=6)
T(
    "layer norm",
    ln,
    (x6, g6, c6),
    [lng],
    [
        (lambda x, g, c: lng(x, g, c, 0, 0), {M.MISSING_TERM}),
        (lambda x, g, c: lng(x, g, c, 1, 0), {M.MISSING_TERM}),
        (lambda x, g, c: lng(x, g, c, 0, 1), {M.MISSING_TERM}),
    ],
)
# attention-like single query
Kx, Vx, qx = rng.normal(size=(6, 3)), rng.normal(size=6), rng.normal(size=3)
T(
    "attention",
    lambda q, K, v: sm(K @ q / np.sqrt(3)) @ v,
    (qx, Kx, Vx),
    [lambda q, K, v: K.T @ (sm(K @ q / np.sqrt(3)) * (v - sm(K @ q / np.sqrt(3)) @ v)) / np.sqrt(3)],
    [
        (
            lambda q, K, v: K.T @ (sm(K @ q / np.sqrt(3)) * (v - sm(K @ q / np.sqrt(3)) @ v)),
            {M.FACTOR, M.MISSING_FACTOR},
        ),
        (lambda q, K, v: K.T @ (sm(K @ q / np.sqrt(3)) * v) / np.sqrt(3), {M.MISSING_TERM}),
        (
            lambda q, K, v: K.T @ (sm(K @ q / np.sqrt(3)) * (v - np.mean(v))) / np.sqrt(3),
            {M.MISSING_FACTOR, M.FUNCTION, M.MISSING_TERM},
        ),
    ],
)
# kl, entropy, divergence
p5, q5 = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5))
T(
    "kl by p",
    lambda p, q: np.sum(p * np.log(p / q)),
    (p5, q5),
    [lambda p, q: np.log(p / q) + 1],
    [
        (lambda p, q: np.log(p / q), {M.MISSING_TERM, M.SHIFT}),
        (lambda p, q: np.log(q / p) + 1, {M.TERM_SIGN, M.POWER}),
        (lambda p, q: np.log(p) + 1, {M.MISSING_TERM, M.MISSING_FACTOR}),
    ],
)
T(
    "kl by q",
    lambda p, q: np.sum(p * np.log(p / q)),
    (p5, q5),
    [lambda p, q: -p / q],
    [
        (lambda p, q: p / q, {M.SIGN}),
        (lambda p, q: -q / p, {M.POWER, M.FUNCTION, M.SWAPPED, M.ORDER, M.OPERAND}),
        (lambda p, q: -1 / q, {M.MISSING_FACTOR}),
        (lambda p, q: -p / q + 1, {M.SHIFT, M.EXTRA_TERM}),
    ],
    1,
)
# GP / mahalanobis / student t
T(
    "student t",
    lambda mu, d, nu: np.sum(np.log(1 + (d - mu) ** 2 / nu)) * (nu + 1) / 2,
    (np.float64(0.3), d, 4.0),
    [lambda mu, d, nu: -(nu + 1) * np.sum((d - mu) / (nu + (d - mu) ** 2))],
    [
        (lambda mu, d, nu: (nu + 1) * np.sum((d - mu) / (nu + (d - mu) ** 2)), {M.SIGN}),
        (
            lambda mu, d, nu: -(nu + 1) * np.sum((d - mu) / (1 + (d - mu) ** 2)),
            {M.TERM_FACTOR, M.FUNCTION, M.MISSING_FACTOR, M.OPERAND},
        ),
        (lambda mu, d, nu: -(nu + 1) * np.sum(d - mu) / nu, {M.MISSING_TERM, M.MISSING_FACTOR}),
        (lambda mu, d, nu: -nu * np.sum((d - mu) / (nu + (d - mu) ** 2)), {M.MISSING_TERM}),
    ],
)
# matrix factorization masked
Um, Vm, R, Mk = (
    rng.normal(size=(5, 2)),
    rng.normal(size=(6, 2)),
    rng.normal(size=(5, 6)),
    (rng.random((5, 6)) > 0.4) * 1.0,
)
T(
    "masked mf",
    lambda U, V, R, K, l: np.sum((K * (U @ V.T - R)) ** 2) / 2 + l * np.sum(U**2) / 2,
    (Um, Vm, R, Mk, 0.3),
    [lambda U, V, R, K, l: (K * (U @ V.T - R)) @ V + l * U],
    [
        (lambda U, V, R, K, l: (U @ V.T - R) @ V + l * U, {M.MISSING_FACTOR}),
        (lambda U, V, R, K, l: (K * (U @ V.T - R)) @ V, {M.MISSING_TERM}),
        (lambda U, V, R, K, l: -(K * (U @ V.T - R)) @ V + l * U, {M.TERM_SIGN}),
        (lambda U, V, R, K, l: (K * (U @ V.T)) @ V + l * U, {M.MISSING_TERM}),
    ],
)
# two mistakes
T(
    "two: ls",
    lambda w, X, y, l: np.mean((X @ w - y) ** 2) + l * w @ w,
    (w, X, y, 0.3),
    [],
    [
        (lambda w, X, y, l: 2 * X.T @ (X @ w - y) + l * w, {M.TERM_FACTOR}),
        (lambda w, X, y, l: 2 / len(y) * X.T @ (X @ w + y) + l * w, {M.TERM_SIGN, M.TERM_FACTOR}),
        (lambda w, X, y, l: X.T @ (X @ w + y) + 2 * l * w, {M.TERM_SIGN, M.TERM_FACTOR}),
        (lambda w, X, y, l: 2 / len(y) * X.T @ (X @ w) + 2 * l, {M.MISSING_TERM, M.MISSING_FACTOR}),
    ],
)
T(
    "two: inv",
    lambda S, B, l: tr(inv(S) @ B) + l * np.sum(S**2),
    (S, B, 0.1),
    [lambda S, B, l: -(inv(S) @ B @ inv(S)).T + 2 * l * S],
    [
        (lambda S, B, l: -(inv(S) @ B @ inv(S)) + l * S, {M.TRANSPOSE, M.TERM_FACTOR}),
        (lambda S, B, l: (inv(S) @ B @ inv(S)) + 2 * l * S, {M.TRANSPOSE, M.TERM_SIGN}),
        (lambda S, B, l: -(inv(S) @ B).T + 2 * l * S.T, {M.TRANSPOSE, M.MISSING_FACTOR}),
    ],
)
# text
T(
    "text ridge",
    lambda w, X, y, lam: np.mean((X @ w - y) ** 2) + lam * w @ w,
    (w, X, y, 0.3),
    ["2/m X'*(X*w-y)+2lam*w"],
    [
        ("2/m X'*(y-X*w)+2lam*w", {M.TERM_SIGN}),
        ("2/m X'*(X*w-y)+2w", {M.MISSING_FACTOR}),
        ("2/m X'*(X*w-y)", {M.MISSING_TERM}),
        (r"\frac{2}{m} X^\top (X w - y) + \lambda w", {M.TERM_FACTOR}),
    ],
)
# vjp conv-like / tv / burgers
T(
    "smoothness",
    lambda u, a: np.sum((u[1:] - u[:-1]) ** 2) / 2 + a * np.sum(u**4) / 4,
    (rng.normal(size=8), 0.5),
    [lambda u, a: np.convolve(np.r_[u[0], u, u[-1]], [-1, 2, -1], "valid") + a * u**3],
    [
        (lambda u, a: -np.convolve(np.r_[u[0], u, u[-1]], [-1, 2, -1], "valid") + a * u**3, {M.TERM_SIGN}),
        (lambda u, a: np.convolve(np.r_[u[0], u, u[-1]], [-1, 2, -1], "valid") + a * u**2, {M.POWER}),
        (lambda u, a: np.convolve(np.r_[0, u, 0], [-1, 2, -1], "valid") + a * u**3, {M.ENTRY, M.EXTRA_TERM}),
        (lambda u, a: np.convolve(np.r_[u[0], u, u[-1]], [-1, 2, -1], "valid"), {M.MISSING_TERM}),
    ],
)
T(
    "rbf gram",
    lambda l, D, a: a @ np.exp(-(D**2) / (2 * l**2)) @ a,
    (1.3, np.abs(rng.normal(size=(4, 4))), rng.normal(size=4)),
    [lambda l, D, a: a @ (np.exp(-(D**2) / (2 * l**2)) * D**2 / l**3) @ a],
    [
        (
            lambda l, D, a: a @ (np.exp(-(D**2) / (2 * l**2)) * D**2 / l**2) @ a,
            {M.POWER, M.MISSING_FACTOR, M.EXTRA_FACTOR},
        ),
        (lambda l, D, a: -a @ (np.exp(-(D**2) / (2 * l**2)) * D**2 / l**3) @ a, {M.SIGN}),
        (lambda l, D, a: a @ (np.exp(-(D**2) / (2 * l**2)) / l**3) @ a, {M.MISSING_FACTOR}),
        (lambda l, D, a: a @ (D**2 / l**3) @ a, {M.MISSING_FACTOR}),
    ],
)
T(
    "cosine sim",
    lambda a, b: a @ b / np.sqrt((a @ a) * (b @ b)),
    (rng.normal(size=4), rng.normal(size=4)),
    [lambda a, b: (b - (a @ b) / (a @ a) * a) / np.sqrt((a @ a) * (b @ b))],
    [
        (lambda a, b: b / np.sqrt((a @ a) * (b @ b)), {M.MISSING_TERM}),
        (lambda a, b: (b - (a @ b) * a) / np.sqrt((a @ a) * (b @ b)), {M.MISSING_FACTOR, M.POWER}),
        (lambda a, b: (b + (a @ b) / (a @ a) * a) / np.sqrt((a @ a) * (b @ b)), {M.TERM_SIGN}),
        (lambda a, b: b - (a @ b) / (a @ a) * a, {M.MISSING_FACTOR}),
    ],
)
T(
    "beta ll",
    lambda a, d: np.sum(np.log(d)) * (a - 1) * -1 + 3 * a**2 * np.exp(-a),
    (1.7, rng.uniform(0.1, 0.9, 8)),
    [lambda a, d: -np.sum(np.log(d)) + 6 * a * np.exp(-a) - 3 * a * a * np.exp(-a)],
    [
        (lambda a, d: 6 * a * np.exp(-a) - 3 * a * a * np.exp(-a), {M.MISSING_TERM}),
        (lambda a, d: -np.sum(np.log(d)) + 6 * a * np.exp(-a), {M.MISSING_TERM}),
        (lambda a, d: -np.sum(np.log(d)) + 6 * a * np.exp(-a) + 3 * a * a * np.exp(-a), {M.TERM_SIGN}),
        (lambda a, d: -np.sum(np.log(d)) - 6 * a * np.exp(-a), {M.MISSING_TERM, M.TERM_SIGN}),
    ],
)
