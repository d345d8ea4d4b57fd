"""Mistakes by somebody who had not seen how they are named, written down beforehand and looked at once.

Names that say the same in other words stand beside each other. What is right comes in several forms, as text too.
"""

from __future__ import annotations

import math

import numpy as np
from hand_derived_gradients import Textbook, inv

from steepest.verify.mistakes.mistake import Mistake

RNG = np.random.default_rng(20261123)
N = RNG.normal


def _rosen(x, first=-400.0, second=200.0, third=-2.0):
    g = np.zeros_like(x)
    g[:-1] = first * x[:-1] * (x[1:] - x[:-1] ** 2) + third * (1 - x[:-1])
    g[1:] += second * (x[1:] - x[:-1] ** 2)
    return g


def _rosen_everywhere(x):
    g = _rosen(x, third=0.0)
    return g - 2 * (1 - x)


def _rosen_loop(x):
    g = [0.0] * len(x)
    for i in range(len(x) - 1):
        g[i] += -400 * x[i] * (x[i + 1] - x[i] ** 2) - 2 * (1 - x[i])
        g[i + 1] += 200 * (x[i + 1] - x[i] ** 2)
    return np.array(g)


def _springs(x, k, L, left=-1.0, right=1.0):
    s = k * (np.diff(x) - L)
    g = np.zeros_like(x)
    g[:-1] += left * s
    g[1:] += right * s
    return g


def _membrane(u, rows=1.0, columns=1.0):
    g = np.zeros_like(u)
    across = np.diff(u, axis=0)
    g[1:] += rows * across
    g[:-1] -= rows * across
    along = np.diff(u, axis=1)
    g[:, 1:] += columns * along
    g[:, :-1] -= columns * along
    return g


def _clamped(u):
    g = _membrane(u)
    g[0] = 0
    return g


def _padded(u):
    v = np.pad(u, 1, mode="edge")
    return 4 * u - v[2:, 1:-1] - v[:-2, 1:-1] - v[1:-1, 2:] - v[1:-1, :-2]


_S = N(size=(4, 4))


FIFTH = (
    Textbook(
        "trace of a product",
        lambda X, A, B: np.trace(A @ X @ B),
        (N(size=(4, 4)), N(size=(4, 4)), N(size=(4, 4))),
        (
            lambda X, A, B: A.T @ B.T,
            "(B*A)'",
            lambda X, A, B: np.transpose(np.matmul(B, A)),
        ),
        (
            # the other layout
            (lambda X, A, B: B @ A, {Mistake.LAYOUT, Mistake.TRANSPOSE}),
            # factors the wrong way round
            (lambda X, A, B: B.T @ A.T, {Mistake.ORDER}),
            # elementwise product
            (lambda X, A, B: A.T * B.T, {Mistake.ELEMENTWISE}),
        ),
    ),
    Textbook(
        "a bilinear form of an inverse",
        lambda X, a, b: a @ inv(X) @ b,
        (N(size=(3, 3)) + 3 * np.eye(3), N(size=3), N(size=3)),
        (
            lambda X, a, b: -inv(X).T @ np.outer(a, b) @ inv(X).T,
            lambda X, a, b: -np.outer(np.linalg.solve(X.T, a), np.linalg.solve(X, b)),
            "-inv(X)'*a*b'*inv(X)'",
        ),
        (
            # minus forgotten
            (lambda X, a, b: inv(X).T @ np.outer(a, b) @ inv(X).T, {Mistake.SIGN, Mistake.FACTOR}),
            # transposes forgotten
            (lambda X, a, b: -inv(X) @ np.outer(a, b) @ inv(X), {Mistake.TRANSPOSE}),
            # one inverse forgotten
            (lambda X, a, b: -inv(X).T @ np.outer(a, b), {Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "Rosenbrock",
        lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
        (N(size=5),),
        (
            _rosen,
            _rosen_loop,
        ),
        (
            # inner 2x taken for x
            (lambda x: _rosen(x, first=-200.0), {Mistake.TERM_FACTOR}),
            # neighbour's term forgotten
            (lambda x: _rosen(x, second=0.0), {Mistake.MISSING_TERM}),
            # the last entry gets a term too
            (_rosen_everywhere, {Mistake.EXTRA_TERM, Mistake.ENTRY}),
        ),
    ),
    Textbook(
        "potential of charges",
        lambda r, R, q: np.sum(q / np.sqrt(np.sum((r - R) ** 2, axis=1))),
        (N(size=3), 2 * N(size=(5, 3)), N(size=5)),
        (
            lambda r, R, q: -np.sum((q / np.sum((r - R) ** 2, axis=1) ** 1.5)[:, None] * (r - R), axis=0),
            lambda r, R, q: (
                -(q / np.linalg.norm(r - R, axis=1) ** 2) @ ((r - R) / np.linalg.norm(r - R, axis=1)[:, None])
            ),
            lambda r, R, q: sum(q[i] * (R[i] - r) / np.linalg.norm(r - R[i]) ** 3 for i in range(len(q))),
        ),
        (
            # square of the distance
            (lambda r, R, q: -np.sum((q / np.sum((r - R) ** 2, axis=1))[:, None] * (r - R), axis=0), {Mistake.POWER}),
            # field in place of gradient
            (
                lambda r, R, q: np.sum((q / np.sum((r - R) ** 2, axis=1) ** 1.5)[:, None] * (r - R), axis=0),
                {Mistake.SIGN, Mistake.FACTOR},
            ),
            # charges forgotten
            (
                lambda r, R, q: -np.sum((1 / np.sum((r - R) ** 2, axis=1) ** 1.5)[:, None] * (r - R), axis=0),
                {Mistake.MISSING_FACTOR},
            ),
        ),
    ),
    Textbook(
        "Lennard-Jones",
        lambda r, eps, sigma: 4 * eps * ((sigma / r) ** 12 - (sigma / r) ** 6),
        (1.3, 0.8, 1.1),
        (
            lambda r, eps, sigma: 4 * eps * (-12 * sigma**12 / r**13 + 6 * sigma**6 / r**7),
            lambda r, eps, sigma: -24 * eps / r * (2 * (sigma / r) ** 12 - (sigma / r) ** 6),
            "24*eps/r*((sigma/r)^6 - 2*(sigma/r)^12)",
        ),
        (
            # both terms negative
            (lambda r, eps, sigma: 4 * eps * (-12 * sigma**12 / r**13 - 6 * sigma**6 / r**7), {Mistake.TERM_SIGN}),
            # power not lowered
            (
                lambda r, eps, sigma: 4 * eps * (-12 * sigma**12 / r**12 + 6 * sigma**6 / r**7),
                {Mistake.POWER, Mistake.EXTRA_FACTOR},
            ),
            # the 4 forgotten
            (lambda r, eps, sigma: eps * (-12 * sigma**12 / r**13 + 6 * sigma**6 / r**7), {Mistake.FACTOR}),
        ),
    ),
    Textbook(
        "a chain of springs",
        lambda x, k, L: 0.5 * k * np.sum((x[1:] - x[:-1] - L) ** 2),
        (np.cumsum(RNG.random(6) + 0.5), 2.5, 0.7),
        (
            _springs,
            lambda x, k, L: -np.diff(np.concatenate([[0.0], k * (np.diff(x) - L), [0.0]])),
        ),
        (
            # only the spring to the right
            (lambda x, k, L: _springs(x, k, L, right=0.0), {Mistake.MISSING_TERM}),
            # moved by one place
            (lambda x, k, L: np.roll(_springs(x, k, L), 1), {Mistake.SHIFT}),
            # rest length forgotten
            (lambda x, k, L: _springs(x, k, 0.0), {Mistake.MISSING_TERM}),
        ),
    ),
    Textbook(
        "Rayleigh quotient",
        lambda x, A: (x @ A @ x) / (x @ x),
        (N(size=4), N(size=(4, 4))),
        (
            lambda x, A: (A @ x + A.T @ x - 2 * (x @ A @ x) / (x @ x) * x) / (x @ x),
            lambda x, A: ((A + A.T) @ x * (x @ x) - (x @ A @ x) * 2 * x) / (x @ x) ** 2,
            "(A*x + A'*x)/(x'*x) - 2*(x'*A*x)*x/(x'*x)^2",
        ),
        (
            # denominator taken for constant
            (lambda x, A: (A @ x + A.T @ x) / (x @ x), {Mistake.MISSING_TERM}),
            # half of it
            (lambda x, A: 0.5 * (A @ x + A.T @ x - 2 * (x @ A @ x) / (x @ x) * x) / (x @ x), {Mistake.FACTOR}),
            # 1/(x x) forgotten
            (lambda x, A: A @ x + A.T @ x - 2 * (x @ A @ x) / (x @ x) * x, {Mistake.MISSING_FACTOR}),
        ),
    ),
    Textbook(
        "energy of a membrane",
        lambda u: 0.5 * (np.sum((u[1:] - u[:-1]) ** 2) + np.sum((u[:, 1:] - u[:, :-1]) ** 2)),
        (N(size=(4, 5)),),
        (
            _membrane,
            _padded,
        ),
        (
            # only along columns
            (lambda u: _membrane(u, columns=0.0), {Mistake.MISSING_TERM}),
            # the 1/2 not used up
            (lambda u: 0.5 * _membrane(u), {Mistake.FACTOR}),
            # first row left at zero
            (_clamped, {Mistake.ROW, Mistake.ZERO}),
        ),
    ),
    Textbook(
        "quadratic form with a symmetric A",
        lambda x, A: x @ A @ x,
        (N(size=4), _S + _S.T),
        (lambda x, A: 2 * A @ x,),
        (),
    ),
    Textbook(
        "black box of a float", lambda x: math.sin(float(x)) ** 2, (0.7,), (lambda x: math.sin(2 * float(x)),), ()
    ),
    Textbook("absolute values, at none of their kinks", lambda x: np.sum(np.abs(x)), (N(size=5),), (np.sign,), ()),
)
