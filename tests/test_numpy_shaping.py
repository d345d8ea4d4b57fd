"""Changes of shape, joins, moves, diagonals, look-ups and creation: values and derivatives as NumPy has them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differentiation import check_function, evaluate, python_engine

from steepest.errors import CaptureError, SteepestError
from steepest.frontends.tracing.capture import Capture, Input, capture

RNG = np.random.default_rng(20_260_102)
S = RNG.normal()
V, W = RNG.normal(size=4), RNG.normal(size=5)
A, B, C = RNG.normal(size=(3, 4)), RNG.normal(size=(2, 4)), RNG.normal(size=(3, 2))
SQUARE = RNG.normal(size=(3, 3))
T = RNG.normal(size=(2, 3, 4))
Z = RNG.normal(size=(2, 3)) + 1j * RNG.normal(size=(2, 3))
ONE = RNG.normal(size=(1, 3, 1))

Case = tuple[Callable[..., Any], tuple[Any, ...]]

SHAPES: dict[str, Case] = {
    "reshape": (lambda x: np.reshape(x, (2, 6)), (A,)),
    "reshape free": (lambda x: x.reshape(-1, 2), (A,)),
    "reshape flat": (lambda x: x.reshape(-1), (A,)),
    "reshape to three axes": (lambda x: x.reshape(2, 3, 2), (A,)),
    "reshape with ones": (lambda x: np.reshape(x, (1, 6, 1, 2)), (A,)),
    "reshape column-major": (lambda x: np.reshape(x, (2, 6), order="F"), (A,)),
    "reshape scalar": (lambda x: np.reshape(x, (1, 1)), (S,)),
    "reshape to scalar": (lambda x: np.reshape(x[:1], ()), (V,)),
    "reshape constant rows": (lambda x: np.broadcast_to(x, (3, 4)).reshape(6, 2), (V,)),
    "ravel": (lambda x: np.ravel(x), (T,)),
    "ravel column-major": (lambda x: x.ravel(order="F"), (T,)),
    "flatten": (lambda x: x.flatten(), (A,)),
    "transpose": (lambda x: np.transpose(x), (T,)),
    "transpose axes": (lambda x: x.transpose(1, -1, 0), (T,)),
    "T": (lambda x: x.T, (A,)),
    "moveaxis": (lambda x: np.moveaxis(x, 0, -1), (T,)),
    "moveaxis several": (lambda x: np.moveaxis(x, [0, 1], [-1, -2]), (T,)),
    "swapaxes": (lambda x: x.swapaxes(0, -1), (T,)),
    "rollaxis": (lambda x: np.rollaxis(x, 2), (T,)),
    "rollaxis start": (lambda x: np.rollaxis(x, 0, 3), (T,)),
    "expand_dims": (lambda x: np.expand_dims(x, -1), (A,)),
    "expand_dims several": (lambda x: np.expand_dims(x, (0, 2)), (A,)),
    "squeeze": (lambda x: np.squeeze(x), (ONE,)),
    "squeeze one": (lambda x: x.squeeze(axis=-1), (ONE,)),
    "squeeze several": (lambda x: np.squeeze(x, axis=(0, 2)), (ONE,)),
    "atleast_1d": (lambda x: np.atleast_1d(x), (S,)),
    "atleast_2d": (lambda x: np.atleast_2d(x), (V,)),
    "atleast_3d": (lambda x, y: np.atleast_3d(x, y), (V, A)),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 3, 4)), (A,)),
    "broadcast_to from ones": (lambda x: np.broadcast_to(x, (2, 3, 4)), (ONE,)),
    "broadcast_arrays": (lambda x, y: np.broadcast_arrays(x, y), (V, C[:, :1])),
    "meshgrid": (lambda x, y: np.meshgrid(x, y), (V, W)),
    "meshgrid ij sparse": (lambda x, y, z: np.meshgrid(x, y, z, indexing="ij", sparse=True), (V, W, S)),
    "copy": (lambda x: x.copy() + np.copy(x), (V,)),
    "astype": (lambda x: x.astype(float) * 2, (V,)),
    "astype of entry": (lambda x: x[0].astype(np.float64), (V,)),
    "shape and size": (lambda x: x * np.shape(x)[1] + np.ndim(x) + np.size(x) + np.size(x, 0), (A,)),
}
JOINS: dict[str, Case] = {
    "concatenate": (lambda x, y: np.concatenate([x, y]), (A, B)),
    "concatenate axis": (lambda x, y: np.concatenate((x, y, x), axis=-1), (A, C)),
    "concatenate flat": (lambda x, y: np.concatenate([x, y], axis=None), (A, W)),
    "concatenate with plain": (lambda x: np.concatenate([[1.0, 2.0], x, np.zeros(2)]), (V,)),
    "concatenate with nothing": (lambda x: np.concatenate([x, np.zeros((0, 4))]), (A,)),
    "stack": (lambda x, y: np.stack([x, y, 2 * x]), (V, V[::-1].copy())),
    "stack axis": (lambda x, y: np.stack([x, y], axis=-1), (A, A**2)),
    "stack scalars": (lambda x, y: np.stack([x, y, x * y]), (S, 2 * S)),
    "stack rows": (lambda x: np.stack(x, axis=1), (A,)),
    "vstack": (lambda x, y: np.vstack([x, y]), (A, V)),
    "hstack vectors": (lambda x, y: np.hstack([x, y, 1.0]), (V, W)),
    "hstack": (lambda x, y: np.hstack([x, y]), (A, C)),
    "dstack": (lambda x, y: np.dstack([x, y]), (V, V**2)),
    "column_stack": (lambda x, y: np.column_stack([x, y]), (V, A.T.copy())),
    "block": (lambda x, y: np.block([[x, y], [np.zeros((1, 4)), np.ones((1, 2))]]), (A, C)),
    "block of scalars": (lambda x, y: np.block([[x, 0.0], [1.0, y]]), (S, 2 * S)),
    "append": (lambda x, y: np.append(x, y), (A, S)),
    "append axis": (lambda x, y: np.append(x, y, axis=1), (A, C)),
    "split": (lambda x: np.split(x, 2), (V,)),
    "split places": (lambda x: np.split(x, [1, 3], axis=1), (A,)),
    "array_split": (lambda x: np.array_split(x, 3), (W,)),
    "hsplit": (lambda x: np.hsplit(x, 2), (A,)),
    "hsplit vector": (lambda x: np.hsplit(x, 2), (V,)),
    "vsplit": (lambda x: np.vsplit(x, [1]), (A,)),
    "dsplit": (lambda x: np.dsplit(x, 2), (T,)),
    "unstack": (lambda x: np.unstack(x, axis=1), (A,)),
    "tile": (lambda x: np.tile(x, 3), (V,)),
    "tile more axes": (lambda x: np.tile(x, (2, 3)), (V,)),
    "tile fewer axes": (lambda x: np.tile(x, 2), (A,)),
    "tile three": (lambda x: np.tile(x, (2, 1, 3)), (A,)),
    "repeat": (lambda x: np.repeat(x, 2), (A,)),
    "repeat axis": (lambda x: x.repeat(3, axis=0), (A,)),
    "repeat counts": (lambda x: np.repeat(x, [2, 0, 1], axis=0), (A,)),
    "resize": (lambda x: np.resize(x, (3, 3)), (V,)),
    "resize smaller": (lambda x: np.resize(x, 5), (A,)),
    "delete": (lambda x: np.delete(x, 1), (V,)),
    "delete slice": (lambda x: np.delete(x, slice(None, None, 2), axis=1), (A,)),
    "delete places": (lambda x: np.delete(x, [0, -1], axis=0), (A,)),
    "delete mask": (lambda x: np.delete(x, np.array([True, False, True, False])), (V,)),
    "insert": (lambda x, y: np.insert(x, 2, y), (V, S)),
    "insert rows": (lambda x, y: np.insert(x, [0, 2], y, axis=0), (A, B)),
    "insert column": (lambda x, y: np.insert(x, 1, y, axis=1), (A, C[:, 0].copy())),
    "insert constants": (lambda x: np.insert(x, [1, 1], [7.0, 8.0]), (V,)),
    "r_": (lambda x, y: np.r_[x, 0.0, y, 1:3], (V, S)),
    "r_ directive": (lambda x, y: np.r_["-1,2", x, y], (A, C)),
    "c_": (lambda x, y: np.c_[x, y, np.ones(4)], (V, V**2)),
    "c_ of columns": (lambda x, y: np.c_[x, y], (A, C)),
}
MOVES: dict[str, Case] = {
    "roll": (lambda x: np.roll(x, 1), (V,)),
    "roll back": (lambda x: np.roll(x, -2, axis=1), (A,)),
    "roll flat": (lambda x: np.roll(x, 5), (A,)),
    "roll both": (lambda x: np.roll(x, (1, 2), axis=(0, 1)), (A,)),
    "roll twice one axis": (lambda x: np.roll(x, (1, 2), axis=(1, 1)), (A,)),
    "roll far": (lambda x: np.roll(x, 11), (V,)),
    "flip": (lambda x: np.flip(x), (A,)),
    "flip axis": (lambda x: np.flip(x, -1), (A,)),
    "fliplr": (lambda x: np.fliplr(x), (A,)),
    "flipud": (lambda x: np.flipud(x), (A,)),
    **{f"rot90 {k}": (lambda x, k=k: np.rot90(x, k), (A,)) for k in range(-1, 4)},
    "rot90 axes": (lambda x: np.rot90(x, 1, axes=(2, 0)), (T,)),
    "pad": (lambda x: np.pad(x, 2), (V,)),
    "pad value": (lambda x: np.pad(x, ((1, 0), (2, 3)), constant_values=5.0), (A,)),
    "pad values": (lambda x: np.pad(x, 1, constant_values=((1, 2), (3, 4))), (A,)),
    "pad not a number": (lambda x: np.nan_to_num(np.pad(x, 1, constant_values=np.nan)), (V,)),
    "pad edge": (lambda x: np.pad(x, (3, 2), mode="edge"), (V,)),
    "pad wrap": (lambda x: np.pad(x, (3, 2), mode="wrap"), (V,)),
    "pad symmetric": (lambda x: np.pad(x, (3, 2), mode="symmetric"), (V,)),
    "pad reflect": (lambda x: np.pad(x, ((1, 2), (3, 0)), mode="reflect"), (A,)),
    "pad dict": (lambda x: np.pad(x, {-1: (1, 2)}), (A,)),
}
DIAGONALS: dict[str, Case] = {
    "diag of vector": (lambda x: np.diag(x), (V,)),
    "diag above": (lambda x: np.diag(x, 2), (V,)),
    "diag below": (lambda x: np.diag(x, -1), (V,)),
    **{f"diag {k} of matrix": (lambda x, k=k: np.diag(x, k), (A,)) for k in (-2, -1, 0, 1, 3)},
    "diagflat": (lambda x: np.diagflat(x, 1), (C,)),
    "diagonal": (lambda x: np.diagonal(x), (SQUARE,)),
    "diagonal of three axes": (lambda x: x.diagonal(1, 0, 2), (T,)),
    "diagonal of last axes": (lambda x: np.diagonal(x, axis1=-2, axis2=-1), (T,)),
    "trace": (lambda x: np.trace(x), (SQUARE,)),
    "trace offset": (lambda x: x.trace(offset=1), (A,)),
    "trace axes": (lambda x: np.trace(x, axis1=1, axis2=2), (T,)),
    "triu": (lambda x: np.triu(x), (A,)),
    "triu above": (lambda x: np.triu(x, 1), (T,)),
    "tril": (lambda x: np.tril(x, -1), (A,)),
    "tril of vector": (lambda x: np.tril(x), (V,)),
    "kron": (lambda x, y: np.kron(x, y), (A, C)),
    "kron of vectors": (lambda x, y: np.kron(x, y), (V, W)),
    "kron of different ranks": (lambda x, y: np.kron(x, y), (V, C)),
}
LOOKUPS: dict[str, Case] = {
    "take": (lambda x: np.take(x, [0, 2, 2, -1]), (A,)),
    "take axis": (lambda x: x.take([[1, 0], [2, 2]], axis=1), (T,)),
    "take one": (lambda x: np.take(x, -2, axis=0), (A,)),
    "take wrapped": (lambda x: np.take(x, [5, -7], mode="wrap"), (V,)),
    "take clipped": (lambda x: np.take(x, [5, -7], mode="clip"), (V,)),
    "take at argsort": (lambda x, y: np.take(y, np.argsort(x)), (V, V**2)),
    "take at computed places": (lambda x, y: np.take(y, np.argmax(x) - 3), (V, W)),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.array([[0, 0], [3, 1], [2, -1]]), axis=1), (A,)),
    "take_along_axis broadcast": (lambda x: np.take_along_axis(x, np.array([[2, 0]]), axis=-1), (A,)),
    "take_along_axis first": (lambda x: np.take_along_axis(x, np.array([[2, 0, 1, 1]]), axis=0), (A,)),
    "take_along_axis of argsort": (lambda x: np.take_along_axis(x, np.argsort(x, axis=0), axis=0), (A,)),
    "choose": (lambda x, y: np.choose([0, 1, 1, 0], [x, y]), (V, S)),
    "choose by sign": (lambda x, y: np.choose((x > 0).astype(int), [x, y]), (V, V**2)),
    "compress": (lambda x: np.compress([True, False, True], x, axis=0), (A,)),
    "compress traced": (lambda x: np.compress(x > 0, x), (V,)),
    "extract": (lambda x: np.extract(x > 0, x**2), (A,)),
    "select": (lambda x: np.select([x > 0.5, x > -0.5], [x**2, np.sin(x)], default=-1.0), (A,)),
    "select plain": (lambda x: np.select([x > 0, x > -9], [x, 0.0]), (A,)),
    "piecewise": (lambda x: np.piecewise(x, [x < 0, x > 0.5], [lambda t: t**2, np.sin, 3.0]), (A,)),
    "piecewise root": (lambda x: np.piecewise(x, [x < 0, x >= 0], [0.0, lambda t: np.sqrt(t)]), (A,)),
    "where nonzero": (lambda x: x[np.nonzero(x > 0)] * np.flatnonzero(x > 0), (V,)),
    "argwhere": (lambda x: x[tuple(np.argwhere(x > 0.2).T)], (A,)),
    "searchsorted": (lambda x: x * np.searchsorted([-1.0, 0.0, 1.0], x), (A,)),
    "searchsorted traced": (lambda a, x: np.sin(np.searchsorted(np.sort(a), x, side="right")) + x, (W, V)),
    "digitize": (lambda x: x * np.digitize(x, [-0.5, 0.1, 0.7]), (A,)),
    "digitize falling": (lambda x: x * np.digitize(x, [0.7, 0.1, -0.5], right=True), (A,)),
    "isin": (lambda x: x * np.isin(np.rint(x), [0.0, 1.0]), (A,)),
    "diff": (lambda x: np.diff(x), (A,)),
    "diff twice": (lambda x: np.diff(x, 2, axis=0), (A,)),
    "diff with ends": (lambda x, y: np.diff(x, prepend=y, append=[1.0, 2.0]), (V, S)),
    "diff to nothing": (lambda x: np.diff(x, 5), (V,)),
    "ediff1d": (lambda x, y: np.ediff1d(x, to_begin=y, to_end=[1.0, 2.0]), (V, S)),
    "cross": (lambda x, y: np.cross(x, y), (SQUARE[0], SQUARE[1])),
    "cross rows": (lambda x, y: np.cross(x, y), (SQUARE, SQUARE[1] + 1)),
    "cross axes": (lambda x, y: np.cross(x, y, axisa=0, axisc=0), (A, np.ascontiguousarray(A.T[:, [1, 0, 2]]))),
    "unwrap": (lambda x: np.unwrap(4 * np.cumsum(x)), (W,)),
    "unwrap period": (lambda x: np.unwrap(3 * x, period=2.0, axis=0), (A,)),
    "array_equal": (lambda x: x if np.array_equal(x, x) else -x, (V,)),
    "array_equal shapes": (lambda x: x if np.array_equal(x, x[:2]) else -x, (V,)),
    "allclose": (lambda x: x if np.allclose(x, x + 1e-12) else -x, (V,)),
}
CREATIONS: dict[str, Case] = {
    "array": (lambda x, y: np.array([x, 1.0, y**2]), (S, 2 * S)),
    "array nested": (lambda x, y: np.array([[x, 0], [np.sin(y), x * y]]), (S, 2 * S)),
    "array of rows": (lambda x, y: np.array([x, y, x + y]), (V, V**2)),
    "array ndmin": (lambda x: np.array([x], ndmin=3), (S,)),
    "array of array": (lambda x: np.array(x) + np.asarray(x), (V,)),
    "ascontiguousarray": (lambda x: np.ascontiguousarray(x), (S,)),
    "zeros_like": (lambda x: np.zeros_like(x) + x, (A,)),
    "ones_like": (lambda x: x * np.ones_like(x, shape=(2, 3, 4)), (A,)),
    "full_like": (lambda x, y: x + np.full_like(x, y), (A, S)),
    "full": (lambda x: np.full((2, 3), x), (S,)),
    "full rows": (lambda x: np.full((3, 4), x), (V,)),
    "eye": (lambda x: np.eye(3) * x[:, :3] + np.eye(3, 3), (A,)),
    "eye rectangle": (lambda x: np.eye(3, 4) * x + np.eye(3, 4, -1), (A,)),
    "identity": (lambda x: x - 2 * np.identity(3), (SQUARE,)),
    "linspace": (lambda x, y: np.linspace(x, y, 5), (S, 2.0)),
    "linspace of arrays": (lambda x, y: np.linspace(x, y, 3, axis=1, endpoint=False), (A, 2.0)),
    "linspace step": (lambda x: np.linspace(0, x, 4, retstep=True), (S,)),
    "linspace of one": (lambda x: np.linspace(x, 1.0, 1), (S,)),
    "logspace": (lambda x: np.logspace(x, 2.0, 4), (S,)),
    "logspace base": (lambda x, y: np.logspace(0, x, 4, base=y), (S, 3.0)),
    "geomspace": (lambda x, y: np.geomspace(x, y, 4), (0.5, 8.0)),
    "geomspace negative": (lambda x: np.geomspace(-1.0, x, 3), (-5.0,)),
    "arange": (lambda x: np.arange(x, 3.0, 0.7), (0.25,)),
    "arange step": (lambda x: np.arange(0, 4, x), (0.9,)),
}
EVERY = {**SHAPES, **JOINS, **MOVES, **DIAGONALS, **LOOKUPS, **CREATIONS}


@pytest.mark.parametrize(("f", "args"), EVERY.values(), ids=EVERY)
def test_values_and_derivatives(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    check_function(f, *args, order=1)


NONLINEAR = {**LOOKUPS, **CREATIONS}


@pytest.mark.parametrize(("f", "args"), NONLINEAR.values(), ids=NONLINEAR)
def test_second_derivatives(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    def bent(*xs: Any) -> Any:
        result = f(*[x + x * x / 8 for x in xs])
        return [np.sum(y * y) for y in (result if isinstance(result, (tuple, list)) else [result])]

    check_function(bent, *args, order=2)


LINEAR = {name: case for table in (SHAPES, JOINS, MOVES, DIAGONALS) for name, case in table.items()}
LINEAR = {name: case for name, case in LINEAR.items() if len(case[1]) == 1 and name != "pad not a number"}


@pytest.mark.parametrize("dtype", [np.float32, np.complex128, np.bool_, np.int32])
@pytest.mark.parametrize(("f", "args"), LINEAR.values(), ids=LINEAR)
def test_element_types(f: Callable[..., Any], args: tuple[Any, ...], dtype: Any) -> None:
    """What moves entries about keeps their type."""
    (x,) = args
    x = np.asarray(x > 0 if dtype is np.bool_ else 4 * x).astype(dtype)
    x = x if x.ndim else x[()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        assert_replays(f, x)


def assert_replays(f: Callable[..., Any], *args: Any) -> Capture:
    """The expression has the values and the type of what `f` returns."""
    found = record(f, *args)
    results = f(*args)
    results = list(results) if isinstance(results, (tuple, list)) else [results]
    values = python_engine(found.outputs, dict(zip(found.variables, map(np.asarray, args), strict=True)))
    for y, value, expected in zip(found.outputs, values, results, strict=True):
        assert y.shape == np.shape(expected)
        assert y.dtype in (None, np.asarray(expected).dtype)
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-12)
    return found


def record(f: Callable[..., Any], *args: Any) -> Capture:
    return capture(f, [Input(f"x{k}", a) for k, a in enumerate(args)], lambda g, tracers: g(*tracers))


EMPTY: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda x: x.reshape(0, 2),
    "concatenate": lambda x: np.concatenate([x, x]),
    "stack": lambda x: np.stack([x, x]),
    "flip": lambda x: np.flip(x),
    "roll": lambda x: np.roll(x, 2),
    "pad": lambda x: np.pad(x, 1),
    "diag": lambda x: np.diag(x, 1),
    "tile": lambda x: np.tile(x, 3),
    "repeat": lambda x: np.repeat(x, 2),
    "diff": lambda x: np.diff(x),
    "take": lambda x: np.take(x, []),
    "slice": lambda x: x[1:],
    "kron": lambda x: np.kron(x, np.ones(2)),
    "resize": lambda x: np.resize(x, 3),
    "split": lambda x: np.array_split(x, 2),
}


@pytest.mark.parametrize("f", EMPTY.values(), ids=EMPTY)
@pytest.mark.parametrize("size", [0, 1])
def test_smallest_sizes(f: Callable[[Any], Any], size: int) -> None:
    if f is EMPTY["reshape"] and size:
        pytest.skip("one entry is not none")
    assert_replays(f, np.full(size, 1.5))


def test_nothing_leaks_through_what_is_cut_away() -> None:
    """NaN and infinity outside a triangle, or behind an unchosen case, do not spread."""
    bad = A.copy()
    bad[0, 3] = np.nan
    assert_replays(lambda x: np.tril(x), bad)
    assert_replays(lambda x: np.concatenate([x, x[::-1, 1:]], axis=1), bad)
    assert_replays(lambda x: np.roll(np.stack([x, np.ones((3, 4))]), 1, axis=1), bad)
    assert_replays(lambda x: np.pad(x, 1, constant_values=np.inf), bad)
    assert_replays(lambda x: np.select([x > 0, x <= 0], [x, -x], default=0.0), bad)
    assert_replays(lambda x: np.choose([[1, 1, 1, 0]], [np.ones((3, 4)), x]), bad)


def test_full_arrays_are_numbers() -> None:
    """A filled array costs no array: it is a number broadcast."""
    found = record(lambda x: x * np.ones(3)[1:] * np.full((2, 2), 3.0).reshape(4)[:2], V[:2])
    (x,) = found.variables
    assert found.outputs[0].args[1:] == (x,)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "order A": lambda x: np.reshape(x, (4, 3), order="A"),
    "pad mean": lambda x: np.pad(x, 1, mode="mean"),
    "pad odd": lambda x: np.pad(x, 1, mode="reflect", reflect_type="odd"),
}


@pytest.mark.parametrize("f", REFUSED.values(), ids=REFUSED)
def test_what_is_not_recorded_says_so(f: Callable[[Any], Any]) -> None:
    with pytest.raises(CaptureError):
        record(f, A)


WRONG: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda x: x.reshape(5, 2),
    "concatenate": lambda x: np.concatenate([x, np.ones((2, 2))]),
    "take outside": lambda x: np.take(x, 12),
    "squeeze": lambda x: np.squeeze(x, 0),
    "axis": lambda x: np.flip(x, 2),
}


@pytest.mark.parametrize("f", WRONG.values(), ids=WRONG)
def test_errors_are_numpys_own(f: Callable[[Any], Any]) -> None:
    with pytest.raises((ValueError, IndexError)) as expected:
        f(A)
    with pytest.raises((SteepestError, IndexError, ValueError)) as found:
        record(f, A)
    assert isinstance(expected.value, tuple(c for c in type(found.value).__mro__ if c in (ValueError, IndexError)))


def test_places_are_checked_when_the_function_runs() -> None:
    """A traced index that leaves the array at other inputs is an error there, not a zero."""
    found = record(lambda x, y: np.take(y, np.argmax(x) + 1), V * 0 + [1.0, 2.0, 0.0, 0.0], V)
    env = dict(zip(found.variables, (np.array([0.0, 0.0, 0.0, 1.0]), V), strict=True))
    with pytest.raises(IndexError, match="out of bounds"):
        evaluate(found.outputs, env)


def test_ranges_keep_their_length() -> None:
    found = record(lambda x: np.arange(0.0, x, 0.5), 1.7)
    assert len(found.guards) == 1
    assert math.isclose(found.guards[0].seen, 4.0)
