"""The operators and functions a formula may use, each by the number of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

from steepest.frontends.tracing.tracer import call
from steepest.ops.operation import Operation
from steepest.ops.table import OPERATIONS

from .array_functions import (
    Settings,
    absolute,
    commutation,
    diagonal,
    diagonal_of,
    euclidean,
    last_axis,
    numpy_norm,
    of_matrix,
    of_one_matrix,
    of_square,
    of_vector,
    pseudoinverse,
    reduction,
    reduction_along,
    root_of_squares,
    same_along,
    solution,
    square_like,
    square_root,
    stacked,
    vector_like,
)
from .products import (
    array_product,
    dot,
    kronecker,
    matrix_power,
    outer,
    product,
    quotient,
    require_square,
    transpose,
)
from .rules import (
    Compute,
    Operands,
    Rule,
    array_multiplication,
    broadcasting,
    calling,
    chosen,
    computed_entrywise,
    entrywise,
    entrywise_on_arrays,
    entrywise_product,
    held,
    logical,
    operation,
    relation,
)
from .shapes import NUMBER, Shape
from .sizes import Sizes


def _norm1(x: Any) -> Any:
    return call(np.sum, (call(np.abs, (x,), {}),), {})


def _logdet(a: Any) -> Any:
    return call(np.linalg.slogdet, (a,), {})[1]


def _sign_of_determinant(a: Any) -> Any:
    return call(np.linalg.slogdet, (a,), {})[0]


def _log_of_bars(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """The logarithm of ``|x|``, which is the absolute value of a number and the determinant's of a matrix."""
    shape = operands[0].shape
    if shape == NUMBER:
        return NUMBER, lambda x: call(np.log, (call(np.abs, (x,), {}),), {})
    require_square(shape, sizes, "a determinant")
    return NUMBER, _logdet


def _relu(x: Any) -> Any:
    return call(np.maximum, (x, 0.0), {})


def _softplus(x: Any) -> Any:
    """log(1 + eˣ), which is −log of the logistic function of −x: right at any size."""
    return call(np.negative, (call(scipy.special.log_expit, (call(np.negative, (x,), {}),), {}),), {})


OPERATORS: Mapping[str, Rule] = {
    "+": entrywise(np.add),
    "-": entrywise(np.subtract),
    ".*": entrywise_product,
    "./": entrywise_on_arrays(np.true_divide),
    ".^": entrywise(np.power),
    "*": Rule(product, needs_array=False, of_truths=True),
    "·": Rule(product, needs_array=False, of_truths=True),
    "/": Rule(quotient, needs_array=False),
    "@": Rule(array_product, needs_array=True, indexed=False),
    "^": Rule(matrix_power, needs_array=False),
    "⊗": Rule(kronecker, needs_array=True, indexed=False),
    "<": relation(np.less),
    "<=": relation(np.less_equal),
    ">": relation(np.greater),
    ">=": relation(np.greater_equal),
    "=": relation(np.equal),
    "!=": relation(np.not_equal),
    "and_": logical(np.logical_and),
    "or_": logical(np.logical_or),
    "xor": logical(np.logical_xor),
    "mod": entrywise(np.mod),
}
ARRAY_OPERATORS: Mapping[str, Rule] = {
    **OPERATORS,
    "+": broadcasting(np.add),
    "-": broadcasting(np.subtract),
    "*": Rule(array_multiplication, needs_array=False, of_truths=True),
    "/": broadcasting(np.true_divide),
    ".^": broadcasting(np.power),
}
NEGATION = entrywise(np.negative)
TRANSPOSITION = Rule(transpose, needs_array=True)
CONDITION = Rule(held, needs_array=False, truth=True, of_truths=True)

_ENTRYWISE: dict[str, Any] = {
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "ln": np.log, "log2": np.log2, "log10": np.log10,
    "log1p": np.log1p, "sqrt": np.sqrt, "cbrt": np.cbrt, "square": np.square, "floor": np.floor, "ceil": np.ceil,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "arcsinh": np.arcsinh, "arccosh": np.arccosh, "arctanh": np.arctanh, "asinh": np.arcsinh,
    "acosh": np.arccosh, "atanh": np.arctanh, "abs": np.abs, "absolute": np.abs, "sign": np.sign,
    "sigmoid": scipy.special.expit, "sigma": scipy.special.expit, "expit": scipy.special.expit,
    "erf": scipy.special.erf, "gammaln": scipy.special.gammaln,
    "Gamma": scipy.special.gamma,
}  # fmt: skip
_ENTRYWISE_OF_TWO: dict[str, Any] = {
    "maximum": np.maximum, "minimum": np.minimum, "max": np.maximum, "min": np.minimum, "arctan2": np.arctan2,
    "atan2": np.arctan2, "hypot": np.hypot, "logaddexp": np.logaddexp, "power": np.power,
}  # fmt: skip
_REDUCTIONS: dict[str, Any] = {
    "sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min, "prod": np.prod, "var": np.var, "std": np.std,
}  # fmt: skip
_OF_ONE: dict[str, Rule] = {
    **{name: entrywise(function) for name, function in _ENTRYWISE.items()},
    **{name: reduction(calling(function)) for name, function in _REDUCTIONS.items()},
    "Σ": reduction(calling(np.sum)),
    "relu": computed_entrywise(_relu),
    "softplus": computed_entrywise(_softplus),
    "norm1": of_vector(_norm1),
    "norm2": Rule(euclidean, needs_array=True, indexed=False),
    "norm": Rule(euclidean, needs_array=True, indexed=False),
    "linalg.norm": Rule(numpy_norm, needs_array=True, indexed=False),
    "‖…‖": Rule(euclidean, needs_array=True, indexed=False),
    "|…|": Rule(absolute, needs_array=False),
    "normF": of_matrix(root_of_squares),
    "logsumexp": of_vector(calling(scipy.special.logsumexp), instead="logsumexp(X; rows) is that of each row"),
    "softmax": vector_like(calling(scipy.special.softmax), instead="softmax(X; rows) is that of each row"),
    "tr": of_square(calling(np.trace)),
    "trace": of_square(calling(np.trace)),
    "det": of_square(calling(np.linalg.det)),
    "logdet": of_square(_logdet),
    "log_bars": Rule(_log_of_bars, needs_array=False),
    "inv": square_like(calling(np.linalg.inv)),
    "adj": square_like(operation(OPERATIONS["adjugate"])),
    "pinv": Rule(pseudoinverse, needs_array=True, indexed=False),
    "diag": Rule(diagonal, needs_array=True, indexed=False),
    "diagvec": Rule(diagonal_of, needs_array=True, indexed=False),
    "commutation": Rule(commutation, needs_array=True, indexed=False),
    "½": Rule(square_root, needs_array=False),
    "vec": Rule(stacked, needs_array=True, indexed=False),
    "transpose": TRANSPOSITION,
    "not": logical(np.logical_not),
}
_OF_TWO: dict[str, Rule] = {
    **{name: entrywise(function) for name, function in _ENTRYWISE_OF_TWO.items()},
    "dot": Rule(dot, needs_array=True, indexed=False),
    "outer": Rule(outer, needs_array=True, indexed=False),
    "matmul": OPERATORS["@"],
    "multiply": OPERATORS[".*"],
    "kron": OPERATORS["⊗"],
    "solve": Rule(solution, needs_array=True, indexed=False),
}
_OF_THREE: dict[str, Rule] = {"where": Rule(chosen, needs_array=False, of_truths=True)}
FUNCTIONS: Mapping[str, Mapping[int, Rule]] = {
    name: {count: rules[name] for count, rules in ((1, _OF_ONE), (2, _OF_TWO), (3, _OF_THREE)) if name in rules}
    for name in (*_OF_ONE, *_OF_TWO, *_OF_THREE)
}
_NORM_ALONG = reduction_along(np.linalg.norm)
CONFIGURED: Mapping[str, Callable[[Settings], Rule]] = {
    **{name: reduction_along(function) for name, function in _REDUCTIONS.items()},
    "logsumexp": reduction_along(scipy.special.logsumexp),
    "softmax": same_along(scipy.special.softmax),
    "norm": _NORM_ALONG,
    "linalg.norm": _NORM_ALONG,
    "‖…‖": _NORM_ALONG,
}
OF_MATRICES = frozenset({"inv", "adj", "pinv", "diag", "outer", "matmul", "kron", "solve"})
# Arrays of ones of any size that fits: how many axes they have.
FILLED: Mapping[str, int] = {"vector": 1, "matrix": 2}
# Arrays of a given size.
CREATED: Mapping[str, Callable[..., Any]] = {
    "eye": np.eye,
    "identity": np.identity,
    "ones": np.ones,
    "zeros": np.zeros,
}

# --- every operation that has a name ----------------------------------------------------------------------


def _rule_of(op: Operation) -> Rule:
    if op.elementwise:
        return computed_entrywise(operation(op))
    return vector_like(operation(op)) if op.core_rank == 1 else of_one_matrix(op)


def _of_rows(op: Operation) -> Callable[[Settings], Rule]:
    """A function of vectors, for each row of a matrix: all operations of vectors work along the last axis."""

    def configured(settings: Settings) -> Rule:
        return last_axis(operation(op), len(op.shape((2,))), settings)

    return configured


def _is_name(text: str) -> bool:
    return all(word.isidentifier() for word in text.split())


def _is_plain(op: Operation) -> bool:
    """Whether the text says all of it: one operand, and no settings; of matrices the usual settings are meant."""
    return len(op.differentials) == 1 and (op.sample_params == ({},) or op.core_rank == 2)


def _named_operations() -> dict[str, dict[int, Rule]]:
    """What is printed as a call: entry by entry, or of the shape of its operand."""
    found: dict[str, dict[int, Rule]] = {}
    for op in OPERATIONS.values():
        keeps_shape = op.elementwise or (_is_plain(op) and (op.core_rank == 2 or op.shape((2,)) == (2,)))
        if _is_name(op.text) and keeps_shape:
            found.setdefault(op.text, {}).setdefault(len(op.differentials), _rule_of(op))
    return found


NAMED_OPERATIONS: Mapping[str, Mapping[int, Rule]] = {
    **_named_operations(),
    "sign det": {1: of_square(_sign_of_determinant)},
    "expm": {1: square_like(calling(scipy.linalg.expm))},
    "argmax": {1: of_vector(calling(np.argmax))},
    "argmin": {1: of_vector(calling(np.argmin))},
}
NAMED_OF_MATRICES = frozenset(op.text for op in OPERATIONS.values() if op.core_rank == 2 and not op.elementwise)
NAMED_BY_ROWS: Mapping[str, Callable[[Settings], Rule]] = {
    op.text: _of_rows(op)
    for op in OPERATIONS.values()
    if _is_name(op.text) and _is_plain(op) and not op.elementwise and op.core_rank == 1
}
