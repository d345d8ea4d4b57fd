"""How the arguments of a call are nested and its result is put together, as machine code is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeGuard

import numpy as np
import optree

from steepest.engines.native.entry.entrance import (
    Argument,
    ArrayArgument,
    Container,
    ContainerArgument,
    Fixed,
    FixedArgument,
    Made,
    Mapping,
    NumberArgument,
    Output,
    Result,
)
from steepest.engines.native.entry.entry import Unfit
from steepest.frontends.tracing.dependency import immutable
from steepest.frontends.trees import unflatten

from .plan import SETTINGS

# --- arguments --------------------------------------------------------------------------------------


def arguments_of(leaves: Sequence[Any], tree: optree.PyTreeSpec | None) -> tuple[Argument, ...]:
    """What is passed: these leaves, nested as the tree of all arguments says, or without containers.

    Raises:
        Unfit: for a container that machine code does not take apart.
    """
    if tree is None:
        return tuple(map(_leaf, leaves))
    rest = iter(leaves)
    return tuple(_argument(child, rest) for child in tree.children())


def _argument(tree: optree.PyTreeSpec, leaves: Iterator[Any]) -> Argument:
    if tree.is_leaf():
        return _leaf(next(leaves))
    kind, keys = tree.type, tuple(tree.entries())
    items = tuple(_argument(child, leaves) for child in tree.children())
    if kind in (tuple, list) or _is_named_tuple(kind):
        return ContainerArgument(kind, items)
    if kind is dict and all(type(key) in (str, int) for key in keys):
        order = tuple(unflatten(tree.one_level(), range(len(keys))))
        return ContainerArgument(dict, items, keys, order)
    if dataclasses.is_dataclass(kind):
        return ContainerArgument(kind, items, keys)
    raise Unfit(f"it takes a {'dict with keys of other types' if kind is dict else getattr(kind, '__name__', kind)}")


def _leaf(a: Any) -> Argument:
    if type(a) in SETTINGS:
        return FixedArgument(a)
    if type(a) is np.ndarray:
        return ArrayArgument(a.shape, a.dtype)
    return NumberArgument(np.asarray(a).dtype)


def _is_named_tuple(kind: Any) -> TypeGuard[type[tuple[Any, ...]]]:
    return isinstance(kind, type) and optree.is_namedtuple_class(kind)


# --- results ----------------------------------------------------------------------------------------


class _Placeholder:
    """Stands for an output of the program while a result is put together."""

    def __init__(self, k: int):
        self.k = k


def result_of(outputs: Sequence[Any], assemble: Callable[[list[Any]], Any]) -> Result:
    """How outputs become the result, found out by putting placeholders together in their stead.

    Raises:
        Unfit: where machine code cannot do the same.
    """
    placeholders = [_Placeholder(k) for k in range(len(outputs))]
    try:
        found = _described(assemble(list(placeholders)))
        again = _described(_made(found, placeholders))
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise Unfit(f"its result is put together from values ({error})") from None
    if again != found:  # a class may do anything with what it is made of
        raise Unfit("its result is of a class that changes what it is given")
    return found


def _described(item: Any) -> Result:
    kind = type(item)
    if kind is _Placeholder:
        return Output(item.k)
    if kind in (tuple, list):
        return Container(kind, tuple(map(_described, item)))
    if kind is dict and all(type(key) in (str, int) for key in item):
        return Mapping(tuple(item), tuple(map(_described, item.values())))
    if _is_named_tuple(kind):
        return Made(kind, Container(tuple, tuple(map(_described, item))))
    if dataclasses.is_dataclass(item):
        names = tuple(f.name for f in dataclasses.fields(item) if f.init)
        return Made(kind, Mapping(names, tuple(_described(getattr(item, name)) for name in names)))
    if immutable(item):
        return Fixed(item)
    raise Unfit(f"its result is a {kind.__name__}")


def _made(result: Result, outputs: Sequence[Any]) -> Any:
    """What machine code will make."""
    match result:
        case Output():
            return outputs[result.k]
        case Fixed():
            return result.value
        case Container():
            return result.kind([_made(item, outputs) for item in result.items])
        case Mapping():
            items = (_made(item, outputs) for item in result.items)
            return dict(zip(result.keys, items, strict=True))
        case Made():
            given = _made(result.of, outputs)
            return result.kind(**given) if isinstance(result.of, Mapping) else result.kind(*given)
