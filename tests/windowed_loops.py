"""Loops whose steps read and write slices that move, diagonals, sums over generators; with those that only look so."""

from __future__ import annotations

import numpy as np

N = 70
WEIGHTS = np.array([0.1, 0.2, 0.3, 0.2])
TABLE = np.sin(np.arange(3.0 * N))


def moving_mean(x):
    y = np.zeros(N)
    y[:2] = x, x**2
    for i in range(2, N):
        y[i] = np.sin(x * i) + 0.5 * np.mean(y[i - 2 : i])
    return np.sum(y**2)


def filtered(x):
    u, y = np.sin(x * np.arange(N)), np.zeros(N)
    for i in range(3, N):
        y[i] = u[i - 3 : i + 1] @ WEIGHTS
    return np.sum(y**2)


def backwards_in_the_window(x):
    y = np.zeros(N)
    y[:4] = x
    for i in range(4, N):
        y[i] = y[i - 1 : i - 4 : -1] @ WEIGHTS[:3] + np.sin(x * i)
    return np.sum(y**2)


def every_second_place(x):
    y = np.linspace(0.1, 1.0, N) * x
    for i in range(6, N):
        y[i] = np.cos(y[i - 6 : i : 2]).sum() * 0.2
    return np.sum(y**2)


def counted_down(x):
    y = np.zeros(N)
    y[-3:] = x
    for i in range(N - 4, -1, -1):
        y[i] = np.sin(y[i + 1 : i + 4]).sum() * 0.3 + 0.01 * i
    return np.sum(y**2)


def added_to_windows(x):
    y = np.zeros(N + 3)
    for i in range(N):
        y[i : i + 4] += np.sin(x * i) * WEIGHTS
    return np.sum(y**2)


def written_through_a_view(x):
    y = np.full(N + 2, 0.1)
    for i in range(N):
        part = y[i : i + 3]
        part[0] = x * part[1]
        part *= 0.5
        part[2] += x
    return np.sum(y**2)


def a_view_sees_what_is_written(x):
    y, s = np.linspace(0.0, 1.0, N) * x, 0.0
    for i in range(2, N):
        part = y[i - 2 : i + 1]
        y[i] = np.sin(part[0])
        s = s + part[2] * part[1]
    return s


def shifted_onto_itself(x):
    y = np.linspace(0.1, 1.0, N) * x
    for i in range(1, N - 2):
        y[i : i + 3] = y[i - 1 : i + 2]
        y[i] += 0.1 * np.sin(x * i)
    return np.sum(y**2)


def blocks(x):
    u, y = np.sin(x * np.arange(2 * N)), np.zeros(2 * N)
    for i in range(N):
        y[2 * i : 2 * i + 2] = u[2 * i : 2 * i + 2] * np.array([1.0, x])
    return np.sum(y**2)


def rows_before(x):
    y = np.zeros((N, 3))
    y[:2] = x
    for i in range(2, N):
        y[i] = 0.5 * y[i - 2 : i].mean(0) + 0.1 * np.sin(y[i - 2 : i, ::-1].sum(0))
    return np.sum(y**2)


def columns_before(x):
    y = np.full((3, N), 0.1) * x
    for i in range(2, N):
        y[:, i] = y[:, i - 2 : i] @ np.array([0.3, 0.5]) + 0.1 * np.sin(y[::-1, i])
    return np.sum(y**2)


def convolved(x):
    a, b = np.outer(np.sin(x * np.arange(N)), np.cos(x * np.arange(N))), np.zeros((N - 2, N - 2))
    for i in range(N - 2):
        for j in range(N - 2):
            b[i, j] = np.sum(a[i : i + 3, j : j + 3] * TABLE[:9].reshape(3, 3))
    return np.sum(b**2)


def smoothed_in_place(x):
    a = np.outer(np.sin(np.arange(N)), np.cos(np.arange(N))) * x
    for i in range(1, N - 1):
        for j in range(1, N - 1):
            a[i, j] = 0.1 * np.sum(a[i - 1 : i + 2, j]) + 0.1 * np.sum(np.sin(a[i, j - 1 : j + 2]))
    return np.sum(a**2)


def beside_the_diagonal(x):
    a = np.zeros((N, N))
    for i in range(N - 2):
        a[i, i + 1 : i + 3] = np.sin(x * i), x
        a[i, i] = 2.0 + x
    return np.sum(a @ a)


def along_a_diagonal(x):
    a = np.zeros((N, 4, N))
    a[0, :, 0] = x
    for i in range(1, N):
        a[i, :, i] = 0.9 * np.sin(a[i - 1, :, i - 1] + np.arange(4))
    return np.sum(a**2 * np.cos(np.arange(a.size).reshape(a.shape)))


def of_a_table(x):
    s = 0.0
    for i in range(N):
        s = 0.9 * s + np.sum(np.sin(x * TABLE[2 * i : 2 * i + 3]))
    return s


def parts_of_lists(x):
    ys, zs = [x, x**2, x**3], [0.1 * np.cos(k) for k in range(N)]
    for t in range(3, N):
        ys.append(0.3 * sum(ys[t - 3 : t]) + 0.4 * np.sin(ys[-1]) + x * np.mean(zs[t - 3 : t]))
    return np.sum(np.array(ys) ** 2)


def long_ago(x):
    y = np.zeros(2 * N)
    y[:30] = x
    for t in range(30, 2 * N):
        y[t] = 0.5 * y[t - 30] + 0.4 * np.sin(y[t - 1])
    return np.sum(y**2)


def least_of_three(x):
    a, b = np.sin(x * np.arange(N)), np.cos(np.arange(N))
    d = np.full((N, N), 1e3)
    d[0, 0] = 0.0
    for i in range(1, N):
        for j in range(1, N):
            d[i, j] = (a[i] - b[j]) ** 2 + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[-1, -1]


def greatest_so_far(x):
    u, s, best = np.sin(x * np.arange(N)), 0.0, 0.0
    for i in range(N):
        s = max(0, s + u[i] - 0.1)
        best = max([best, s])
    return best + s


def at_the_ends(x):
    u, y = np.sin(x * np.arange(N)), np.zeros(N)
    for i in range(N):
        y[i] = 0.5 * u[max(i - 1, 0)] + 0.3 * u[min(i + 1, N - 1)]
    return np.sum(y**2)


def sum_over_an_array(x):
    return sum(np.sin(x * v) ** 2 for v in TABLE)


def sum_over_a_range(x):
    return sum((np.sin(x * k) / (k + 1) for k in range(N)), 0.5)


def sum_over_pairs(x):
    pairs = [(0.1 * k, 0.2 * k) for k in range(N)]
    return sum((np.sin(x * a) - b) ** 2 for a, b in pairs)


def sum_over_several(x):
    return sum(np.sin(x * a) - 0.01 * k * b for k, (a, b) in enumerate(zip(TABLE, TABLE[::-1], strict=True)))


def named_in_the_sum(x):
    t = x
    total = sum((t := np.sin(t) + 0.1 * v) for v in TABLE[:N])
    return total + t


def sum_of_sums(x):
    total = 0.0
    for i in range(N):
        total = 0.9 * total + sum(np.sin(x * v + i) for v in TABLE[:N])
    return total


def table_of_lists(x):
    n = 66
    d = [[0.1 * (i + j) for j in range(n)] for i in range(3)]
    for i in range(1, 3):
        for j in range(1, n):
            d[i][j] = np.sin(x * j) + 0.3 * (d[i - 1][j] + d[i][j - 1] + d[i - 1][j - 1])
    return d[-1][-1]


def shorter_at_the_end(x):
    u, s = np.sin(x * np.arange(N)), 0.0
    for i in range(N):
        s = 0.9 * s + np.sum(u[i : i + 3])
    return s


def from_before_the_array(x):
    u, s = np.sin(x * np.arange(N)), 0.0
    for i in range(-5, N - 5):
        s = 0.9 * s + np.sum(u[i : i + 3])
    return s


def longer_and_longer(x):
    u, s = np.sin(x * np.arange(N)), 0.0
    for i in range(N):
        s = 0.9 * s + np.sum(u[:i])
    return s


def wider_from_the_twentieth(x):
    u, s = np.sin(x * np.arange(N + 4)), 0.0
    for i in range(N):
        width = 3 if i < 20 else 4
        s = 0.9 * s + np.sum(u[i : i + width])
    return s


def of_widths_in_a_list(x):
    u, s = np.sin(x * np.arange(N + 4)), 0.0
    widths = [3] * 20 + [4] * (N - 20)
    for i in range(N):
        s = 0.9 * s + np.sum(u[i : i + widths[i]])
    return s


def another_move_from_the_tenth(x):
    u, s, at = np.sin(x * np.arange(3 * N)), 0.0, 0
    for i in range(N):
        s = 0.9 * s + np.sum(u[at : at + 2])
        at = at + 1 if i < 10 else at + 2
    return s


def list_before_its_front(x):
    zs, s = [0.1 * np.cos(k) for k in range(N)], 0.0
    for t in range(-6, N - 6):
        s = 0.9 * s + x * sum(zs[t : t + 2])
    return s


def items_left_out(x):
    return sum(np.sin(x * k) for k in range(N) if k % 3)


def one_item_left_out(x):
    return sum(np.sin(x * k) for k in range(N) if k != 55)


def several_for_each(x):
    return sum(np.sin(x * k + j) for k in range(N) for j in range(3))


def another_function_later(x):
    return sum(np.sin(x * k) if k < 50 else np.cos(x * k) for k in range(N))


def counted_beside_the_sum(x):
    seen = []

    def f(v):
        seen.append(v)
        return np.sin(x * v) if len(seen) < 50 else np.cos(x * v)

    return sum(f(v) for v in TABLE[:N])


def appended_beside_the_sum(x):
    ys = [x]

    def f(v):
        ys.append(np.sin(ys[-1]) + v)
        return ys[-2]

    return sum(f(v) for v in TABLE[:N]) + len(ys) * x + ys[-1]


def summed_to_an_error(x):
    try:
        return sum(np.sin(x * k) if k < N - 5 else {}[k] for k in range(N))
    except KeyError:
        return 3.0 * x


def counted_by_hand(x):
    y, t = np.zeros(N + 1), 1
    y[0] = x
    for v in TABLE[:N]:
        y[t] = np.sin(y[t - 1]) + v
        t += 1
    return np.sum(y**2 * np.arange(N + 1))


def from_its_own_mirror(x):
    y = np.linspace(0.0, 1.0, N + 3) * x
    z = y[::-1]
    for i in range(2, N):
        y[i : i + 3] = z[i : i + 3] * 0.5
    return np.sum(y**2 * np.arange(N + 3))


def generator_begun(x):
    values = (np.sin(x * k) for k in range(N))
    first = next(values)
    return 2.0 * first + sum(values)


LEAPT = [
    moving_mean, filtered, backwards_in_the_window, every_second_place, counted_down, added_to_windows,
    written_through_a_view, a_view_sees_what_is_written, shifted_onto_itself, blocks, rows_before, columns_before,
    convolved, smoothed_in_place, beside_the_diagonal, along_a_diagonal, of_a_table, parts_of_lists, long_ago,
    least_of_three, greatest_so_far, at_the_ends, sum_over_an_array, sum_over_a_range, sum_over_pairs,
    sum_over_several, named_in_the_sum, sum_of_sums, table_of_lists,
    shorter_at_the_end, wider_from_the_twentieth, one_item_left_out, another_function_later,
    summed_to_an_error, counted_by_hand,
]  # fmt: skip

RECORDED = [
    from_before_the_array, longer_and_longer, of_widths_in_a_list,
    another_move_from_the_tenth, list_before_its_front, items_left_out, several_for_each,
    counted_beside_the_sum, appended_beside_the_sum,
    from_its_own_mirror, generator_begun,
]  # fmt: skip
