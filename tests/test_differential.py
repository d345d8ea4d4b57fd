"""The differential form: what is shown, and that it is the change of the function to first order."""

from __future__ import annotations

import re

import numpy as np
import pytest

from steepest.api.formula import formula
from steepest.errors import ArgumentError, ShapeError
from steepest.frontends.text.meaning import read

LENGTHS = {"m": 3, "n": 4, "k": 5, "l": 2}

# Magnus & Neudecker, Matrix Differential Calculus (2019), ch. 8 and 9: the function, its shapes, the variable, dY.
FORMS = [
    # numbers: the derivative is read off
    ("sin(x^2)", {"x": ""}, "x", "df = 2x cos(x²) dx"),
    ("x*exp(-x)", {"x": ""}, "x", "df = exp(−x) (1 − x) dx"),
    ("norm2(X*theta - y)^2 / m", {"X": "m n"}, "theta", "df = 2/m (Xθ − y)ᵀX dθ"),
    ("x'*A*x", {"A": "n n"}, "x", "df = xᵀ(A + Aᵀ) dx"),
    ("logsumexp(x)", {"x": "n"}, "x", "df = softmax(x)ᵀ dx"),
    ("tr(X)", {"X": "n n"}, "X", "df = tr(dX)"),
    ("tr(A*X*B)", {"A": "k m", "X": "m n", "B": "n k"}, "X", "df = tr(BA dX)"),
    ("normF(A*X - B)^2", {"A": "k m", "X": "m n", "B": "k n"}, "X", "df = 2 tr((AX − B)ᵀA dX)"),
    ("logdet(X)", {"X": "n n"}, "X", "df = tr(X⁻¹ dX)"),
    ("det(X)", {"X": "n n"}, "X", "df = tr(adj(X) dX)"),
    ("a'*X*b", {"a": "m", "X": "m n", "b": "n"}, "X", "df = aᵀ dX b"),
    ("sum(exp(X))", {"X": "m n"}, "X", "df = tr(exp(X)ᵀ dX)"),
    # vectors
    ("A*x", {"A": "m n"}, "x", "df = A dx"),
    ("exp(A*x)", {"A": "m n"}, "x", "df = exp(Ax) ⊙ A dx"),
    ("x .* y", {"x": "n", "y": "n"}, "x", "df = y ⊙ dx"),
    # matrices
    ("A*X*B", {"A": "k m", "X": "m n", "B": "n l"}, "X", "df = A dX B"),
    ("inv(X)", {"X": "n n"}, "X", "df = −X⁻¹ dX X⁻¹"),
    ("A*inv(X)*B", {"A": "k n", "X": "n n", "B": "n l"}, "X", "df = −AX⁻¹ dX X⁻¹B"),
    ("X'*X", {"X": "m n"}, "X", "df = Xᵀ dX + dXᵀ X"),
    ("X'", {"X": "m n"}, "X", "df = dXᵀ"),
    ("exp(X)", {"X": "m n"}, "X", "df = exp(X) ⊙ dX"),
    ("diag(x)", {"x": "n"}, "x", "df = diag(dx)"),
    ("x*x'", {"x": "n"}, "x", "df = dx xᵀ + x dxᵀ"),
    ("X*X", {"X": "n n"}, "X", "df = X dX + dX X"),
]  # fmt: skip


def arrays_for(f, rng):
    shapes = {d.name: [LENGTHS[s] for s in d.sizes] for d in f.source.declarations}
    return {name: rng.uniform(0.3, 1.4, shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(("text", "shapes", "name", "wanted"), FORMS, ids=[f[0] for f in FORMS])
def test_what_is_shown(text, shapes, name, wanted):
    assert str(formula(text, **shapes).differential(name)) == wanted


@pytest.mark.parametrize(("text", "shapes", "name", "wanted"), FORMS, ids=[f[0] for f in FORMS])
def test_it_is_the_change_to_first_order(text, shapes, name, wanted, rng):
    """Called, it agrees with a central difference; what is printed, read back, agrees with the call."""
    f = formula(text, **shapes)
    arrays = arrays_for(f, rng)
    change = rng.normal(size=np.shape(arrays[name]))
    found = f.differential(name)(**arrays, **{f"d{name}": change})
    h = 1e-6
    ahead, behind = (f(**{**arrays, name: arrays[name] + s * change}) for s in (h, -h))
    np.testing.assert_allclose(found, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-8)

    printed = str(f.differential(name)).split(" = ")[1]
    sizes = {d.name: d.sizes for d in f.source.declarations}
    sizes[f"d{name}"] = sizes[name]
    used = {n: s for n, s in sizes.items() if n in names_in(printed, sizes)}
    reading = read(printed, used)
    values = arrays | {f"d{name}": change}
    np.testing.assert_allclose(reading.function(*(values[n] for n in reading.sizes)), found, rtol=1e-10)


def names_in(printed, sizes):
    """Which names occur: ``X`` is not in ``tr(dX)``."""
    return {n for n in sizes if re.search(rf"(?<!d){n}|^{n}", printed.replace("θ", "theta"))}


def test_derivatives_have_differentials_too():
    gradient = formula("norm2(X*theta - y)^2 / m", X="m n").gradient("theta")
    assert str(gradient.differential("theta")) == "d∇f = 2/m XᵀX dθ"
    jacobian = formula("exp(A*x)", A="m n").jacobian("x")
    assert str(jacobian.differential("A")).startswith("dJ = ")


def test_latex_ascii_and_mathml():
    d = formula("A*inv(X)*B", A="k n", X="n n", B="n l").differential("X")
    assert d.latex() == r"\mathrm{d}f = -A X^{-1} \, \mathrm{d}X \, X^{-1} B"
    assert d.ascii() == "df = -A inv(X) dX inv(X) B"
    assert d.mathml().count('<mi mathvariant="normal">d</mi>') == 2
    assert set(d._repr_mimebundle_()) == {"text/plain", "text/latex", "text/html"}


def test_what_is_asked_of_the_arguments():
    f = formula("X*A", X="m n", A="n k")
    d = f.differential("X")
    X, A = np.ones((2, 3)), np.ones((3, 4))
    with pytest.raises(ArgumentError, match="needs dX, the change of X"):
        d(X=X, A=A)
    with pytest.raises(ShapeError, match=r"dX has shape \(3, 2\), X \(2, 3\)"):
        d(X=X, A=A, dX=X.T)
    with pytest.raises(ArgumentError, match="no variable 'Y'"):
        f.differential("Y")
    with pytest.raises(ArgumentError, match="rename one"):
        formula("X + dX", X="m n", dX="m n").differential("X")
