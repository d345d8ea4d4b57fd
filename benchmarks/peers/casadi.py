"""CasADi: the same source on its symbols, made into a Function and called through its buffers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import casadi
import numpy as np

from benchmarks.derivatives import Transforms
from benchmarks.problem import Row, rebound

from .prepared import CannotDo, Prepared, refusing

VERSION = casadi.__version__
Function = Callable[..., Any]
FEW = 3000  # inputs up to which scalar operations are faster than operations on matrices


class Names:
    """NumPy's names on matrices with two axes; a vector is a column."""

    def __getattr__(self, name: str) -> Any:
        renamed = {"abs": "fabs", "arctan2": "atan2", "maximum": "fmax"}.get(name, name)
        try:
            return getattr(casadi, renamed)
        except AttributeError:
            raise CannotDo(f"has no {name}") from None

    @staticmethod
    def sum(x: Any, axis: int | None = None) -> Any:
        return casadi.sum(x) if axis is None else casadi.sum2(x) if axis == 1 else casadi.sum1(x)

    @staticmethod
    def mean(x: Any) -> Any:
        return casadi.sum(x) / x.numel()

    @staticmethod
    def where(condition: Any, yes: Any, no: Any) -> Any:
        return casadi.if_else(condition, yes, no)

    @staticmethod
    def concatenate(parts: list[Any], axis: int = 0) -> Any:
        return casadi.vertcat(*parts) if axis == 0 else casadi.horzcat(*parts)

    @staticmethod
    def stack(parts: list[Any], axis: int = 0) -> Any:
        return casadi.vertcat(*parts)


def logsumexp(x: Any, axis: int | None = None) -> Any:
    if axis is not None:
        raise CannotDo("logsumexp of a whole vector only")
    return casadi.logsumexp(x)


NAMES = {"np": Names(), "logsumexp": logsumexp}
OWN = {"quadratic_form": lambda x, A: casadi.bilin(A, x, x)}  # where a vector that is a column needs other words


def _places(wrt: Any, args: tuple[Any, ...]) -> list[Any]:
    return [args[k] for k in (wrt if isinstance(wrt, tuple) else (wrt,))]


def _value_and_grad(f: Function, wrt: Any) -> Function:
    def call(*args: Any) -> Any:
        y = f(*args)
        return y, [casadi.gradient(y, x) for x in _places(wrt, args)]

    return call


def _jacobian(f: Function, wrt: Any = 0) -> Function:
    return lambda *args: [casadi.jacobian(f(*args), x) for x in _places(wrt, args)]


def _hessian(f: Function, wrt: Any) -> Function:
    if isinstance(wrt, tuple):
        raise CannotDo("Hessians by one argument only")

    def call(*args: Any) -> Any:
        if not args[wrt].is_column():
            raise CannotDo("Hessians by a vector only")
        return casadi.hessian(f(*args), args[wrt])[0]

    return call


def _ones_direction(f: Function, wrt: int) -> Function:
    def call(*args: Any) -> Any:
        gradient = casadi.gradient(f(*args), args[wrt])
        return casadi.jtimes(gradient, args[wrt], casadi.DM.ones(*args[wrt].shape))

    return call


TRANSFORMS = Transforms(
    numpy=NAMES["np"],
    compiled=lambda f: f,
    value_and_grad=_value_and_grad,
    jacobian=_jacobian,
    hessian=_hessian,
    structured_hessian=_hessian,
    vmap=refusing("cannot gather by index"),
    ones_direction=_ones_direction,
)


def prepare(row: Row, inputs: tuple[Any, ...]) -> Prepared:
    if row.dtype != "float64":
        raise CannotDo("float64 only")
    if any(np.ndim(x) > 2 for x in inputs):
        raise CannotDo("arrays of two axes only")
    try:
        return _buffered(_function(row, inputs), inputs)
    except (ArithmeticError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        raise CannotDo(f"its matrices cannot say this ({type(error).__name__})") from error


def _function(row: Row, inputs: tuple[Any, ...]) -> Any:
    problem = row.problem
    f = OWN.get(problem.function.__name__) or rebound(problem.function, NAMES)
    symbols = [casadi.MX.sym(f"x{k}", *_extent(x)) for k, x in enumerate(inputs)]
    outputs = _flat(problem.derivative(TRANSFORMS, f, problem.wrt)(*symbols))
    made = casadi.Function("f", symbols, [casadi.densify(y) for y in outputs])
    if sum(np.size(x) for x in inputs) > FEW:
        return made
    try:
        return made.expand()
    except RuntimeError:  # some functions are of matrices only
        return made


def _extent(x: Any) -> tuple[int, int]:
    shape = np.shape(x)
    return (*shape, 1, 1)[0:2] if shape else (1, 1)


def _flat(result: Any) -> Iterator[Any]:
    if isinstance(result, (tuple, list)):
        for part in result:
            yield from _flat(part)
    else:
        yield result


def _buffered(f: Any, inputs: tuple[Any, ...]) -> Prepared:
    """A call that reads and writes arrays in place. CasADi's order is by columns: what is written is transposed."""
    buffer, trigger = f.buffer()
    read = [np.asarray(x, dtype=np.float64).ravel(order="F") for x in inputs]
    written = [np.zeros(f.size_out(k)[::-1]) for k in range(f.n_out())]
    for k, x in enumerate(read):
        buffer.set_arg(k, memoryview(x))
    for k, y in enumerate(written):
        buffer.set_res(k, memoryview(y))
    results = [y.T for y in written]

    def call() -> list[np.ndarray]:
        trigger()
        return results

    return Prepared(call, (), keep=(read, buffer))
