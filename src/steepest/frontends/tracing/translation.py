"""The table from NumPy callables to expressions.

A translation has the signature of the function it stands for. It is given expressions where the user passed
traced arrays (also inside lists and tuples) and everything else as it came, and returns an expression, or a
tuple of them. The example value is computed by NumPy itself, so a translation whose shape is wrong is found
the moment it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

Translation = Callable[..., Any]
TRANSLATIONS: dict[Any, Translation] = {}
WITH_VALUES: dict[Any, Translation] = {}  # translations that must see the traced arrays, to ask for their values


def translates(*functions: Any) -> Callable[[Translation], Translation]:
    """Enter a translation for these NumPy (or math, scipy) callables."""
    return _entering(TRANSLATIONS, functions)


def translates_with_values(*functions: Any) -> Callable[[Translation], Translation]:
    """As `translates`, for functions whose meaning depends on values; the rule is given the tracers."""
    return _entering(WITH_VALUES, functions)


def _entering(entries: dict[Any, Translation], functions: tuple[Any, ...]) -> Callable[[Translation], Translation]:
    def enter(rule: Translation) -> Translation:
        for f in functions:
            if f in TRANSLATIONS or f in WITH_VALUES:
                raise ValueError(f"{f!r} is translated twice")
            entries[f] = rule
        return rule

    return enter


LATER: dict[str, dict[str, Translation]] = {}  # by module and name: for modules that are slow to import


def translates_once_imported(module: str, *names: str) -> Callable[[Translation], Translation]:
    """As `translates`, for functions of a module that is not imported for their sake: whoever uses them has it."""

    def enter(rule: Translation) -> Translation:
        LATER.setdefault(module, {}).update(dict.fromkeys(names, rule))
        return rule

    return enter


AFTERWARDS: dict[str, list[Callable[[Any], None]]] = {}  # by module: what is entered for it, given the module


def once_imported(module: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Have this called with the module at the first trace after its import, to enter what it needs of the table."""

    def enter(rule: Callable[[Any], None]) -> Callable[[Any], None]:
        AFTERWARDS.setdefault(module, []).append(rule)
        return rule

    return enter


# What a traced function sees in place of objects of a library that have methods: by identity for those of a module,
# by kind for those made elsewhere.
OBJECTS: dict[int, Any] = {}
KINDS: dict[type, Callable[[Any], Any]] = {}


def stand_in(item: Any) -> Any:
    """What stands for a library's object or class in a trace, or None."""
    if id(item) in OBJECTS:
        return OBJECTS[id(item)]
    make = next((KINDS[kind] for kind in type(item).__mro__ if kind in KINDS), None)
    return None if make is None else make(item)


def enter_imported() -> None:
    """Enter the translations for modules that have been imported by now."""
    for module in [m for m in AFTERWARDS if m in sys.modules]:
        for enter in AFTERWARDS.pop(module, []):
            enter(sys.modules[module])
    for module in [m for m in LATER if m in sys.modules]:
        for name, rule in LATER.pop(module, {}).items():
            if hasattr(sys.modules[module], name):  # releases differ
                translates(getattr(sys.modules[module], name))(rule)


CHANGES: dict[Any, Callable[..., None]] = {}  # functions and names of methods that change their first argument


def changes(function: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Enter what stands for a function, or a method by its name, that changes an array in place."""

    def enter(rule: Callable[..., None]) -> Callable[..., None]:
        if function in CHANGES:
            raise ValueError(f"{function!r} is entered twice")
        CHANGES[function] = rule
        return rule

    return enter


def astype(a: Any, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True) -> Any:
    """The method ``x.astype``, of arrays and of NumPy's scalars."""
    return np.asarray(a).astype(dtype, order, casting, subok, copy)[()]


def flattened(a: Any, order: Any = "C") -> Any:
    """The method ``x.flatten``, which copies where `np.ravel` does not."""
    return np.array(a).flatten(order)


def copied(a: Any, order: Any = "C") -> Any:
    """The method ``x.copy``: in rows, where `np.copy` keeps the layout."""
    return a.copy(order) if isinstance(a, np.ndarray) else a


def without_overwriting(kwargs: dict[str, Any]) -> dict[str, Any]:
    """What an operand holds after SciPy may have overwritten it is nobody's business, but its value is still ours."""
    return {name: x for name, x in kwargs.items() if not name.startswith("overwrite_")}


def written(array: Any, key: Any, value: Any) -> Any:
    """A copy of `array` with ``array[key] = value``."""
    result = np.array(array)
    result[key] = value
    return result if result.ndim else result[()]


def written_at(array: Any, ufunc: np.ufunc, key: Any, *values: Any) -> Any:
    """A copy of `array` after ``ufunc.at(array, key, *values)``."""
    result = np.array(array)
    ufunc.at(result, key, *values)
    return result


# Methods of arrays, and the function each is. Those with another calling convention are written out in the tracer.
METHODS: dict[str, Callable[..., Any]] = {
    name: getattr(np, name)
    for name in (
        "all any argmax argmin argsort clip conj conjugate cumprod cumsum diagonal dot max mean min prod ravel"
        " repeat round searchsorted squeeze std sum swapaxes take trace var"
    ).split()
} | {
    "astype": astype, "flatten": flattened, "copy": copied, "nonzero": np.nonzero, "ptp": np.ptp,
    "argpartition": np.argpartition, "choose": np.choose,
}  # fmt: skip
