"""What is printed is what is computed: notation trees evaluated against a dense reference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from formula_reader import UNREADABLE, read
from hypothesis import given, settings
from hypothesis import strategies as st
from notation_values import evaluate, value_of

import steepest.ops.table  # noqa: F401 (fills the table)
from steepest.expr.build import add, contract, delta, multiply, negate, ones, scale, structured, variable
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Structured, Variable
from steepest.expr.number import constant, is_number, numeric_value
from steepest.expr.pattern import Affine, dense
from steepest.expr.traversal import toposort
from steepest.formula.index_form import array
from steepest.formula.matrix_form import matrix_form
from steepest.formula.notation import Symbol
from steepest.formula.printing import formula_ascii, formula_latex, formula_of, formula_text, index_formula, symbols
from steepest.ops.elementary import exp, tanh
from steepest.ops.logic import greater, select, where
from steepest.ops.power import divide, power, reciprocal, sqrt, square
from steepest.ops.reduction import softmax

SIZES = dict(zip(range(7), [2, 3, 4, 2, 3, 4, 2], strict=True))


def reference(e: Expr, values: Mapping[Expr, np.ndarray]) -> np.ndarray:
    """The value by definition: every contraction as one dense einsum."""
    done: dict[Expr, np.ndarray] = {}
    for n in toposort([e]):
        args = [done[a] for a in n.args]
        match n:
            case Variable():
                done[n] = values[n]
            case Constant():
                done[n] = np.asarray(numeric_value(n) if is_number(n) else n.value)
            case Delta():
                done[n] = np.eye(n.shape[0])
            case Structured():
                done[n] = dense(n.pattern, n.shape)
            case Add():
                done[n] = np.sum([np.asarray(a, float) for a in args], axis=0)
            case Apply():
                if n.dtype != BOOL:  # NumPy takes functions of booleans in half precision
                    args = [a.astype(float) if a.dtype == bool else a for a in args]
                done[n] = np.asarray(n.op.numpy(*args, **dict(n.params)))
            case Einsum():
                done[n] = _contracted(n, args)
    return done[e]


def _contracted(n: Einsum, args: list[np.ndarray]) -> np.ndarray:
    operands: list[object] = []
    masks = [a for a, e in zip(args, n.args, strict=True) if e.dtype == BOOL]
    for a, labels in zip(args, n.indices, strict=True):
        operands += [np.asarray(a, float), list(labels)]
    for label, size in zip(n.out, n.shape, strict=True):
        operands += [np.ones(size), [label]]
    assert all(np.isfinite(a).all() for a in args) or not masks
    return np.einsum(*operands, list(n.out))


def assert_printed_is_computed(e: Expr) -> None:
    rng = np.random.default_rng(5)
    values = {v: rng.uniform(0.3, 1.5, v.shape) for v in toposort([e]) if isinstance(v, Variable)}
    formula = formula_of(e)
    got, want = evaluate(formula, values), reference(e, values)
    want = np.broadcast_to(want, e.shape)
    assert got.shape == want.shape, formula_text(e)
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-9, err_msg=formula_text(e))
    letters = tuple("uvwxyzabc"[: e.ndim])
    entries = index_formula(e, letters)
    if not entries.definitions:
        from_entries = value_of(array(letters, e.shape, entries.main), values)
        np.testing.assert_allclose(from_entries, want, rtol=1e-9, atol=1e-9, err_msg=formula_text(e))
    text = formula_text(e)
    if not UNREADABLE.search(text) and e.ndim <= 2 and "c1" not in text:
        names = {s.name: values[v] for v, s in symbols(e).items() if isinstance(s, Symbol)}
        read_back = np.broadcast_to(read(text, names), e.shape)
        np.testing.assert_allclose(read_back, want, rtol=1e-6, atol=1e-9, err_msg=text)
    assert formula_ascii(e).isascii()
    assert formula_latex(e).count("{") == formula_latex(e).count("}")


# --- single terms --------------------------------------------------------------------------------------


@st.composite
def terms(draw: st.DrawFn) -> Expr:
    """A contraction of up to six scalars, vectors, matrices and identities, with at most two free labels."""
    labels = draw(st.sampled_from([[0, 1], [0, 1, 2], [0, 1, 2, 3], list(range(7))]))
    operands = []
    for k in range(draw(st.integers(1, 6))):
        at = draw(st.lists(st.sampled_from(labels), max_size=2))
        shape = tuple(SIZES[i] for i in at)
        if len(at) == 2 and shape[0] == shape[1] and draw(st.booleans()):
            operands.append((tuple(at), delta(shape[0])))
        else:
            name = draw(st.sampled_from([f"s{k}", "m"])) + "".join(map(str, shape))
            operands.append((tuple(at), variable(name, shape)))
    used = sorted({i for at, _ in operands for i in at})
    out = draw(st.permutations(used))[: draw(st.integers(0, 2))] if used else []
    return contract(operands, tuple(out))


@settings(max_examples=500, deadline=None, derandomize=True)
@given(terms())
def test_terms(e: Expr) -> None:
    assert_printed_is_computed(e)


def test_most_random_terms_have_a_matrix_form() -> None:
    """The test above is only worth something if translation usually succeeds."""
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(300):
        at = [tuple(int(i) for i in rng.choice(5, 2)) for _ in range(4)]
        e = contract([(labels, variable(f"m{k}", (3, 3))) for k, labels in enumerate(at)], ())
        found += isinstance(e, Einsum) and "[" not in formula_text(e) and "Σ_" not in formula_text(e)
    assert found > 290


def test_the_complete_graph_on_four_vertices_has_none() -> None:
    pairs = [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)]
    edges = [(labels, Symbol(f"M{k}", variable(f"M{k}", (3, 3)))) for k, labels in enumerate(pairs)]
    assert matrix_form(edges, (), dict.fromkeys(range(4), 3)) is None


# --- whole expressions ---------------------------------------------------------------------------------


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3, shape: tuple[int, ...] | None = None) -> Expr:
    """Sums, products and functions of arrays with up to three axes; all sizes but 3 and 4 are avoided on purpose."""
    if shape is None:
        shape = draw(st.sampled_from([(), (3,), (4,), (3, 4), (4, 3), (3, 3), (2, 3, 4)]))
    if depth == 0:
        return leaf(draw, shape)
    smaller = expressions(depth=depth - 1, shape=shape)
    kind = draw(st.sampled_from(["leaf", "sum", "scaled", "product", "function", "entrywise", "choice", "moved"]))
    match kind:
        case "leaf":
            return leaf(draw, shape)
        case "sum":
            return add(*(draw(smaller) for _ in range(draw(st.integers(2, 3)))))
        case "scaled":
            number = draw(st.sampled_from([-1, 2, 0.5, 1 / 3, -0.001]))
            return scale(constant(number), scale(draw(expressions(depth=depth - 1, shape=())), draw(smaller)))
        case "entrywise":
            a, b = draw(smaller), draw(smaller)
            return draw(st.sampled_from([multiply(a, b), divide(a, add(square(b), ones(shape))), square(a)]))
        case "function":
            a = draw(smaller)
            positive = add(square(a), ones(shape))
            smooth = [exp(negate(square(a))), tanh(negate(a)), sqrt(positive)]
            return draw(st.sampled_from([*smooth, reciprocal(positive), power(positive, constant(-1.5))]))
        case "choice":
            a, b, c = (draw(smaller) for _ in range(3))
            return draw(st.sampled_from([where(greater(a, b), b, c), select(greater(a, ones(shape)), c)]))
        case "moved":
            return moved(draw, depth, shape)
    return contraction(draw, depth, shape)


def leaf(draw: st.DrawFn, shape: tuple[int, ...]) -> Expr:
    name = draw(st.sampled_from(["a", "theta", "X"])) + "_" + "".join(map(str, shape))
    return draw(st.sampled_from([variable(name, shape), variable(name, shape), ones(shape)]))


def moved(draw: st.DrawFn, depth: int, shape: tuple[int, ...]) -> Expr:
    if len(shape) != 1:
        return draw(expressions(depth=depth - 1, shape=shape))
    n = shape[0]
    slices = [(Affine((1, -1), 1), n + 1), (Affine((-1, -1), n - 1), n), (Affine((2, -1)), 2 * n)]
    others = [(Affine((1, -1), 0, ">="), n), (Affine((1, -1), -1), n - 1)]
    pattern, size = draw(st.sampled_from([*slices, *others]))
    x = draw(expressions(depth=depth - 1, shape=(size,)))
    return softmax(contract([((0, 1), structured(pattern, (n, size))), ((1,), x)], (0,)))


def contraction(draw: st.DrawFn, depth: int, shape: tuple[int, ...]) -> Expr:
    free = tuple(range(len(shape)))
    summed = tuple(range(5, 5 + draw(st.integers(0, 2))))
    sizes = {**dict(zip(free, shape, strict=True)), **{i: draw(st.sampled_from([3, 4])) for i in summed}}
    labels = (*free, *summed)
    operands = []
    for _ in range(draw(st.integers(1, 3))):
        at = tuple(draw(st.lists(st.sampled_from(labels), max_size=2))) if labels else ()
        operands.append((at, draw(expressions(depth=depth - 1, shape=tuple(sizes[i] for i in at)))))
    return contract(operands, free, sizes)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(expressions())
def test_expressions(e: Expr) -> None:
    assert_printed_is_computed(e)


@pytest.mark.parametrize("e", [constant(2), scale(constant(3), ones((3,)))])
def test_constants(e: Expr) -> None:
    assert_printed_is_computed(e)
