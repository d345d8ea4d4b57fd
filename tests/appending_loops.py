"""Loops that append to lists, as people write them; with those that must be recorded step by step."""

from __future__ import annotations

import dataclasses

import numpy as np

N = 70


def alias_tuple(x):
    ys = []
    pair = (ys, 1)
    for _t in range(N):
        x = np.sin(x)
        pair[0].append(x)
    return sum(pair[0])


def push(x):
    ys = []
    p = ys.append
    for _t in range(N):
        x = np.sin(x)
        p(x)
    return sum(ys)


def in_dict(x):
    h = {"q": [], "p": []}
    for _t in range(N):
        x = np.sin(x)
        h["q"].append(x)
        h["p"].append(x**2)
    return sum(h["q"]) + h["p"][-1] + h["p"][5]


def list_of_lists(x):
    h = [[], []]
    for _t in range(N):
        x = np.sin(x)
        h[0].append(x)
        h[1].append(x**2)
    return np.sum(np.array(h) ** 2)


class Sim:
    def __init__(self, x):
        self.x = x
        self.t = 0.0
        self.hist = []

    def step(self):
        self.x = self.x + 0.1 * np.sin(self.x + self.t)
        self.t += 0.1
        self.hist.append(self.x)


def klass(x):
    s = Sim(x)
    for _ in range(N):
        s.step()
    return np.sum(np.array(s.hist) ** 2) + s.x * s.t


def same_array_appended(x):
    s = np.zeros(2) + x
    ys = []
    for _t in range(N):
        s[0] = np.sin(s[1])
        s[1] = s[0] * 0.9 + 0.1 * x
        ys.append(s)
    return np.sum(np.array(ys))


def same_array_copied(x):
    s = np.zeros(2) + x
    ys = []
    for _t in range(N):
        s[0] = np.sin(s[1])
        s[1] = s[0] * 0.9 + 0.1 * x
        ys.append(s.copy())
    return np.sum(np.array(ys))


def iadd_appended(x):
    s = np.zeros(2) + x
    ys = []
    for _t in range(N):
        s += 0.1 * np.sin(s)
        ys.append(s)
    return np.sum(np.array(ys))


def view_appended(x):
    Y = np.zeros((N + 1, 2))
    Y[0] = x
    ys = []
    for t in range(N):
        Y[t + 1] = np.cos(Y[t])
        ys.append(Y[t + 1])
    Y[3] = 0.0
    return np.sum(np.array(ys))


def pop_list(x):
    q = [x, x * 2]
    for _t in range(N):
        q.append(np.sin(q[0]) + q[1] * 0.1)
        q.pop(0)
    return q[0] * q[1]


def window(x):
    ys = [x, x * 2, x * 3]
    for _t in range(N):
        ys.append(np.sin(ys[-1] + ys[-3] * 0.2))
    return sum(ys[-3:])


def mean3(x):
    ys = [x, x * 2, x * 3]
    for _t in range(N):
        ys.append(np.mean(ys[-3:]) * 0.99 + 0.01 * np.sin(ys[-2]))
    return sum(ys)


def prealloc_list(x):
    y = [0.0] * (N + 1)
    y[0] = x
    for t in range(N):
        y[t + 1] = np.sin(y[t]) + 0.1 * t
    return sum(y)


def length_used(x):
    ys = [x]
    for _t in range(N):
        ys.append(np.sin(ys[len(ys) - 1]) * len(ys) * 0.01)
    return sum(ys)


def cond_append(x):
    ys = []
    for t in range(N):
        x = np.sin(x) * 1.2
        if t % 2 == 0:
            ys.append(x)
    return sum(ys)


def value_append(x):
    ys = []
    for _t in range(N):
        x = np.sin(x * 1.7)
        if x > 0.2:
            ys.append(x)
    return sum(ys)


def idx_collect(x):
    idx = []
    s = x
    for t in range(N):
        idx.append(t * 2)
        s = np.sin(s)
    y = np.arange(2 * N) * x
    return np.sum(y[idx]) * s


def times(x):
    ts = []
    xs = []
    t = 0.0
    for _k in range(N):
        ts.append(t)
        xs.append(x)
        x = x - 0.1 * np.sin(x + t)
        t += 0.1
    assert isinstance(ts[5], float)
    return np.trapezoid(np.array(xs) ** 2, ts)


def two_phase(x):
    ys = []
    for _t in range(N):
        x = np.sin(x)
        ys.append(x)
    for _t in range(N):
        x = np.cos(x)
        ys.append(x)
    zs = [y * 2 for y in ys]
    return sum(zs) + ys[N] + ys[N - 1] + ys[0]


def after_mutation(x):
    ys = []
    for _t in range(N):
        x = np.sin(x)
        ys.append(x)
    ys.reverse()
    ys.pop()
    ys[3] = 0.0
    del ys[10]
    ys.sort()
    return sum((y * k for k, y in enumerate(ys)))


def growing_reads_first(x):
    ys = [x]
    for _t in range(N):
        ys.append(np.sin(ys[-1]) + ys[0] * 0.1)
    return np.prod(np.array(ys[:10])) + ys[-1]


def half(x):
    ys = [x]
    for t in range(1, N):
        ys.append(np.sin(ys[t // 2]))
    return sum(ys)


def history_sum(x):
    ys = [x]
    for _t in range(N):
        ys.append(0.01 * sum(ys))
    return ys[-1]


def extend2(x):
    ys = [x]
    for _t in range(N):
        ys.extend([np.sin(ys[-1]), 0.5 * ys[-1]])
    return sum(ys)


def frozen_x0(x):
    x0 = np.array([x, x])
    X = [x0]
    for t in range(N):
        X.append(X[-1] @ np.array([[0.9, 0.1], [-0.1, 0.9]]) + 0.01 * X[-2 if t > 0 else -1])
    return np.sum(np.stack(X) ** 2)


def kalman(x):
    m = np.zeros(2)
    P = np.eye(2)
    A = np.array([[1, 0.1], [0, 1.0]])
    H = np.array([[1.0, 0]])
    ll = 0.0
    ms = []
    for t in range(N):
        m = A @ m
        P = A @ P @ A.T + 0.01 * x * np.eye(2)
        S = H @ P @ H.T + 0.1
        K = P @ H.T @ np.linalg.inv(S)
        r = np.sin(0.1 * t) - H @ m
        ll = ll - 0.5 * (r @ np.linalg.solve(S, r) + np.log(np.linalg.det(S)))
        m = m + K @ r
        P = P - K @ H @ P
        ms.append(m)
    return ll + np.array(ms)[-1, 0] + ms[3][1]


def break_append(x):
    ys = []
    for _t in range(1000):
        x = x * 0.9
        ys.append(x)
        if x < 0.01:
            break
    return sum(ys)


def nested_fn(x):
    ys = []

    def rec(v):
        ys.append(v)

    for _t in range(N):
        x = np.sin(x)
        rec(x)
    return sum(ys)


def lists_in_obj(x):

    @dataclasses.dataclass
    class H:
        q: list

    h = H([])
    for _t in range(N):
        x = np.sin(x)
        h.q.append(x)
    return sum(h.q)


LEAPT = [
    break_append,
    in_dict,
    list_of_lists,
    klass,
    same_array_copied,
    window,
    mean3,
    prealloc_list,
    length_used,
    value_append,
    idx_collect,
    times,
    two_phase,
    after_mutation,
    growing_reads_first,
    extend2,
    frozen_x0,
    kalman,
    nested_fn,
    lists_in_obj,
]
RECORDED = [
    alias_tuple,
    push,
    same_array_appended,
    iadd_appended,
    view_appended,
    pop_list,
    cond_append,
    half,
    history_sum,
]
