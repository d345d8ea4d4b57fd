"""Exported code at sizes at which places that it names with numbers do not exist: told, and nothing read or written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiled_c import COMPILER, STRICT, Exported, run

import steepest as st
from steepest.errors import FormulaError
from steepest.export.places import Placed
from steepest.expr.dimension import Dim
from steepest.lower.program import Window

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler")
UNTOUCHED = -77.0


@dataclass(frozen=True)
class Case:
    """A function of one array; `least` says what its sizes must be."""

    function: Callable[[Any], Any]
    shape: str
    least: Mapping[str, int]

    def choices(self) -> list[dict[str, int]]:
        names = [s for s in self.shape.split() if not s.isdigit()]
        every: list[dict[str, int]] = [{}]
        for name in dict.fromkeys(names):
            every = [{**c, name: n} for c in every for n in range(4)]
        return every

    def lengths(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        return tuple(int(s) if s.isdigit() else sizes[s] for s in self.shape.split())

    def fits(self, sizes: Mapping[str, int]) -> bool:
        """Whether sizes, and products of them, are large enough."""
        return all(np.prod([sizes[s] for s in name.split("*")]) >= least for name, least in self.least.items())


def states(x: Any) -> Any:
    return st.scan(lambda s, v: (s + v[1], s * v[0]), 0.0, x)[1][2]


def counted(x: Any) -> Any:
    return st.scan(lambda s, k: (s * 0.5 + x[k], None), 0.0, np.arange(3))[0]


def one_place(x: Any) -> Any:
    return st.scan(lambda s, v: (s * x[2] + v, s), 0.3, np.arange(3.0))[1][1]


CASES = {
    "entry": Case(lambda x: x[2] ** 2, "n", {"n": 3}),
    "first_ones": Case(lambda x: np.sum(x[:2] ** 2), "n", {"n": 2}),
    "in_between": Case(lambda x: np.prod(x[1:3]), "n", {"n": 3}),
    "backward": Case(lambda x: np.sum(x[1::-1] ** 3), "n", {"n": 2}),
    "down_to": Case(lambda x: np.sum(x[2:0:-1] ** 3), "n", {"n": 3}),
    "picked": Case(lambda x: np.sum(x[np.array([0, 2])] ** 2), "n", {"n": 3}),
    "two_rows": Case(lambda x: np.sum(x[1] * x[0]), "T n", {"T": 2}),
    "column": Case(lambda x: np.sum(x[:, 1] * 2), "T n", {"n": 2}),
    "corner": Case(lambda x: np.sum((x[:2, :2] @ x[0, :2]) ** 2), "n n", {"n": 2}),
    "flat": Case(lambda x: x.ravel()[3] ** 2, "m n", {"m*n": 4}),
    "solved": Case(lambda x: np.sum(np.linalg.solve(x[:2, :2] + 3 * np.eye(2), x[:2, 2])), "n n", {"n": 3}),
    "stacked": Case(states, "T n", {"T": 3, "n": 2}),
    "in_steps": Case(counted, "n", {"n": 3}),
    "fixed_in_steps": Case(one_place, "n", {"n": 3}),
    "largest": Case(lambda x: np.max(x), "n", {"n": 1}),
    "everything": Case(lambda x: np.sum(np.exp(x) * x[::-1]), "n", {}),
}
NO_TEXT = {("flat", "gradient")}  # which is refused: it holds at some sizes only
KINDS = ("value", "gradient")


def exports() -> list[tuple[Case, Exported]]:
    found = []
    for name, c in CASES.items():
        F = st.formula(c.function, x=c.shape)
        for kind in KINDS:
            if (name, kind) not in NO_TEXT:
                G = F if kind == "value" else F.gradient("x")
                found.append((c, Exported(f"{name}_{kind}", G, G.c(f"{name}_{kind}"))))
    return found


def program(found: Sequence[tuple[Case, Exported]]) -> str:
    """Each function at each choice of the sizes, on memory of exactly their size."""
    lines = ["#include <stdio.h>", "#include <stdlib.h>"]
    body = []
    for c, e in found:
        head = re.search(rf"^((?:int|void|double) {e.name}\([^{{]*\))\n{{", e.source, re.MULTILINE)
        assert head is not None
        lines.append(head.group(1) + ";")
        for sizes in c.choices():
            count = int(np.prod(c.lengths(sizes)))
            entries = 1 if e.name.endswith("_value") else count
            given = ", ".join([*map(str, sizes.values()), "x"])
            call = f"status = {e.name}({given}, out)"
            if e.returns != "int":
                call = f"*out = {e.name}({given})" if e.returns == "double" else f"{e.name}({given}, out)"
            body += [
                "    {",
                "        int status = 0;",
                f"        double *x = malloc({count} * sizeof *x), *out = malloc({entries} * sizeof *out);",
                f"        for (int i = 0; i < {count}; i++) x[i] = 0.5 + 0.25 * ((7 * i) % 5);",
                f"        for (int i = 0; i < {entries}; i++) out[i] = {UNTOUCHED};",
                f"        {call};",
                '        printf("%d", status);',
                f'        for (int i = 0; i < {entries}; i++) printf(" %.17g", out[i]);',
                '        printf("\\n");',
                "        free(x); free(out);",
                "    }",
            ]
    return "\n".join([*lines, "int main(void)", "{", *body, "    return 0;", "}", ""])


def sanitizers(folder: Path) -> list[str]:
    flags = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    try:
        run([str(COMPILER), *flags, "-x", "c", "-o", str(folder / "x"), "-"], input="int main(void) { return 0; }")
    except AssertionError:
        return []
    return flags


@needs_compiler
def test_c_tells_and_leaves_all_memory_as_it_is(tmp_path: Path) -> None:
    found = exports()
    own = ["main", *(e.name for _, e in found)]
    for name, text in zip(own, (program(found), *(e.source for _, e in found)), strict=True):
        (tmp_path / f"{name}.c").write_text(text, encoding="utf-8")
    run([str(COMPILER), "-c", "main.c"], cwd=tmp_path)
    files = ["main.o", *(f"{name}.c" for name in own[1:])]
    run([str(COMPILER), *STRICT, *sanitizers(tmp_path), "-o", "main", *files, "-lm"], cwd=tmp_path)
    lines = iter(run([str(tmp_path / "main")]).splitlines())
    for c, e in found:
        for sizes in c.choices():
            status, *entries = map(float, next(lines).split())
            said = f"{e.name} at {sizes}"
            if not c.fits(sizes):
                assert status == 4, said
                assert all(v == UNTOUCHED for v in entries), said
                continue
            assert status == 0, said
            shape = c.lengths(sizes)
            x = np.array([0.5 + 0.25 * ((7 * i) % 5) for i in range(int(np.prod(shape)))]).reshape(shape)
            wanted = np.ravel(np.asarray(e.formula(x)))
            np.testing.assert_allclose(entries, wanted, rtol=1e-12, atol=1e-14, err_msg=said)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_numpy_raises(name: str, kind: str) -> None:
    if (name, kind) in NO_TEXT:
        pytest.skip("refused")
    c = CASES[name]
    F = st.formula(c.function, x=c.shape)
    G = F if kind == "value" else F.gradient("x")
    scope: dict[str, Any] = {}
    exec(G.python("g"), scope)
    for sizes in c.choices():
        x = np.random.default_rng(3).normal(size=c.lengths(sizes))
        if c.fits(sizes):
            np.testing.assert_allclose(scope["g"](x), G(x), rtol=1e-12, atol=1e-14)
        else:
            with pytest.raises(ValueError, match=r"is for .* only|empty sequence"):
                scope["g"](x)


def test_the_comment_says_what_sizes_are_for() -> None:
    text = st.formula(states, x="T n").gradient("x").c()
    assert "Sizes: n >= 2, T >= 3." in text
    assert "4 if an array lacks a place that is read or written" in text


def test_what_is_whole_asks_for_nothing() -> None:
    source = st.formula(lambda x: np.sum(x * x[::-1]), x="n").gradient("x").c()
    assert "Sizes:" not in source
    assert "void gradient(" in source


def test_in_numpy_every_array_that_should_have_the_size_is_asked() -> None:
    scope: dict[str, Any] = {}
    exec(st.formula(lambda x, y: np.sum(x[:3]) * np.sum(y[:3]), x="n", y="n").python("g"), scope)
    assert scope["g"](np.ones(3), np.ones(3)) == 9.0
    for x, y in ((5, 2), (2, 5)):
        with pytest.raises(ValueError, match="g is for n >= 3 only"):
            scope["g"](np.ones(x), np.ones(y))


def test_a_slice_without_an_end_keeps_its_meaning_in_numpy() -> None:
    scope: dict[str, Any] = {}
    exec(st.formula(lambda x: np.sum(x[1:] ** 2), x="n").gradient("x").python("g"), scope)
    np.testing.assert_array_equal(scope["g"](np.array([3.0])), [0.0])
    np.testing.assert_array_equal(scope["g"](np.array([3.0, 2.0])), [0.0, 4.0])


def test_a_length_that_has_no_name_is_not_mistaken_for_a_number_that_stands_elsewhere() -> None:
    """The lengths of x[2:] are 2 and 3 where it was written, and both numbers are in the text anyway."""
    with pytest.raises(FormulaError, match="Give the sizes as numbers"):
        st.formula(lambda x: np.sum(x[2:] ** 2) * x[3], x="n").c()


def test_what_a_window_needs_of_its_axis() -> None:
    n, m = Dim(6, "n"), Dim(4, "m")
    assert Placed(2, n).least() == 3
    assert Placed(Window(1, 2, 3), n).least() == 6
    assert Placed(Window(3, -1, 2), n).least() == 4
    assert Placed(Window(5, -2, 2), n).least() == 3  # from the end
    assert Placed(Window(3, 1, 0), n).least() == 0
    assert Placed(Window(0, 1, m), n).least() is m
    with pytest.raises(FormulaError, match="part of m entries"):
        Placed(Window(1, 1, m), n).least()
