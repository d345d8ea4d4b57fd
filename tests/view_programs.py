"""Random programs that take views of arrays, views of views, and write through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

VIEWS = (
    "{p}.T", "{p}.reshape(-1)", "{p}.ravel()", "{p}[1:]", "{p}[::-1]", "{p}[..., 1:]", "{p}[None]", "{p}[0]",
    "{p}[...]", "np.swapaxes({p}, 0, -1)", "np.squeeze({p}[None])", "np.split({p}, [1])[1]", "np.flip({p})",
    "np.atleast_2d({p})", "{p}.view()", "np.moveaxis({p}, 0, -1)", "{p}[::2]", "np.asarray({p})",
    "{p}.reshape({p}.shape[::-1])", "np.expand_dims({p}, 1)", "{p}.transpose()", "np.array({p}, copy=None)",
    "{p}[..., ::-1]",
)  # fmt: skip
COPIES = ("{p}.flatten()", "{p}.copy()", "{p}[[0]]", "{p} * 1.5", "np.ascontiguousarray({p})", "np.copy({p})")
WRITES = (
    "{p}[...] = {v}", "{p} += {v}", "{p} *= {v}", "{p}[0] = {v}", "{p}[-1] += {v}", "{p}.fill({v})", "{p}.sort()",
    "np.multiply({p}, {v}, out={p})", "{p}[{p} > 0.5] = {v}", "{p}[[0, -1]] *= {v}", "{p}.flat[1:] = {v}",
    "np.add.at({p}, 0, {v})", "np.copyto({p}, {v})", "{p}[..., 0] = {v}", "{p}[...] = {p}[::-1]",
    "{p}.flat = [{v}, 2.0]", "np.putmask({p}, {p} < 0, {v})", "np.maximum({p}, {v}, out={p}, where={p} > 0)",
)  # fmt: skip
VALUES = ("x[2] ** 2", "0.3", "x[0] * x[1]", "{q}[0].mean()")


def source(seed: int) -> str:
    """The text of a function of twelve numbers that returns one."""
    rng = np.random.default_rng(seed)
    lines = ["def f(x):", "    a = x.reshape(3, 4).copy()"]
    names = ["a"]

    def pick(texts: tuple[str, ...]) -> str:
        return texts[rng.integers(len(texts))]

    for _ in range(rng.integers(4, 12)):
        p, q = rng.choice(names), rng.choice(names)
        if rng.random() < 0.5:
            lines.append(f"    b{len(names)} = " + pick(VIEWS if rng.random() < 0.8 else COPIES).format(p=p))
            names.append(f"b{len(names)}")
        else:
            lines.append("    " + pick(WRITES).format(p=p, v=pick(VALUES).format(q=q)))
    terms = [f"({k + 1} * {n}.ravel()) @ np.cos(np.arange({n}.size))" for k, n in enumerate(names)]
    return "\n".join([*lines, f"    return {' + '.join(terms)} + ({names[-1]} ** 2).sum()"])


def program(seed: int) -> Callable[[Any], Any] | None:
    """The function, unless it fails on plain arrays (an index out of range, say)."""
    space: dict[str, Any] = {"np": np}
    exec(compile(source(seed), f"<views {seed}>", "exec"), space)
    f: Callable[[Any], Any] = space["f"]
    try:
        with np.errstate(all="raise"):
            f(point(seed))
    except (ValueError, IndexError, TypeError, ArithmeticError):
        return None
    return f


def point(seed: int) -> np.ndarray:
    return np.random.default_rng(seed + 1).normal(size=12)
