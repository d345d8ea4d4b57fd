"""Programs with classes of all kinds: objects that are called, that hold and that guard what is traced."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import enum
import functools
import math
import typing
from collections.abc import Iterator
from math import sqrt
from typing import Any

import numpy as np
import pytest
from programs import Programs, check_gradient

program = Programs()


class Layer:
    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, x: Any) -> Any:
        y = np.zeros(2)
        for i in range(2):
            y[i] = math.tanh(x[i] * self.weight)
        return y


class Network:
    def __init__(self) -> None:
        self.layers = [Layer(1.0), Layer(0.5)]
        self.by_name = {"last": Layer(2.0)}
        self.activation = lambda v: np.array([v[0], v[1] ** 2])

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return self.activation(self.by_name["last"](x))


network = Network()


@program
def callable_objects(x: Any) -> Any:
    return network(x[:2]).sum()


class Shape(abc.ABC):
    factor = 2.0

    def __init__(self, size: Any) -> None:
        self.size = size

    @abc.abstractmethod
    def area(self, x: Any) -> Any: ...

    def scaled(self, x: Any) -> Any:
        parts = np.empty(2)
        parts[0] = self.area(x)
        parts[1] = self.size
        return parts.sum() * self.factor


class Square(Shape):
    def __init__(self, size: Any) -> None:
        super().__init__(size * 2)

    def area(self, x: Any) -> Any:
        return np.array([x[0], self.size]).prod()

    def scaled(self, x: Any) -> Any:
        self.last = x
        return super().scaled(x) + self.doubled

    @property
    def doubled(self) -> Any:
        return np.array([self.size, 1.0]).sum()

    @functools.cached_property
    def once(self) -> Any:
        return np.array([self.size, 2.0]).prod()

    @staticmethod
    def twice(x: Any) -> Any:
        return np.array([x, x]).sum()

    @classmethod
    def of(cls, x: Any) -> Any:
        return cls(x).scaled(np.ones(2))

    def __add__(self, other: Square) -> Square:
        return Square(self.size + other.size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Square) and bool(self.size == other.size)

    __hash__ = None  # type: ignore[assignment]


square = Square(1.5)


@program
def inheritance(x: Any) -> Any:
    return square.scaled(x) + square.once


@program
def objects_made_inside(x: Any) -> Any:
    made = Square(x[0]).scaled(x) + Square.twice(x[1]) + Square.of(x[2]) + Square(x[3]).once
    return made + (Square(x[0]) + Square(x[1])).scaled(x)


class Dual:
    __slots__ = ("im", "re")

    def __init__(self, re: Any, im: Any) -> None:
        self.re, self.im = re, im

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.re * other.re, self.re * other.im + self.im * other.re)


TWO_THREE = Dual(2.0, 3.0)
OUT_OF_REACH = {Dual(5.0, 7.0)}


@program
def slotted_objects(x: Any) -> Any:
    product = TWO_THREE * Dual(x[0], 1.0) * Dual(x[1], x[2])
    (from_a_set,) = OUT_OF_REACH  # which is the original, of the original class
    return product.re + product.im + (from_a_set.re * x[3] if isinstance(from_a_set, Dual) else x[2])


@dataclasses.dataclass
class Point:
    a: Any
    b: Any

    def norm(self) -> Any:
        return sqrt(self.a**2 + self.b**2)


class Pair(typing.NamedTuple):
    a: Any
    b: Any

    def total(self) -> Any:
        return np.array([self.a, self.b]).sum()


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@program
def records(x: Any) -> Any:
    p = Pair(x[0], x[1])
    a, b = p
    colour = Colour.RED if x[0] > 0 else Colour.BLUE
    return Point(x[0], x[1]).norm() + a * b + p.total() + p._replace(a=x[2]).a + {Colour.RED: x[0] ** 2}[colour]


class Manager:
    def __enter__(self) -> Manager:
        return self

    def __exit__(self, *_: object) -> None: ...

    def value(self, x: Any) -> Any:
        return np.array([x, 1.0]).prod()


@contextlib.contextmanager
def twice(v: Any) -> Iterator[Any]:
    yield v * 2


@program
def context_managers(x: Any) -> Any:
    with np.errstate(all="ignore"), twice(x) as z, Manager() as manager:
        return (z**2).sum() + manager.value(x[0])


@pytest.mark.filterwarnings("ignore::steepest.SideEffectWarning")
@pytest.mark.parametrize("name", program)
def test_gradient(name: str) -> None:
    check_gradient(program[name])
