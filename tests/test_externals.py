"""Routines outside a kernel, found by name: called here through ctypes, and compared with what Python calls."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import warnings

import numpy as np
import pytest
import scipy.linalg
import scipy.special as sp

from steepest.engines.native.externals import address, ufunc_name
from steepest.engines.native.ufunc_loops import loop

ARGUMENTS = [ctypes.c_void_p] * 4
POISON = -77.25


def call_loop(name: str, types: str, *operands: np.ndarray, keeps_lock: bool = False) -> list[np.ndarray]:
    """The results of a ufunc's loop on vectors of one length."""
    prototype = ctypes.PYFUNCTYPE if keeps_lock else ctypes.CFUNCTYPE
    function = prototype(None, *ARGUMENTS)(address(f"ufunc:{name}:{types}"))
    size = len(operands[0])
    results = [np.full(size, POISON, code) for code in types.partition("->")[2]]
    arrays = [*(np.asarray(a, code) for a, code in zip(operands, types, strict=False)), *results]
    pointers = (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))
    strides = (ctypes.c_ssize_t * len(arrays))(*(a.itemsize for a in arrays))
    function(pointers, (ctypes.c_ssize_t * 1)(size), strides, address(f"ufuncdata:{name}:{types}"))
    return results


def test_blas() -> None:
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), np.full((4, 5), POISON)
    integers = {n: ctypes.c_int(n) for n in (3, 4, 5)}
    one, zero = ctypes.c_double(1), ctypes.c_double(0)
    dgemm = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 13)(address("blas:dgemm"))

    def by_reference(x: object) -> int:
        return ctypes.addressof(x)  # type: ignore[arg-type]

    transposition = ctypes.create_string_buffer(b"N")
    m, n, k = (by_reference(integers[size]) for size in (5, 4, 3))
    dgemm(
        by_reference(transposition), by_reference(transposition), m, n, k, by_reference(one), b.ctypes.data, m,
        a.ctypes.data, k, by_reference(zero), c.ctypes.data, m,
    )  # fmt: skip
    np.testing.assert_allclose(c, a @ b, rtol=1e-14)


def test_lapack() -> None:
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 4))
    a = root @ root.T + np.eye(4)
    factor, size, info = a.copy(), ctypes.c_int(4), ctypes.c_int(-1)
    dpotrf = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(address("lapack:dpotrf"))
    upper = ctypes.create_string_buffer(b"U")  # of the transpose: the lower triangle of rows
    dpotrf(
        ctypes.addressof(upper), ctypes.addressof(size), factor.ctypes.data, ctypes.addressof(size),
        ctypes.addressof(info),
    )  # fmt: skip
    assert info.value == 0
    np.testing.assert_allclose(np.tril(factor), scipy.linalg.cholesky(a, lower=True), rtol=1e-13)


@pytest.mark.parametrize("keeps_lock", [False, True])
@pytest.mark.parametrize("code", "df")
@pytest.mark.parametrize("name", ["gamma", "psi", "erfcx", "ndtri", "i0e", "ellipk", "expit"])
def test_a_loop_of_one_operand(name: str, code: str, keeps_lock: bool) -> None:
    x = np.array([0.25, 0.5, 0.75, 0.0, -0.5, np.nan, np.inf, 1.0], code)
    (found,) = call_loop(f"scipy.special.{name}", f"{code}->{code}", x, keeps_lock=keeps_lock)
    np.testing.assert_array_equal(found, getattr(sp, name)(x))


def test_loops_of_several_operands_and_results() -> None:
    x, orders = np.linspace(0.1, 4, 7), np.arange(7)
    np.testing.assert_array_equal(call_loop("scipy.special.jv", "dd->d", orders, x)[0], sp.jv(orders, x))
    np.testing.assert_array_equal(
        call_loop("scipy.special.eval_legendre", "ld->d", orders, x)[0], sp.eval_legendre(orders, x)
    )
    for found, expected in zip(call_loop("scipy.special.airy", "d->dddd", x), sp.airy(x), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_loop_steps_as_told() -> None:
    """Stride 0 repeats an operand; another stride leaves out what lies between."""
    function = ctypes.CFUNCTYPE(None, *ARGUMENTS)(address("ufunc:scipy.special.xlogy:dd->d"))
    x, y, result = np.array([2.0]), np.arange(1.0, 9.0), np.full(8, POISON)
    pointers = (ctypes.c_void_p * 3)(x.ctypes.data, y.ctypes.data, result.ctypes.data)
    strides = (ctypes.c_ssize_t * 3)(0, 16, 16)
    function(pointers, (ctypes.c_ssize_t * 1)(4), strides, address("ufuncdata:scipy.special.xlogy:dd->d"))
    np.testing.assert_array_equal(result[::2], sp.xlogy(2.0, y[::2]))
    np.testing.assert_array_equal(result[1::2], POISON)


@pytest.mark.parametrize(
    "name",
    [
        "dgemm", "blas:", "blas:dgem", "lapack:dgemm", "ufunc:scipy.special.jv", "ufunc:scipy.special.jv:d->d",
        "ufunc:scipy.special.nothing:d->d", "ufunc:scipy.special.zeta:dd->d", "ufunc:os.system:d->d", "ufunc::",
        "ufuncdata:numpy.pi:d->d", "product:half:8", "product:double:x", "product:", "",
    ],
)  # fmt: skip
def test_an_unknown_name_is_an_error(name: str) -> None:
    with pytest.raises(LookupError):
        address(name)


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(LookupError, match="dd->d"):
        address("ufunc:scipy.special.jv:d->d")


def test_names_hold_in_another_process() -> None:
    names = ["blas:dgemm", "product:double:4", "ufunc:scipy.special.psi:d->d", "ufuncdata:scipy.special.psi:d->d"]
    code = f"from steepest.engines.native.externals import address; print(all(map(address, {names})))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"


@pytest.mark.parametrize("name", [n for n in dir(sp) if isinstance(getattr(sp, n), np.ufunc)])
def test_every_ufunc_is_laid_out_as_known(name: str) -> None:
    function = getattr(sp, name)
    assert ufunc_name(function) is not None
    for types in function.types:
        assert loop(function, types).address


def test_a_ufunc_made_by_the_user_has_no_name() -> None:
    assert ufunc_name(np.frompyfunc(lambda x: x, 1, 1)) is None


def test_special_errors_as_asked() -> None:
    """What `scipy.special.errstate` asks for happens: the loop takes the lock for it, and leaves an exception set."""
    x = np.array([0.0])
    with sp.errstate(all="raise"), pytest.raises(sp.SpecialFunctionError):
        call_loop("scipy.special.psi", "d->d", x, keeps_lock=True)
    with sp.errstate(all="warn"), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        call_loop("scipy.special.psi", "d->d", x)
    assert told
