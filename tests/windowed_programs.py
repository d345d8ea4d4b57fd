"""Random loops that read and write slices which move, as source code."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

STEPS = 70
HEADS = (
    "for t in range(6, {n} + 6):", "for t in range({n} + 5, 5, -1):", "for t in range(6, 2 * {n}, 2):",
    "for t, o in enumerate(OBSERVED[6:{n}], start=6):", "for t in reversed(range(6, {n})):",
    "for t, (o, v) in enumerate(zip(OBSERVED, OBSERVED[3:{n}]), 6):",
)  # fmt: skip
WINDOWS = (  # each with its length
    ("t - 2 : t", 2), ("t - 3 : t + 1", 4), ("t : t + 3", 3), ("t + 1 : t + 3", 2), ("t + 1 : t - 2 : -1", 3),
    ("t - 5 : t + 1 : 2", 3), ("2 * t : 2 * t + 2", 2), ("2 * t - 3 : 2 * t", 3), ("{m} - t : {m} - t + 2", 2),
    ("t - 1 : t", 1), ("t // 2 : t // 2 + 2", 2), ("t - 6 : t + 2", 8),
)  # fmt: skip
OF_WINDOWS = (
    "np.mean({})",
    "0.2 * {}.sum()",
    "np.max(np.sin({}))",
    "0.2 * ({} @ {}[::-1])",
    "{}[0]",
    "min({}[0], {}[-1])",
)
FUNCTIONS = ("np.sin({})", "np.tanh({} + 0.1)", "0.8 * ({})", "np.cos({}) * 0.5", "max(0.0, {})", "min({}, 0.4)")


def program(seed: int) -> tuple[str, Callable[[Any], Any]]:
    """The source of a random function of one number, and the function."""
    rng = random.Random(seed)
    m = 4 * STEPS
    head = rng.choice(HEADS).format(n=STEPS)
    begin = [
        rng.choice(("a = np.zeros({m})", "a = np.full({m}, 0.2) * x", "a = np.linspace(0, 1, {m})")).format(m=m),
        rng.choice(("b = np.zeros(({m}, 3)) + x", "b = np.outer(np.arange({m}) * 0.01, [x, 1.0, 0.5])")).format(m=m),
        f"u = np.sin(x * np.arange({m}))", "ys = [x, 0.5 * x, 0.3, 0.1, x, 0.2]", "s = x",
    ]  # fmt: skip
    body = [_statement(rng, m) for _ in range(rng.randint(2, 4))]
    if rng.random() < 0.5:
        body.insert(rng.randint(0, len(body)), "ys.append(0.5 * sum(ys[-3:]) + 0.1 * s)")
    end = "np.sum(a ** 2) + 0.3 * np.sum(np.sin(b)) + 0.5 * s + 0.1 * np.sum(np.array(ys) ** 2)"
    lines = [*begin, head, *("    " + line for line in body), f"return {end}"]
    source = "def f(x):\n" + "\n".join("    " + line for line in lines)
    names: dict[str, Any] = {"np": np, "OBSERVED": np.sin(np.arange(3 * STEPS) * 0.37)}
    exec(compile(source, f"<windowed program {seed}>", "exec"), names)
    return source, names["f"]


def _statement(rng: random.Random, m: int) -> str:
    window, length = rng.choice(WINDOWS)
    window = window.format(m=m)
    value = rng.choice(FUNCTIONS).format(_value(rng, m))
    weights = f"np.linspace(0.5, 1.0, {length})"
    return rng.choice((
        f"s = 0.5 * s + {value}", f"a[t] = {value}", f"a[{window}] = {value}",
        f"a[{window}] += 0.1 * {value} * {weights}",
        f"part = a[{window}]; part *= 0.5; part[0] = {value}", f"b[{window}, 1] = {value} * {weights}",
        f"b[{window}] = {value}", f"b[t, 1:] = {value}", f"a[{window}] = a[{window}][::-1] * {value}",
        f"b[t, 0] = {value}",
    ))  # fmt: skip


def _value(rng: random.Random, m: int) -> str:
    window, other = (rng.choice(WINDOWS)[0].format(m=m) for _ in range(2))
    places = (f"a[{window}]", f"u[{window}]", f"b[{window}, 0]", f"b[{other}].ravel()", f"OBSERVED[{other}]")
    known = ["s", "x", "a[t]", f"0.1 * b[{window}, 1:].sum()"]
    for place in rng.sample(places, 2):
        known.append(rng.choice(OF_WINDOWS).replace("{}", place))
    return " + 0.5 * ".join(rng.sample(known, 2))
