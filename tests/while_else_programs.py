"""Programs with ``while … else``: what comes after a loop that nothing broke off."""

import numpy as np

N = 90


def with_else(x):
    i = 0
    while i < N:
        x, i = np.sin(x) + 0.2, i + 1
    else:
        x = 2.0 * x
    return x


def broken_off(x):
    i = 0
    while i < N:
        x, i = np.sin(x) + 0.2, i + 1
        if i == 80:
            break
    else:
        x = 2.0 * x
    return x


def with_else_in_a_loop(x):
    for k in range(4):
        i = 0
        while i < N:
            x, i = np.sin(x) + 0.2, i + 1
        else:
            if k == 2:
                break
            continue
        x = 100.0 * x
    return x


def with_else_in_another(x):
    k = 0
    while k < 5:
        i = 0
        while i < N:
            x, i = np.sin(x) + 0.2, i + 1
        else:
            x = 3.0 * x
        k += 1
        if k == 3:
            break
    else:
        x = 100.0 * x
    return x


def broken_off_in_else(x):
    k = 0
    while k < 5:
        i = 0
        while i < N:
            x, i = np.sin(x) + 0.2, i + 1
        else:
            if k == 2:
                break
        k += 1
    else:
        x = 100.0 * x
    return x


LEAPT = [with_else, broken_off, with_else_in_a_loop, with_else_in_another, broken_off_in_else]
