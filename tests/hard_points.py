"""Functions at points where derivatives often go wrong, with the derivatives that mathematics gives there.

`text` is what people write; `truth` is the same for mpmath, as an expression that is defined around the point. Where
there is no derivative, `first` is the convention (`docs/decisions/0005`), or the words of the refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.special as special
from mpmath import mp

Number = float | list[Any]


@dataclass(frozen=True)
class HardPoint:
    """A function of x at a point. A number x, one of NumPy's, has three derivatives, of an array there are two."""

    group: str
    text: str
    x: Number
    truth: str = ""  # of mpmath
    first: Number | str | None = None  # known without mpmath, or what a refusal says
    second: Number | str | None = None
    note: str = ""
    code: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", compile(f"lambda x: {self.text}", "<hard point>", "eval"))

    @property
    def function(self) -> Callable[[Any], Any]:
        return eval(self.code, {"np": np, "special": special})  # type: ignore[no-any-return]

    @property
    def point(self) -> Any:
        return np.array(self.x, dtype=float) if isinstance(self.x, list) else np.float64(self.x)

    def __str__(self) -> str:
        return f"{self.text} at {self.x}"


def overflowing(text: str, truth: str, *points: Number) -> list[HardPoint]:
    return [HardPoint("overflow on the way", text, x, truth) for x in points or (-800.0, -30.0, 0.7, 40.0, 800.0)]


def near_zero(text: str, truth: str, *points: float) -> list[HardPoint]:
    return [HardPoint("cancellation", text, x, truth) for x in points or (0.0, 1e-9, -1e-4, 0.3)]


SHARES = "[mp.exp(t) / mp.fsum(mp.exp(s) for s in x) for t in x]"
LSE = "mp.log(mp.fsum(mp.exp(t) for t in x))"
ROW: Number = [800.0, -800.0, 799.0]
SMALL_ROW: Number = [0.3, -0.2, 0.9]

POINTS: list[HardPoint] = [
    *overflowing("np.log(1 + np.exp(x))", "mp.log(1 + mp.exp(x))"),
    *overflowing("np.log1p(np.exp(x))", "mp.log(1 + mp.exp(x))"),
    *overflowing("np.logaddexp(0, x)", "mp.log(1 + mp.exp(x))"),
    *overflowing("np.log(3 + 2 * np.exp(-x))", "mp.log(3 + 2 * mp.exp(-x))"),
    *overflowing("1 / (1 + np.exp(-x))", "1 / (1 + mp.exp(-x))"),
    *overflowing("np.exp(x) / (1 + np.exp(x))", "1 / (1 + mp.exp(-x))"),
    *overflowing("-np.log(1 / (1 + np.exp(-x)))", "mp.log(1 + mp.exp(-x))"),
    *overflowing("np.log(1 - 1 / (1 + np.exp(-x)))", "-mp.log(1 + mp.exp(x))"),
    *overflowing("np.log(special.expit(x))", "-mp.log(1 + mp.exp(-x))"),
    *overflowing("x / (1 + np.exp(-x))", "x / (1 + mp.exp(-x))"),
    *overflowing("(np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))", "mp.tanh(x)"),
    *overflowing("(1 - np.exp(-x)) / (1 + np.exp(-x))", "mp.tanh(x / 2)"),
    *overflowing("np.log(np.cosh(x))", "mp.log(mp.cosh(x))"),
    *overflowing("1 / np.cosh(x)", "1 / mp.cosh(x)"),
    *overflowing("np.log(1 - np.tanh(x)**2)", "-2 * mp.log(mp.cosh(x))"),
    *overflowing("np.log(np.sum(np.exp(x)))", LSE, ROW, SMALL_ROW),
    *overflowing("np.log(np.mean(np.exp(x)))", LSE, ROW, SMALL_ROW),
    *overflowing("special.logsumexp(x)", LSE, ROW, SMALL_ROW),
    *overflowing("(np.exp(x) / np.sum(np.exp(x)))[0]", f"{SHARES}[0]", ROW, SMALL_ROW),
    *overflowing("np.exp(x[1]) / np.sum(np.exp(x))", f"{SHARES}[1]", ROW, SMALL_ROW),
    *overflowing("-np.log(np.exp(x) / np.sum(np.exp(x)))[1]", f"{LSE} - x[1]", ROW, SMALL_ROW),
    *overflowing("x[1] - np.log(np.sum(np.exp(x)))", f"x[1] - {LSE}", ROW, SMALL_ROW),
    *overflowing("np.log(special.softmax(x))[1]", f"x[1] - {LSE}", ROW, SMALL_ROW),
    *overflowing("special.log_softmax(x)[1]", f"x[1] - {LSE}", ROW, SMALL_ROW),
    *overflowing("np.exp(x) @ np.arange(3) / np.sum(np.exp(x))", f"{SHARES}[1] + 2 * {SHARES}[2]", ROW, SMALL_ROW),
    *overflowing("np.log(np.exp(x[0]) + np.exp(x[1]))", "mp.log(mp.exp(x[0]) + mp.exp(x[1]))", ROW, SMALL_ROW),
    *near_zero("np.sin(x) / x", "mp.sinc(x)"),
    *near_zero("(1 - np.cos(x)) / x**2", "mp.sinc(x / 2)**2 / 2"),
    *near_zero("(np.exp(x) - 1) / x", "mp.hyp1f1(1, 2, x)"),
    *near_zero("x / (np.exp(x) - 1)", "1 / mp.hyp1f1(1, 2, x)"),
    *overflowing("x / np.expm1(x)", "x / mp.expm1(x)", -800.0, -2.0, 1.0, 30.0, 600.0, 800.0),
    *near_zero("np.log(1 + x) / x", "mp.hyp2f1(1, 1, 2, -x)", 0.3),
    *near_zero("np.log1p(x) / x", "mp.hyp2f1(1, 1, 2, -x)"),
    *near_zero("np.log1p(x) / x * 1.0", "mp.log(1 + x) / x", 1e3, 1e15),
    *near_zero("np.where(x == 0, 1, np.log1p(x) / np.where(x == 0, 1, x))", "mp.hyp2f1(1, 1, 2, -x)"),
    *near_zero("np.sinh(x) / x", "mp.hyp0f1(mp.mpf(3) / 2, x**2 / 4)"),
    *near_zero("np.arctan(x) / x", "mp.hyp2f1(mp.mpf(1) / 2, 1, mp.mpf(3) / 2, -x**2)"),
    *near_zero("np.sqrt(x**2 + 1) - 1", "mp.sqrt(x**2 + 1) - 1"),
    *near_zero("np.where(x == 0, 1, np.sin(x) / np.where(x == 0, 1, x))", "mp.sinc(x)"),
    *near_zero("np.sinc(x)", "mp.sinc(mp.pi * x)"),
    HardPoint("branches", "np.where(x < 1, x, np.sqrt(x - 1))", 0.5, first=1.0, second=0.0),
    HardPoint("branches", "np.where(x > 0, np.sqrt(x), 0.0)", 0.0, first=0.0, second=0.0),
    HardPoint("branches", "np.where(x > 0, x * np.log(x), 0.0)", 0.0, first=0.0, second=0.0),
    HardPoint("branches", "np.where(x > 0, np.exp(-1 / x), 0.0)", 0.0, first=0.0, second=0.0),
    HardPoint("branches", "np.sum(np.where(x > 0, np.log(x), 0.0))", [0.0, 2.0], first=[0.0, 0.5],
              second=[[0.0, 0.0], [0.0, -0.25]]),
    HardPoint("roots", "np.linalg.norm(x)", [0.0, 0.0], first=[0.0, 0.0], note="the slope of least size"),
    HardPoint("roots", "np.sqrt(x @ x)", [0.0, 0.0], first=[0.0, 0.0], note="the slope of least size"),
    HardPoint("roots", "np.sqrt(np.sum(x**2))", [0.0, 0.0], first=[0.0, 0.0], note="the slope of least size"),
    HardPoint("roots", "np.linalg.norm(x, 3)", [0.0, 0.0], first=[0.0, 0.0], note="the slope of least size"),
    HardPoint("roots", "np.linalg.norm(x)**2", [0.0, 0.0], first=[0.0, 0.0], second=[[2.0, 0.0], [0.0, 2.0]]),
    HardPoint("roots", "np.linalg.norm(x)**3", [0.0, 0.0], first=[0.0, 0.0], second=[[0.0, 0.0], [0.0, 0.0]]),
    HardPoint("roots", "np.sqrt(x**2)", 0.0, first=0.0, note="the slope of least size"),
    HardPoint("roots", "np.sqrt(x**4)", 0.0, first=0.0, second=2.0),
    HardPoint("roots", "np.sqrt(x)**2", 0.0, first=1.0, second=0.0),
    HardPoint("roots", "x * np.sqrt(x)", 0.0, first=0.0, second=np.inf),
    HardPoint("roots", "np.sqrt(x)", 0.0, first=np.inf, second=-np.inf),
    HardPoint("roots", "np.std(x)", [1.0, 1.0], first=[0.0, 0.0], note="the slope of least size"),
    HardPoint("roots", "np.sum(np.sqrt(np.sum((x[:, None] - x)**2, axis=-1)))", [[0.0, 1.0], [3.0, 5.0]],
              first=[[-1.2, -1.6], [1.2, 1.6]], note="distances of points, to themselves too"),
    HardPoint("roots", "np.hypot(x[0], x[1])", [0.0, 0.0], first=[0.0, 0.0], note="the slope of least size"),
    HardPoint("roots", "np.log(np.linalg.norm(x))", [0.0, 0.0], first="the operation 'log' of 0 gives infinity"),
    HardPoint("roots", "x[0] / np.linalg.norm(x)", [0.0, 0.0], first="the reciprocal of 0 gives infinity"),
    HardPoint("roots", "np.sqrt(np.linalg.norm(x))", [0.0, 0.0], first="The derivative of the operation 'sqrt' of 0"),
    HardPoint("roots", "np.sqrt(np.abs(x))", 0.0, first="The derivative of the operation 'sqrt' of 0"),
    HardPoint("powers", "x**0", 0.0, first=0.0, second=0.0),
    HardPoint("powers", "x**1", 0.0, first=1.0, second=0.0),
    HardPoint("powers", "x**1.5", 0.0, first=0.0, second=np.inf),
    HardPoint("powers", "x[0]**x[1]", [0.0, 2.0], first=[0.0, 0.0], second=[[2.0, 0.0], [0.0, 0.0]]),
    HardPoint("powers", "x[0]**x[1]", [0.0, 1.0], first=[1.0, 0.0], second=[[0.0, -np.inf], [-np.inf, 0.0]]),
    HardPoint("powers", "x[0]**x[1]", [2.0, 0.0], first=[0.0, np.log(2)], second=[[0.0, 0.5], [0.5, np.log(2) ** 2]]),
    HardPoint("powers", "x[0]**x[1]", [0.0, 0.0], first=[0.0, -np.inf]),
    HardPoint("powers", "x**x", 0.0, first=-np.inf),
    HardPoint("powers", "np.prod(x)", [0.0, 0.0, 3.0], first=[0.0, 0.0, 0.0],
              second=[[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
    HardPoint("powers", "special.xlogy(x, x)", 0.0, first=-np.inf, second=np.inf),
    HardPoint("powers", "special.xlogy(x[0], x[1])", [0.0, 0.0], first=[-np.inf, 0.0]),
    HardPoint("powers", "special.xlogy(0.0, x)", 0.0, first=0.0, second=0.0),
    HardPoint("powers", "x * np.log(x)", 0.0, first="the operation 'log' of 0 gives infinity"),
    HardPoint("powers", "x / x", 0.0, first="the reciprocal of 0 gives infinity"),
    HardPoint("ties", "np.max(x)", [1.0, 1.0, 0.0], first=[1.0, 0.0, 0.0], note="the first of equal entries"),
    HardPoint("ties", "np.min(x)", [1.0, 0.0, 0.0], first=[0.0, 1.0, 0.0], note="the first of equal entries"),
    HardPoint("ties", "np.sort(x)[0]", [1.0, 1.0], first=[1.0, 0.0], note="the first of equal entries"),
    HardPoint("ties", "np.median(x)", [1.0, 1.0, 1.0], first=[0.0, 1.0, 0.0], note="the first of equal entries"),
    HardPoint("ties", "np.maximum(x[0], x[1])", [1.0, 1.0], first=[1.0, 0.0], note="the first operand"),
    HardPoint("ties", "np.clip(x, 0, 1)", 0.0, first=1.0, note="the entry itself"),
    HardPoint("ties", "np.abs(x)", 0.0, first=0.0, note="the slope of least size"),
    HardPoint("ties", "np.maximum(x, 0)", 0.0, first=1.0, note="the first operand"),
    HardPoint("ties", "np.arctan2(x[0], x[1])", [0.0, 0.0], first=[0.0, 0.0], note="it jumps there"),
    HardPoint("matrices", "np.linalg.det(x)", [[1.0, 2.0], [2.0, 4.0]], first=[[4.0, -2.0], [-2.0, 1.0]]),
    HardPoint("matrices", "np.linalg.det(x)", [[0.0, 0.0], [0.0, 0.0]], first=[[0.0, 0.0], [0.0, 0.0]]),
    HardPoint("matrices", "np.linalg.slogdet(x)[1]", [[1.0, 2.0], [2.0, 4.0]], first="Singular matrix"),
    HardPoint("matrices", "np.sum(np.linalg.eigvalsh(x))", [[1.0, 0.0], [0.0, 1.0]], first=[[1.0, 0.0], [0.0, 1.0]]),
    HardPoint("matrices", "np.linalg.eigh(x)[1][0, 0]", [[1.0, 0.0], [0.0, 1.0]],
              first="two eigenvalues or singular values are equal"),
    HardPoint("matrices", "np.sum(np.linalg.svd(x, compute_uv=False))", [[1.0, 0.0], [0.0, 1.0]],
              first=[[1.0, 0.0], [0.0, 1.0]]),
    HardPoint("matrices", "np.linalg.svd(x)[0][0, 0]", [[1.0, 0.0], [0.0, 1.0]],
              first="two eigenvalues or singular values are equal"),
]  # fmt: skip


def true_derivative(p: HardPoint, order: int) -> Any:
    """By mpmath, from differences in 40 digits and more."""
    function = eval(f"lambda x: {p.truth}", {"mp": mp})
    with mp.workdps(40):
        if not isinstance(p.x, list):
            return float(mp.diff(function, mp.mpf(p.x), order))
        n = len(p.x)

        def at(*entries: Any) -> Any:
            return function(list(entries))

        x = tuple(map(mp.mpf, p.x))
        if order == 1:
            return [float(mp.diff(at, x, _orders(n, k))) for k in range(n)]
        upper = {(j, k): float(mp.diff(at, x, _orders(n, j, k))) for j in range(n) for k in range(j, n)}
        return [[upper[min(j, k), max(j, k)] for k in range(n)] for j in range(n)]


def _orders(n: int, *by: int) -> tuple[int, ...]:
    return tuple(by.count(k) for k in range(n))
