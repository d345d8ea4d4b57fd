"""Mathematics as it is written, composed at random: each form has its text and what it means."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from steepest.errors import FormulaError
from steepest.frontends.text.meaning import read, read_declared

SIZES = {"m": 4, "n": 3}
DECLARED = {"x": ("n",), "y": ("n",), "A": ("n", "n"), "B": ("n", "n"), "X": ("m", "n"), "s": (), "t": ()}
Form = tuple[str, str, Callable[..., Any]]  # the text, the kinds of its parts, the value

VECTORS: list[Form] = [
    ("{0} {1}", "mv", lambda m, v: m @ v),
    ("{0}ᵀ{1}", "mv", lambda m, v: m.T @ v),
    ("({0} − {1})", "vv", lambda a, b: a - b),
    ("{0} ⊙ {1}", "vv", lambda a, b: a * b),
    ("{0} .* {1} ⊘ (1 + {1}²)", "vv", lambda a, b: a * b / (1 + b**2)),
    ("{0} {1}", "sv", lambda s, v: s * v),
    ("−{0}/(2 + {1}^2)", "vs", lambda v, s: -v / (2 + s**2)),
    ("tanh({0})²", "v", lambda v: np.tanh(v) ** 2),
    ("sin²({0})", "v", lambda v: np.sin(v) ** 2),
    ("[{0} > {1}] ⊙ {0}", "vs", lambda v, s: (v > s) * v),
    ("({0} if {0} > {1} else {1})", "vv", lambda a, b: np.where(a > b, a, b)),
    ("softmax({0})", "v", lambda v: np.exp(v) / np.sum(np.exp(v))),
    ("diagvec({0})", "m", np.diag),
    ("({0}'{1})'", "vm", lambda v, m: v @ m),
    ("[Σ_j ({0})_ij ({1})_j]_i", "mv", lambda m, v: m @ v),
    ("[({0})_i ({1})_i − {2}]_i", "vvs", lambda a, b, s: a * b - s),
    ("{0}[::-1]", "v", lambda v: v[::-1]),
    ("({0} 𝟏 + e_1 {1})", "ms", lambda m, s: m @ np.ones(3) + np.eye(3)[1] * s),
]
MATRICES: list[Form] = [
    ("{0} {1}", "mm", lambda a, b: a @ b),
    ("{0} * {1}'", "mm", lambda a, b: a @ b.T),
    ("({0} + {1})", "mm", lambda a, b: a + b),
    ("{0} ⊙ {1}", "mm", lambda a, b: a * b),
    ("{0} {1}ᵀ", "vv", np.outer),
    ("{0} {1}", "sm", lambda s, m: s * m),
    ("diag({0})", "v", np.diag),
    ("({0} I − {1})", "sm", lambda s, m: s * np.eye(3) - m),
    ("({0})²", "m", lambda m: m @ m),
    ("({0})^∘2", "m", lambda m: m * m),
    ("cos({0})", "m", np.cos),
    ("[({0})_ij ({1})_j]_ij", "mv", lambda m, v: m * v),
    ("[({0})_ji δ_ij + ({1})_ij]_ij", "mm", lambda a, b: np.diag(np.diag(a)) + b),
    ("[i ≥ j] ⊙ {0}", "m", np.tril),
    ("({0} + 2I)⁻ᵀ", "t", lambda m: np.linalg.inv(m + 2 * np.eye(3)).T),
]
SCALARS: list[Form] = [
    ("{0}ᵀ{1}", "vv", lambda a, b: a @ b),
    ("{0}'*{1}*{2}", "vmv", lambda a, m, b: a @ m @ b),
    ("‖{0}‖²", "v", lambda v: v @ v),
    ("‖{0}‖_F", "m", np.linalg.norm),
    ("tr({0})", "m", np.trace),
    ("Σ({0})", "v", np.sum),
    ("Σ_i ({0})_i ({1})_i²", "vv", lambda a, b: np.sum(a * b**2)),
    ("Σ_ij ({0})_ij ({1})_j [i < j]", "mv", lambda m, v: np.sum(np.triu(m, 1) * v)),
    ("({0} − {1})", "ss", lambda a, b: a - b),
    ("{0}·{1}", "ss", lambda a, b: a * b),
    ("{0}/(1 + {1}²)", "ss", lambda a, b: a / (1 + b**2)),
    ("|{0}|", "s", np.abs),
    ("max({0}, {1})", "ss", max),
    ("√(1 + {0}²)", "s", lambda s: np.sqrt(1 + s**2)),
    ("{0}[1]", "v", lambda v: v[1]),
    ("log |det ({0} + 9I)|", "t", lambda m: np.linalg.slogdet(m + 9 * np.eye(3))[1]),
]
FORMS: dict[str, list[Form]] = {"v": VECTORS, "m": MATRICES, "s": SCALARS}
NAMES = {"v": "xy", "m": "AB", "s": "st"}


def written(generator: random.Random, kind: str, depth: int, values: dict[str, Any]) -> tuple[str, Any]:
    """A random formula, and its value; parts are bracketed, so that it can be read in one way only."""
    if kind == "t":  # a tame matrix
        name = generator.choice("AB")
        return f"(sin({name}))", np.sin(values[name])
    if depth == 0:
        name = generator.choice(NAMES[kind])
        return name, values[name]
    text, kinds, value = generator.choice(FORMS[kind])
    parts = [written(generator, k, depth - 1, values) for k in kinds]
    texts = [part if len(part) == 1 else f"({part})" for part, _ in parts]
    return text.format(*texts), value(*(v for _, v in parts))


def agree(seed: int, count: int) -> None:
    generator, rng = random.Random(seed), np.random.default_rng(seed)
    values = {name: rng.uniform(-1.2, 1.2, [SIZES[s] for s in shape]) for name, shape in DECLARED.items()}
    shapes = {name: np.shape(v) for name, v in values.items()}
    with np.errstate(all="ignore"):
        for _ in range(count):
            text, want = written(generator, generator.choice("vms"), generator.randint(1, 4), values)
            got = read_declared(text, shapes, {}, np.shape(want)).function(**values)
            np.testing.assert_allclose(np.broadcast_to(got, np.shape(want)), want, rtol=1e-7, atol=1e-9, err_msg=text)
            declared = {name: DECLARED[name] for name in letters(text) & DECLARED.keys()}
            again = read(text, declared).function(**{name: values[name] for name in declared})
            np.testing.assert_allclose(again, got, rtol=1e-9, atol=1e-12, err_msg=text)


def letters(text: str) -> set[str]:
    """The names of variables that occur as words."""
    words = "".join(c if c.isalpha() and c.isascii() else " " for c in text.replace("_F", ""))
    return {w for w in words.split() if len(w) == 1}


def test_random_mathematics() -> None:
    agree(seed=0, count=300)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(1, 9))
def test_much_random_mathematics(seed: int) -> None:
    agree(seed, count=3_000)


PRECEDENCE: list[tuple[str, Callable[..., Any]]] = [
    ("A x ⊙ B y", lambda A, B, x, y: (A @ x) * (B @ y)),
    ("x ⊙ A y + y", lambda A, x, y: x * (A @ y) + y),
    ("−x ⊙ y", lambda x, y: -(x * y)),
    ("2 x ⊙ y", lambda x, y: 2 * x * y),
    ("s A x/2", lambda s, A, x: s * (A @ x) / 2),
    ("1/2 xᵀA x", lambda x, A: 0.5 * x @ A @ x),
    ("xᵀA x y", lambda x, A, y: (x @ A @ x) * y),
    ("A x yᵀ B", lambda A, x, y, B: np.outer(A @ x, y) @ B),
    ("x yᵀ ⊙ A", lambda x, y, A: np.outer(x, y) * A),
    ("x/y ⊙ x", lambda x, y: x / y * x),
    ("x ⊙ y/s", lambda x, y, s: x * y / s),
    ("s^2 x^2", lambda s, x: s**2 * x**2),
    ("−s^2", lambda s: -(s**2)),
    ("A²ᵀ", lambda A: (A @ A).T),
    ("Σ x² + s", lambda x, s: np.sum(x**2) + s),
    ("Σ_i x_i y_i + s", lambda x, y, s: x @ y + s),
    ("Σ_i x_i/s − t", lambda x, s, t: np.sum(x) / s - t),
    ("s Σ x", lambda s, x: s * np.sum(x)),
    ("x if s > t else y + x", lambda x, y, s, t: x if s > t else y + x),
    ("[s > t and not s > 2 or t > 9] x", lambda s, t, x: ((s > t and not s > 2) or t > 9) * x),
    ("log|s| + |t|", lambda s, t: np.log(abs(s)) + abs(t)),
    ("‖x‖ ‖y‖ |s|", lambda x, y, s: np.linalg.norm(x) * np.linalg.norm(y) * abs(s)),
    ("sin²(s) t", lambda s, t: np.sin(s) ** 2 * t),
    ("2^s t", lambda s, t: 2**s * t),
    ("x[0] y", lambda x, y: x[0] * y),
    ("A[0]ᵀx", lambda A, x: A[0] @ x),
    ("√s t", lambda s, t: np.sqrt(s) * t),
]


@pytest.mark.parametrize(("text", "expected"), PRECEDENCE, ids=[text for text, _ in PRECEDENCE])
def test_precedence(text: str, expected: Callable[..., Any], rng: np.random.Generator) -> None:
    values = {name: rng.uniform(0.3, 1.7, [SIZES[s] for s in shape]) for name, shape in DECLARED.items()}
    names = expected.__code__.co_varnames[: expected.__code__.co_argcount]
    got = read(text, {name: DECLARED[name] for name in names}).function(**{name: values[name] for name in names})
    np.testing.assert_allclose(got, expected(*(values[name] for name in names)), rtol=1e-12)


def test_a_function_written_together_with_its_argument_is_no_variable() -> None:
    with pytest.raises(FormulaError, match=r"write sin\(x\)"):
        read("sinx + x", {"x": ()})
    assert float(read("sinx + x", {"x": (), "sinx": ()}).function(1.0, 2.0)) == 3.0


def test_a_call_of_what_is_declared_as_a_variable_is_refused() -> None:
    with pytest.raises(FormulaError, match=r"write exp\*"):
        read("exp*exp(x)", {"exp": (), "x": ()})
    assert float(read("exp (x + 1)", {"exp": (), "x": ()}).function(3.0, 1.0)) == 6.0
