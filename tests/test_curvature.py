"""`F.curvature`: known answers from the textbooks, the forms that prove them, and no claim that numbers contradict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import scipy.special
from bending import FIXED, MOVING, Maker

import steepest as st
from steepest.api.curvature import Curvature, curvature_of
from steepest.api.examples import with_facts
from steepest.engines.python.compile import evaluate
from steepest.errors import ArgumentError, NotScalarError
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import toposort

DATA = {"X": "m n", "y": "m"}

# function, variables, declarations, verdict; B&V: Boyd & Vandenberghe, Convex Optimization (2004)
KNOWN: list[tuple[Any, str, dict[str, str], str]] = [
    # least squares and its kin
    ("norm2(X*theta - y)^2/m", "theta", DATA, "convex"),  # B&V 3.1.4
    ("norm2(X*theta - y)^2 + l*norm2(theta)^2", "theta", {**DATA, "l": "positive"}, "strictly convex"),
    ("norm2(X*theta - y)^2 + l*norm2(theta)^2", "theta", {**DATA, "l": "nonnegative"}, "convex"),
    ("norm2(X*theta - y)^2 + l*norm2(theta)^2", "theta", {**DATA, "l": ""}, "unknown"),
    ("norm2(X*theta - y)^2 + l*norm1(theta)", "theta", {**DATA, "l": "nonnegative"}, "convex"),
    ("sum(p.*(X*theta - y).^2)", "theta", {**DATA, "p": "m nonnegative"}, "convex"),
    ("sum(p.*(X*theta - y).^2)", "theta", {**DATA, "p": "m"}, "unknown"),
    ("(X*theta - y)'*P*(X*theta - y)", "theta", {**DATA, "P": "m m psd"}, "convex"),
    ("normF(X*B - Y)^2", "B", {"X": "m n", "B": "n k", "Y": "m k"}, "convex"),
    ("norm2(X*theta - y)", "theta", DATA, "convex"),
    ("norm1(X*theta - y)", "theta", DATA, "convex"),
    # likelihoods
    ("sum(softplus(X*w)) - y'*X*w", "w", DATA, "convex"),  # logistic, labels 0 and 1
    ("sum(log(1 + exp(-y.*(X*w))))", "w", DATA, "convex"),  # logistic, labels ±1
    ("sum(exp(X*w) - y.*(X*w))", "w", DATA, "convex"),  # Poisson
    ("logsumexp(W*x) - y'*W*x", "W", {"W": "k n", "y": "k"}, "convex"),  # softmax cross-entropy
    ("sum(maximum(1 - y.*(X*w), 0))", "w", DATA, "convex"),  # hinge
    ("sum(maximum(1 - y.*(X*w), 0).^2)", "w", DATA, "convex"),
    ("tr(S*P) - logdet(P)", "P", {"S": "n n spd", "P": "n n spd"}, "strictly convex"),  # Gaussian, precision
    ("logdet(S) + x'*inv(S)*x", "S", {"S": "n n spd"}, "unknown"),  # Gaussian, covariance
    ("y'*inv(K)*y + logdet(K)", "K", {"K": "n n spd", "y": "n"}, "unknown"),  # Gaussian process
    # B&V 3.1.5
    ("x'*A*x", "x", {"A": "n n psd"}, "convex"),
    ("x'*A*x", "x", {"A": "n n spd"}, "strictly convex"),
    ("x'*A*x", "x", {"A": "n n symmetric"}, "unknown"),
    ("x'*A*x", "x", {"A": "n n"}, "unknown"),
    ("x'*A'*A*x", "x", {"A": "m n"}, "convex"),
    ("sum(exp(x))", "x", {"x": "n"}, "strictly convex"),
    ("exp(a*x)", "x", {"x": "", "a": ""}, "convex"),
    ("x^3", "x", {"x": "nonnegative"}, "convex"),
    ("x^3", "x", {"x": ""}, "unknown"),
    ("x^4", "x", {"x": ""}, "convex"),
    ("1/x", "x", {"x": "positive"}, "strictly convex"),
    ("1/x", "x", {"x": ""}, "unknown"),
    ("1/x^2", "x", {"x": ""}, "unknown"),  # of a domain that is not convex
    ("sqrt(x)", "x", {"x": ""}, "strictly concave"),
    ("x^1.5", "x", {"x": ""}, "strictly convex"),
    ("log(x)", "x", {"x": ""}, "strictly concave"),
    ("log(x^2)", "x", {"x": ""}, "unknown"),
    ("x*log(x)", "x", {"x": ""}, "strictly convex"),
    ("sum(p.*log(p))", "p", {"p": "n"}, "strictly convex"),  # negative entropy
    ("-sum(p.*log(p))", "p", {"p": "n probability"}, "strictly concave"),
    ("sum(p.*log(p./q))", "q", {"p": "n probability", "q": "n positive"}, "strictly convex"),  # p = 0 has no log
    ("logsumexp(x)", "x", {"x": "n"}, "convex"),
    ("log(sum(exp(A*x + b)))", "x", {"A": "m n", "b": "m"}, "convex"),
    ("norm2(x)", "x", {"x": "n"}, "convex"),
    ("norm2(x)^2/t", "x t", {"x": "n", "t": "positive"}, "convex"),  # quadratic over linear
    ("norm2(x)^2/t", "x t", {"x": "n", "t": ""}, "unknown"),
    ("x'*inv(S)*x", "x S", {"x": "n", "S": "n n spd"}, "convex"),  # matrix fractional, B&V 3.4
    ("logdet(S)", "S", {"S": "n n spd"}, "strictly concave"),
    ("logdet(S)", "S", {"S": "n n"}, "unknown"),
    ("tr(inv(S))", "S", {"S": "n n spd"}, "strictly convex"),
    ("tr(inv(S))", "S", {"S": "n n"}, "unknown"),
    ("logdet(X'*diag(w)*X + S)", "w", {"X": "m n", "w": "m nonnegative", "S": "n n spd"}, "concave"),
    ("max(x)", "x", {"x": "n"}, "convex"),
    ("max(A*x + b) - min(x)", "x", {"A": "m n", "b": "m", "x": "n"}, "convex"),
    ("max(A*x) + min(x)", "x", {"A": "m n", "x": "n"}, "unknown"),
    ("log(a*b)", "a b", {"a": "positive", "b": "positive"}, "concave"),
    ("sqrt(x'*inv(S)*x)", "x", {"S": "n n spd"}, "convex"),
    ("normF(X*S)", "S", {"X": "m n", "S": "n n symmetric"}, "convex"),
    ("sum(abs(x))", "x", {"x": "n positive"}, "affine"),
    ("sum(log(b - A*x))", "x", {"A": "m n", "b": "m"}, "concave"),  # logarithmic barrier
    ("sqrt(1 + norm2(x)^2)", "x", {"x": "n"}, "convex"),
    ("sqrt(x'*S*x + y'*y + c)", "x y", {"S": "n n psd", "y": "m", "c": "nonnegative"}, "convex"),
    ("sqrt(x'*S*x + y'*y - c)", "x y", {"S": "n n psd", "y": "m", "c": "nonnegative"}, "unknown"),
    ("norm2(y)^2/(x'*S*x + 1)", "y", {"S": "n n psd"}, "strictly convex"),
    ("exp(x'*S*x)", "x", {"S": "n n psd"}, "convex"),
    ("exp(-norm2(x)^2)", "x", {"x": "n"}, "unknown"),
    ("norm2(A*x - b)^4", "x", {"A": "m n", "b": "m"}, "convex"),
    ("maximum(norm2(x), 1)^3", "x", {"x": "n"}, "convex"),
    ("-sum(log(1 - x.^2))", "x", {"x": "n"}, "strictly convex"),
    ("tr(inv(X'*diag(w)*X + l*I))", "w", {"X": "m n", "w": "m positive", "l": "positive"}, "convex"),  # A-optimal
    # neither, or not known
    ("x'*y", "x y", {"x": "n", "y": "n"}, "unknown"),
    ("a*b", "a b", {"a": "positive", "b": "positive"}, "unknown"),
    ("normF(A - U*V')^2", "U V", {"A": "m n", "U": "m k", "V": "n k"}, "unknown"),
    ("normF(A - U*V')^2", "U", {"A": "m n", "U": "m k", "V": "n k"}, "convex"),
    ("(x'*A*x)/(x'*x)", "x", {"A": "n n spd"}, "unknown"),  # Rayleigh quotient
    ("x'*y/(norm2(x)*norm2(y))", "x", {"x": "n", "y": "n"}, "unknown"),
    ("sum(sin(x))", "x", {"x": "n"}, "unknown"),
    ("v'*tanh(W*x)", "W", {"W": "k n", "v": "k"}, "unknown"),
    ("det(S)", "S", {"S": "n n spd"}, "unknown"),
    # affine
    ("a'*X*b", "X", {"X": "m n", "a": "m", "b": "n"}, "affine"),
    ("tr(A*X) + 3", "X", {"X": "m n", "A": "n m"}, "affine"),
    ("norm2(x)^2 + y'*b", "y", {"x": "n", "y": "m", "b": "m"}, "affine"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "by", "declared", "verdict"), KNOWN, ids=[f"{f} by {by}" for f, by, *_ in KNOWN])
def test_known_functions(f: str, by: str, declared: dict[str, str], verdict: str) -> None:
    F = st.formula(f, **declared)
    found = F.curvature(*by.split())
    assert str(found) == verdict
    assert bool(found.certificate) == (verdict != "unknown")
    assert "<math" in found.html()
    assert str(st.formula(f"-({f})", **declared).curvature(*by.split())) == opposite(verdict)


def opposite(verdict: str) -> str:
    turned = {"convex": "concave", "concave": "convex"}
    *strictly, last = verdict.split()
    return " ".join([*strictly, turned.get(last, last)])


# plain NumPy and SciPy
CODE: list[tuple[Any, str, dict[str, str], str]] = [
    (lambda X, w, y: np.sum(scipy.special.huber(1.0, X @ w - y)), "w", {"X": "m n", "w": "n", "y": "m"}, "convex"),
    (lambda X, w, y: np.mean(np.logaddexp(0, -y * (X @ w))), "w", {"X": "m n", "w": "n", "y": "m"}, "convex"),
    (lambda P, Q: np.sum(scipy.special.rel_entr(P, Q)), "P Q", {"P": "n", "Q": "n"}, "convex"),
    (lambda x: np.max(np.abs(x)), "x", {"x": "n"}, "convex"),
    (lambda x: np.linalg.norm(x, np.inf), "x", {"x": "n"}, "convex"),
    (lambda x: np.var(x), "x", {"x": "n"}, "convex"),
    (lambda x: np.std(x), "x", {"x": "n"}, "convex"),
    (lambda X, W, Y: np.mean(scipy.special.logsumexp(X @ W, axis=1) - np.sum(Y * (X @ W), axis=1)), "W",
     {"X": "m n", "W": "n k", "Y": "m k"}, "convex"),
    (lambda S, x: x @ np.linalg.solve(S, x), "S x", {"S": "n n spd", "x": "n"}, "convex"),
    (lambda S: -np.linalg.slogdet(S)[1], "S", {"S": "n n spd"}, "strictly convex"),
    (lambda S: np.linalg.eigvalsh(S)[-1], "S", {"S": "n n symmetric"}, "convex"),
    (lambda S: np.linalg.eigvalsh(S)[0], "S", {"S": "n n symmetric"}, "concave"),
    (lambda S: np.linalg.eigvalsh(S)[1], "S", {"S": "n n symmetric"}, "unknown"),
    (lambda S: np.linalg.eigvalsh(S)[-1], "S", {"S": "n n"}, "unknown"),  # it reads one triangle
    (lambda S: np.linalg.eigvalsh(S)[3], "S", {"S": "n n symmetric"}, "unknown"),  # the last at one size only
    (lambda S: np.linalg.eigvalsh(S).sum(), "S", {"S": "n n symmetric"}, "affine"),
    (lambda x, F, G: np.linalg.eigvalsh(F + x * G)[-1], "x", {"x": "", "F": "n n symmetric", "G": "n n symmetric"},
     "convex"),
    (lambda X: np.linalg.norm(X, 2), "X", {"X": "m n"}, "convex"),
    (lambda X: np.linalg.norm(X, "nuc"), "X", {"X": "m n"}, "convex"),
    (lambda X: np.linalg.svd(X, compute_uv=False)[-1], "X", {"X": "m n"}, "unknown"),
    (lambda x: np.prod(x), "x", {"x": "n positive"}, "unknown"),
    (lambda x: np.sum(scipy.special.gammaln(x)), "x", {"x": "n positive"}, "convex"),
    (lambda x: np.sum(scipy.special.gammaln(x)), "x", {"x": "n"}, "unknown"),  # between its poles it is no one function
    (lambda x: np.sum(np.sort(x)[:2]), "x", {"x": "n"}, "unknown"),
    (lambda x: np.sum(np.floor(x)), "x", {"x": "n"}, "unknown"),
    (lambda x: np.sum(x.astype(int)), "x", {"x": "n"}, "unknown"),
    (lambda x, w: np.sum(w * x * (x == np.max(x))), "x", {"x": "n", "w": "n nonnegative"}, "unknown"),
    (lambda x, w: w[np.argmax(x)] * np.max(x), "x", {"x": "n positive", "w": "n nonnegative"}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "by", "declared", "verdict"), CODE)
def test_plain_code(f: Any, by: str, declared: dict[str, str], verdict: str) -> None:
    assert str(st.formula(f, **declared).curvature(*by.split())) == verdict


def huber(X: Any, w: Any, y: Any) -> Any:
    return np.sum(np.where(np.abs(X @ w - y) <= 1, (X @ w - y) ** 2 / 2, np.abs(X @ w - y) - 0.5))


def branching(x: Any) -> Any:
    return x**2 if x > 0 else x


def test_what_is_not_proved_is_unknown() -> None:
    assert str(st.formula(huber, X="m n", w="n", y="m").curvature("w")) == "unknown"  # it is convex; nothing sees it
    assert str(st.formula(branching, x="").curvature("x")) == "unknown"


def test_the_form_that_proves_it_is_shown() -> None:
    least_squares = st.formula("norm2(X*theta - y)^2/m", X="m n").curvature("theta")
    assert least_squares.certificate == "∇² = 2/m XᵀX ⪰ 0: BᵀB"
    assert least_squares.latex() == (
        "\\begin{aligned}\n\\nabla^2 = \\frac{2}{m} X^{\\top} X \\succeq 0 &: B^{\\top} B\n\\end{aligned}"
    )
    logistic = st.formula("sum(softplus(X*w)) - y'*X*w", X="m n").curvature("w")
    assert logistic.certificate.splitlines() == [
        "∇² = Xᵀ diag(σ(Xw) ⊙ (1 − σ(Xw))) X ⪰ 0: BᵀDB with D ≥ 0 diagonal",
        "  σ(Xw) ≥ 0",
        "  1 − σ(Xw) ≥ 0",
    ]
    hinge = st.formula("sum(maximum(1 - y.*(X*w), 0))", X="m n").curvature("w")
    assert hinge.certificate.splitlines()[1] == "  max(1 − y ⊙ Xw, 0) is convex: maximum is convex and increasing"
    assert repr(least_squares) == "convex in theta\n∇² = 2/m XᵀX ⪰ 0: BᵀB"
    assert [r.text for r in least_squares.reasons] == ["∇² = 2/m XᵀX ⪰ 0: BᵀB"]


def test_of_a_symmetric_variable_only_symmetric_directions_count() -> None:
    found = st.formula("logdet(S)", S="n n spd").curvature("S")
    assert found.certificate.splitlines() == [
        "∇² = −(S⁻¹ ⊗ S⁻¹)K where K vec(S) = vec(Sᵀ)",
        "on symmetric directions −S⁻¹ ⊗ S⁻¹ ≺ 0: Kronecker product",
        "  S⁻¹ ≻ 0: function of the eigenvalues",
        "    S ≻ 0: declared",
    ]


def test_facts_that_are_no_convex_sets_are_not_used() -> None:
    """On the unit sphere uᵀAu/uᵀu is a quadratic form; between two points of it, it is not."""
    assert str(st.formula("norm2(u)^2*x'*x", u="n unit", x="n").curvature("x")) == "strictly convex"
    assert str(st.formula("(u'*A*u)/(u'*u)", u="n unit", A="n n psd").curvature("u")) == "unknown"
    assert str(st.formula("tr(Q'*A*Q)", Q="n n orthogonal", A="n n psd").curvature("Q")) == "convex"


def test_what_is_refused() -> None:
    F = st.formula("norm2(X*theta - y)^2/m", X="m n")
    with pytest.raises(ArgumentError, match="there is no variable 'beta'"):
        F.curvature("beta")
    with pytest.raises(ArgumentError, match="name the variables"):
        F.curvature()
    with pytest.raises(NotScalarError, match="only a number"):
        F.gradient("theta").curvature("theta")


def test_long_programs_are_no_burden() -> None:
    def unrolled(x: Any) -> Any:
        total = x @ x
        for k in range(400):
            total = np.logaddexp(total, k) + np.sum(np.abs(x))
        return total

    found = st.formula(unrolled, x="n").curvature("x")
    assert str(found) == "convex"
    assert len(found.reasons) <= 60


# --- no claim is contradicted -------------------------------------------------------------------------


def point(rng: np.random.Generator, size: float) -> dict[Variable, np.ndarray]:
    return {v: np.asarray(with_facts(size * rng.normal(size=v.shape), v.facts)) for v in (*MOVING, *FIXED)}


def require_uncontradicted(y: Expr, moving: Sequence[Variable], found: Curvature, seed: int) -> None:
    """The value halfway between two points against the mean of the two."""
    rng = np.random.default_rng((6, seed))
    for k in range(24):
        a, other = point(rng, (0.3, 1, 3)[k % 3]), point(rng, (0.3, 1, 3)[k % 3])
        share = 1.0 if k % 2 else 0.1
        b = {v: x + share * (other[v] - x) if v in moving else x for v, x in a.items()}
        middle = {v: (a[v] + b[v]) / 2 for v in a}
        try:
            with np.errstate(all="ignore"):
                fa, fb, fm = (float(evaluate([y], env)[0]) for env in (a, b, middle))
        except (np.linalg.LinAlgError, st.errors.NonFiniteError):
            continue
        if not np.isfinite([fa, fb, fm]).all() or abs(fm) > 1e9:  # undefined, or the inverse of a singular matrix
            continue
        gap, room = (fa + fb) / 2 - fm, 1e-7 * (abs(fa) + abs(fb) + abs(fm) + 1e-3)
        assert "convex" not in found.verdict or gap > -room
        assert "concave" not in found.verdict or gap < room
        assert found.verdict != "affine" or abs(gap) < room


def claims(seed: int, depth: int = 3) -> int:
    """Checks all claims about one random function; how many there were."""
    y = Maker(seed).scalar(depth)
    moving = [v for v in MOVING if v in set(toposort([y]))]
    count = 0
    for together in [*([v] for v in moving), *([moving] if len(moving) > 1 else [])]:
        found = curvature_of(y, together)
        if found.verdict != "unknown":
            require_uncontradicted(y, together, found, seed)
            count += 1
    return count


def test_no_claim_is_contradicted() -> None:
    assert sum(claims(seed) for seed in range(30)) > 20


@pytest.mark.heavy
def test_no_claim_is_contradicted_by_many() -> None:
    for seed in range(30, 3000):
        claims(seed)
