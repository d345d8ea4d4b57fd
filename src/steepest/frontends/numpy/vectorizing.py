"""Functions that NumPy calls entry by entry: ``np.vectorize(f)``, ``frompyfunc``, ``fromiter``, ``ndenumerate``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.frontends.tracing.postponing import value_of
from steepest.frontends.tracing.tracer import Tracer, find_tracers

Convert = Callable[[Any], Any]
Make = Callable[..., Any]  # np.array as the trace knows it


def vectorized(item: np.vectorize, convert: Convert, make: Make) -> Callable[..., Any]:
    """``np.vectorize(f)`` as a loop over the entries, or over the rows or matrices that its signature names."""
    function = convert(item.pyfunc)

    def each(*args: Any, **kwargs: Any) -> Any:
        if next(find_tracers((args, kwargs)), None) is None:
            return item(*args, **kwargs)
        several = {k: a for k, a in [*enumerate(args), *kwargs.items()] if k not in item.excluded}
        ranks = _core_ranks(item.signature, len(several))
        operands = [make(a) if isinstance(a, (list, tuple)) else a for a in several.values()]
        blocks = [Blocks(a, n) for a, n in zip(operands, ranks, strict=True)]
        shape = np.broadcast_shapes(*(b.shape for b in blocks))
        results = []
        for place in np.ndindex(*shape):
            chosen = dict(zip(several, (b.at(place) for b in blocks), strict=True))
            named = {name: chosen.get(name, value) for name, value in kwargs.items()}
            results.append(function(*(chosen.get(k, a) for k, a in enumerate(args)), **named))
        if any(isinstance(r, tuple) for r in results):
            return tuple(_collected(list(column), shape, make) for column in zip(*results, strict=True))
        return _collected(results, shape, make)

    return each


@dataclass(frozen=True)
class Blocks:
    """An array as blocks of its last axes, as many as the function takes at once."""

    array: Any
    rank: int

    @property
    def shape(self) -> tuple[int, ...]:
        whole = tuple(map(int, np.shape(self.array)))
        return whole[: len(whole) - self.rank]

    def at(self, place: tuple[int, ...]) -> Any:
        """The block for a place in the shape that all operands are broadcast to."""
        own = place[len(place) - len(self.shape) :]
        index = tuple(i if n != 1 else 0 for i, n in zip(own, self.shape, strict=True))
        return self.array[index] if index else self.array


def _core_ranks(signature: str | None, count: int) -> list[int]:
    """How many axes the function takes of each operand: "(n),(m,n)->()" says 1, 2."""
    if signature is None:
        return [0] * count
    inputs, _, _ = signature.partition("->")
    return [len(re.findall(r"[^\s,]+", names)) for names in re.findall(r"\(([^)]*)\)", inputs)]


def _collected(results: list[Any], shape: tuple[int, ...], make: Make) -> Any:
    return np.reshape(make(results), (*shape, *np.shape(results[0]))) if shape else results[0]


def frompyfunc(convert: Convert, make: Make) -> Callable[..., Any]:
    """np.frompyfunc: as np.vectorize, for a fixed number of operands and results."""

    def made(func: Callable[..., Any], /, nin: int, nout: int, **settings: Any) -> Callable[..., Any]:
        plain = np.frompyfunc(func, nin, nout, **settings)
        each = vectorized(np.vectorize(func), convert, make)

        def called(*args: Any, **kwargs: Any) -> Any:
            traced = next(find_tracers((args, kwargs)), None) is not None
            return each(*args, **kwargs) if traced else plain(*args, **kwargs)

        return called

    return made


def fromiter(make: Make) -> Callable[..., Any]:
    def collected(items: Iterable[Any], dtype: Any, count: int = -1, **_: Any) -> Any:
        found = list(items)
        return make(found if count < 0 else found[:count], dtype=dtype)

    return collected


def enumerated(array: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """np.ndenumerate."""
    if not isinstance(array, Tracer):
        return iter(np.ndenumerate(array))
    return ((place, array[place]) for place in np.ndindex(*map(int, array.shape)))


def is_scalar(item: Any) -> bool:
    return np.isscalar(value_of(item))


def is_iterable(item: Any) -> bool:
    return np.iterable(value_of(item))
