"""Who checks gradients: how the manual of each tool has a gradient derived by hand checked.

A library of automatic differentiation checks its own derivatives; a gradient derived by hand goes in as that of a
function of one's own (``torch.autograd.Function``, ``jax.custom_vjp``, ``autograd.extend.defvjp``). Beside each tool at
its defaults stands one whose steps and tolerances are set from the size of x, of the given gradient and of the type's
rounding, which a careful user can do.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from steepest import check

from .checked import Posed

TOLERANCE = 1e-4  # relative, of tools that are told the scale: below what is wrong, above what differences lose


@dataclass(frozen=True)
class Checker:
    """`prepare` makes of a question what is then timed: a call that answers whether the gradient is right."""

    title: str
    package: str
    prepare: Callable[[Posed], Callable[[], bool]]

    @property
    def is_installed(self) -> bool:
        """It is not imported to see: the others are measured in forks of this process, which should stay small."""
        return importlib.util.find_spec(self.package) is not None

    @property
    def version(self) -> str:
        return version(self.package)


def _ours(question: Posed) -> Callable[[], bool]:
    f, gradient = question.on(np, np.asarray)
    return lambda: bool(check(f, question.x, gradient=gradient))


def _ours_by_values(question: Posed) -> Callable[[], bool]:
    """A function that cannot be captured: what it is given leaves NumPy on the way."""
    f, gradient = question.on(np, np.asarray)
    return lambda: bool(check(lambda x: f(np.frombuffer(x.tobytes(), x.dtype)), question.x, gradient=gradient))


def _size(question: Posed) -> tuple[float, float, float]:
    """The size of x, of the given gradient, and the step that suits central differences in numbers of this type."""
    x = question.x
    largest = float(np.abs(x).max())
    step = float(np.finfo(x.dtype).eps) ** (1 / 3) * largest
    _, gradient = question.on(np, np.asarray)
    return largest, float(np.abs(gradient(x)).max()), step


def _scipy(question: Posed) -> Callable[[], bool]:
    """It answers with a distance; SciPy's example finds 3e-8 small, its own tests ask for 1e-5 or less."""
    f, gradient = question.on(np, np.asarray)
    check_grad = importlib.import_module("scipy.optimize").check_grad
    return lambda: bool(check_grad(f, gradient, question.x) < 1e-5)


def _scipy_told(question: Posed) -> Callable[[], bool]:
    f, gradient = question.on(np, np.asarray)
    check_grad = importlib.import_module("scipy.optimize").check_grad
    largest, slope, _ = _size(question)
    step = float(np.finfo(question.x.dtype).eps) ** 0.5 * largest  # of one-sided differences
    return lambda: bool(check_grad(f, gradient, question.x, epsilon=step) < TOLERANCE * slope)


def _torch_parts(question: Posed) -> tuple[Any, Any]:
    torch = importlib.import_module("torch")
    f, gradient = question.on(torch, torch.from_numpy)

    class Given(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(context: Any, x: Any) -> Any:
            context.save_for_backward(x)
            return f(x)

        @staticmethod
        def backward(context: Any, out: Any) -> Any:
            return out * gradient(*context.saved_tensors)

    return Given.apply, torch.from_numpy(question.x).requires_grad_()


def _torch_raises(question: Posed) -> Callable[[], object]:
    function, x = _torch_parts(question)
    gradcheck = importlib.import_module("torch.autograd").gradcheck
    return lambda: gradcheck(function, (x,))


def _torch(question: Posed) -> Callable[[], bool]:
    function, x = _torch_parts(question)
    gradcheck = importlib.import_module("torch.autograd").gradcheck
    return lambda: bool(gradcheck(function, (x,), raise_exception=False))


def _torch_told(question: Posed) -> Callable[[], bool]:
    function, x = _torch_parts(question)
    gradcheck = importlib.import_module("torch.autograd").gradcheck
    _, slope, step = _size(question)
    told = {"eps": step, "atol": TOLERANCE * slope, "rtol": TOLERANCE}
    return lambda: bool(gradcheck(function, (x,), raise_exception=False, **told))


@cache
def _jax() -> Any:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


def _jax_parts(question: Posed) -> tuple[Any, Any, Any]:
    jax = _jax()
    f, gradient = question.on(jax.numpy, jax.numpy.asarray)
    function = jax.custom_vjp(f)
    function.defvjp(lambda x: (f(x), x), lambda x, out: (out * gradient(x),))
    return function, jax.numpy.asarray(question.x), importlib.import_module("jax.test_util").check_grads


def _jax_raises(question: Posed) -> Callable[[], object]:
    function, x, check_grads = _jax_parts(question)
    return lambda: check_grads(function, (x,), order=1, modes=["rev"])


def _jax_default(question: Posed) -> Callable[[], bool]:
    call = _jax_raises(question)
    return lambda: _passes(call)


def _jax_told(question: Posed) -> Callable[[], bool]:
    function, x, check_grads = _jax_parts(question)
    _, slope, step = _size(question)
    told = {"eps": step, "atol": TOLERANCE * slope, "rtol": TOLERANCE}
    return lambda: _passes(lambda: check_grads(function, (x,), order=1, modes=["rev"], **told))


def _autograd_raises(question: Posed) -> Callable[[], object]:
    """Its tolerances are constants of the module, and are left alone."""
    extend = importlib.import_module("autograd.extend")
    f, gradient = question.on(importlib.import_module("autograd.numpy"), np.asarray)
    function = extend.primitive(f)
    extend.defvjp(function, lambda answer, x: lambda out: out * gradient(x))
    check_grads = importlib.import_module("autograd.test_util").check_grads
    return lambda: check_grads(function, modes=["rev"], order=1)(question.x)


def _autograd(question: Posed) -> Callable[[], bool]:
    call = _autograd_raises(question)
    return lambda: _passes(call)


def _ours_says(question: Posed) -> str:
    f, gradient = question.on(np, np.asarray)
    return str(check(f, question.x, gradient=gradient).diagnosis)


def _scipy_says(question: Posed) -> str:
    f, gradient = question.on(np, np.asarray)
    return f"{importlib.import_module('scipy.optimize').check_grad(f, gradient, question.x):.2g}"


def _raised(raises: Callable[[Posed], Callable[[], object]]) -> Callable[[Posed], str]:
    """What a tool says that raises."""

    def says(question: Posed) -> str:
        call = raises(question)
        try:
            call()
        except Exception as error:
            return str(error)
        return ""

    return says


def _passes(call: Callable[[], object]) -> bool:
    try:
        call()
    except AssertionError:
        return False
    return True


CHECKERS = (
    Checker("steepest.check", "steepest", _ours),
    Checker("steepest.check, values only", "steepest", _ours_by_values),
    Checker("torch.autograd.gradcheck", "torch", _torch),
    Checker("torch.autograd.gradcheck, told the scale", "torch", _torch_told),
    Checker("jax.test_util.check_grads", "jax", _jax_default),
    Checker("jax.test_util.check_grads, told the scale", "jax", _jax_told),
    Checker("scipy.optimize.check_grad, < 1e-5", "scipy", _scipy),
    Checker("scipy.optimize.check_grad, told the scale", "scipy", _scipy_told),
    Checker("autograd.test_util.check_grads", "autograd", _autograd),
)

WORDS: Mapping[str, Callable[[Posed], str]] = {  # of the same, at their defaults, about a wrong gradient
    "steepest.check": _ours_says,
    "torch.autograd.gradcheck": _raised(_torch_raises),
    "jax.test_util.check_grads": _raised(_jax_raises),
    "scipy.optimize.check_grad, < 1e-5": _scipy_says,
    "autograd.test_util.check_grads": _raised(_autograd_raises),
}
