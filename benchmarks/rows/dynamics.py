"""Right-hand sides of ordinary differential equations with their Jacobians, as implicit solvers ask for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.derivatives import value_and_jacobian
from benchmarks.problem import Problem, Row, Target, at_sizes


def three_body(s, m):
    """Three masses in the plane; s: positions (6), then velocities (6)."""
    a, b, c = s[0:2], s[2:4], s[4:6]
    ab, bc, ca = pull(b - a), pull(c - b), pull(a - c)
    return np.concatenate([s[6:], m[1] * ab - m[2] * ca, m[2] * bc - m[0] * ab, m[0] * ca - m[1] * bc])


def pull(d):
    return d / np.sum(d**2) ** 1.5


# --- variants


def lorenz_96(x):
    return (np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + 8.0


def double_pendulum(s):
    """Angles and their velocities; unit masses and lengths."""
    a, b, p, q = s[0], s[1], s[2], s[3]
    cos, sin = np.cos(a - b), np.sin(a - b)
    below = 2.0 - cos**2
    first = (-sin * (p**2 * cos + q**2) - 9.81 * (2.0 * np.sin(a) - np.sin(b) * cos)) / below
    second = (sin * (2.0 * p**2 + q**2 * cos) - 19.62 * (np.sin(b) - np.sin(a) * cos)) / below
    return np.stack([p, q, first, second])


def robertson(y):
    """Chemical kinetics, stiff."""
    slow, fast, back = 0.04 * y[0], 3.0e7 * y[1] ** 2, 1.0e4 * y[1] * y[2]
    return np.stack([back - slow, slow - back - fast, fast])


def spring_mesh(s, k):
    """A closed chain of masses in space joined by springs of length 1; s: (2, n, 3)."""
    x, v = s[0], s[1]
    d = np.roll(x, -1, axis=0) - x
    length = np.sqrt(np.sum(d**2, axis=1, keepdims=True))
    force = k[:, None] * (length - 1.0) * d / length
    return np.stack([v, force - np.roll(force, 1, axis=0) - 0.1 * v])


def _bodies(rng: np.random.Generator) -> tuple[Any, ...]:
    return np.array([1.0, 0.0, -0.5, 0.9, -0.6, -0.8, 0.1, 0.7, -0.6, -0.2, 0.5, -0.4]), np.array([1.0, 0.8, 1.3])


def _state(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return (rng.normal(size=n),)


def _pendulum(rng: np.random.Generator) -> tuple[Any, ...]:
    return (np.array([0.4, -0.9, 0.3, 1.1]),)


def _species(rng: np.random.Generator) -> tuple[Any, ...]:
    return (np.array([0.9, 3e-5, 0.1]),)


def _mesh(rng: np.random.Generator, n: int) -> tuple[Any, ...]:
    return rng.normal(size=(2, n, 3)), rng.uniform(1.0, 2.0, size=n)


BODIES = Problem("three bodies, Jacobian", three_body, _bodies, (), 0, value_and_jacobian, c="dynamics:three_body")
ROWS: tuple[Row, ...] = at_sizes(BODIES, {(): Target(0.02, 1.5)})
ROWS_FLOAT32: tuple[Row, ...] = ()
_SMALL = Target(0.02)
VARIANTS = (
    *at_sizes(Problem("Lorenz 96, Jacobian", lorenz_96, _state, (5,), 0, value_and_jacobian), {(12,): _SMALL}),
    *at_sizes(
        Problem("double pendulum, Jacobian", double_pendulum, _pendulum, (), 0, value_and_jacobian), {(): _SMALL}
    ),
    *at_sizes(Problem("Robertson, Jacobian", robertson, _species, (), 0, value_and_jacobian), {(): _SMALL}),
    *at_sizes(Problem("spring mesh, Jacobian", spring_mesh, _mesh, (3,), 0, value_and_jacobian), {(8,): Target(0.1)}),
)
