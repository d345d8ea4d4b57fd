"""What is printed is read back as the same function: Unicode and ASCII, matrices and entries."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from expressions import VARIABLES, expressions
from hypothesis import given, settings

import steepest.ops.table  # noqa: F401 (fills the table)
from steepest.api.formula import Formula, formula
from steepest.api.printed import require_printed_value
from steepest.api.shown import by_entries
from steepest.calculus.jacobian import hessian
from steepest.calculus.reverse import gradients
from steepest.errors import FormulaError
from steepest.expr.node import Expr
from steepest.formula.atoms import with_names
from steepest.formula.printing import Formula as Printed
from steepest.formula.printing import formula_of
from steepest.formula.text import ASCII, UNICODE, TextWriter
from steepest.frontends.text.meaning import read_declared
from steepest.rewrite.readable.form import readable
from steepest.rewrite.simplify import simplify

REFUSED = "no unambiguous written form"
UNDEFINED = "no point was found"


def outcome(printed: Printed, writer: TextWriter, e: Expr) -> str:
    try:
        require_printed_value(printed, writer, e, "f")
    except FormulaError as error:
        return next((kind for kind in (REFUSED, UNDEFINED) if kind in str(error)), "wrong")
    return "read"


def tried(printed: Printed, e: Expr, counts: Counter[str]) -> None:
    """Count whether the text is read back, at least with its sizes stated; a wrong value fails."""
    for writer in (UNICODE, ASCII):
        found = outcome(printed, writer, e)
        if found == REFUSED:
            found = outcome(replace(printed, states_sizes=True), writer, e)
        assert found != "wrong", printed.write(writer)
        counts[found] += 1


def share_refused(counts: Counter[str]) -> float:
    return counts[REFUSED] / (counts[REFUSED] + counts["read"])


def sweep(examples: int) -> Counter[str]:
    counts: Counter[str] = Counter()

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(expressions())
    def run(e: Expr) -> None:
        tried(formula_of(e), e, counts)

    run()
    return counts


def test_random_expressions() -> None:
    """What is refused: sizes that nothing tells, such as those of the sums in a reshaping."""
    assert share_refused(sweep(120)) < 0.03


@pytest.mark.heavy
def test_many_random_expressions() -> None:
    assert share_refused(sweep(8_000)) < 0.03


def sweep_of_derivatives(examples: int) -> Counter[str]:
    counts: Counter[str] = Counter()

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(expressions(shape=(), depth=2))
    def run(e: Expr) -> None:
        for x, gradient in zip(VARIABLES, gradients(e, list(VARIABLES)), strict=True):
            (plain,) = simplify([gradient])
            shown = readable(plain, written=[e])
            tried(with_names(formula_of(shown)), plain, counts)
            tried(by_entries(shown), plain, counts)
            (second,) = simplify([hessian(e, x, x)])
            tried(with_names(formula_of(readable(second, written=[e]), by=x)), second, counts)

    run()
    return counts


def test_derivatives_of_random_expressions() -> None:
    assert share_refused(sweep_of_derivatives(6)) < 0.03


@pytest.mark.heavy
def test_derivatives_of_many_random_expressions() -> None:
    assert share_refused(sweep_of_derivatives(600)) < 0.03


# --- what is printed, construct by construct ------------------------------------------------------------

SHAPES = {
    "X": (5, 3), "θ": (3,), "y": (5,), "A": (3, 3), "B": (4, 4), "x": (3,), "u": (3,), "w": (3,), "T": (3, 4, 5),
    "s": (), "z": (4,), "c1": (3,), "dX": (5, 3), "dθ": (3,),
}  # fmt: skip


def softmax(v: np.ndarray) -> np.ndarray:
    return np.exp(v) / np.sum(np.exp(v), axis=-1, keepdims=True)


CONSTRUCTS = [
    ("2/m Xᵀ(Xθ − y)", lambda X, θ, y: 2 / 5 * X.T @ (X @ θ - y)),
    ("2/m X'(X theta - y)", lambda X, θ, y: 2 / 5 * X.T @ (X @ θ - y)),
    ("A⁻ᵀ x uᵀ A⁻¹ + (AAᵀ)² − A³", lambda A, x, u: np.linalg.inv(A).T @ np.outer(x, u) @ np.linalg.inv(A)
     + A @ A.T @ A @ A.T - A @ A @ A),
    ("inv(A)' x u' inv(A) + (A A')^2 - A^3", lambda A, x, u: np.linalg.inv(A).T @ np.outer(x, u) @ np.linalg.inv(A)
     + A @ A.T @ A @ A.T - A @ A @ A),
    ("−(x − u)(x − u)ᵀ/‖x − u‖³", lambda x, u: -np.outer(x - u, x - u) / np.linalg.norm(x - u) ** 3),
    ("X/‖X‖_F + 𝟏wᵀ", lambda X, w: X / np.linalg.norm(X) + np.outer(np.ones(5), w)),
    ("X/||X||_F + ones w'", lambda X, w: X / np.linalg.norm(X) + np.outer(np.ones(5), w)),
    ("‖x‖_1 + ‖x‖⁴ + |s|", lambda x, s: np.sum(np.abs(x)) + (x @ x) ** 2 + abs(s)),
    ("log |det XᵀX| + log |det(A + s I)|", lambda X, A, s: np.linalg.slogdet(X.T @ X)[1]
     + np.linalg.slogdet(A + s * np.eye(3))[1]),
    ("det(A) A⁻ᵀ − adj(A)ᵀ", lambda A: 0 * A),
    ("tr(A) I − diag(x) + diag(diagvec(A))", lambda A, x: np.trace(A) * np.eye(3) - np.diag(x) + np.diag(np.diag(A))),
    ("Xᵀ diag(σ(Xw) ⊙ (1 − σ(Xw))) X", lambda X, w: X.T @ np.diag((q := 1 / (1 + np.exp(-X @ w))) * (1 - q)) @ X),
    ("diag(p) − p pᵀ\nwhere p = softmax(x)", lambda x: np.diag(softmax(x)) - np.outer(softmax(x), softmax(x))),
    ("p ⊙ r\nwhere p = softmax(Aᵀx)\n      r = p − x", lambda A, x: (p := softmax(A.T @ x)) * (p - x)),
    ("r' r where p = softmax(x), r = p - u", lambda x, u: np.sum((softmax(x) - u) ** 2)),
    ("softmax(A; rows) 𝟏 + ‖A; rows‖", lambda A: 1 + np.linalg.norm(A, axis=1)),
    ("Σ x/n + Σ(x ⊙ u) − (Σ x) Σ x²", lambda x, u: np.mean(x) + x @ u - np.sum(x) * np.sum(x**2)),
    ("sum(x)/n + sum(x .* u)", lambda x, u: np.mean(x) + x @ u),
    ("y ⊙ Xw ⊙ y", lambda X, y, w: y * (X @ w) * y),
    ("2s x ⊙ u + x²/u − x^(3/2)/√u", lambda s, x, u: 2 * s * x * u + x**2 / u - x**1.5 / np.sqrt(u)),
    ("A ⊙ A ⊘ (1 + A^∘4) + A^∘(1/3)", lambda A: A**2 / (1 + A**4) + A ** (1 / 3)),
    ("A .* A ./ (1 + A.^4) + A.^(1/3)", lambda A: A**2 / (1 + A**4) + A ** (1 / 3)),
    ("sin²(A) ⊙ tanh(x uᵀ)", lambda A, x, u: np.sin(A) ** 2 * np.tanh(np.outer(x, u))),
    ("[x > u] ⊙ x − [x ≥ 1/2 and u < 1]", lambda x, u: (x > u) * x - ((x >= 0.5) & (u < 1))),
    ("x if x ≥ u else −u", lambda x, u: np.where(x >= u, x, -u)),
    ("(log(x) if x ≥ 1 else 0) + max(x, u)", lambda x, u: np.where(x >= 1, np.log(x), 0) + np.maximum(x, u)),
    ("x[0] + x[-1] + x[argmax(x)] + (A[1])ᵀx", lambda x, A: x[0] + x[-1] + x.max() + A[1] @ x),
    ("x[1:] − x[:-1] + z[1:-1]", lambda x, z: x[1:] - x[:-1] + z[1:-1]),
    ("I[1:]ᵀ z[1:-1] + I[::-1]x + e_1", lambda x, z: np.eye(3)[1:].T @ z[1:-1] + x[::-1] + np.eye(3)[1]),
    ("[i ≥ j] x", lambda x: np.cumsum(x)),
    ("Lx\nwhere L_ij = [i ≥ j]", lambda x: np.cumsum(x)),
    ("[Σ_k T_ijk y_k]_ij", lambda T, y: T @ y),
    ("[sum_k T_ijk y_k]_ij", lambda T, y: T @ y),
    ("[2 δ_ik x_j u_l − δ_il Σ_p A_pj A_pk]_ijkl", lambda x, u, A: 2 * np.einsum("ik,j,l->ijkl", np.eye(3), x, u)
     - np.einsum("il,pj,pk->ijkl", np.eye(3), A, A)),
    ("[Σ_i X_ij (Σ_k X_ik θ_k − y_i)]_j", lambda X, θ, y: X.T @ (X @ θ - y)),
    ("[tanh((Ax)_i) (A⁻¹)_ij]_ij", lambda A, x: np.tanh(A @ x)[:, None] * np.linalg.inv(A)),
    ("Σ_ij [i ≥ 2j + 1] A_ij", lambda A: A[1, 0] + A[2, 0]),
    ("A ⊗ B − K\nwhere K vec(C) = vec(Cᵀ)\n      C = [x_i z_j]_ij", None),
    ("(wᵀ ⊗ I) vec(A)", lambda w, A: A @ w),
    ("kron(A, B) vec(z x')", lambda A, B, x, z: np.kron(A, B) @ np.outer(z, x).ravel("F")),
    ("K vec(X) − vec(Xᵀ)\nwhere K vec(X) = vec(Xᵀ)", lambda X: np.zeros(15)),
    ("π s + √2 − log(2) + √(2π)", lambda s: np.pi * s + np.sqrt(2) - np.log(2) + np.sqrt(2 * np.pi)),
    ("real((3 − 2i) exp(2i s)) x", lambda s, x: np.real((3 - 2j) * np.exp(2j * s)) * x),
    ("2^s + ⌊10s⌋ + A⁺x", lambda s, A, x: 2**s + np.floor(10 * s) + np.linalg.pinv(A) @ x),
    ("c1ᵀx + tr(Xᵀ dX) + xᵀdθ", lambda c1, x, X, dX, dθ: c1 @ x + np.sum(X * dX) + x @ dθ),
    ("Σ onehot(argmax(x)) ⊙ x", None),
    ("log_expit(−x) + softplus(x) + expm1(x)", lambda x: np.expm1(x)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CONSTRUCTS, ids=[text for text, _ in CONSTRUCTS])
def test_printed_constructs(text: str, expected: object, rng: np.random.Generator) -> None:
    values = {name: rng.uniform(0.3, 1.7, shape) for name, shape in SHAPES.items()}
    spelled = {"θ": "theta", "dθ": "dtheta"}
    declared = {spelled.get(name, name): shape for name, shape in SHAPES.items()}
    if expected is None:
        with pytest.raises(FormulaError):
            read_declared(text, declared, {"m": 5, "n": 3})
        return
    parameters = expected.__code__.co_varnames[: expected.__code__.co_argcount]  # type: ignore[attr-defined]
    want = expected(*(values[name] for name in parameters))  # type: ignore[operator]
    got = read_declared(text, declared, {"m": 5, "n": 3}, np.shape(want)).function(*values.values())
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9)


NAMES = "e1 I e pi T d Sigma lam lambda_ _x x_ x_i X_train ones e_1 x0 θ beta_hat K vec K2 mod where rows E2 é".split()


def formula_with(name: str) -> Formula:
    code = f"lambda {name}, A, w: 2 * {name} @ A @ {name} + np.sum(np.exp({name})) + np.log({name})[0] * w @ {name}"
    return formula(eval(code, {"np": np}), **{name: "n"}, A="n n", w="n")  # our own strings


@pytest.mark.parametrize("name", NAMES)
def test_variables_of_any_name(name: str) -> None:
    """What a letter or word means by itself, it does not mean where a variable has its name."""
    F = formula_with(name)
    for G in (F, F.gradient(name), F.hessian(name)):
        assert str(G)
        assert G.ascii()


@pytest.mark.parametrize("name", ["sum", "log"])
def test_a_variable_with_the_name_of_a_function_in_the_formula(name: str) -> None:
    with pytest.raises(FormulaError, match="rename the variable"):
        formula_with(name).ascii()


USUAL = [
    ("norm2(X*theta - y)^2 / m", "theta", {"X": "m n"}),
    ("sum(log(1 + exp(-y .* (X*w))))", "w", {"X": "m n", "y": "m", "w": "n"}),
    ("logsumexp(W*x) - y'*W*x", "W", {"W": "k n", "x": "n", "y": "k"}),
    ("logdet(S) + (x - u)'*inv(S)*(x - u)", "S", {"S": "n n", "x": "n", "u": "n"}),
    ("normF(A - U*V')^2", "U", {"A": "m n", "U": "m k", "V": "n k"}),
]


@pytest.mark.parametrize(("text", "by", "shapes"), USUAL, ids=[text for text, _, _ in USUAL])
def test_a_gradient_is_a_formula_again(text: str, by: str, shapes: dict[str, str]) -> None:
    """`str` of a gradient can be given to `formula`, and computes the same."""
    F = formula(text, **shapes)
    G = F.gradient(by)
    declared = {d.name: " ".join(map(str, d.sizes)) for d in F.source.declarations}
    used = {v.name for v in G.source.capture.variables if v in G.readable.args or v.name in _names(G.readable)}
    for shown in (str(G), G.ascii()):
        again = formula(shown, **{name: shape for name, shape in declared.items() if name in used})
        sizes = {"m": 5, "n": 3, "k": 4}
        rng = np.random.default_rng(2)
        point = {name: rng.uniform(0.3, 1.7, [sizes[s] for s in shape.split()]) for name, shape in declared.items()}
        mine = {name: point[name] for name in used}
        np.testing.assert_allclose(again(**mine), G(**point), rtol=1e-9, atol=1e-12)


def _names(e: Expr) -> set[str]:
    found, pending = set(), [e]
    while pending:
        n = pending.pop()
        found |= {n.name} if hasattr(n, "name") else set()
        pending.extend(n.args)
    return found
