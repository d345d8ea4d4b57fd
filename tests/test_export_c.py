"""Exported C compiles without a warning, gives the formula's numbers at two sizes, and reads no memory but its own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiled_c import COMPILER, STRICT, Exported, call, compiled, run, sanitized_values, status_and_value
from export_formulas import CASES, SIZES, Case, arguments, derived
from expressions import VARIABLES, environment, expressions
from hypothesis import HealthCheck, given, seed, settings

import steepest as st
from steepest.engines.python.compile import evaluate
from steepest.errors import ArgumentError, FormulaError
from steepest.export.c.library import LIBRARY, sources
from steepest.export.c.source import CSource
from steepest.export.exported import Exported as ExportedExpression
from steepest.expr.node import Expr

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler")
SMALL = {"m": 3, "n": 2, "k": 4, "p": 5, "d": 3}

KINDS = ("value", "gradient", "hessian")

# Programs for some sizes only (a triangle, a product unrolled), or without plain C.
REFUSED = {
    ("product", "hessian"), ("lower_part", "value"), ("lower_part", "gradient"), ("lower_part", "hessian"),
    ("cholesky", "gradient"), ("cholesky", "hessian"), ("gamma", "hessian"),
}  # fmt: skip


def exports(cases: Sequence[Case], kinds: Sequence[str] = KINDS) -> list[tuple[Case, Exported]]:
    return [
        (c, Exported(name := f"{c.name}_{kind}", G, G.c(name=name)))
        for c in cases
        for kind, G in derived(c)
        if kind in kinds and (c.name, kind) not in REFUSED
    ]


def require_the_numbers(found: Sequence[tuple[Case, Exported]], folder: Path, choices: Any = SIZES) -> None:
    library = compiled([e for _, e in found], folder)
    for c, e in found:
        for sizes in choices:
            args = arguments(c, sizes)
            try:
                wanted = np.asarray(e.formula(*args))
            except np.linalg.LinAlgError:  # a matrix of rank 1, say, at these sizes
                continue
            value = call(library, e, args, wanted.shape)
            scale = np.max(np.abs(wanted), initial=1e-3)  # what is less is rounding
            np.testing.assert_allclose(value, wanted, rtol=1e-9, atol=1e-11 * scale, err_msg=e.name)


@needs_compiler
def test_gradients_give_the_numbers_of_the_formulas(tmp_path: Path) -> None:
    found = exports(CASES, ["gradient"])
    assert len(found) >= 55
    require_the_numbers(found, tmp_path)


@needs_compiler
def test_values_and_hessians_give_the_numbers_of_the_formulas(tmp_path: Path) -> None:
    require_the_numbers(exports(CASES[::4], ["value", "hessian"]), tmp_path)


@needs_compiler
@pytest.mark.heavy
def test_everything_gives_the_numbers_of_the_formulas(tmp_path: Path) -> None:
    found = exports([c for c in CASES if c.name != "log_determinant"])  # which is not defined for all of these sizes
    assert len(found) >= 150
    require_the_numbers(found, tmp_path, (*SIZES, dict.fromkeys("mnkpd", 1), {"m": 1, "n": 4, "k": 1, "p": 3, "d": 1}))


@needs_compiler
def test_no_memory_is_read_or_written_but_their_own(tmp_path: Path) -> None:
    """Under the sanitizers, on arrays of exactly their size."""
    found = exports(CASES[1::5], ["gradient", "hessian"])
    args = {e.name: arguments(c, SMALL) for c, e in found}
    shapes = {e.name: np.shape(e.formula(*args[e.name])) for _, e in found}
    try:
        run([str(COMPILER), "-fsanitize=address,undefined", "-x", "c", "-o", str(tmp_path / "x"), "-"],
            input="int main(void) { return 0; }")  # fmt: skip
    except AssertionError:
        pytest.skip("no sanitizers")
    values = sanitized_values([e for _, e in found], args, shapes, tmp_path)
    for _, e in found:
        wanted = np.asarray(e.formula(*args[e.name]))
        np.testing.assert_allclose(values[e.name], wanted, rtol=1e-9, atol=1e-11, err_msg=e.name)


def random_sources(count: int) -> list[tuple[str, str, Expr]]:
    """Random expressions and their gradients as C; those without plain C are left out."""
    found: list[Expr] = []

    @seed(20)
    @settings(max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(expressions(depth=4))
    def collect(e: Expr) -> None:
        found.append(e)

    collect()
    sources = []
    for k, e in enumerate(dict.fromkeys(found)):
        exported = ExportedExpression(f"f{k}", e, VARIABLES, ("a random expression",))
        with contextlib.suppress(FormulaError):
            sources.append((f"f{k}", CSource(exported, exported).text(), e))
    return sources


def require_random_values(count: int, folder: Path) -> None:
    sources = random_sources(count)
    assert len(sources) > count / 4
    env = environment()
    F = st.formula(
        lambda s, u, v, A, B: s * np.sum(u) * np.sum(v) * np.sum(A) * np.sum(B), s="", u="3", v="4", A="3 4", B="3 3"
    )  # only says which arguments there are
    named = [Exported(name, F, text) for name, text, _ in sources]
    library = compiled(named, folder)
    for e, (_, _, expr) in zip(named, sources, strict=True):
        with np.errstate(all="ignore"):
            (wanted,) = evaluate([expr], env)
        value = call(library, e, [env[x] for x in VARIABLES], np.shape(wanted))
        scale = np.max(np.abs(wanted), initial=0.0)
        np.testing.assert_allclose(value, wanted, rtol=1e-8, atol=1e-10 * scale, err_msg=e.source)


@needs_compiler
def test_random_expressions_give_their_values(tmp_path: Path) -> None:
    require_random_values(40, tmp_path)


@needs_compiler
@pytest.mark.heavy
def test_many_random_expressions_give_their_values(tmp_path: Path) -> None:
    require_random_values(600, tmp_path)


@needs_compiler
def test_a_singular_matrix_is_told(tmp_path: Path) -> None:
    G = st.formula("a'*inv(X)*b", a="n", X="n n", b="n").gradient("X")
    e = Exported("singular", G, G.c(name="singular"))
    library = compiled([e], tmp_path)
    status, _ = status_and_value(library, e, [np.ones(3), np.ones((3, 3)), np.ones(3)], (3, 3))
    assert status == 2
    assert "2 if a matrix is singular" in e.source


@needs_compiler
def test_another_branch_is_told(tmp_path: Path) -> None:
    F = st.formula(lambda x, a: np.sum(x) * a if a > 0 else np.sum(x * x), x="n", a="")
    e = Exported("branch", F, F.c(name="branch"))
    library = compiled([e], tmp_path)
    assert status_and_value(library, e, [np.ones(3), 2.0], ())[0] == 0
    assert status_and_value(library, e, [np.ones(3), -2.0], ())[0] == 3


@needs_compiler
def test_arrays_without_entries(tmp_path: Path) -> None:
    G = st.formula(CASES[0].function, **CASES[0].shapes).hessian("theta")
    e = Exported("empty", G, G.c(name="empty"))
    value = call(compiled([e], tmp_path), e, [np.zeros(0), np.zeros((3, 0)), np.zeros(3)], (0, 0))
    assert value.shape == (0, 0)


# --- how it reads --------------------------------------------------------------------------------------


def body(source: str) -> str:
    """The last function's."""
    return source[source.rindex("\n{\n") + 1 :]


def test_least_squares_takes_one_pass_over_the_data() -> None:
    source = CASES[0].formula().gradient("theta").c()
    assert "calloc" not in source
    assert body(source) == (
        "{\n"
        "    for (size_t i = 0; i < n; i++)\n"
        "        out[i] = 0.0;\n"
        "    const double s1 = 2.0 / (double)m;\n"
        "    for (size_t i = 0; i < m; i++) {\n"
        "        double sum1 = 0.0;\n"
        "        for (size_t j = 0; j < n; j++)\n"
        "            sum1 += X[i*n + j] * theta[j];\n"
        "        const double s2 = sum1 - y[i];\n"
        "        const double s3 = s1 * s2;\n"
        "        for (size_t j = 0; j < n; j++)\n"
        "            out[j] += s3 * X[i*n + j];\n"
        "    }\n"
        "}\n"
    )


def test_a_number_of_numbers_is_a_plain_function() -> None:
    source = st.formula(lambda x: np.sin(x) * x, x="").gradient("x").c()
    assert "double derivative(double x)\n" in source
    (returned,) = [line.strip() for line in source.splitlines() if "return " in line]
    assert returned in ("return sin(x) + cos(x) * x;", "return sin(x) + x * cos(x);", "return x * cos(x) + sin(x);")


def test_the_comment_says_what_it_is() -> None:
    source = CASES[0].formula().gradient("theta").c()
    for said in ("∇_theta", "2/m Xᵀ(Xθ − y)", "X: (m, n)", "row-major", "Checked by steepest", "cc -std=c99"):
        assert said in source
    assert all(len(line) <= 100 for line in source.splitlines() if line.startswith((" *", "/*")))


def test_names_are_clear_of_keywords_and_of_the_library(tmp_path: Path) -> None:
    F = st.formula(
        lambda double, I, work, out, i, n: np.sum(double * I) * work * np.exp(out) + i * n,
        double="m", I="m", work="", out="", i="", n="",
    )  # fmt: skip
    G = F.gradient("out")
    e = Exported("gamma_", G, G.c(name="gamma_"))
    if COMPILER is None:
        pytest.skip("no C compiler")
    args = [np.arange(1.0, 4.0), np.ones(3), 0.5, 0.25, 2.0, 3.0]
    np.testing.assert_allclose(call(compiled([e], tmp_path), e, args, ()), G(*args))


# --- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "shapes", "message"),
    [
        (lambda A: np.sum(np.linalg.eigvalsh(A + A.T)), {"A": "n n"}, "symmetric_eigenvalues: use python"),
        (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 4), {"x": "8"}, "complex ones"),
    ],
)
def test_what_has_no_plain_c_is_refused(function: Any, shapes: dict[str, str], message: str) -> None:
    F = st.formula(function, **shapes)
    with pytest.raises(FormulaError, match=message):
        F.c()


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ArgumentError, match="letters, digits"):
        CASES[0].formula().c(name="2nd")


def test_sizes_that_leak_into_numbers_are_refused() -> None:
    F = st.formula(lambda X: np.sum(X.reshape(-1)[: len(X)] ** 2), X="m n")
    with pytest.raises(FormulaError):
        F.c()


def test_every_library_function_is_strict_c99(tmp_path: Path) -> None:
    if COMPILER is None:
        pytest.skip("no C compiler")
    text = "\n\n".join(["#include <math.h>", "#include <stddef.h>", *sources(LIBRARY)])
    file = tmp_path / "library.c"
    file.write_text(text, encoding="utf-8")
    flags = [f for f in STRICT if f != "-Wextra"]
    run([COMPILER, *flags, "-Wno-unused-function", "-c", str(file), "-o", str(tmp_path / "library.o")])
    assert not re.search(r"[^\x00-\x7f]", text)
