"""Programs as they are written at work: trade, measurements, medicine, games, images, control."""

from __future__ import annotations

import heapq
import itertools
import math
from typing import Any

import numpy as np
from scipy import integrate, linalg, ndimage, optimize, signal, special, stats

from .suite import Family

FAMILY = Family("Programs from practice")
T = np.arange(64) / 64


@FAMILY
def censored_lifetimes(x: Any) -> Any:
    """Lifetimes, some cut short: stats.gamma.logsf(left, shape, scale=scale)"""
    shape, scale = np.exp(x[0]), 1 + x[1] ** 2
    seen, left = np.array([0.4, 1.1, 2.3, 0.9]), np.array([1.5, 3.0])
    return np.sum(stats.gamma.logpdf(seen, shape, scale=scale)) + np.sum(stats.gamma.logsf(left, shape, scale=scale))


@FAMILY
def two_variants(x: Any) -> Any:
    """Which of two variants is better: stats.beta.cdf(p, 15 + x[0], 28.0)"""
    p = np.linspace(0.001, 0.999, 60)
    return np.trapezoid(stats.beta.pdf(p, 12 + x[2], 30 + x[3]) * stats.beta.cdf(p, 15 + x[0], 28.0), p)


@FAMILY
def heavy_tails(x: Any) -> Any:
    """A quantile of heavy tails: stats.t.ppf(0.99, 3 + x[2])"""
    return x[3] * stats.t.ppf(0.99, 3 + x[2]) + stats.t.cdf(x[0], 3 + x[2])


@FAMILY
def implied_volatility(x: Any) -> Any:
    """The volatility that a price implies: optimize.brentq(lambda s: price(s) - price(x[0]) * 1.01, 0.01, 3)"""

    def price(s: Any) -> Any:
        d = (np.log(1 / 0.9) + s * s / 2) / s
        return stats.norm.cdf(d) - 0.9 * stats.norm.cdf(d - s)

    return optimize.brentq(lambda s: price(s) - price(x[0]) * 1.01, 0.01, 3)


@FAMILY
def loan(x: Any) -> Any:
    """A loan paid back month by month: rows.append({"interest": interest, "left": left})"""
    left, rate = 1000 * x[2], (1 + x[3]) / 120
    pay = left * rate / (1 - (1 + rate) ** -24)
    rows = []
    for month in range(1, 25):
        interest = left * rate
        left -= pay - interest
        rows.append({"interest": interest, "left": left})
        if month % 12 == 0:
            left *= 1 - 0.01 * x[0]
    return sum(row["interest"] for row in rows) / 100 + rows[-1]["left"]


@FAMILY
def lock_down(x: Any) -> Any:
    """An epidemic with measures: contact = 0.4 if ill > 0.1 else 1.0"""
    well, ill, peak = 0.99, 0.01, 0.0
    for _ in range(40):
        contact = 0.4 if ill > 0.1 else 1.0
        new, cured = contact * 0.5 * x[0] * well * ill, 0.1 * x[3] * ill
        well, ill = well - new, ill + new - cured
        peak = max(peak, ill)
    return peak + well


@FAMILY
def ratings(x: Any) -> Any:
    """Ratings of players: rating[won] += 32 * (score - expected)"""
    rating = dict(zip("abc", 1500 + 100 * x[:3], strict=True))
    loss = 0.0
    for won, lost, score in [("a", "b", 1), ("b", "c", 0.5), ("c", "a", 0), ("a", "c", 1)]:
        expected = 1 / (1 + 10 ** ((rating[lost] - rating[won]) / 400))
        loss -= score * math.log(expected) + (1 - score) * math.log(1 - expected)
        rating[won] += 32 * (score - expected)
        rating[lost] -= 32 * (score - expected)
    return loss + sorted(rating.values())[1] / 1000


@FAMILY
def three_bars(x: Any) -> Any:
    """A frame of bars under load: stiffness[2 * a : 2 * a + 2, 2 * b : 2 * b + 2] += s * own"""
    nodes = np.array([[0, 0], [1, 0], [0.5, x[0]]])
    stiffness = np.zeros((6, 6))
    for k, (i, j) in enumerate(itertools.combinations(range(3), 2)):
        d = nodes[j] - nodes[i]
        length = np.linalg.norm(d)
        own = np.outer(d, d) / length**3 * (1 + x[3] * k)
        for a, b, s in ((i, i, 1), (j, j, 1), (i, j, -1), (j, i, -1)):
            stiffness[2 * a : 2 * a + 2, 2 * b : 2 * b + 2] += s * own
    free, load = [2, 4, 5], np.array([0.0, 0.3, -x[2]])
    return load @ np.linalg.solve(stiffness[np.ix_(free, free)], load)


@FAMILY
def one_factor_many_solves(x: Any) -> Any:
    """One factorisation for many right-hand sides: linalg.lu_solve(factors, y + x[0])"""
    factors = linalg.lu_factor(np.array([[0.5, x[0], 4], [3, x[1], 1], [x[3], 2, 1]]))
    y = np.ones(3)
    for _ in range(3):
        y = linalg.lu_solve(factors, y + x[0])
    return y @ y


@FAMILY
def bins_of_traced_places(x: Any) -> Any:
    """Weights added up by traced bins: np.bincount((y / 0.1).astype(int), weights=y**2, minlength=8)"""
    y = np.abs(x) / 5
    return np.bincount((y / 0.1).astype(int), weights=y**2, minlength=8) @ np.arange(8.0)


@FAMILY
def denoised(x: Any) -> Any:
    """Small wavelets left away: np.sign(d) * np.maximum(np.abs(d) - 0.05, 0)"""
    signal_, details = np.repeat(x, 2) + 0.1 * np.sin(np.arange(8)), []
    a = signal_
    while len(a) > 1:
        d = (a[::2] - a[1::2]) / np.sqrt(2)
        details.append(np.sign(d) * np.maximum(np.abs(d) - 0.05, 0))
        a = (a[::2] + a[1::2]) / np.sqrt(2)
    for d in reversed(details):
        out = np.empty(2 * len(d))
        out[::2], out[1::2] = (a + d) / np.sqrt(2), (a - d) / np.sqrt(2)
        a = out
    return np.sum((a - signal_) ** 2) + a[3] ** 2


@FAMILY
def spectral_peak(x: Any) -> Any:
    """The peak of a spectrum, between its lines: signal.welch(s, 64, nperseg=32)"""
    s = np.sin(2 * np.pi * (8 + x[3]) * T) + x[0] * np.cos(11 * T) ** 2
    f, power = signal.welch(s, 64, nperseg=32)
    k = np.argmax(power)
    a, b, c = np.log(power[k - 1 : k + 2])
    return f[k] + (a - c) / (2 * (a - 2 * b + c))


@FAMILY
def smaller_image(x: Any) -> Any:
    """An image sharpened and made smaller: ndimage.zoom(sharp, 0.5, order=1)"""
    j, i = np.mgrid[0:8, 0:8]
    image = np.exp(-((i - 4 * x[0]) ** 2 + (j - 3) ** 2) / 6)
    sharp = image + x[3] * (image - ndimage.gaussian_filter(image, 1.0))
    gy, gx = np.gradient(ndimage.zoom(sharp, 0.5, order=1))
    return np.sum(np.hypot(gx, gy))


@FAMILY
def rising_steps(x: Any) -> Any:
    """The nearest rising sequence: blocks[i] = [(v * n + w * m) / (n + m), n + m]"""
    blocks, i = [[v, 1] for v in x], 0
    while i < len(blocks) - 1:
        if blocks[i][0] > blocks[i + 1][0]:
            (v, n), (w, m) = blocks[i], blocks.pop(i + 1)
            blocks[i] = [(v * n + w * m) / (n + m), n + m]
            i = max(i - 1, 0)
        else:
            i += 1
    return np.sum(np.concatenate([np.full(n, v) for v, n in blocks]) ** 2)


@FAMILY
def shortest_code(x: Any) -> Any:
    """The length of the shortest code: heapq.heappush(heap, (a[0] + b[0], k))"""
    p = np.exp(x) / np.exp(x).sum()
    heap = [(v, k) for k, v in enumerate(p)]
    heapq.heapify(heap)
    total = 0.0
    for k in itertools.count(len(p)):
        a, b = heapq.heappop(heap), heapq.heappop(heap)
        total += a[0] + b[0]
        if not heap:
            return total - (p * np.log2(p)).sum()
        heapq.heappush(heap, (a[0] + b[0], k))
    return None


@FAMILY
def controlled(x: Any) -> Any:
    """A controller that is limited: np.clip((2 + x[0]) * e + x[3] * total + 0.1 * x[2] * (e - last), -2, 2)"""
    y, total, last, cost = 0.0, 0.0, 1.0, 0.0
    for _ in range(30):
        e = 1.0 - y
        total += 0.1 * e
        u = np.clip((2 + x[0]) * e + x[3] * total + 0.1 * x[2] * (e - last), -2, 2)
        y, last = y + 0.1 * (u - y), e
        cost += 0.1 * e * e
    return cost


@FAMILY
def tagged(x: Any) -> Any:
    """How likely a labelling is: special.logsumexp(alpha[:, None] + moves, axis=0)"""
    scores, moves = np.outer(np.arange(4.0), x[:3]), np.subtract.outer(x[:3], x[1:]) ** 2
    alpha = scores[0]
    for row in scores[1:]:
        alpha = special.logsumexp(alpha[:, None] + moves, axis=0) + row
    path = [0, 1, 2, 1]
    own = sum(scores[t, k] for t, k in enumerate(path)) + sum(moves[a, b] for a, b in itertools.pairwise(path))
    return special.logsumexp(alpha) - own


@FAMILY
def pendulum_period(x: Any) -> Any:
    """How a pendulum swings, exactly: special.ellipj(x[0], x[3])"""
    sn, cn, dn, _ = special.ellipj(x[0], x[3])
    return 2 * np.arcsin(np.sqrt(x[3]) * sn) + cn * dn


@FAMILY
def medicine(x: Any) -> Any:
    """What is left of a medicine: integrate.solve_ivp(rates, (0, 4), [1.0, x[3]]"""

    def rates(t: Any, y: Any) -> Any:
        return [-x[0] * y[0], x[0] * y[0] - 0.3 * x[2] * y[1]]

    found = integrate.solve_ivp(rates, (0, 4), [1.0, x[3]], t_eval=[1, 2, 4], rtol=1e-10, atol=1e-12)
    return np.sum((found.y[1] - [0.5, 0.4, 0.2]) ** 2)
