"""Programs made at random: assignments, branches, loops, writes into arrays, helpers; all analytic between branches.

Conditions look at real parts, so that a program runs on complex numbers too: a complex step gives its derivative.
"""

from __future__ import annotations

import linecache
import random
from collections.abc import Callable
from typing import Any

import numpy as np

ENTRIES = 4  # of the argument
STEP = 1e-30
FORMS = (
    "np.sin({a})", "np.cos({a})", "np.tanh({a})", "np.exp(-({a}) * ({a}))", "({a}) * ({b})", "({a}) + ({b})",
    "({a}) - ({b})", "({a}) / (1 + ({b}) * ({b}))", "np.sqrt(1.5 + np.sin({a}))", "np.log(2 + np.cos({a}))",
    "({a}) ** 2", "{c} * ({a})", "helper({a}, {b})", "y @ y", "np.sum(y * x)", "np.mean(y)", "y[{k}]", "x[{k}]",
    "max({a}, {b}, key=np.real)", "sorted([{a}, {b}, {c}], key=np.real)[1]", "np.dot(y[1:], x[:-1])", "y[::-1][{k}]",
)  # fmt: skip


class Writer:
    """Writes one program."""

    def __init__(self, draw: random.Random):
        self.draw = draw
        self.lines: list[str] = []
        self.names = ["x[0]", "x[1]"]
        self.made = 0

    def expression(self, depth: int = 2) -> str:
        if depth == 0 or self.draw.random() < 0.25:
            return self.draw.choice(self.names)
        form = self.draw.choice(FORMS)
        return form.format(
            a=self.expression(depth - 1), b=self.expression(depth - 1), c=round(self.draw.uniform(-2, 2), 2),
            k=self.draw.randrange(ENTRIES),
        )  # fmt: skip

    def condition(self) -> str:
        low, high = sorted(round(self.draw.uniform(-1, 1), 2) for _ in range(2))
        sides = [f"np.real({self.expression(1)}) > {low}", f"{low} < np.real({self.expression(1)}) <= {high}"]
        sides.append(f"not {sides[0]} or {sides[1]}")
        return self.draw.choice(sides)

    def block(self, indent: str, size: int, depth: int) -> None:
        for _ in range(size):
            self.draw.choice(STATEMENTS if depth else SIMPLE)(self, indent, depth)

    # --- statements ---------------------------------------------------------------------------------

    def assign(self, indent: str, depth: int) -> None:
        own = [n for n in self.names if n.startswith("v")]
        if own and self.draw.random() < 0.5:
            self.lines.append(f"{indent}{self.draw.choice(own)} = {self.expression()}")
            return
        expression = self.expression()
        self.made += 1
        self.lines.append(f"{indent}v{self.made} = {expression}")
        if indent == "    ":  # else perhaps it is never assigned
            self.names.append(f"v{self.made}")

    def write(self, indent: str, depth: int) -> None:
        k = self.draw.randrange(ENTRIES)
        key = self.draw.choice([f"{k}", f"{k}:", f":{k + 1}", "::2", "[0, 2]", "np.real(y) > 0.1", "-1"])
        if self.draw.random() < 0.7:
            self.lines.append(f"{indent}y[{key}] {self.draw.choice(['=', '+=', '*='])} {self.expression()}")
        else:
            whole = [
                "y = y * x + {a}",
                "y = np.roll(y, 1) - x",
                "y = np.where(np.real(y) > {c}, y, x)",
                "y += x",
                "y = y.copy()",
            ]
            text = self.draw.choice(whole).format(a=self.expression(1), c=round(self.draw.uniform(-1, 1), 2))
            self.lines.append(f"{indent}{text}")

    def branch(self, indent: str, depth: int) -> None:
        self.lines.append(f"{indent}if {self.condition()}:")
        self.block(indent + "    ", self.draw.randint(1, 2), depth - 1)
        if self.draw.random() < 0.15:
            self.lines.append(f"{indent}    return np.sum(y * y) + {self.expression()}")
        if self.draw.random() < 0.6:
            self.lines.append(f"{indent}else:")
            self.block(indent + "    ", self.draw.randint(1, 2), depth - 1)

    def count(self, indent: str, depth: int) -> None:
        self.lines.append(f"{indent}for i in range({self.draw.randint(1, ENTRIES)}):")
        self.lines.append(f"{indent}    y[i] = {self.expression(1)} + y[i - 1] * 0.3")
        self.block(indent + "    ", 1, depth - 1)

    def wait(self, indent: str, depth: int) -> None:
        self.made += 1
        name = f"n{self.made}"
        self.lines.append(f"{indent}{name} = 0")
        self.lines.append(f"{indent}while {name} < {self.draw.randint(1, 4)} and ({self.condition()}):")
        self.lines.append(f"{indent}    {name} += 1")
        self.block(indent + "    ", 1, depth - 1)
        self.lines.append(f"{indent}    y = 0.7 * y + np.sin({self.expression(1)})")

    def program(self) -> str:
        self.lines = [
            "def helper(a, b):",
            "    if np.real(a) > 0.2:",
            "        return a * np.tanh(b)",
            "    return np.sin(a + b)",
        ]
        self.lines += ["", "def f(x):", f"    y = np.zeros({ENTRIES}, dtype=x.dtype)"]
        self.block("    ", self.draw.randint(3, 6), 2)
        names = " + ".join(n for n in self.names)
        self.lines.append(f"    return np.sum(np.sin(y)) + {names}")
        return "\n".join(self.lines) + "\n"


SIMPLE = (Writer.assign, Writer.assign, Writer.write)
STATEMENTS = (*SIMPLE, Writer.branch, Writer.branch, Writer.count, Writer.wait)


def compiled(source: str, title: str) -> Callable[[Any], Any]:
    """The function `f` of a program, whose lines tracebacks and messages can show."""
    linecache.cache[title] = (len(source), None, source.splitlines(keepends=True), title)
    scope: dict[str, Any] = {"np": np, "__name__": "random_program"}
    exec(compile(source, title, "exec"), scope)
    function: Callable[[Any], Any] = scope["f"]
    return function


def complex_step(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.array([np.imag(f(x + 1j * STEP * e)) / STEP for e in np.eye(x.size)])
