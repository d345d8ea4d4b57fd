"""Classes, methods, and objects of all kinds."""

from __future__ import annotations

import abc
import dataclasses
import enum
import functools
import types
import typing
from typing import Any

import numpy as np

from steepest.errors import CaptureError

from .suite import Family

FAMILY = Family("Classes and objects")


class Layer:
    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, x: Any) -> Any:
        y = np.zeros(2)
        for i in range(2):
            y[i] = np.tanh(x[i] * self.weight)
        return y


class Network:
    def __init__(self, *weights: float) -> None:
        self.layers = [Layer(w) for w in weights]

    def predict(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


network = Network(1.0, 0.5, 2.0)


@FAMILY
def methods(x: Any) -> Any:
    """Methods of objects made before: network.predict(x[:2])"""
    return network.predict(x[:2]).prod() + network.layers[0](x)[0]


@FAMILY
def objects_made_inside(x: Any) -> Any:
    """Objects with traced attributes: Layer(x[0])(x[1:])"""
    return Layer(x[0])(x[1:]).sum()


class Shape(abc.ABC):
    factor = 2.0

    def __init__(self, size: Any) -> None:
        self.size = size

    @abc.abstractmethod
    def area(self, x: Any) -> Any: ...

    def scaled(self, x: Any) -> Any:
        return np.array([self.area(x), self.size]).sum() * self.factor


class Square(Shape):
    def area(self, x: Any) -> Any:
        return x[0] * self.size**2

    def scaled(self, x: Any) -> Any:
        return super().scaled(x) + self.doubled

    @property
    def doubled(self) -> Any:
        return np.array([self.size, 1.0]).sum() * 2

    @functools.cached_property
    def once(self) -> Any:
        return np.array([self.size, 2.0]).prod()

    @staticmethod
    def twice(v: Any) -> Any:
        return np.array([v, v]).sum()

    @classmethod
    def of(cls, v: Any) -> Any:
        return cls(v)


@FAMILY
def inheritance(x: Any) -> Any:
    """Inheritance and abstract methods: super().scaled(x)"""
    return Square(1.5).scaled(x) * Square(x[1]).scaled(x)


inheritance.__doc__ = "Inheritance and abstract methods: Square(1.5).scaled(x)"


@FAMILY
def properties(x: Any) -> Any:
    """Properties: Square(x[0]).doubled * Square(x[1]).once"""
    return Square(x[0]).doubled * Square(x[1]).once


@FAMILY
def static_and_class_methods(x: Any) -> Any:
    """Static and class methods: Square.twice(x[0]) + Square.of(x[1]).scaled(x)"""
    return Square.twice(x[0]) + Square.of(x[1]).scaled(x)


@dataclasses.dataclass
class Point:
    a: Any
    b: Any = 2.0
    history: list[Any] = dataclasses.field(default_factory=list)

    def norm(self) -> Any:
        self.history.append(self.a)
        return np.sqrt(self.a**2 + self.b**2)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    a: Any
    b: Any


@FAMILY
def dataclass(x: Any) -> Any:
    """Dataclasses: Point(x[0], x[1]).norm()"""
    p = dataclasses.replace(Frozen(x[2], x[3]), a=x[0])
    return Point(x[0], x[1]).norm() + Point(x[2]).norm() * p.a * p.b + sum(dataclasses.astuple(Frozen(x[0], x[1])))


class Pair(typing.NamedTuple):
    a: Any
    b: Any

    def total(self) -> Any:
        return np.array([self.a, self.b]).sum()


@FAMILY
def named_tuples(x: Any) -> Any:
    """Named tuples: Pair(x[0], x[1]) … p.total()"""
    p = Pair(x[0], x[1])
    a, b = p
    return a * b + p.total() ** 2 + p._replace(a=x[2]).a


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@FAMILY
def enumerations(x: Any) -> Any:
    """Enumerations: {Colour.RED: x[0] ** 2, Colour.BLUE: x[1]}[colour]"""
    colour = Colour.RED if x[0] > 0 else Colour.BLUE
    return {Colour.RED: x[0] ** 2, Colour.BLUE: x[1]}[colour]


class Dual:
    __slots__ = ("im", "re")

    def __init__(self, re: Any, im: Any) -> None:
        self.re, self.im = re, im

    def __add__(self, other: Any) -> Dual:
        return Dual(self.re + other.re, self.im + other.im)

    def __mul__(self, other: Any) -> Dual:
        return Dual(self.re * other.re, self.re * other.im + self.im * other.re)

    def __rmul__(self, other: Any) -> Dual:
        return Dual(other * self.re, other * self.im)

    def __neg__(self) -> Dual:
        return -1.0 * self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dual) and bool(self.re == other.re)

    __hash__ = None  # type: ignore[assignment]


@FAMILY
def operator_methods(x: Any) -> Any:
    """Classes with operators: Dual(x[0], 1.0) * Dual(x[1], x[2])"""
    p = Dual(x[0], 1.0) * Dual(x[1], x[2]) + 2.0 * Dual(x[3], x[0]) + -Dual(x[0], x[1])
    return p.re * p.im if p != Dual(0.0, 0.0) else 0.0


class Vector:
    def __init__(self, items: Any) -> None:
        self.items = list(items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, k: Any) -> Any:
        return self.items[k]

    def __setitem__(self, k: Any, value: Any) -> None:
        self.items[k] = value

    def __contains__(self, value: Any) -> bool:
        return value in self.items

    def __matmul__(self, other: Any) -> Any:
        return sum(a * b for a, b in zip(self.items, other, strict=True))


@FAMILY
def container_methods(x: Any) -> Any:
    """Classes with brackets: v[0] = v[1] ** 2"""
    v = Vector(x)
    v[0] = v[1] ** 2
    return (v @ v) * len(v) + sum(v) + np.sum(np.array(v[1:]))


class Parameters:
    def __init__(self, **values: Any) -> None:
        self.__dict__["values"] = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["values"][name] = value


@FAMILY
def attributes_by_name(x: Any) -> Any:
    """Attributes found by name: Parameters(scale=x[0]).scale"""
    p = Parameters(scale=x[0], shift=2.0)
    p.shift = x[1] * p.shift
    return Parameters(scale=x[0]).scale * p.shift + p.scale * getattr(p, "missing", x[2])


@FAMILY
def simple_namespace(x: Any) -> Any:
    """Simple namespaces: types.SimpleNamespace(a=x[0], b=[x[1]])"""
    space = types.SimpleNamespace(a=x[0], b=[x[1]])
    space.a *= 2
    space.b.append(x[2])
    return space.a * sum(space.b)


class Counter:
    def __init__(self) -> None:
        self.total = 0.0

    def add(self, v: Any) -> Counter:
        self.total = self.total + v**2
        return self


@FAMILY
def fluent(x: Any) -> Any:
    """Objects that are changed step by step: Counter().add(x[0]).add(x[1])"""
    c = Counter().add(x[0]).add(x[1])
    for v in x:
        c.add(v)
    return c.total


class Managed:
    def __init__(self, factor: Any) -> None:
        self.factor = factor

    def __enter__(self) -> Managed:
        return self

    def __exit__(self, *_: object) -> bool:
        self.factor = 0.0
        return False


@FAMILY
def context_manager_classes(x: Any) -> Any:
    """Objects used with `with`: with Managed(x[0]) as m"""
    with Managed(x[0]) as m:
        y = m.factor * x[1]
    return y**2 + m.factor


class Positive:
    def __set_name__(self, owner: type, name: str) -> None:
        self.name = "_" + name

    def __get__(self, item: Any, owner: type) -> Any:
        return getattr(item, self.name)

    def __set__(self, item: Any, value: Any) -> None:
        setattr(item, self.name, np.abs(value))


class Described:
    width = Positive()

    def __init__(self, width: Any) -> None:
        self.width = width


@FAMILY
def descriptors(x: Any) -> Any:
    """Descriptors: Described(x[1]).width"""
    return Described(x[1]).width ** 2 + Described(x[0]).width


@FAMILY
def classes_made_inside(x: Any) -> Any:
    """Classes defined inside: class Scaled"""

    class Scaled:
        by = x[0]

        def of(self, v: Any) -> Any:
            return self.by * np.array([v, 1.0]).sum()

    return Scaled().of(x[1]) + type("Made", (), {"value": x[2]}).value ** 2


class Singleton:
    instance: Any = None

    def __new__(cls) -> Singleton:
        if cls.instance is None:
            cls.instance = super().__new__(cls)
        return cls.instance

    def square(self, v: Any) -> Any:
        return np.array([v]) @ np.array([v])


@FAMILY
def own_creation(x: Any) -> Any:
    """Classes with a `__new__` of their own: Singleton().square(x[0])"""
    return Singleton().square(x[0]) * x[1]


class Plugin:
    registry: typing.ClassVar[dict[str, type[Plugin]]] = {}

    def __init_subclass__(cls) -> None:
        Plugin.registry[cls.__name__] = cls

    def run(self, x: Any) -> Any:
        return np.array([x[0], x[1]]).sum()


class Doubled(Plugin):
    def run(self, x: Any) -> Any:
        return super().run(x) * x[2]


@FAMILY
def registered_classes(x: Any) -> Any:
    """Classes that register themselves: Plugin.registry["Doubled"]().run(x)"""
    return Plugin.registry["Doubled"]().run(x)


class Guarded:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __getattribute__(self, name: str) -> Any:
        return object.__getattribute__(self, name)

    def __del__(self) -> None:
        self.value = None

    def total(self) -> Any:
        return np.array([self.value, 2.0]).prod()


@FAMILY
def own_attribute_access(x: Any) -> Any:
    """Classes with their own `__getattribute__` and `__del__`: Guarded(x[0]).total()"""
    return Guarded(x[0]).total() ** 2


class Numbers(list[Any]):
    def total(self) -> Any:
        return np.array(self).sum()


class Settings(dict[str, Any]):
    def __getattr__(self, name: str) -> Any:
        return self[name]


@FAMILY
def kinds_of_containers(x: Any) -> Any:
    """Kinds of lists and dicts: Numbers(x).total() * Settings(a=x[0]).a"""
    return Numbers(x).total() * Settings(a=x[0]).a


class Node:
    def __init__(self, value: Any, *children: Node) -> None:
        self.value, self.children = value, children

    def total(self) -> Any:
        return self.value**2 + sum(child.total() for child in self.children)


@FAMILY
def trees(x: Any) -> Any:
    """Objects in objects: Node(x[0], Node(x[1]), Node(x[2], Node(x[3]))).total()"""
    return Node(x[0], Node(x[1]), Node(x[2], Node(x[3]))).total()


class Counting(type):
    def __call__(cls, *args: Any) -> Any:
        made = super().__call__(*args)
        made.factor = 2.0
        return made


class Counted(metaclass=Counting):
    factor: float

    def __init__(self, value: Any) -> None:
        self.value = value

    def total(self) -> Any:
        return np.array([self.value, 1.0]).sum() * self.factor


@FAMILY.refused(
    CaptureError, "a metaclass may do anything with a copy of the class, and without one `np.array` is out of reach"
)
def metaclasses(x: Any) -> Any:
    """Classes of a metaclass that call np.array: Counted(x[0]).total()"""
    return Counted(x[0]).total() ** 2


class Array(np.ndarray):
    """A kind of array."""


class LikeAnArray:
    def __init__(self, data: Any) -> None:
        self.data = data

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.data, dtype=dtype)


@FAMILY
def objects_with_array(x: Any) -> Any:
    """Objects that can become arrays: np.asarray(LikeAnArray([1.0, 2.0, 3.0, 4.0])) * x"""
    return np.sum(np.asarray(LikeAnArray([1.0, 2.0, 3.0, 4.0])) * x) ** 2


@FAMILY
def traced_inside_objects(x: Any) -> Any:
    """Objects that hold traced numbers, made an array: np.asarray(LikeAnArray([x[0], x[1]]))"""
    return np.sum(np.asarray(LikeAnArray([x[0], x[1]])) ** 2)


@FAMILY.refused(CaptureError, "the array, made by NumPy outside the trace, cannot hold traced numbers")
def subclass_of_array(x: Any) -> Any:
    """Kinds of arrays that are written to: np.ones(4).view(Array)"""
    y = np.ones(4).view(Array)
    y[0] = x[0]
    return np.sum(y * x)
