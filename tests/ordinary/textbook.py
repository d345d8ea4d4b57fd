"""Programs as they stand in textbooks of machine learning, physics, finance, signals and graphs."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import Any

import numpy as np
from scipy import linalg

from .suite import Family

FAMILY = Family("Programs from textbooks")
RETURNS = np.random.default_rng(3).normal(0.01, 0.05, size=(40, 4))
POINTS = np.random.default_rng(1).normal(size=(20, 2))


@FAMILY
def cross_validated_ridge(x: Any) -> Any:
    """Generalised cross-validation of ridge regression: hat = a @ np.linalg.solve(a.T @ a + lam * np.eye(4), a.T)"""
    a, y = RETURNS[:12], RETURNS[:12].sum(axis=1) + 0.1
    lam = np.exp(x[0])
    hat = a @ np.linalg.solve(a.T @ a + lam * np.eye(4), a.T)
    r = y * (1 + x[1] ** 2) - hat @ y * x[2]
    return 12 * np.sum(r**2) / (12 - np.trace(hat)) ** 2


@FAMILY
def discriminant(x: Any) -> Any:
    """Fisher's discriminant: np.linalg.solve(scatter, m1 - m2)"""
    a = np.vstack([x[:2], x[2:], x[:2] * 2, [1.0, 2.0]])
    b = np.vstack([x[::-1][:2], [0.3, 0.2], x[1:3]])
    m1, m2 = a.mean(axis=0), b.mean(axis=0)
    scatter = np.cov(a, rowvar=False) * (len(a) - 1) + np.cov(b.T) * (len(b) - 1) + np.eye(2)
    return np.linalg.solve(scatter, m1 - m2) @ (m1 - m2)


@FAMILY
def k_means(x: Any) -> Any:
    """The nearest of some centres, which move: label = np.argmin(((POINTS[:, None] - centres) ** 2).sum(-1), axis=1)"""
    centres = x.reshape(2, 2)
    for _ in range(3):
        label = np.argmin(((POINTS[:, None] - centres) ** 2).sum(-1), axis=1)
        centres = np.array([(POINTS[label == k].mean(axis=0) + centres[k]) / 2 for k in range(2)])
    return ((POINTS - centres[label]) ** 2).sum()


@FAMILY.at([0.2, 0.5, -0.3, 0.8, 0.1, -0.6])
def convolutional_network(x: Any) -> Any:
    """Convolution, rectifier, pooling: h[: len(h) // 2 * 2].reshape(-1, 2).max(axis=1)"""
    h = np.maximum(np.convolve(np.sin(np.arange(20.0) / 3), x[:3], "valid"), 0)
    h = h[: len(h) // 2 * 2].reshape(-1, 2).max(axis=1)
    return np.tanh(np.correlate(h, x[3:], mode="same")).mean()


@FAMILY
def batch_normalisation(x: Any) -> Any:
    """Batch normalisation: (h - h.mean(0)) / np.sqrt(h.var(0) + 1e-5)"""
    h = np.outer(np.linspace(-1, 1, 6), x) + np.arange(24).reshape(6, 4) * 0.1
    h = (h - h.mean(0)) / np.sqrt(h.var(0) + 1e-5) * x + 1
    return np.mean(np.log1p(np.exp(-h)))


@FAMILY
def expectation_maximisation(x: Any) -> Any:
    """Expectation and maximisation: mu[0] = (g * data).sum() / g.sum()"""
    data = np.array([-1.2, -0.7, 0.1, 0.9, 1.5, 2.2])
    mu, share, s = x[:2].copy(), 1 / (1 + np.exp(-x[3])), np.abs(x[2])
    for _ in range(4):
        r1, r2 = (
            share * np.exp(-0.5 * ((data - mu[0]) / s) ** 2),
            (1 - share) * np.exp(-0.5 * ((data - mu[1]) / s) ** 2),
        )
        g = r1 / (r1 + r2)
        mu[0] = (g * data).sum() / g.sum()
        mu[1], share = ((1 - g) * data).sum() / (1 - g).sum(), g.mean()
        s = np.sqrt((g * (data - mu[0]) ** 2 + (1 - g) * (data - mu[1]) ** 2).mean())
    return -np.log(r1 + r2).sum()


@FAMILY
def explained_variance(x: Any) -> Any:
    """Principal components: np.linalg.svd(m - m.mean(0), full_matrices=False)"""
    m = RETURNS[:8] * x
    _, s, _ = np.linalg.svd(m - m.mean(0), full_matrices=False)
    return s[0] ** 2 / np.sum(s**2)


@FAMILY
def gradients_by_hand(x: Any) -> Any:
    """Reverse mode written by hand: for v in reversed(order): v.push()"""

    class Value:
        def __init__(self, data: Any, of: tuple[Any, ...] = ()):
            self.data, self.grad, self.of = data, 0.0, of

        def __mul__(self, other: Value) -> Value:
            out = Value(self.data * other.data, (self, other))

            def push() -> None:
                self.grad += other.data * out.grad
                other.grad += self.data * out.grad

            out.push = push  # type: ignore[method-assign]
            return out

        def push(self) -> None: ...

        def backward(self) -> None:
            order: list[Value] = []

            def visit(v: Value) -> None:
                if v not in order:
                    for w in v.of:
                        visit(w)
                    order.append(v)

            visit(self)
            self.grad = 1.0
            for v in reversed(order):
                v.push()

    a, b = Value(x[0]), Value(x[1])
    (a * b * a).backward()
    return a.grad * x[2] + b.grad**2


@FAMILY.at(0.3, 0.2, 0.1, 1.05)
def american_option(x: Any) -> Any:
    """An American option on a binomial tree: max(hold, strike - u ** (i - 2 * j))"""
    n, strike = 8, x[3]
    u, discount = math.exp(x[0] / math.sqrt(n)), math.exp(-x[2] / n)
    q = (1 / discount - 1 / u) / (u - 1 / u)
    v = [max(strike - u ** (n - 2 * j), 0.0) for j in range(n + 1)]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1):
            hold = discount * (q * v[j] + (1 - q) * v[j + 1])
            v[j] = max(hold, strike - u ** (i - 2 * j))
    return v[0]


@FAMILY.at(0.05, 0.2, 0.3, 0.5)
def drawdown(x: Any) -> Any:
    """The ratio of Sharpe and the deepest fall: np.maximum.accumulate(wealth)"""
    r = RETURNS @ (np.exp(x) / np.exp(x).sum())
    wealth = np.cumprod(1 + r)
    return r.mean() / r.std(ddof=1) + np.max(1 - wealth / np.maximum.accumulate(wealth))


@FAMILY.at(0.05, 0.2, 0.3, 0.5)
def expected_shortfall(x: Any) -> Any:
    """The mean of the worst results: -np.sort(r)[: int(np.ceil(0.1 * len(r)))].mean()"""
    r = RETURNS @ x
    return -np.sort(r)[: int(np.ceil(0.1 * len(r)))].mean()


@FAMILY.at(0.1, 0.08, 0.9, 0.2)
def garch(x: Any) -> Any:
    """Volatility that depends on yesterday's: s2[t] = x[0] + x[1] * r[t - 1] ** 2 + x[2] * s2[t - 1]"""
    r = RETURNS[:, 0] * 20
    s2 = np.empty_like(r)
    s2[0] = r.var()
    for t in range(1, len(r)):
        s2[t] = x[0] + x[1] * r[t - 1] ** 2 + x[2] * s2[t - 1]
    return 0.5 * np.sum(np.log(s2) + (r - x[3]) ** 2 / s2) / 10


@FAMILY
def yule_walker(x: Any) -> Any:
    """The equations of Yule and Walker: linalg.toeplitz(r[:3])"""
    y = np.cos(np.arange(30.0) * x[0]) + x[1] * np.sin(np.arange(30) * 0.5)
    r = np.correlate(y, y, "full")[29:] / 30
    return np.linalg.solve(linalg.toeplitz(r[:3]), r[1:4]).sum()


@FAMILY.at(1.0, 0.0, 0.2, 0.9)
def orbit(x: Any) -> Any:
    """An orbit by leapfrog: v += h / 2 * pull(r)"""

    def pull(r: Any) -> Any:
        return -r / np.linalg.norm(r) ** 3

    r, v, h = x[:2].copy(), x[2:].copy(), 0.05
    for _ in range(80):
        v += h / 2 * pull(r)
        r += h * v
        v += h / 2 * pull(r)
    return v @ v / 2 - 1 / np.hypot(*r) + r[0]


@FAMILY.at(np.random.default_rng(1).uniform(0.6, 3.0, 12))
def forces_between_pairs(x: Any) -> Any:
    """Forces added up by pairs: np.add.at(force, i, d / r[:, None] ** 3)"""
    q = x.reshape(4, 3)
    i, j = np.triu_indices(4, k=1)
    d = q[i] - q[j]
    r = np.sqrt((d**2).sum(1))
    force = np.zeros_like(q)
    np.add.at(force, i, d / r[:, None] ** 3)
    np.subtract.at(force, j, d / r[:, None] ** 3)
    return (force**2).sum()


@FAMILY.at(np.random.default_rng(2).uniform(0.6, 3.0, 12))
def cut_off_potential(x: Any) -> Any:
    """A potential with a cut-off: for i, j in itertools.combinations(range(4), 2)"""
    q, energy = x.reshape(4, 3), 0.0
    for i, j in itertools.combinations(range(4), 2):
        r = np.linalg.norm(q[i] - q[j])
        if r < 2.5:
            energy += 4 * (r**-12 - r**-6)
    return energy


@FAMILY
def low_pass(x: Any) -> Any:
    """Frequencies cut off: spectrum[np.abs(np.fft.fftfreq(32, 1 / 32)) > 5] = 0"""
    t = np.arange(32) / 32
    spectrum = np.fft.fft(x[0] * np.sin(6 * np.pi * t) + x[1] * np.cos(18 * np.pi * t + x[2]) + x[3] * t)
    spectrum[np.abs(np.fft.fftfreq(32, 1 / 32)) > 5] = 0
    return np.sum(np.fft.ifft(spectrum).real ** 2) + np.abs(spectrum[3])


@FAMILY
def spectrogram(x: Any) -> Any:
    """Spectra of windows: np.array([s[i : i + 8] * np.hanning(8) for i in range(0, 33, 4)])"""
    s = np.sin(np.cumsum(np.abs(x[0]) + np.linspace(0, x[2], 40)))
    frames = np.array([s[i : i + 8] * np.hanning(8) for i in range(0, 33, 4)])
    return np.log(np.abs(np.fft.rfft(frames, axis=1)) ** 2 + 1e-3).mean()


@FAMILY
def recursive_filter(x: Any) -> Any:
    """A recursive filter: y.append(0.2 * u + x[3] * u1 + x[0] / 2 * y[-1] - 0.3 * y[-2])"""
    y, u1 = [0.0, 0.0], 0.0
    for u in np.sin(np.arange(25.0)):
        y.append(0.2 * u + x[3] * u1 + x[0] / 2 * y[-1] - 0.3 * y[-2])
        u1 = u
    return np.sqrt(np.mean(np.square(y)))


@FAMILY
def best_path(x: Any) -> Any:
    """Viterbi's path: back.append(s.argmax(0))"""
    moves, seen = np.log(np.array([[0.7, 0.3], [0.4, 0.6]])), [0, 1, 2, 1, 0]
    emits = np.stack([x[:3], x[1:]])
    score, back = emits[:, seen[0]], []
    for o in seen[1:]:
        s = score[:, None] + moves
        back.append(s.argmax(0))
        score = s.max(0) + emits[:, o]
    path = [int(np.argmax(score))]
    for b in back[::-1]:
        path.append(b[path[-1]])
    return score.max() + sum(emits[k, o] ** 2 for k, o in zip(path[::-1], seen, strict=True))


@FAMILY
def knapsack(x: Any) -> Any:
    """The best filling of a knapsack: best[c] = max(best[c], best[c - weight] + value)"""
    best = np.zeros(6)
    for weight, value in zip([1, 2, 3, 2], x**2, strict=True):
        for c in range(5, weight - 1, -1):
            best[c] = max(best[c], best[c - weight] + value)
    return best[5]


@FAMILY.at(1.5, 2.3, 0.7, 3.1, 0.4, 1.1)
def shortest_path(x: Any) -> Any:
    """Dijkstra's shortest path: d, u = heapq.heappop(queue)"""
    edges = {0: [(1, x[0]), (2, x[1])], 1: [(3, x[2])], 2: [(3, x[3]), (1, x[4])], 3: [(4, x[5])], 4: []}
    distance, queue = dict.fromkeys(edges, math.inf) | {0: 0.0}, [(0.0, 0)]
    while queue:
        d, u = heapq.heappop(queue)
        for v, length in edges[u]:
            if d + length < distance[v]:
                distance[v] = d + length
                heapq.heappush(queue, (distance[v], v))
    return distance[4] ** 2


@FAMILY.at(np.random.default_rng(0).uniform(0.1, 1.0, 16))
def all_shortest_paths(x: Any) -> Any:
    """All shortest paths: d = np.minimum(d, d[:, k, None] + d[None, k, :])"""
    d = x.reshape(4, 4).copy()
    np.fill_diagonal(d, 0)
    for k in range(4):
        d = np.minimum(d, d[:, k, None] + d[None, k, :])
    return (d**2).sum()


@FAMILY.at(np.random.default_rng(0).uniform(0.1, 1.0, 9))
def page_rank(x: Any) -> Any:
    """The ranks of pages: rank = 0.85 * rank @ moves + 0.05"""
    moves = x.reshape(3, 3) / x.reshape(3, 3).sum(axis=1, keepdims=True)
    rank = np.full(3, 1 / 3)
    for _ in range(60):
        rank = 0.85 * rank @ moves + 0.05
    return rank @ np.arange(3.0)


@FAMILY.at(np.random.default_rng(0).uniform(0.1, 1.0, 16))
def spanning_tree(x: Any) -> Any:
    """A spanning tree of least weight: min((w[i, j], j) for i in tree for j in range(4) if j not in tree)"""
    w, tree, total = (x.reshape(4, 4) + x.reshape(4, 4).T) / 2, {0}, 0.0
    while len(tree) < 4:
        least, new = min((w[i, j], j) for i in tree for j in range(4) if j not in tree)
        total += least**2
        tree.add(new)
    return total


@FAMILY.at(np.random.default_rng(0).uniform(0.1, 1.0, 16))
def connectivity(x: Any) -> Any:
    """How well a graph hangs together: np.linalg.eigvalsh(np.diag(w.sum(1)) - w)[1]"""
    w = (x.reshape(4, 4) + x.reshape(4, 4).T) / 2
    return np.linalg.eigvalsh(np.diag(w.sum(1)) - w)[1]


@FAMILY
def adaptive_quadrature(x: Any) -> Any:
    """Quadrature that halves where it must: if abs(left + right - whole) <= 15 * tolerance"""

    def f(t: Any) -> Any:
        return math.sin(x[2] * t) * math.exp(-x[0] * t)

    def simpson(a: float, b: float) -> Any:
        return (b - a) / 6 * (f(a) + 4 * f((a + b) / 2) + f(b))

    def halved(a: float, b: float, whole: Any, tolerance: float) -> Any:
        m = (a + b) / 2
        left, right = simpson(a, m), simpson(m, b)
        if abs(left + right - whole) <= 15 * tolerance:
            return left + right + (left + right - whole) / 15
        return halved(a, m, left, tolerance / 2) + halved(m, b, right, tolerance / 2)

    return halved(0.0, 2.0, simpson(0.0, 2.0), 1e-6)


@FAMILY
def conjugate_gradients(x: Any) -> Any:
    """Conjugate gradients: r = r - alpha * (a @ d)"""
    a, b, z = np.outer(x, x) + 2 * np.eye(4), x**2, np.zeros(4)
    r = b - a @ z
    d = r
    for _ in range(3):
        alpha = r @ r / (d @ a @ d)
        z, old = z + alpha * d, r
        r = r - alpha * (a @ d)
        d = r + (r @ r) / (old @ old) * d
    return z.sum()


@FAMILY
def eigenvalues_by_turning(x: Any) -> Any:
    """Eigenvalues by repeated factorisation: q, r = np.linalg.qr(a)"""
    a = np.outer(x, x) + np.diag([1.0, 2.0, 3.0, 9.0])
    for _ in range(6):
        q, r = np.linalg.qr(a)
        a = r @ q
    return a[0, 0]


@FAMILY
def sound_in_a_string(x: Any) -> Any:
    """The wave equation: new[1:-1] = 2 * u[1:-1] - old[1:-1] + c * (u[2:] - 2 * u[1:-1] + u[:-2])"""
    u = np.exp(-50 * (np.linspace(0, 1, 21) - 0.5 * x[0]) ** 2)
    old, c = u.copy(), (0.3 * x[3]) ** 2
    for _ in range(40):
        new = np.zeros_like(u)
        new[1:-1] = 2 * u[1:-1] - old[1:-1] + c * (u[2:] - 2 * u[1:-1] + u[:-2])
        old, u = u, new
    return (u**2).sum()


@FAMILY.at(np.random.default_rng(3).normal(size=16))
def image_read_between(x: Any) -> Any:
    """An image turned: image[j, i] * (1 - fu) * (1 - fv)"""
    image, angle = x.reshape(4, 4), x[0] / 4
    yy, xx = np.indices((4, 4)) - 1.5
    u = np.clip(np.cos(angle) * xx - np.sin(angle) * yy + 1.5, 0, 2.999)
    v = np.clip(np.sin(angle) * xx + np.cos(angle) * yy + 1.5, 0, 2.999)
    i, j = u.astype(int), v.astype(int)
    fu, fv = u - i, v - j
    low = image[j, i] * (1 - fu) * (1 - fv) + image[j, i + 1] * fu * (1 - fv)
    return np.sum((low + image[j + 1, i] * (1 - fu) * fv + image[j + 1, i + 1] * fu * fv) ** 2)
