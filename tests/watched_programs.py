"""Programs with loops that Python asks nobody about: ``while``, ``for`` over a plain list, comprehensions."""

import functools
from collections import deque

import numpy as np

N = 90
TABLE = [0.01 * k for k in range(N)]


def counted(x):
    y, i = x, 0
    while i < N:
        y = y + 0.01 * np.sin(x * y + i)
        i += 1
    return y * i


def counted_down(x):
    y, left = x, 3 * N
    while left > 0:
        y = np.cos(y) + 0.001 * left
        left -= 3
    return y + left


def filled(x):
    y = np.zeros(N)
    y[0], i = x, 1
    while i < N:
        y[i] = 0.9 * y[i - 1] + np.sin(x * i)
        i += 1
    return np.sum(y**2)


def appended(x):
    levels = [x]
    while len(levels) < N:
        levels.append(np.sin(levels[-1]) + 0.5 * x)
    return np.sum(np.array(levels) ** 2)


def until_it_is_there(x):
    y = 1.0
    while abs(y * y - x) > 1e-7:
        y = y - 0.05 * (y * y - x)
    return y


def for_so_long(x):
    t, y = 0.0, x
    while t < 7.0:
        y = y + 0.07 * np.sin(y * t)
        t += 0.07
    return y + t


def until_both(x):
    i, y = 0, x
    while i < 200 and y < 3.0:
        y, i = y * 1.01, i + 1
    return y + i


def with_a_break(x):
    i, y = 0, x
    while True:
        y = y + 0.01 * np.cos(y)
        i += 1
        if i == N:
            break
    return y


def with_a_continue(x):
    i, y = 0, x
    while i < N:
        i += 1
        if i < 0:
            continue
        y = np.sin(y) + 0.1 * x
    return y


def one_in_another(x):
    i, total = 0, 0.0
    while i < 70:
        y, j = x, 0
        while j < 70:
            y = y + 0.01 * np.cos(y * i)
            j += 1
        total, i = total + y, i + 1
    return total


def in_a_function_of_it(x):
    i = 0

    def step(y):
        nonlocal i
        i += 1
        return y + 0.01 * np.sin(y * x)

    y = x
    while i < N:
        y = step(y)
    return y * i


def with_a_walrus(x):
    i, y = 0, x
    while (i := i + 1) < N:
        y = np.sin(y) + 0.01 * i
    return y


class Particle:
    __rate = 0.01

    def __init__(self, x):
        self.x, self.__steps = x, 0

    def moved(self):
        while self.__steps < N:
            self.x = self.x + self.__rate * np.sin(self.x)
            self.__steps += 1
        return self.x


class Heavy(Particle):
    def moved(self):
        i, y = 0, super().moved()
        while i < N:
            y = y - 0.01 * y**2
            i += 1
        return y


def of_an_object(x):
    return Heavy(x).moved()


def kept(f):
    @functools.wraps(f)
    def called(*args):
        return f(*args)

    return called


@kept
def decorated(x):
    i = 0
    while i < N:
        x, i = np.sin(x) + 0.3 * x, i + 1
    return x


def over_a_list(x):
    y = x
    for t in TABLE:
        y = y + 0.01 * np.sin(t * y)
    return y


def over_pairs(x):
    y = x
    for a, (b, c) in [(k, (0.1 * k, -k)) for k in range(N)]:
        y = y + 0.001 * np.sin(a + b * y + c)
    return y


def over_traced(x):
    y = x
    for z in [np.sin(x * k) for k in range(N)]:
        y = 0.9 * y + z
    return y


def comprehended(x):
    return np.sum(np.array([np.sin(x * t) * np.exp(-t) for t in TABLE]) ** 2)


def comprehended_rows(x):
    rows = [[x * k, np.cos(x * k)] for k in range(N)]
    rows[3][0] = x**2
    return np.sum(np.array(rows) ** 2)


def comprehended_twice(x):
    squares = [v * v for v in [np.sin(x + k) for k in range(N)]]
    return sum(squares) + squares[-1]


def counted_beside(x):
    a, k = np.zeros(2 * N), 0
    for t in range(N):
        a[k] = np.sin(x * t)
        k += 2
    return np.sum(a**2) + k


def late(x):
    y = x
    for i in range(N):
        y = y + 0.01 * np.sin(y)
        if i == N - 7:
            y = 2.0 * y
    return y


def from_the_fortieth(x):
    y, total = x, 0.0
    for i in range(2 * N):
        y = np.sin(y) + 0.2 * x
        if i >= 40:
            total = total + y
    return total


def alternating(x):
    y = x
    for t in range(N):
        y = y + 0.01 * np.sin(y) if t % 2 else y - 0.01 * np.cos(y * x)
    return y


def every_fifth(x):
    i, y, levels = 0, x, []
    while i < 2 * N:
        y = np.sin(y) + 0.1 * x
        if i % 5 == 3:
            levels.append(y * i)
        i += 1
    return np.sum(np.array(levels) ** 2)


def pairs_in_turns(x):
    y = x
    for k, (t, s) in enumerate(zip(TABLE, [np.cos(x * k) for k in range(N)], strict=True)):
        y = y + 0.01 * np.sin(t * y) * s if k % 3 else 0.99 * y - 0.01 * s
    return y


def sum_in_turns(x):
    return sum(np.sin(x * k) if k % 4 == 1 else x * t for k, t in enumerate(TABLE))


def in_a_class(x):
    class Settings:
        rate, i = 0.0, 0
        while i < 3:
            rate, i = rate + 0.1, i + 1
        names = sorted(n for n in vars() if not n.startswith("__"))

        def run(self, y):
            i = 0
            while i < N:
                y, i = y + self.rate * np.sin(y), i + 1
            return y

    return Settings().run(x) * len(Settings.names)


LEAPT = [
    counted, counted_down, filled, appended, until_it_is_there, for_so_long, until_both, with_a_break, with_a_continue,
    one_in_another, in_a_function_of_it, with_a_walrus, of_an_object, decorated, over_a_list, over_pairs, over_traced,
    comprehended, comprehended_rows, comprehended_twice, counted_beside, late, from_the_fortieth, alternating,
    every_fifth, pairs_in_turns, sum_in_turns, in_a_class,
]  # fmt: skip


def short(x):
    i = 0
    while i < 20:
        x, i = np.sin(x), i + 1
    return x


def a_list_that_grows(x):
    y, waiting = x, [0.1 * k for k in range(70)]
    for t in waiting:
        y = y + 0.01 * np.sin(t * y)
        if t > 6.0 and len(waiting) < N:
            waiting.append(t * 0.99)
    return y * len(waiting)


def a_list_that_shrinks(x):
    y, waiting = x, [0.1 * k for k in range(N)]
    for t in waiting:
        y = y + 0.01 * np.sin(t * y)
        if t > 4.0:
            waiting.pop()
    return y * len(waiting)


def queue(x):
    q, y, left = deque([x, 0.5 * x, 0.2]), x, N
    while left:
        y = 0.5 * y + np.sin(q.popleft())
        q.append(y)
        left -= 1
    return y


def doubled_and_halved(x):
    y, n, i = x, 1, 0
    while i < N:
        n = (5 * n + 3) % 7
        y, i = y + 0.01 * n * np.sin(y), i + 1
    return y


def items_left_out(x):
    return sum([np.sin(x * k) for k in range(N) if k % 3])


def several_for_each(x):
    return np.sum(np.array([np.sin(x * k + j) for k in range(N) for j in range(2)]))


def until_the_last(x):
    items = iter([np.sin(x), np.cos(x)] * 40)
    out = [x]
    try:
        out = [x * next(items) for _ in range(N)]
    except StopIteration:
        return sum(out) * 2.0
    return sum(out)


def other_kinds(x):
    y = x
    for t in [1, 2.0, True] * 40:
        y = y + 0.01 * np.sin(t * y)
    return y


def yielding(x):
    def values():
        i, y = 0, x
        while i < N:
            y, i = np.sin(y) + 0.1 * x, i + 1
            yield y

    return sum(values())


def of_text(x):
    names = [f"w{k}" for k in range(N)]
    weights = {name: np.sin(x * k) for k, name in enumerate(names)}
    return sum(weights[name] for name in names)


def another_period_later(x):
    y, period = x, 3
    for i in range(2 * N):
        if i == 100:
            period = 4
        y = y + 0.1 * np.sin(y + i) if i % period == 0 else 0.99 * y
    return y


def a_counter_that_starts_again(x):
    y, k, i = x, 0, 0
    while i < 2 * N:
        y, k, i = 0.9 * y + np.sin(x * k), k + 1, i + 1
        if k == 64:
            k = 0
    return y + k


def two_names_of_a_list(x):
    a = [x]
    b = a
    for _ in range(N):
        a.append(0.5 * np.cos(b[-1]))
        if len(b) == 60:
            b = list(a)
    return a[-1] * b[-1] + len(b)


OTHERS = [
    short, a_list_that_grows, a_list_that_shrinks, queue, doubled_and_halved, items_left_out,
    several_for_each, until_the_last, other_kinds, yielding, of_text, another_period_later, a_counter_that_starts_again,
    two_names_of_a_list,
]  # fmt: skip
