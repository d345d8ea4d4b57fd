"""Arguments of user functions: nested containers flattened, each leaf an array that varies or a fixed setting."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree

from steepest.errors import ArgumentError
from steepest.frontends.numpy.tracer import Tracer

NAMESPACE = "steepest"
Argnums = int | str | Sequence[int | str]


@dataclass(frozen=True)
class Leaf:
    """One leaf of the arguments, as one call has it."""

    value: Any  # an array, NumPy scalar or tracer if it varies, else the setting itself
    varies: bool

    def key(self) -> Hashable:
        """What the captured expression depends on."""
        if self.varies:
            value = self.value.value if isinstance(self.value, Tracer) else self.value
            return (value.shape, value.dtype.char)
        try:
            hash(self.value)
        except TypeError:
            return (type(self.value), id(self.value))
        return (type(self.value), self.value)


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Leaves and structure; plain dataclasses are containers too."""
    leaves, spec = optree.tree_flatten(tree, none_is_leaf=True, namespace=NAMESPACE)
    unknown = {type(leaf) for leaf in leaves if dataclasses.is_dataclass(leaf) and not isinstance(leaf, type)}
    if unknown:
        for kind in unknown:
            _register_dataclass(kind)
        leaves, spec = optree.tree_flatten(tree, none_is_leaf=True, namespace=NAMESPACE)
    return leaves, spec


def unflatten(spec: Any, leaves: Sequence[Any]) -> Any:
    return optree.tree_unflatten(spec, leaves)


def _register_dataclass(kind: type) -> None:
    names = [f.name for f in dataclasses.fields(kind) if f.init]

    def take_apart(item: Any) -> tuple[list[Any], None, list[str]]:
        return [getattr(item, name) for name in names], None, names

    def put_together(_: Any, children: Any) -> Any:
        return kind(**dict(zip(names, children, strict=True)))

    optree.register_pytree_node(kind, take_apart, put_together, namespace=NAMESPACE)


def varying_leaf(value: Any, active: bool, name: str) -> Leaf:
    """Decide what a leaf is. `active` says that a derivative by it is asked for: it must be a number or array."""
    if isinstance(value, Tracer):
        return Leaf(value, varies=True)
    if isinstance(value, (bool, int)):
        if not active:
            return Leaf(value, varies=False)  # loop counts, exponents, switches: part of the function
        return Leaf(np.float64(value), varies=True)
    if isinstance(value, float) and not isinstance(value, np.generic):
        return Leaf(np.float64(value), varies=True)
    if isinstance(value, complex) and not isinstance(value, np.generic):
        return Leaf(np.complex128(value), varies=True)
    if isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "__array__"):
        return Leaf(_numeric(np.asarray(value), active, name), varies=True)
    if active:
        raise ArgumentError(f"{name} is {_described(value)}; a derivative needs a number or an array")
    return Leaf(value, varies=False)


def _numeric(array: np.ndarray, active: bool, name: str) -> Any:
    if array.dtype.kind not in "biufc":
        raise ArgumentError(f"{name} has elements of type {array.dtype}; numbers are needed")
    if active and array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.char in "eg":  # half and extended precision: computed in double
        array = array.astype(np.float64)
    return array if array.ndim else array[()]


def _described(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) < 40 else text[:37] + '...'} ({type(value).__name__})"


# --- names ------------------------------------------------------------------------------------------


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first `count` positional parameters."""
    names: list[str] = []
    try:
        for p in inspect.signature(function).parameters.values():
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
                names.append(p.name)
            elif p.kind is p.VAR_POSITIONAL:
                names.extend(f"{p.name}{k}" for k in range(count - len(names)))
    except (TypeError, ValueError):  # a builtin without a signature
        pass
    names.extend(f"x{k}" for k in range(len(names), count))
    return names[:count]


def leaf_names(paths: Sequence[tuple[Any, ...]], names: Sequence[str]) -> list[str]:
    """A readable, unique name for each leaf of ``(args, kwargs)``."""
    found: list[str] = []
    for path in paths:
        in_args, *rest = path
        head = str(rest.pop(0)) if in_args == 1 else names[rest.pop(0)]
        name = "_".join([head, *map(str, rest)])
        found.append(name if name not in found else f"{name}_{len(found)}")
    return found


def resolve_argnums(argnums: Argnums, function: Callable[..., Any], count: int) -> tuple[int, ...]:
    """Positions of the arguments to differentiate by."""
    wanted = (argnums,) if isinstance(argnums, (int, str)) else tuple(argnums)
    names = parameter_names(function, count)
    return tuple(_position(a, names, count, function) for a in wanted)


def _position(a: int | str, names: list[str], count: int, function: Any) -> int:
    title = getattr(function, "__name__", "the function")
    if isinstance(a, str):
        if a not in names:
            raise ArgumentError(f"{title} has no argument {a!r} in this call; it has {', '.join(names) or 'none'}")
        return names.index(a)
    if not isinstance(a, int) or isinstance(a, bool):
        raise ArgumentError(f"argnums must be an int, a parameter name or a tuple of them, got {a!r}")
    if not -count <= a < count:
        raise ArgumentError(f"argnums={a}, but {title} was called with {count} argument{'s' * (count != 1)}")
    return int(a) % count
