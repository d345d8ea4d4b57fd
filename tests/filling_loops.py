"""Loops that fill arrays and go through sequences, as people write them; with those recorded step by step."""

from __future__ import annotations

from collections import deque

import numpy as np

N = 70


def fib_mod(x):
    y = np.zeros(N)
    y[0] = x
    y[1] = 2 * x
    for t in range(2, N):
        y[t] = np.sin(y[t - 1]) + 0.5 * y[t - 2]
    return y @ y


def backward(x):
    y = np.zeros(N)
    y[-1] = x
    for t in range(N - 2, -1, -1):
        y[t] = np.sin(y[t + 1]) + 0.1
    return np.sum(y**2)


def backward_rev(x):
    y = np.zeros(N)
    y[-1] = x
    for t in reversed(range(N - 1)):
        y[t] = np.sin(y[t + 1]) + 0.1
    return np.sum(y**2)


def stride2(x):
    y = np.zeros(2 * N)
    y[0] = x
    for t in range(N - 1):
        y[2 * t + 1] = np.sin(y[2 * t])
        y[2 * t + 2] = y[2 * t + 1] + 0.1 * y[2 * t]
    return np.sum(y**2)


def accumulate_neighbours(x):
    y = np.full(N + 1, 0.1) * x
    for t in range(N):
        y[t + 1] += np.sin(y[t])
        y[t] *= 0.5
    return np.sum(y**3)


def wrap(x):
    y = np.ones(N) * x
    for t in range(N):
        y[t] = np.sin(y[t - 1]) + 0.1 * y[t]
    return np.sum(y**2)


def wrap_mod(x):
    y = np.ones(N) * x
    for t in range(N):
        y[t] = np.sin(y[(t + 1) % N]) + 0.1 * y[t]
    return np.sum(y**2)


def read_ahead(x):
    y = np.linspace(0, 1, N + 1) * x
    for t in range(N):
        y[t] = np.sin(y[t + 1]) * y[t]
    return np.sum(y**2)


def boundaries(x):
    u = np.linspace(0, 1, 12) * x
    for _t in range(N):
        u[0] = x
        u[-1] = 0.5
        u[1:-1] = u[1:-1] + 0.2 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def heat2(x):
    U = np.zeros((N, N))
    U[0] = np.sin(np.linspace(0, 3, N) * x)
    for i in range(N - 1):
        for j in range(1, N - 1):
            U[i + 1, j] = U[i, j] + 0.3 * (U[i, j + 1] - 2 * U[i, j] + U[i, j - 1])
    return np.sum(U**2)


def heat_rows(x):
    U = np.zeros((N, 20))
    U[0] = np.sin(np.linspace(0, 3, 20) * x)
    for i in range(N - 1):
        U[i + 1, 1:-1] = U[i, 1:-1] + 0.3 * (U[i, 2:] - 2 * U[i, 1:-1] + U[i, :-2])
        U[i + 1, 0] = x
    return np.sum(U**2)


def cols(x):
    Y = np.zeros((3, N))
    Y[:, 0] = x
    for t in range(1, N):
        Y[:, t] = np.cos(Y[:, t - 1]) * np.array([1.0, 0.5, 0.2])
    return np.sum(Y**2)


def zeta(x):
    P = np.zeros((N, N))
    P[0, :] = x
    P[:, 0] = x
    for i in range(1, N):
        for j in range(1, N):
            P[i, j] = 0.5 * (np.sin(P[i - 1, j]) + P[i, j - 1])
    return P[-1, -1] + np.sum(P)


def diag(x):
    P = np.zeros((N, N))
    P[0, 0] = x
    for i in range(1, N):
        P[i, i] = np.sin(P[i - 1, i - 1])
    return np.trace(P)


def late_write(x):
    y = np.zeros(N)
    for t in range(N):
        y[t] = x * t
        if t == N - 2:
            y[0] = x
    return np.sum(y)


def enum_write(x):
    y = np.linspace(0.1, 1, N) * x
    for i, v in enumerate(y):
        y[i] = np.sin(v) + 0.1 * i
    return np.sum(y**2)


def enum_prev(x):
    y = np.linspace(0.1, 1, N) * x
    prev = 0.0
    for i, v in enumerate(y):
        prev = np.sin(v + prev)
        y[i] = prev
    return np.sum(y**2)


def zip_lists(x):
    a = [0.1 * k for k in range(N)]
    b = [0.2 * k for k in range(N)]
    s = x
    for u, v in zip(a, b, strict=False):
        s = np.sin(s * u) + v * 0.01
    return s


def zip_strict(x):
    s = x
    a = np.arange(N) * 1.0
    for u, (i, v) in zip(a, enumerate(a, start=3), strict=True):
        s = np.sin(s + u) + v * 0.01 * i
    return s


def for_tuples(x):
    data = [(0.1 * k, np.array([k, 1.0])) for k in range(N)]
    s = x
    for _i, (t, v) in enumerate(data):
        s = np.sin(s + t) + v[0] * 0.01 * v[1]
    return s


def int_list(x):
    order = [k * 7 % N for k in range(N)]
    y = np.linspace(0, 1, N) * x
    s = 0.0
    for k, o in enumerate(order):
        s = s * 0.9 + y[o] * k
    return s


def tracer_iter(x):
    y = np.linspace(0, 1, N) * x
    s = 0.0
    for v in y:
        s = np.sin(s + v)
    return s


def rows_iter(x):
    Y = np.outer(np.linspace(0, 1, N), [1.0, 2.0]) * x
    s = 0.0
    for r in Y:
        s = np.sin(s + r[0] * r[1])
    return s


def state_in_list(x):
    s = [x, 0.5]
    for _t in range(N):
        s[0], s[1] = (np.sin(s[1]), s[0] * 0.9)
    return s[0] + s[1] * 2


def rk(x):
    def f(t, y):
        return np.array([y[1], -np.sin(y[0]) * x])

    y = np.array([0.1, 0.2])
    ys = [y]
    ts = np.linspace(0, 5, N)
    h = ts[1] - ts[0]
    for t in ts[:-1]:
        k1 = f(t, y)
        k2 = f(t + h / 2, y + h / 2 * k1)
        k3 = f(t + h / 2, y + h / 2 * k2)
        k4 = f(t + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        ys.append(y)
    ys = np.array(ys)
    return np.sum(ys[:, 0] ** 2) + ys[-1, 1]


def np_append(x):
    y = np.array([x])
    for _t in range(N):
        y = np.append(y, np.sin(y[-1]))
    return y.sum()


def deq(x):
    d = deque([x, x], maxlen=2)
    for _t in range(N):
        d.append(np.sin(d[0]) + 0.1 * d[1])
    return d[0]


LEAPT = [
    fib_mod,
    late_write,
    backward,
    backward_rev,
    stride2,
    accumulate_neighbours,
    wrap,
    read_ahead,
    boundaries,
    heat2,
    heat_rows,
    cols,
    zeta,
    enum_write,
    enum_prev,
    diag,
    zip_strict,
    for_tuples,
    int_list,
    tracer_iter,
    rows_iter,
    state_in_list,
    rk,
]
RECORDED = [
    zip_lists,
    wrap_mod,
    np_append,
    deq,
]
