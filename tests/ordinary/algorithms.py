"""Whole algorithms, as they stand in textbooks and in the tests of numerical packages."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .suite import Family

FAMILY = Family("Algorithms")


@FAMILY
def rosenbrock(x: Any) -> Any:
    """Rosenbrock's valley: np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)"""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@FAMILY
def rosenbrock_loop(x: Any) -> Any:
    """The same, in a loop: total += 100.0 * (x[k + 1] - x[k] ** 2) ** 2"""
    total = 0.0
    for k in range(len(x) - 1):
        total += 100.0 * (x[k + 1] - x[k] ** 2) ** 2
        total += (1 - x[k]) ** 2
    return total


@FAMILY
def taylor_sine(x: Any) -> Any:
    """A series until its terms vanish: while abs(term) > 1e-17"""
    total = term = x[0]
    k = 0
    while abs(term) > 1e-17:
        term = -term * x[0] ** 2 / ((2 * k + 2) * (2 * k + 3))
        total = total + term
        k += 1
    return total


@FAMILY
def logistic_loss(x: Any) -> Any:
    """Logistic regression: -np.sum(np.log(label * p + (1 - label) * (1 - p)))"""
    inputs = np.array([[0.52, 1.12, 0.77, 1.0], [0.88, -1.08, 0.15, 1.0], [0.52, 0.06, -1.30, 1.0]])
    label = np.array([1.0, 1.0, 0.0])
    p = 0.5 * (np.tanh(inputs @ x / 2) + 1)
    return -np.sum(np.log(label * p + (1 - label) * (1 - p)))


@FAMILY.at(np.linspace(-1.0, 1.0, 17))
def neural_network(w: Any) -> Any:
    """A neural network over a flat vector of parameters: for (m, n), start in zip(shapes, starts, strict=True)"""
    shapes, starts = [(2, 4), (4, 1)], [0, 12]
    h = np.array([[0.5, -0.2], [1.0, 0.3], [-0.7, 0.8]])
    for (m, n), start in zip(shapes, starts, strict=True):
        weights = w[start : start + m * n].reshape(m, n)
        bias = w[start + m * n : start + m * n + n]
        h = np.tanh(np.dot(h, weights) + bias)
    return np.mean((h[:, 0] - [0.1, 0.4, -0.3]) ** 2)


@FAMILY
def gaussian_mixture(x: Any) -> Any:
    """A mixture of normal densities: np.logaddexp(a, b)"""
    data = np.array([-1.0, 0.2, 0.8, 2.0])

    def density(mean: Any, deviation: Any) -> Any:
        return -0.5 * ((data - mean) / deviation) ** 2 - np.log(deviation * np.sqrt(2 * np.pi))

    a, b = density(x[0], x[2]), density(x[1], x[3])
    return np.sum(np.logaddexp(a, b))


@FAMILY
def gaussian_process(x: Any) -> Any:
    """The likelihood of a Gaussian process: np.linalg.cholesky(k)"""
    t, y = np.array([0.0, 0.7, 1.5, 2.2]), np.array([0.3, -0.1, 0.5, 0.9])
    k = x[2] * np.exp(-((t[:, None] - t) ** 2) / (2 * x[0] ** 2)) + x[3] ** 2 * np.eye(4)
    low = np.linalg.cholesky(k)
    alpha = np.linalg.solve(low.T, np.linalg.solve(low, y))
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(low)))


@FAMILY
def kalman_filter(x: Any) -> Any:
    """A Kalman filter: gain = p / (p + r)"""
    mean, p, r, loss = x[0], np.exp(x[1]), np.exp(x[3]), 0.0
    for z in [0.5, 0.7, 0.2, 0.9]:
        p = p + x[2] ** 2
        gain = p / (p + r)
        loss = loss + 0.5 * (np.log(p + r) + (z - mean) ** 2 / (p + r))
        mean, p = mean + gain * (z - mean), (1 - gain) * p
    return loss


@FAMILY
def hidden_markov(x: Any) -> Any:
    """Forward sums of a hidden Markov model: alpha = (alpha @ t) * e[:, z]"""
    t = np.exp(x.reshape(2, 2))
    t = t / t.sum(axis=1, keepdims=True)
    e, alpha = np.array([[0.7, 0.3], [0.2, 0.8]]), np.array([0.6, 0.4])
    for z in [0, 1, 1, 0]:
        alpha = (alpha @ t) * e[:, z]
    return np.log(alpha.sum())


@FAMILY
def runge_kutta(x: Any) -> Any:
    """Runge and Kutta's method: y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)"""

    def f(y: Any) -> Any:
        return np.array([y[1], -(x[0] ** 2) * y[0] - x[3] * y[1]])

    y, h = np.array([1.0, x[1]]), 0.1
    for _ in range(3):
        k1 = f(y)
        k2 = f(y + h / 2 * k1)
        k3 = f(y + h / 2 * k2)
        k4 = f(y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[0]


@FAMILY
def heat_equation(x: Any) -> Any:
    """The heat equation, step by step: new[1:-1] += r * (u[2:] - 2 * u[1:-1] + u[:-2])"""
    u, r = np.concatenate([[0.0], x, [0.0]]), 0.2
    for _ in range(4):
        new = u.copy()
        new[1:-1] += r * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = new
    return np.sum(u**2)


@FAMILY
def newton_iteration(x: Any) -> Any:
    """Newton's method to a root: y = y - (y**3 - a) / (3 * y**2)"""
    a, y = x[2], 1.0
    for _ in range(12):
        y = y - (y**3 - a) / (3 * y**2)
    return y * x[0]


@FAMILY
def bisected(x: Any) -> Any:
    """Descent inside the function: w = w - 0.1 * 2 * (w - x[0]) * w"""
    w = x[1]
    for _ in range(10):
        w = w - 0.1 * 2 * (w - x[0]) * w**2
    return w


@FAMILY
def elimination(x: Any) -> Any:
    """Elimination with pivots: a[[k, p]] = a[[p, k]]"""
    a, b, n = np.outer(x, x) + 3 * np.eye(4), x.copy(), 4
    for k in range(n):
        p = k + np.argmax(np.abs(a[k:, k]))
        if p != k:
            a[[k, p]] = a[[p, k]]
            b[[k, p]] = b[[p, k]]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            a[i, k:] -= factor * a[k, k:]
            b[i] -= factor * b[k]
    z = np.zeros(n)
    for i in range(n - 1, -1, -1):
        z[i] = (b[i] - a[i, i + 1 :] @ z[i + 1 :]) / a[i, i]
    return z @ np.arange(4.0)


@FAMILY
def cholesky_by_hand(x: Any) -> Any:
    """Cholesky's factor by hand: low[i, j] = math.sqrt(a[i, i] - s) if i == j else (a[i, j] - s) / low[j, j]"""
    a, low = np.outer(x, x) + 3 * np.eye(4), np.zeros((4, 4))
    for i in range(4):
        for j in range(i + 1):
            s = sum(low[i, k] * low[j, k] for k in range(j))
            low[i, j] = math.sqrt(a[i, i] - s) if i == j else (a[i, j] - s) / low[j, j]
    return np.log(np.diag(low)).sum()


@FAMILY
def power_iteration(x: Any) -> Any:
    """The largest eigenvalue by iteration: v = v / np.linalg.norm(v)"""
    a = np.outer(x, x) + np.diag([1.0, 2.0, 3.0, 4.0])
    v = np.ones(4)
    for _ in range(6):
        v = a @ v
        v = v / np.linalg.norm(v)
    return v @ a @ v


@FAMILY
def time_warping(x: Any) -> Any:
    """Dynamic programming: d[i, j] = cost + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])"""
    other = [1.0, 2.0, 0.5]
    d = np.full((5, 4), np.inf)
    d[0, 0] = 0
    for i in range(1, 5):
        for j in range(1, 4):
            cost = (x[i - 1] - other[j - 1]) ** 2
            d[i, j] = cost + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[4, 3]


@FAMILY
def nearest_centres(x: Any) -> Any:
    """The nearest centre of each point: np.abs(x[:, None] - centres[None]).argmin(axis=1)"""
    centres = np.array([-1.0, 1.0])
    nearest = np.abs(x[:, None] - centres[None]).argmin(axis=1)
    return sum(((x[nearest == j] - centres[j]) ** 2).sum() for j in range(2))


@FAMILY
def rotations(x: Any) -> Any:
    """Rotations of points: np.array([[c, -s], [s, c]])"""
    c, s = np.cos(x[0]), np.sin(x[0])
    turned = np.array([[c, -s], [s, c]]) @ x[1:3]
    return turned[0] * turned[1] + x[3] * np.arctan2(*turned)


@FAMILY
def quaternions(x: Any) -> Any:
    """A rotation from a quaternion: a, b, c, d = x / np.linalg.norm(x)"""
    a, b, c, d = x / np.linalg.norm(x)
    matrix = np.array([
        [1 - 2 * (c**2 + d**2), 2 * (b * c - a * d), 2 * (b * d + a * c)],
        [2 * (b * c + a * d), 1 - 2 * (b**2 + d**2), 2 * (c * d - a * b)],
        [2 * (b * d - a * c), 2 * (c * d + a * b), 1 - 2 * (b**2 + c**2)],
    ])  # fmt: skip
    return (matrix @ [1.0, 2.0, 3.0]) @ [0.3, -0.2, 0.5]


@FAMILY
def lennard_jones(x: Any) -> Any:
    """The energy of pairs of particles: r = np.sqrt(np.sum((p[i] - p[j]) ** 2))"""
    p = np.stack([x, [0.0, 1.5, -1.0, 3.0]], axis=1)
    energy = 0.0
    for i in range(4):
        for j in range(i):
            r = np.sqrt(np.sum((p[i] - p[j]) ** 2))
            energy += 4 * (r**-12 - r**-6)
    return energy


@FAMILY
def black_scholes(x: Any) -> Any:
    """The price of an option: 0.5 * (1 + math.erf(d / math.sqrt(2)))"""
    spot, rate, sigma, years = np.exp(x[0]), x[1] / 50, x[3], x[2]
    d = (math.log(spot / 2.0) + (rate + sigma**2 / 2) * years) / (sigma * math.sqrt(years))

    def normal(d: Any) -> Any:
        return 0.5 * (1 + math.erf(d / math.sqrt(2)))

    return spot * normal(d) - 2.0 * math.exp(-rate * years) * normal(d - sigma * math.sqrt(years))


@FAMILY
def de_casteljau(x: Any) -> Any:
    """De Casteljau's scheme: points = (1 - t) * points[:-1] + t * points[1:]"""
    points, t = x, 0.3
    while len(points) > 1:
        points = (1 - t) * points[:-1] + t * points[1:]
    return points[0] ** 2


@FAMILY
def monte_carlo(x: Any) -> Any:
    """Random numbers of a seeded generator: rng.standard_normal((10, 4)) @ x"""
    rng = np.random.default_rng(1)
    return np.mean(np.maximum(rng.standard_normal((10, 4)) @ x, 0)) + rng.uniform() * x[0] ** 2


@FAMILY
def lstm_cell(x: Any) -> Any:
    """Gates of a recurrent cell: f, i, o, g = np.split(z, 4)"""
    h, c = np.zeros(2), np.zeros(2)
    w = np.linspace(-1, 1, 32).reshape(8, 4)
    for v in x:
        z = w @ np.concatenate([h, [v, 1.0]])
        f, i, o, g = np.split(z, 4)
        f, i, o = (1 / (1 + np.exp(-gate)) for gate in (f, i, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    return h @ h


@FAMILY
def attention(x: Any) -> Any:
    """Attention: weights / weights.sum(axis=-1, keepdims=True)"""
    q = np.outer(x, [1.0, -0.5])
    scores = q @ q.T / np.sqrt(2)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.sum((weights / weights.sum(axis=-1, keepdims=True) @ q)[:, 0] ** 2)
