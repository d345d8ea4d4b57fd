"""The LaTeX of this package, each line of which KaTeX has rendered in strict mode without a warning.

`latex_snapshots.txt` names the version. ``python tests/test_latex_snapshots.py`` writes the file anew; then, where
``npm install katex`` was done, ``node tests/render_latex.js tests/latex_snapshots.txt`` renders it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from test_differential import FORMS
from test_formula_text import PRINTED

from steepest.api.formula import formula
from steepest.formula.names import display_name, latex_name
from steepest.formula.printing import formula_latex
from steepest.ops.table import OPERATIONS

SNAPSHOTS = Path(__file__).with_name("latex_snapshots.txt")
HEAD = "% Rendered by KaTeX 0.19.1, strict, without a warning. Written by test_latex_snapshots.py."
NAMES = "theta_0 lambda_ x_12 b0 Sigma weights dtheta dx my_long_name x_old théta Ä W1_2 α Upsilon omicron".split()
DERIVED = [
    ("sin(x)*exp(-x^2)", {"x": ""}, "x"),
    ("norm2(X*theta - y)^2 / m", {"X": "m n"}, "theta"),
    ("logdet(X) + tr(A*X)", {"X": "n n", "A": "n n"}, "X"),
    ("logsumexp(W*x) - y'*W*x", {"W": "k n", "x": "n", "y": "k"}, "x"),
    ("sum(maximum(1 - y.*(X*w), 0).^2)", {"X": "m n", "y": "m", "w": "n"}, "w"),
]


def written() -> Iterator[str]:
    """Names, operations, formulas, differentials, derivatives in both layouts, and derivations at all details."""
    yield from (latex_name(display_name(name)) for name in NAMES)
    for op in OPERATIONS.values():
        yield op.latex.format("x", "y", "z", "w") if "{0}" in op.latex else op.latex + r"\left(x\right)"
    yield from map(formula_latex, PRINTED.values())
    yield from (formula(text, **shapes).differential(name).latex() for text, shapes, name, _ in FORMS)
    for text, shapes, name in DERIVED:
        f = formula(text, **shapes)
        yield from (f.gradient(name).latex(), f.hessian(name).latex(), f.gradient(name).layout("numerator").latex())
        yield from (f.steps(name, detail=detail).latex() for detail in ("brief", "normal", "full"))


def lines() -> list[str]:
    """Each formula on a line of its own, once."""
    return [HEAD, *dict.fromkeys(latex.replace("\n", " ") for latex in written())]


def test_all_latex_has_been_rendered():
    rendered = set(SNAPSHOTS.read_text(encoding="utf-8").splitlines())
    assert [line for line in lines() if line not in rendered] == []


if __name__ == "__main__":
    SNAPSHOTS.write_text("\n".join(lines()) + "\n", encoding="utf-8")
