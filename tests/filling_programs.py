"""Random loops that append to lists and fill arrays, as source code: what a simulation looks like."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

STEPS = 72
OBSERVED = np.sin(np.arange(3 * STEPS) * 0.37)
PLAIN = [float(v) for v in OBSERVED[:STEPS]]

HEADS = (
    "for t in range(2, {n}):",
    "for t in range({n} - 3, 1, -1):",
    "for t, o in enumerate(OBSERVED[:{n}]):",
    "for t, (o, v) in enumerate(zip(OBSERVED, PLAIN)):",
    "for o, v in zip(PLAIN, OBSERVED[{n}:]):",
    "for o in OBSERVED[:{n}]:",
    "for t in reversed(range(2, {n} - 2)):",
    "for t in range(3, 2 * {n}, 2):",
)
LISTS = ("ys = [x, 0.5 * x, 0.3]", "ys = []", "ys = [0.1]", "ys = [x] * 4")
ARRAYS = (
    "a = np.zeros({m})",
    "a = np.full({m}, 0.2) * x",
    "a = np.linspace(0, 1, {m})",
    "a = np.zeros({m}); a[0] = x; a[1] = 0.3",
)
TABLES = ("b = np.zeros(({m}, 3))", "b = np.ones((3, {m})).T * x", "b = np.outer(np.arange({m}) * 0.01, [x, 1.0, 0.5])")
PLACES = ("t", "t + 1", "t - 1", "2 * t - t", "0", "-1", "{m} - 1 - t")
FUNCTIONS = ("np.sin({})", "np.tanh({} + 0.1)", "0.8 * ({})", "np.cos({}) * 0.5", "np.exp(-({}) ** 2)")


def program(seed: int) -> tuple[str, Callable[[Any], Any]]:
    """The source of a random function of one number, and the function."""
    rng = random.Random(seed)
    n, m = STEPS, 2 * STEPS + 4
    head = rng.choice(HEADS).format(n=n)
    numbered = " t" in head.split(" in ")[0]
    begin = [rng.choice(LISTS), rng.choice(ARRAYS).format(m=m), rng.choice(TABLES).format(m=m), "s = x; c = 0.2"]
    body: list[str] = []
    for _ in range(rng.randint(2, 5)):
        body.append(_statement(rng, head, numbered, m, body))
    if rng.random() < 0.8:
        body.insert(rng.randint(0, len(body)), rng.choice(("ys.append(s)", "ys.append(s * c)", "ys += [s, 0.1 * s]")))
    ends = [
        "np.sum(a ** 2)",
        "np.sum(np.sin(b))",
        "s * c",
        "np.sum(np.array(ys) ** 2)",
        "sum(ys)",
        "(ys[-1] if ys else 0.0)",
    ]
    end = " + ".join(f"{0.3 + 0.1 * k:.1f} * {e}" for k, e in enumerate(rng.sample(ends, 3)))
    lines = [*begin, head, *("    " + line for line in body), f"return {end}"]
    source = "def f(x):\n" + "\n".join("    " + line for line in lines)
    names: dict[str, Any] = {"np": np, "OBSERVED": OBSERVED, "PLAIN": PLAIN}
    exec(compile(source, f"<program {seed}>", "exec"), names)
    return source, names["f"]


def _statement(rng: random.Random, head: str, numbered: bool, m: int, before: list[str]) -> str:
    place = rng.choice(PLACES if numbered else PLACES[4:6]).format(m=m)
    other = rng.choice(PLACES if numbered else PLACES[4:6]).format(m=m)
    value = rng.choice(FUNCTIONS).format(_value(rng, head, other))
    return rng.choice((
        f"s = {value}", f"s = 0.5 * s + {value}", f"c = 0.9 * c + 0.1 * {value}", f"a[{place}] = {value}",
        f"a[{place}] += 0.1 * {value}", f"b[{place}, 1] = {value}", f"b[{place}] = {value} * np.array([1.0, s, c])",
        f"b[{place}, :2] = {value}", f"a[{place}] = {value}",
    ))  # fmt: skip


def _value(rng: random.Random, head: str, place: str) -> str:
    known = ["s", "c", "x", f"a[{place}]", f"b[{place}, 0]", f"b[{place}].sum()", "(ys[-1] if ys else 0.1)", "a[3]"]
    known += [name for name in ("o", "v") if f" {name}" in head.split(" in ")[0] or f"({name}" in head.split(" in ")[0]]
    return " + 0.5 * ".join(rng.sample(known, 2))
