"""LaTeX as it is written by people and by this package: what it computes, and what is refused, with its place."""

from __future__ import annotations

import contextlib
import random
import time

import numpy as np
import pytest
import scipy.special as sp
from expressions import expressions, scalars
from hypothesis import HealthCheck, Phase, given, settings
from latex_round_trip import values_of
from test_formula_text import PRINTED

from steepest.api.formula import formula
from steepest.calculus.reverse import gradients
from steepest.errors import SteepestError
from steepest.expr.node import Variable
from steepest.expr.traversal import toposort
from steepest.formula.printing import formula_latex
from steepest.frontends.text.error import FormulaTextError
from steepest.frontends.text.latex.lexer import MOST_CHARACTERS
from steepest.frontends.text.latex.reader import is_latex, plain_spelling
from steepest.frontends.text.meaning import read

LENGTHS = {"m": 5, "n": 4, "k": 3}

# Formulas as they stand in books and papers, the shapes of what is in them, and the same in NumPy.
READ = [
    # fractions, roots, powers
    (r"\frac{1}{2}x^2", "x", lambda x: x**2 / 2),
    (r"\frac12 x^{10}", "x", lambda x: x**10 / 2),
    (r"\dfrac{x+y}{x-y}", "x, y", lambda x, y: (x + y) / (x - y)),
    (r"\tfrac{1}{2}\left(x + \frac{y}{x}\right)^2", "x, y", lambda x, y: (x + y / x) ** 2 / 2),
    (r"\sqrt{x^2 + y^2}", "x, y", np.hypot),
    (r"\sqrt2 x + \sqrt[3]{x} + \sqrt[5]{x}", "x", lambda x: 2**0.5 * x + np.cbrt(x) + x**0.2),
    (r"x^{-1} + x^{1/2} + x^{y+1}", "x, y", lambda x, y: 1 / x + x**0.5 + x ** (y + 1)),
    (r"2.5 \cdot 10^{-3} x", "x", lambda x: 2.5e-3 * x),
    (r"1/2 x + x/y", "x, y", lambda x, y: 0.5 * x + x / y),
    (r"\frac{x}{y}^2", "x, y", lambda x, y: (x / y) ** 2),
    # functions
    (r"\sin x + \cos(x) + \tan\left(x\right)", "x", lambda x: np.sin(x) + np.cos(x) + np.tan(x)),
    (r"\sin^2 x \cos x + \sin^{2}(x)", "x", lambda x: np.sin(x) ** 2 * np.cos(x) + np.sin(x) ** 2),
    (r"\exp\{-x^2\} \log x \ln{x}", "x", lambda x: np.exp(-(x**2)) * np.log(x) ** 2),
    (r"e^{-x} + e^2 + \mathrm{e}^x", "x", lambda x: np.exp(-x) + np.exp(2) + np.exp(x)),
    (r"\log_2 x + \log_{10} x", "x", lambda x: np.log2(x) + np.log10(x)),
    (r"\log x^2", "x", lambda x: np.log(x**2)),
    (r"\sigma(x) + \sigma\left(-x\right)", "x", lambda x: 1.0),
    (r"\max(x, y) + \min\{x, y\}", "x, y", lambda x, y: x + y),
    (r"\operatorname{arsinh} x + \arctan x", "x", lambda x: np.arcsinh(x) + np.arctan(x)),
    (r"\operatorname{erf}(x) + \Phi(x) + \psi\left(x\right)", "x", lambda x: sp.erf(x) + sp.ndtr(x) + sp.digamma(x)),
    (r"\log\Gamma(x) + \Gamma(y)", "x, y", lambda x, y: sp.gammaln(x) + sp.gamma(y)),
    (r"\log\left(2\right) 2^{x}", "x", lambda x: np.log(2) * 2**x),
    (r"\tanh x\cdot y", "x, y", lambda x, y: np.tanh(x) * y),
    (r"\lfloor 3x \rfloor + \left\lceil y \right\rceil", "x, y", lambda x, y: np.floor(3 * x) + np.ceil(y)),
    (r"|x - y| + \left| y \right| + \lvert x\rvert", "x, y", lambda x, y: abs(x - y) + abs(y) + abs(x)),
    (r"|x||y|\,", "x, y", lambda x, y: abs(x * y)),
    (r"\log|x|", "x", lambda x: np.log(abs(x))),
    (r"\pi x", "x", lambda x: np.pi * x),
    # names
    (r"\alpha\beta_1 + x_{2}", "alpha, beta_1, x_2", lambda a, b, c: a * b + c),
    (r"\theta_{\text{old}} - \theta_{\mathrm{new}}", "theta_old, theta_new", lambda a, b: a - b),
    (r"x_{\min} + x_\alpha + \ell", "x_min, x_alpha, ell", lambda a, b, c: a + b + c),
    (r"\mathrm{loss}^2 + \text{loss}", "loss", lambda a: a**2 + a),
    (r"\varepsilon + \lambda", "epsilon, lambda_", lambda a, b: a + b),
    (r"b_{0} + b_{1} x", "b0, b1, x", lambda a, b, x: a + b * x),
    # vectors and matrices
    (r"x^\top y", "x:n, y:n", np.dot),
    (r"\mathbf{x}^T\mathbf{A}\mathbf{x}", "x:n, A:n n", lambda x, A: x @ A @ x),
    (r"{\bf x}^{\top}{\bf y} + \boldsymbol{\theta}^{\mathsf T}{\bf x}", "x:n, y:n, theta:n",
     lambda x, y, t: x @ y + t @ x),
    (r"\langle x, A y\rangle", "x:n, A:n n, y:n", lambda x, A, y: x @ A @ y),
    (r"x'A'x", "x:n, A:n n", lambda x, A: x @ A.T @ x),
    (r"A^{-1}b - A^{-\top}b + A^{2}b", "A:n n, b:n",
     lambda A, b: np.linalg.solve(A, b) - np.linalg.solve(A.T, b) + A @ A @ b),
    (r"x \odot y \oslash z", "x:n, y:n, z:n", lambda x, y, z: x * y / z),
    (r"A \circ A + A^{\circ 3}", "A:m n", lambda A: A * A + A**3),
    (r"\operatorname{tr}(A B) + \mathrm{tr}\left(BA\right) + \text{tr}(A B)", "A:m n, B:n m",
     lambda A, B: 3 * np.trace(A @ B)),
    (r"{\rm tr}(A) + \mathop{\rm tr}(A) + \textbf{x}^{\rm T} {\bf x}", "A:n n, x:n",
     lambda A, x: 2 * np.trace(A) + x @ x),
    (r"\log\det A + \ln|A| + \log\lvert\det A\rvert", "A:n n", lambda A: 3 * np.linalg.slogdet(A)[1]),
    (r"\det\left(A\right)^2", "A:n n", lambda A: np.linalg.det(A) ** 2),
    (r"\operatorname{diag}(x) A \mathbf{1}", "x:m, A:m n", lambda x, A: x * A.sum(1)),
    (r"\mathbf{1}^\top x", "x:n", np.sum),
    (r"\operatorname{softmax}\left(W x\right)^{\top} y", "W:m n, x:n, y:m", lambda W, x, y: sp.softmax(W @ x) @ y),
    (r"(A + \lambda I)^{-1} b", "A:n n, lambda_, b:n", lambda A, s, b: np.linalg.solve(A + s * np.eye(4), b)),
    (r"x[1:]^\top x[:-1] + x[0]", "x:n", lambda x: x[1:] @ x[:-1] + x[0]),
    (r"\left[x > 0.7\right] \odot x", "x:n", lambda x: np.where(x > 0.7, x, 0)),
    (r"\mathbb{1}\{x > 0.7\}\, x + \mathbf{1}[x < 0.7] x", "x", lambda x: x),
    (r"A - \mathbf{1} (x + y)^\top", "A:m n, x:n, y:n", lambda A, x, y: A - (x + y)),
    (r"\left[x > 0.5 \land \lnot y > 9\right] x", "x, y", lambda x, y: x * (x > 0.5)),
    (r"(x + y)[x - y] \, z", "x, y, z", lambda x, y, z: (x + y) * (x - y) * z),
    (r"\left[ x + y \right] z", "x, y, z", lambda x, y, z: (x + y) * z),
    # norms
    (r"\lVert x \rVert", "x:n", np.linalg.norm),
    (r"\|x\|_2^2 + \|x\|^2 + \left\|x\right\|^2_2", "x:n", lambda x: 3 * x @ x),
    (r"\|x\|_1 + \lVert x\rVert_\infty", "x:n", lambda x: abs(x).sum() + abs(x).max()),
    (r"\lVert A \rVert_F^{2} + \|A\|_{\mathrm{F}}", "A:m n", lambda A: (A**2).sum() + np.linalg.norm(A)),
    (r"||x - y||_2", "x:n, y:n", lambda x, y: np.linalg.norm(x - y)),
    # sums
    (r"\sum_{i=1}^{n} x_i y_i", "x:n, y:n", np.dot),
    (r"\sum_i x_i^2 - \sum_{j} y_j", "x:n, y:n", lambda x, y: x @ x - y.sum()),
    (r"\sum_{i,j} A_{ij} x_i y_j", "A:m n, x:m, y:n", lambda A, x, y: x @ A @ y),
    (r"\sum_{i=1}^m\left(\sum_{j=1}^n A_{ij}x_j - y_i\right)^2", "A:m n, x:n, y:m",
     lambda A, x, y: ((A @ x - y) ** 2).sum()),
    (r"\sum_i \log(1 + e^{-y_i z_i})", "y:n, z:n", lambda y, z: np.log1p(np.exp(-y * z)).sum()),
    (r"\sum x^2", "x:n", lambda x: (x**2).sum()),
    (r"{\left[\sum_{k} A_{i k} B_{k j}\right]}_{i j}", "A:m n, B:n k", np.matmul),
    # whole formulas
    (r"\frac{1}{m}\lVert A\theta - y\rVert_2^2", "A:m n, theta:n, y:m", lambda A, t, y: ((A @ t - y) ** 2).mean()),
    (r"\frac{x^\top A x}{x^\top x}", "x:n, A:n n", lambda x, A: x @ A @ x / (x @ x)),
    (r"\exp\left(-\frac{\|x - y\|^2}{2\sigma^2}\right)", "x:n, y:n, sigma",
     lambda x, y, s: np.exp(-((x - y) @ (x - y)) / (2 * s**2))),
    (r"-y^\top \log \sigma(A w) - (1-y)^\top\log(1-\sigma(Aw))", "y:m, A:m n, w:n",
     lambda y, A, w: -y @ np.log(sp.expit(A @ w)) - (1 - y) @ np.log(1 - sp.expit(A @ w))),
    (r"\begin{cases} \frac12 x^2 & \text{if } |x| \le y \\ y(|x| - \frac12 y) & \text{otherwise} \end{cases}", "x, y",
     lambda x, y: np.where(abs(x) <= y, x**2 / 2, y * (abs(x) - y / 2))),
    (r"\begin{cases} x, & x > 1, \\ y, & x \le 1. \end{cases}", "x, y", lambda x, y: np.where(x > 1, x, y)),
    (r"\begin{cases} 1 & x > 3 \\ 2 & x > 2 \\ 3 & \text{else} \end{cases}", "x", lambda x: 3),
    (r"\begin{aligned} & p^\top p + s \\ & \text{where } p = \exp\left(x\right) \\ & s = \sum x \end{aligned}", "x:n",
     lambda x: (np.exp(x) ** 2).sum() + x.sum()),
    # dress
    (r"$$ x^\top x $$", "x:n", lambda x: x @ x),
    (r"\[ \displaystyle \bigl( x + y \bigr)\, z . \]", "x, y, z", lambda x, y, z: (x + y) * z),
    (r"\hspace{1em} x \label{eq:x} \tag{1}", "x", lambda x: x),
    (r"\begin{equation*} x \quad + \; y % a remark" + "\n" + r"\end{equation*}", "x, y", lambda x, y: x + y),
    (r"\begin{aligned} x &+ y \\ &- z \end{aligned}", "x, y, z", lambda x, y, z: x + y - z),
]  # fmt: skip


def declared(text):
    """``"x:n, A:n n"`` as names and sizes."""
    pairs = (part.strip().partition(":") for part in text.split(","))
    return {name: tuple(sizes.split()) for name, _, sizes in pairs}


@pytest.mark.parametrize(("latex", "shapes", "reference"), READ, ids=[r[0] for r in READ])
def test_latex_is_read(latex, shapes, reference, rng):
    names = declared(shapes)
    arrays = [rng.uniform(0.3, 1.5, [LENGTHS[s] for s in sizes]) for sizes in names.values()]
    reading = read(latex, names)
    assert set(reading.sizes) == set(names)
    np.testing.assert_allclose(reading.function(*arrays), reference(*arrays), rtol=1e-10)


REFUSED = [
    (r"\alhpa x", 0, r"did you mean \alpha"),
    (r"x + \opertorname{tr}(A)", 4, r"did you mean \operatorname"),
    (r"\hat{y} - y", 0, "a hat can mean"),
    (r"\bar x", 0, "a bar can mean"),
    (r"\frac{\partial f}{\partial x}", 6, "gradient"),
    (r"\frac{d}{dx} x^2", 0, "derivatives are not read"),
    (r"\nabla f", 0, "gradient"),
    (r"\int x dx", 0, "integrals"),
    (r"x^10 + \pi", 2, "write ^{10}"),
    (r"x_12 + \pi", 2, "write _{12}"),
    (r"x^{(1)}", 2, "write it below"),
    (r"x^{2}^{3}", 5, "two exponents"),
    (r"x^2'\alpha", 3, "two exponents"),
    (r"x_{1}_{2}", 5, "two indices"),
    (r"\theta^*", 7, "several meanings"),
    (r"\sin 2x", 6, "use brackets"),
    (r"\operatorname{tr} A B", 20, "use brackets"),
    (r"\sum_i p_i \log p_i/q_i", 19, "use brackets"),
    (r"\sum_i x_i - y_i", 13, "nothing says what i counts in y_i"),
    (r"\frac{e^{x_i}}{\sum_j e^{x_j}}", 9, "nothing says what i counts in x_i"),
    (r"\log|x| y", 8, "use brackets"),
    (r"\sin^{-1}(x)", 0, "the inverse or 1/sin"),
    (r"\log_3 x", 4, "takes no index"),
    (r"\alpha/bc", 8, "(a/b)c or a/(bc)"),
    (r"\left( x + y", 12, ") is missing"),
    (r"\left( x + y \right]", 19, ") is missing"),
    (r"\pi x)", 5, "is missing before )"),
    (r"\frac{a}", 8, "ends where"),
    (r"\sqrt[3", 7, "] is missing"),
    (r"{x", 2, "} is missing"),
    ("$", 1, "ends where"),
    (r"\boldsymbol{\theta}^\top \theta", 25, "set in two ways"),
    (r"\phi + \varphi", 7, "set in two ways"),
    (r"\sum_{i<j} x_i x_j", 4, "over whole axes"),
    (r"\sum_{i=2}^{n} x_i", 4, "over whole axes"),
    (r"\sum_{i=1}^{n-1} x_i", 4, "over a whole axis"),
    (r"\sum_{i=1} x_i", 0, "upper bound"),
    (r"\sum^n x", 4, "names its index"),
    (r"\min_i x_i", 0, "over an index"),
    (r"\|x\|_p", 5, "norms are read with"),
    (r"\begin{cases} x & x > 0 \\ y & x > 1 \end{cases}", 27, "otherwise"),
    (r"\begin{cases} x \\ y & \text{otherwise} \end{cases}", 14, "without a condition"),
    (r"\begin{cases} x & \text{otherwise} \end{aligned}", 35, "ends with"),
    (r"\begin{pmatrix} a & b \end{pmatrix}", 0, "cases and aligned are"),
    (r"f(x) + \pi", 0, "reads as a function"),
    (r"\mathbb{R}", 0, "a set is no formula"),
    (r"x \in \mathbb{R}^n", 2, "shapes are declared"),
    (r"x_{i+1} \alpha", 4, "letters and digits"),
    (r"x \pm y", 2, "two formulas"),
    (r"\text{a b}", 0, "is no name"),
    ("\\", 0, "is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "at", "reason"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_is_unclear_is_refused_at_its_place(latex, at, reason):
    with pytest.raises(FormulaTextError) as caught:
        read(latex, {})
    assert reason in str(caught.value)
    assert (caught.value.text, caught.value.at) == (latex, at)


def test_errors_of_the_grammar_point_into_the_latex():
    with pytest.raises(FormulaTextError) as caught:
        read(r"\mathbf{x}\, \frac{1}{2} \mathbf{y}", {"x": ("n",), "y": ("n",)})
    assert "two vectors have several products" in str(caught.value)
    assert caught.value.text[caught.value.at :].startswith(r"\mathbf{y}")


def test_a_sum_counts_the_axis_it_says():
    with pytest.raises(FormulaTextError, match="i counts an axis of length m, not up to n"):
        read(r"\frac{1}{n} \sum_{i=1}^{n} x_i", {"x": ("m",)})
    assert read(r"\frac{1}{n} \sum_{i=1}^{n} x_i", {}).sizes == {"x": ("n",)}
    with pytest.raises(FormulaTextError, match="no axis has the length n"):
        read(r"\sum_{i=1}^{n} 3 x", {"x": ()})


def test_a_formula_from_latex_is_a_formula():
    f = formula(r"\frac{1}{m}\lVert X\theta - y\rVert_2^2", X="m n")
    assert str(f.gradient("theta")) == "2/m Xᵀ(Xθ − y)"


def test_what_is_latex():
    assert [is_latex(t) for t in (r"\theta", "x^{2}", "$x$", "x^2", "x'*y")] == [True, True, True, False, False]


def test_letters_side_by_side_are_a_product_unless_they_are_a_name():
    assert plain_spelling(r"{Xw}", (), ()).text == "(X w)"
    assert plain_spelling(r"{Xw}", (), ("Xw",)).text == "Xw"
    assert plain_spelling(r"b_{0}", (), ("b0",)).text == "b0"


# --- our own LaTeX ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [t for t in PRINTED if t not in ("2i s",)])  # complex numbers are not read
def test_what_is_printed_in_latex_reads_back(text, rng):
    value, read_back = values_of(PRINTED[text], rng, {"m": 7, "n": 5})
    np.testing.assert_allclose(read_back, value, rtol=1e-9)


def reads_back(expressions_):
    """How many of some expressions read back; none may read back as something else."""
    rng = np.random.default_rng(5)
    count = 0
    for e in expressions_:
        try:
            value, read_back = values_of(e, rng, {})
        except SteepestError:
            continue
        count += 1
        if np.isfinite(value).all():
            np.testing.assert_allclose(read_back, value, rtol=1e-7, atol=1e-9, err_msg=formula_latex(e))
    return count


def drawn(strategy, count):
    found = []

    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def draw(e):
        found.append(e)

    draw()
    return found


def with_gradients(found):
    for e in found:
        variables = [n for n in toposort([e]) if isinstance(n, Variable)]
        yield from gradients(e, variables[:1])


def test_random_formulas_and_gradients_read_back():
    arrays, numbers = drawn(expressions(), 80), drawn(scalars(), 30)
    assert reads_back(arrays) >= 0.85 * len(arrays)
    assert reads_back(with_gradients(numbers)) >= 0.7 * len(numbers)


@pytest.mark.heavy
def test_many_random_formulas_read_back():
    found = drawn(expressions(), 3000)
    assert reads_back(found) >= 0.85 * len(found)


# --- anything at all --------------------------------------------------------------------------------------

SCRAPS = [
    *(
        r"\frac \left \right \sum \begin{cases} \end{cases} \\ & { } ^ _ ' | \| \lVert \rVert ( ) [ ] x y A 1 2.5 e d"
        r" + - = < \le \text{if} \text{otherwise} \log \sin \theta \mathbf \operatorname \mathrm{d} \sqrt , ; . \top T"
        r" \circ $ \[ % \text \bf \langle \rangle * / \cdot 10 \begin{aligned} \end{aligned} \text{where} \hat"
        r" \mathbb{1} \max \det \, ~"
    ).split(" "),
    "\n", " ", "\\", "é", "ᵀ", "‖", "\u0301", "\u202e", "𝟏", "\0",
]  # fmt: skip
DEEP = [
    scrap * (MOST_CHARACTERS // len(scrap))
    for scrap in (
        "{", "}", "{x", r"\left(", r"\frac", r"\frac{", "x^{", "x_{", r"\sqrt", r"\sqrt{", "\\", "|", r"\|", r"\sum ",
        r"\sum_{i", r"\log", r"\sin{", r"\mathbf", r"\text{", r"\mathrm{d}", r"\begin{cases}", r"\alpha^", "-", "{1+",
    )
]  # fmt: skip


def mutated(rng, texts):
    text = rng.choice(texts)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        kind = rng.random()
        if kind < 0.4:
            text = text[:at] + rng.choice(SCRAPS) + text[at:]
        elif kind < 0.7:
            text = text[:at] + text[at + rng.randrange(1, 4) :]
        elif kind < 0.85:
            text = text[:at]
        else:
            text += rng.choice(texts)
    return text + "{}"


def fuzz(count):
    rng = random.Random(20_261_121)
    texts = [latex for latex, *_ in (*READ, *REFUSED)]
    for k in range(count):
        yield "\\" + "".join(rng.choices(SCRAPS, k=rng.randrange(1, 25))) if k % 3 == 0 else mutated(rng, texts)


def require_no_crash(texts):
    for text in texts:
        start = time.process_time()
        with contextlib.suppress(SteepestError):
            read(text, {})
        assert time.process_time() - start < 10, text[:200]  # what takes longer hangs


def test_no_text_crashes_or_hangs():
    require_no_crash([*fuzz(1000), *DEEP])


@pytest.mark.heavy
def test_no_text_of_many_crashes_or_hangs():
    require_no_crash(fuzz(20_000))


DERIVED = [
    ("norm2(X*theta - y)^2 / m", {"X": "m n"}, "theta"),
    ("sum(log(1 + exp(-y.*(X*w))))", {"y": "m", "X": "m n", "w": "n"}, "w"),
    ("logsumexp(x)", {"x": "n"}, "x"),
    ("(x'*A*x)/(x'*x)", {"x": "n", "A": "n n"}, "x"),
    ("sqrt((x-u)'*inv(S)*(x-u))", {"x": "n", "u": "n", "S": "n n"}, "x"),
    ("x'*y/(norm2(x)*norm2(y))", {"x": "n", "y": "n"}, "x"),
    ("sum(maximum(1 - y.*(X*w), 0).^2)", {"y": "m", "X": "m n", "w": "n"}, "w"),
    ("sin(x)*exp(-x^2)", {"x": ""}, "x"),
    ("norm2(softmax(x))^2", {"x": "n"}, "x"),
    ("y'*inv(K + s*I)*y + logdet(K + s*I)", {"y": "n", "K": "n n", "s": ""}, "s"),
]


@pytest.mark.parametrize(("text", "shapes", "name"), DERIVED, ids=[d[0] for d in DERIVED])
def test_derivatives_read_back_as_formulas_of_their_own(text, shapes, name, rng):
    f = formula(text, **shapes)
    sizes = {d.name: " ".join(map(str, d.sizes)) for d in f.source.declarations}
    arrays = {n: rng.uniform(0.3, 1.3, [LENGTHS[s] for s in sizes[n].split()]) for n in sizes}
    for derivative in (f.gradient(name), f.hessian(name)):
        used = {v.name for v in toposort([derivative.readable]) if isinstance(v, Variable)}
        again = formula(derivative.latex(), **{n: s for n, s in sizes.items() if n in used})
        value = derivative(**arrays)
        np.testing.assert_allclose(again(**{n: arrays[n] for n in used}), value, rtol=1e-8, atol=1e-10)
