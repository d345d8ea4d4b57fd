"""Loops in exported C: the numbers of the formula for any number of steps, in loops within loops, not finite ones."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special as sp
from compiled_c import COMPILER, Exported, call, compiled, run, sanitized_values, status_and_value
from looped_programs import PROGRAMS

import steepest as st
from steepest.errors import FormulaError

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler")
OTHER_BRANCHES = {"branching", "newton"}  # than at the point where their formulas were made
KINDS = ("value", "gradient", "hessian")


@dataclass(frozen=True)
class Case:
    """A function with a loop, the variable to differentiate by, shapes, and the arguments it is called with."""

    name: str
    function: Any
    by: str
    shapes: dict[str, str]
    arguments: Sequence[tuple[Any, ...]]

    def exports(self, kinds: Sequence[str]) -> list[Exported]:
        F = st.formula(self.function, **self.shapes)
        found = [F if kind == "value" else getattr(F, kind)(self.by) for kind in kinds]
        names = [f"{self.name}_{kind}" for kind in kinds]
        return [Exported(name, f, f.c(name)) for name, f in zip(names, found, strict=True)]


def swing(angle: Any, length: Any) -> Any:
    def step(state: Any, k: Any) -> Any:
        angle, speed = state
        speed = speed - 0.01 * 9.81 / length * np.sin(angle) + 0.001 * k
        return (angle + 0.01 * speed, speed), angle

    (angle, _), angles = st.scan(step, (angle, 0.0), np.arange(40))
    return angle + np.sum(angles**2)


def recurrent(W: Any, x: Any, h: Any) -> Any:
    return np.sum(st.scan(lambda s, v: (np.tanh(W @ s + v), s), h, x)[0] ** 2)


def hidden_markov(A: Any, B: Any, a: Any) -> Any:
    return sp.logsumexp(st.scan(lambda s, b: (sp.logsumexp(s[:, None] + A, axis=0) + b, None), a, B)[0])


def kalman(F: Any, y: Any) -> Any:
    def step(state: Any, v: Any) -> Any:
        m, P = state
        m, P = F @ m, F @ P @ F.T + np.eye(2)
        S = P + 0.5 * np.eye(2)
        K = np.linalg.solve(S, P).T
        e = v - m
        return (m + K @ e, P - K @ P), np.linalg.slogdet(S)[1] + e @ np.linalg.solve(S, e)

    return np.sum(st.scan(step, (np.zeros(2), np.eye(2)), y)[1])


def nested(x: Any, w: Any) -> Any:
    def row(s: Any, v: Any) -> Any:
        t, products = st.scan(lambda t, u: (np.tanh(t * w + u), t * u), s, v)
        return t, np.sum(products)

    s, sums = st.scan(row, 0.3, x)
    return s + np.sum(sums**2)


def discounted(x: Any, g: Any) -> Any:
    return np.sum(st.scan(lambda s, v: (v + g * s, v + g * s), 0.0, x, reverse=True)[1] ** 2)


def truth_in_the_state(x: Any) -> Any:
    def step(s: Any, v: Any) -> Any:
        return (np.where(s[1], s[0] * v, s[0] + v), s[0] > v), None

    return st.scan(step, (1.0, True), x)[0][0]


def in_pieces(x: Any, w: Any) -> Any:
    return st.scan(lambda s, v: (np.sin(w * s + v), None), 0.2, x, checkpoint=3)[0]


def running(x: Any, w: Any) -> Any:
    return np.sum(st.scan(lambda s, v: (np.cumsum(s * w) + v, s), np.ones(3), x)[1] ** 2)


def looked_up(x: Any, w: Any) -> Any:
    return np.sum(st.scan(lambda s, k: (s + w[k] * np.sin(s), None), x, np.array([2, 0, 1, 1]))[0])


def single(x: Any) -> Any:
    return st.scan(lambda s, v: (np.float32(0.9) * s + np.sin(v), s), np.float32(0), x.astype(np.float32))[0]


R = np.random.default_rng(5)
N = R.normal
CASES = [
    Case("swing", swing, "length", {"angle": "", "length": ""}, [(0.5, 2.0)]),
    Case(
        "recurrent", recurrent, "W", {"W": "n n", "x": "T n", "h": "n"},
        [(N(size=(3, 3)), N(size=(T, 3)), N(size=3)) for T in (7, 1, 0)]
        + [(np.zeros((0, 0)), np.zeros((3, 0)), np.zeros(0))],
    ),
    Case(
        "hidden_markov", hidden_markov, "A", {"A": "n n", "B": "T n", "a": "n"},
        [(N(size=(n, n)), N(size=(5, n)), N(size=n)) for n in (1, 3)],
    ),
    Case("kalman", kalman, "F", {"F": "2 2", "y": "T 2"}, [(0.4 * N(size=(2, 2)), N(size=(6, 2)))]),
    Case("nested", nested, "x", {"x": "m n", "w": ""}, [(N(size=s), 0.7) for s in ((4, 5), (1, 5), (3, 0))]),
    Case("discounted", discounted, "g", {"x": "n", "g": ""}, [(N(size=n), 0.9) for n in (7, 1, 0)]),
    Case("truth", truth_in_the_state, "x", {"x": "n"}, [(N(size=6),)]),
    Case("in_pieces", in_pieces, "w", {"x": "11", "w": ""}, [(N(size=11), 0.6)]),
    Case("running", running, "w", {"x": "n", "w": "3"}, [(N(size=5), N(size=3))]),
    Case("looked_up", looked_up, "w", {"x": "n", "w": "3"}, [(N(size=2), N(size=3))]),
]  # fmt: skip


@pytest.fixture(scope="module")
def exported() -> list[tuple[Case, Exported]]:
    return [(c, e) for c in CASES for e in c.exports(KINDS[:2])]


@needs_compiler
def test_loops_give_the_numbers_of_the_formulas(exported: list[tuple[Case, Exported]], tmp_path: Path) -> None:
    library = compiled([e for _, e in exported], tmp_path)
    for c, e in exported:
        for args in c.arguments:
            wanted = np.asarray(e.formula(*args))
            found = call(library, e, args, wanted.shape)
            np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-13, err_msg=e.name)


@needs_compiler
@pytest.mark.heavy
def test_second_derivatives_of_loops(tmp_path: Path) -> None:
    found = [(c, e) for c in CASES for e in c.exports(KINDS[2:])]
    library = compiled([e for _, e in found], tmp_path)
    for c, e in found:
        for args in c.arguments:
            wanted = np.asarray(e.formula(*args))
            value = call(library, e, args, wanted.shape)
            np.testing.assert_allclose(value, wanted, rtol=1e-10, atol=1e-12, err_msg=e.name)


@needs_compiler
def test_no_memory_is_read_or_written_but_their_own(exported: list[tuple[Case, Exported]], tmp_path: Path) -> None:
    chosen = [(c, e) for c, e in exported if c.name in ("recurrent", "nested", "kalman", "in_pieces")]
    args = {e.name: c.arguments[0] for c, e in chosen}
    shapes = {e.name: np.shape(e.formula(*args[e.name])) for _, e in chosen}
    try:
        run([str(COMPILER), "-fsanitize=address,undefined", "-x", "c", "-o", str(tmp_path / "x"), "-"],
            input="int main(void) { return 0; }")  # fmt: skip
    except AssertionError:
        pytest.skip("no sanitizers")
    values = sanitized_values([e for _, e in chosen], args, shapes, tmp_path)
    for _, e in chosen:
        np.testing.assert_allclose(values[e.name], np.asarray(e.formula(*args[e.name])), rtol=1e-11, atol=1e-13)


@needs_compiler
def test_what_is_not_finite_comes_out_as_from_the_plain_function(tmp_path: Path) -> None:
    c = next(c for c in CASES if c.name == "discounted")
    (e,) = c.exports(["value"])
    library = compiled([e], tmp_path)
    for x in ([1.0, np.nan, 2.0], [1.0, np.inf], [np.inf, -np.inf, 0.0], [0.0, 1e200]):
        with np.errstate(all="ignore"):
            wanted = c.function(np.array(x), 0.9)
        np.testing.assert_allclose(call(library, e, [np.array(x), 0.9], ()), wanted, rtol=1e-14)


@needs_compiler
def test_single_precision_is_rounded_step_by_step(tmp_path: Path) -> None:
    F = st.formula(single, x="n")
    e = Exported("single", F, F.c("single"))
    x = N(size=30)
    found = call(compiled([e], tmp_path), e, [x], ())
    assert found == np.float32(found)
    np.testing.assert_allclose(found, F(x), rtol=4e-7)


@needs_compiler
def test_a_singular_matrix_in_a_step_is_told(tmp_path: Path) -> None:
    F = st.formula(lambda A, x: np.sum(st.scan(lambda s, v: (np.linalg.solve(A * v[0], s) + v, None), x[0], x)[0]),
                   A="2 2", x="n 2")  # fmt: skip
    e = Exported("singular", F, F.c("singular"))
    assert "free(work);\n            return 2;" in e.source
    library = compiled([e], tmp_path)
    with pytest.raises(AssertionError):
        call(library, e, [np.ones((2, 2)), np.ones((3, 2))], ())


@needs_compiler
@pytest.mark.heavy
def test_what_is_said_with_scan_in_all_ways(tmp_path: Path) -> None:
    found = []
    for name in sorted(PROGRAMS.keys() - OTHER_BRANCHES):
        f, args = PROGRAMS[name]
        names = list(inspect.signature(f).parameters)
        shapes = {n: " ".join(map(str, np.shape(a))) for n, a in zip(names, args, strict=True)}
        F = st.formula(f, **shapes)
        for G, export in ((F, name), (F.jacobian(names[0]), f"of_{name}")):
            found.append((Exported(export, G, G.c(export)), args))
    assert len(found) >= 26
    library = compiled([e for e, _ in found], tmp_path)
    for e, args in found:
        wanted = np.asarray(e.formula(*args))
        np.testing.assert_allclose(call(library, e, args, wanted.shape), wanted, rtol=1e-11, atol=1e-13)


@needs_compiler
def test_a_loop_with_a_condition_holds_for_as_many_steps(tmp_path: Path) -> None:
    def doubled(a: Any) -> Any:
        return st.while_loop(lambda s: s < 10.0, lambda s: s * 1.5 + a, a)

    G = st.formula(doubled, a="").gradient("a")
    e = Exported("doubled", G, G.c("doubled"))
    library = compiled([e], tmp_path)
    scope: dict[str, Any] = {}
    exec(G.python("doubled"), scope)
    assert "the branches that its loop took" in G.python()
    statuses = set()
    for a in (0.3, 0.7, 1.2, 2.0, 12.0):
        status, value = status_and_value(library, e, [a], ())
        statuses.add(status)
        if status:
            with pytest.raises(ValueError, match="doubled is for"):
                scope["doubled"](a)
        else:
            assert value == pytest.approx(G(a), rel=1e-12)
            assert scope["doubled"](a) == pytest.approx(G(a), rel=1e-12)
    assert statuses == {0, 3}


@needs_compiler
def test_a_place_that_was_computed_must_exist(tmp_path: Path) -> None:
    def counted_down(x: Any, w: Any) -> Any:
        return st.scan(lambda s, v: ((s[0] - 1, s[1] * w[s[0]] + v), None), (1, 0.4), x)[0][1]

    F = st.formula(counted_down, x="n", w="4")
    formulas = {"value": F, "by_x": F.gradient("x"), "by_w": F.gradient("w")}
    found = [Exported(name, G, G.c(name)) for name, G in formulas.items()]
    library = compiled(found, tmp_path)
    w = N(size=4)
    for e in found:
        assert "4 if an array lacks a place that is read or written" in e.source
        for n in (0, 3, 6):  # places down to 1 - 5 = -4
            x = N(size=n)
            wanted = np.asarray(e.formula(x, w))
            np.testing.assert_allclose(call(library, e, [x, w], wanted.shape), wanted, rtol=1e-12)
        status, _ = status_and_value(library, e, [N(size=7), w], (7,))
        assert status == 4


def test_a_state_that_is_an_array_trades_places_with_the_next() -> None:
    source = st.formula(recurrent, W="n n", x="T n", h="n").c()
    assert (
        "    for (size_t i = 0; i < T; i++) {\n"
        "        const double *entry1 = x + i*n;\n"
        "        for (size_t j = 0; j < n; j++) {\n"
        "            double sum1 = 0.0;\n"
        "            for (size_t k = 0; k < n; k++)\n"
        "                sum1 += W[j*n + k] * state1[k];\n"
        "            next1[j] = tanh(sum1 + entry1[j]);\n"
        "        }\n"
        "        double *swap1 = state1;\n"
        "        state1 = next1;\n"
        "        next1 = swap1;\n"
        "    }\n"
    ) in source


def test_numbers_that_are_counted_are_a_rule() -> None:
    source = st.formula(swing, angle="", length="").c()
    assert "static const" not in source
    assert "0.001 * (double)i" in source or "(double)i * 0.001" in source or "= (double)i;" in source


def test_loops_within_loops_are_written_in_numpy_too() -> None:
    for c in (c for c in CASES if c.name in ("nested", "in_pieces")):
        F = st.formula(c.function, **c.shapes).gradient(c.by)
        scope: dict[str, Any] = {}
        exec(F.python("g"), scope)
        for args in c.arguments:
            np.testing.assert_allclose(scope["g"](*args), F(*args), rtol=1e-12)


def test_a_loop_whose_length_has_no_name_is_refused() -> None:
    F = st.formula(lambda x: st.scan(lambda s, v: (np.sin(s + v), None), 0.0, x[1:])[0], x="n")
    with pytest.raises(FormulaError, match="sizes"):
        F.c()
