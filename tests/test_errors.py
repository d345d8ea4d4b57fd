"""What is said when something is wrong: what, where in the user's file, why, and a way on."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
from numpy.linalg import LinAlgError

import steepest as st
from steepest.errors import (
    ArgumentError,
    CaptureError,
    MismatchError,
    NonFiniteError,
    NotDeterministicError,
    NotScalarError,
    ShapeError,
    UnknownFunctionError,
)

X = np.array([0.7, -1.3, 2.1, 0.4])
HERE = r"\n    at test_errors\.py:\d+: "
STATE = {"calls": 0}
RNG = np.random.default_rng(0)


def square(x: Any) -> Any:
    return np.sum(x**2)


def two(x: Any, y: Any = 3.0, *, z: Any = 1.0) -> Any:
    return x * y * z


def vector(x: Any) -> Any:
    return x**2


def nothing(x: Any) -> None:
    x.sum()


def text(x: Any) -> str:
    return "value"


def container(x: Any) -> Any:
    return {"loss": x.sum(), "grad": x}


def bisected(a):
    low, high = 0.0, a
    while high - low > 1e-9:
        middle = (low + high) / 2
        if middle**2 > a:
            high = middle
        else:
            low = middle
    return low


def unequal_sum(x: Any) -> Any:
    return np.sum(x + np.zeros(3))


def unequal_product(x: Any) -> Any:
    return np.sum(np.ones((3, 3)) @ x)


def unequal_rows(x: Any) -> Any:
    return np.sum(np.concatenate([x, np.ones((2, 2))]))


def beyond(x: Any) -> Any:
    return x[7]


def neighbours(x: Any) -> Any:
    return np.nextafter(x, 9.0).sum()


def integral(x: Any) -> Any:
    return scipy.integrate.nquad(lambda s: s * x[0], [[0, 1]])[0]


def root(x: Any) -> Any:
    return scipy.optimize.fminbound(lambda s: (s - x[0]) ** 2, 0, 1)


def counting(x: Any) -> Any:
    STATE["calls"] += 1
    return x.sum() * STATE["calls"]


def random_weights(x: Any) -> Any:
    return x @ RNG.normal(size=4)


def endless(x: Any) -> Any:
    return endless(x + 1)


def as_index(x: Any) -> Any:
    return [1.0, 2.0, 3.0][x[2]]


def passed_on(f: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(f)
    def wrapper(*args: Any) -> Any:
        return f(*args)

    return wrapper


decorated_vector = passed_on(vector)
decorated_unequal = passed_on(passed_on(unequal_sum))

WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    # the result
    "vector": (
        lambda: st.grad(vector)(X),
        NotScalarError,
        r"vector returns an array of shape \(4,\); a gradient needs one real number"
        + HERE
        + r"def vector.*\n    Use jacobian\(vector\)",
    ),
    "one entry": (lambda: st.grad(lambda x: x[:1])(X), NotScalarError, r"shape \(1,\)"),
    "hessian of a vector": (lambda: st.hessian(vector)(X), NotScalarError, r"shape \(4,\)"),
    "hvp of a vector": (lambda: st.hvp(vector)(X, X), NotScalarError, r"shape \(4,\)"),
    "container": (
        lambda: st.grad(container)(X),
        NotScalarError,
        r"returns 2 values in a container.*" + HERE + ".*\n.*has_aux",
    ),
    "list of one": (lambda: st.grad(lambda x: [x.sum()])(X), NotScalarError, "returns 1 value in a container"),
    "no pair": (lambda: st.grad(square, has_aux=True)(X), NotScalarError, "does not return a pair.*" + HERE),
    "nothing": (
        lambda: st.grad(nothing)(X),
        ArgumentError,
        "nothing returns None.*" + HERE + r"def nothing.*\n    Is a return missing\?",
    ),
    "nothing, jacobian": (lambda: st.jacobian(nothing)(X), ArgumentError, "returns None"),
    "text": (lambda: st.grad(text)(X), ArgumentError, "returns a value of type str.*" + HERE),
    "generator": (lambda: st.grad(lambda x: (v for v in x))(X), ArgumentError, "returns a value of type generator"),
    "integer": (
        lambda: st.grad(lambda x: np.argmax(x))(X),
        ArgumentError,
        "returns values of type int64, which have no derivative",
    ),
    "truth": (lambda: st.jacobian(lambda x: x > 0)(X), ArgumentError, "returns values of type bool"),
    "complex": (
        lambda: st.grad(lambda x: x[0] * 1j)(X),
        NotScalarError,
        r"returns a complex number.*\n(.*\n)?.*np\.abs",
    ),
    # the arguments
    "text argument": (
        lambda: st.grad(square)("a"),
        ArgumentError,
        r"argument 'x' is 'a' \(str\); a derivative needs a number",
    ),
    "None": (lambda: st.grad(square)(None), ArgumentError, "argument 'x' is None"),
    "object": (lambda: st.grad(square)(object()), ArgumentError, "argument 'x' is <object"),
    "array of texts": (
        lambda: st.grad(square)(np.array(["a"])),
        ArgumentError,
        "argument 'x' has elements of type <U1",
    ),
    "array of objects": (
        lambda: st.grad(square)(np.array([1.0, None])),
        ArgumentError,
        "an array of objects, among them None",
    ),
    "generator of numbers": (
        lambda: st.grad(square)(v for v in X),
        ArgumentError,
        r"a number or an array\n    Pass its numbers as an array: np\.array\(list",
    ),
    "inside a container": (
        lambda: st.grad(lambda p: p["w"][0])({"w": [1.0, "b"]}),
        ArgumentError,
        r"argument p\['w'\]\[1\] is 'b' \(str\).*\n    Pass settings as arguments of their own",
    ),
    "masked": (
        lambda: st.grad(square)(np.ma.array([1.0, 2.0], mask=[0, 1])),
        ArgumentError,
        r"rules of its own;\n.*np\.asarray",
    ),
    "missing": (
        lambda: st.grad(lambda x, y: x * y)(1.0),
        ArgumentError,
        r"\(x, y\) cannot be called so: missing.*'y'" + HERE,
    ),
    "too many": (lambda: st.grad(square)(1.0, 2.0), ArgumentError, r"square\(x.*\) cannot be called so: too many"),
    "unknown keyword": (lambda: st.grad(square)(1.0, w=2.0), ArgumentError, "cannot be called so: got an unexpected"),
    "none at all": (lambda: st.grad(square)(), ArgumentError, "missing a required argument: 'x'"),
    "no argument to vary": (lambda: st.grad(lambda: 1.0)(), ArgumentError, "without arguments"),
    "no function": (lambda: st.grad(3.0), ArgumentError, "grad needs a function, got float"),
    # argnums
    "out of range": (
        lambda: st.grad(two, 2)(1.0, 2.0),
        ArgumentError,
        "argnums=2, but two was called with 2 arguments",
    ),
    "far below": (
        lambda: st.grad(square, -2)(1.0),
        ArgumentError,
        "argnums=-2, but square was called with 1 argument$",
    ),
    "unknown name": (
        lambda: st.grad(two, "w")(1.0, 2.0),
        ArgumentError,
        "two has no argument 'w' in this call; it has x, y",
    ),
    "default": (lambda: st.grad(two, "y")(1.0), ArgumentError, "it has its default value: pass it"),
    "keyword-only": (lambda: st.grad(two, "z")(1.0, 2.0, z=3.0), ArgumentError, "only be given by keyword.*lambda"),
    "a float": (
        lambda: st.grad(two, 1.0)(1.0, 2.0),
        ArgumentError,
        "argnums must be an int, a parameter name or a tuple",
    ),
    "the argument itself": (
        lambda: st.grad(square, X),
        ArgumentError,
        r"argnums must be an int.*, got array.*\n.*called with the arguments: grad\(f\)\(x\)",
    ),
    "twice": (lambda: st.grad(two, (0, "x"))(1.0, 2.0), ArgumentError, "names an argument twice"),
    "empty": (lambda: st.grad(two, ()), ArgumentError, "argnums is empty"),
    # shapes
    "sum": (
        lambda: st.grad(unequal_sum)(X),
        ShapeError,
        r"np\.add: shapes \(4,\) and \(3,\) do not fit.*" + HERE + r"return np\.sum\(x \+",
    ),
    "product": (lambda: st.grad(unequal_product)(X), ShapeError, r"np\.matmul: shapes \(3, 3\) and \(4,\).*" + HERE),
    "rows": (lambda: st.grad(unequal_rows)(X), ShapeError, r"np\.concatenate: shapes \(4,\) and \(2, 2\).*" + HERE),
    "decorated": (lambda: st.grad(decorated_unequal)(X), ShapeError, HERE + r"return np\.sum\(x \+ np\.zeros"),
    "decorated vector": (lambda: st.grad(decorated_vector)(X), NotScalarError, HERE + "def vector"),
    "index": (lambda: st.grad(beyond)(X), IndexError, r"index 7 is out of bounds.*" + HERE + r"return x\[7\]"),
    "direction": (lambda: st.jvp(square, (X,), (1.0,)), ShapeError, r"direction dx has shape \(\), it needs \(4,\)"),
    "directions": (lambda: st.jvp(two, (1.0, 2.0), (1.0,)), ShapeError, "2 primals but 1 tangents"),
    "no tuples": (lambda: st.jvp(np.sin, X, X), ArgumentError, "primals and tangents must be tuples or lists"),
    "mapped number": (lambda: st.vmap(square)(1.0), ShapeError, r"argument 0 has shape \(\), and no axis 0 of rows"),
    "mapped axis": (lambda: st.vmap(square, 2)(np.eye(2)), ShapeError, r"shape \(2, 2\), and no axis 2 of rows"),
    "mapped by text": (lambda: st.vmap(square, "x")(X), ArgumentError, "in_axes is an int, None.*got 'x'"),
    "nothing mapped": (lambda: st.vmap(square, None)(X), ArgumentError, "vmap: no argument has rows"),
    "NumPy's modules": (
        lambda: st.grad(lambda a: np.linalg.inv(a)[0, 0])(np.ones((2, 2))),
        LinAlgError,
        r"np\.linalg\.inv: ",
    ),
    "found by branching": (
        lambda: st.grad(bisected)(2.0),
        MismatchError,
        r"The function goes by comparisons of values \(.*while high - low.*\n.*brentq",
    ),
    "a gradient's values": (
        lambda: st.check(square, X, gradient=X),
        ArgumentError,
        "gradient is a function of the same arguments or text, got ndarray",
    ),
    "hvp without direction": (lambda: st.hvp(square)(X), ArgumentError, r"and then a direction: hvp\(f\)\(x, v\)"),
    "direction of text": (
        lambda: st.jvp(square, (X,), ("v",)),
        ArgumentError,
        "a direction must be of numbers, got 'v'",
    ),
    "cotangent": (lambda: st.vjp(vector, X)[1](1.0), ShapeError, r"has shape \(\), it needs \(4,\)"),
    "point and direction": (
        lambda: st.directional_derivative(square, X, X[:2]),
        ShapeError,
        r"\(4,\), the direction \(2,\)",
    ),
    "zero direction": (
        lambda: st.directional_derivative(square, X, 0 * X, normalize=True),
        ArgumentError,
        "no direction",
    ),
    "partial by an array": (
        lambda: st.partial_derivative(square, "x")(X),
        NotScalarError,
        "use grad, jacobian or hessian",
    ),
    "order": (lambda: st.derivative(np.sin, 0), ArgumentError, "a whole number from 1 to"),
    "order of half": (lambda: st.derivative(np.sin, 1.5), ArgumentError, "got 1.5"),
    "rows of vmap": (lambda: st.vmap(lambda a, b: a + b)(X, X[:2]), ShapeError, r"lengths \[2, 4\]"),
    "axes of vmap": (
        lambda: st.vmap(lambda a, b: a + b, in_axes=(0,))(X, X),
        ArgumentError,
        "1 entries for 2 arguments",
    ),
    "scan without xs": (lambda: st.scan(lambda s, x: (s, s), 0.0), ArgumentError, "scan needs xs or a length"),
    # what cannot be recorded
    "unknown function": (
        lambda: st.grad(neighbours)(X),
        UnknownFunctionError,
        r"no derivative is known for np\.nextafter"
        + HERE
        + r"return np\.nextafter\(x.*\n.*\n.*pass the result as an argument",
    ),
    "integral": (lambda: st.grad(integral)(X), CaptureError, HERE + r"return scipy\.integrate\.nquad"),
    "root": (lambda: st.grad(root)(X), CaptureError, HERE + r"return scipy\.optimize\.fminbound"),
    "endless": (lambda: st.grad(endless)(1.0), CaptureError, "endless recurses without end.*" + HERE),
    "as an index": (lambda: st.grad(as_index)(X), TypeError, "index|integer"),
    # functions that are none
    "counting": (
        lambda: st.grad(counting)(X),
        NotDeterministicError,
        r"two calls on the same input gave.*\n    at counting \(test_errors",
    ),
    "random": (lambda: st.grad(random_weights)(X), NotDeterministicError, "seed"),
    # values without a derivative
    "NaN": (
        lambda: st.grad(lambda x: np.sum(np.sqrt(x)))(X),
        NonFiniteError,
        r"The function itself is not finite there: the operation 'sqrt' of -1\.3 gives NaN, at index \(1,\)\." + HERE,
    ),
    "NaN in the derivative": (
        lambda: st.grad(lambda x: np.sqrt(np.abs(x)))(0.0),
        NonFiniteError,
        r"The derivative of the operation 'sqrt' of 0 is not finite\." + HERE + r".*\n    Move away",
    ),
    "NaN given": (
        lambda: st.grad(square)(np.array([1.0, np.nan])),
        NonFiniteError,
        r"The input 'x' itself has a NaN or infinity, at index \(1,\)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_message(name: str) -> None:
    compute, kind, words = WRONG[name]
    for _ in range(2):
        with pytest.raises(kind, match=re.compile(words)) as caught:
            compute()
        for theirs in ("site-packages", "_pytest", "pluggy", "steepest/api"):
            assert theirs not in str(caught.value)
