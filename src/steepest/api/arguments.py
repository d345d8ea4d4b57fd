"""Arguments of user functions: each leaf an array that varies or a fixed setting; what is wrong with them is said."""

from __future__ import annotations

import functools
import inspect
import types
from array import array as array_of_numbers
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, located, place_of
from steepest.expr.dimension import Shape
from steepest.frontends.tracing.tracer import Tracer

Argnums = int | str | Sequence[int | str]


@dataclass(frozen=True)
class Leaf:
    """One leaf of the arguments, as one call has it."""

    value: Any  # an array, NumPy scalar or tracer if it varies, else the setting itself
    varies: bool
    of_python: bool = False  # whether it is a number of Python's own, which divides as such
    shape: Shape | None = None  # with named sizes; None: the value's own

    def key(self) -> Hashable:
        """What the captured expression depends on."""
        if self.varies:
            value = self.value.value if isinstance(self.value, Tracer) else self.value
            return (value.shape, value.dtype.char, self.of_python)
        try:
            hash(self.value)
        except TypeError:
            return (type(self.value), id(self.value))
        return (type(self.value), self.value)


Title = Callable[[], str]  # what a message calls an argument; worked out only when there is something to say


def varying_leaf(value: Any, active: bool, title: Title) -> Leaf:
    """Decide what a leaf is. `active` says that a derivative by it is asked for: it must be a number or array."""
    if isinstance(value, Tracer):
        return Leaf(value, varies=True, of_python=value.of_python)
    if isinstance(value, (bool, int)):
        if not active:
            return Leaf(value, varies=False)  # loop counts, exponents, switches: part of the function
        return Leaf(np.float64(value), varies=True, of_python=True)
    if isinstance(value, float) and not isinstance(value, np.generic):
        return Leaf(np.float64(value), varies=True, of_python=True)
    if isinstance(value, complex) and not isinstance(value, np.generic):
        return Leaf(np.complex128(value), varies=True, of_python=True)
    if isinstance(value, (np.ndarray, np.generic)) or (hasattr(value, "__array__") and not isinstance(value, type)):
        return Leaf(_numeric(_as_array(value, title), active, title), varies=True)
    if isinstance(value, (array_of_numbers, memoryview)) or hasattr(value, "__dlpack__"):
        return Leaf(_numeric(_from_memory(value, title), active, title), varies=True)
    if active:
        raise ArgumentError(
            f"{title()} is {_described(value)}; a derivative needs a number or an array\n    {_way_on(value)}"
        )
    return Leaf(value, varies=False)


def _way_on(value: Any) -> str:
    """What to pass in place of a leaf that holds no number."""
    if value is None or isinstance(value, (str, bytes)) or callable(value):
        return "Pass settings as arguments of their own, which argnums leaves out."
    if isinstance(value, Iterable):
        return "Pass its numbers as an array: np.array(list(…))."
    return (
        "Numbers are found in arrays, and in lists, tuples, dicts and dataclasses of them; "
        "settings are arguments of their own, which argnums leaves out."
    )


def _as_array(value: Any, title: Title) -> np.ndarray:
    """A plain array. What computes in its own way (a matrix, a masked array, a quantity) cannot become one unseen."""
    kind = type(value)
    own_way = isinstance(value, np.ndarray) and kind.__array_ufunc__ is not np.ndarray.__array_ufunc__
    if own_way or isinstance(value, (np.matrix, np.ma.MaskedArray)):
        raise ArgumentError(
            f"{title()} is a {kind.__module__}.{kind.__qualname__}, which computes by rules of its own;"
            "\n    pass a plain array: np.asarray(…), for a masked array what is not masked"
        )
    try:
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ArgumentError(f"{title()} ({kind.__name__}) does not become a NumPy array: {error}") from error


def _from_memory(value: Any, title: Title) -> np.ndarray:
    """The numbers that another library keeps, or the standard library."""
    try:
        return np.from_dlpack(value) if hasattr(value, "__dlpack__") else np.asarray(value)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise ArgumentError(f"{title()} ({type(value).__name__}) does not become a NumPy array: {error}") from error


def _numeric(array: np.ndarray, active: bool, title: Title) -> Any:
    if array.dtype == object:
        array = _from_objects(array, title)
    if array.dtype.kind not in "biufc":
        raise ArgumentError(f"{title()} has elements of type {array.dtype}; numbers are needed")
    if active and array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.char == "G":
        array = array.astype(np.complex128)
    if array.dtype.char in "eg":  # half and extended precision: computed in double
        array = array.astype(np.float64)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array if array.ndim else array[()]


def _from_objects(array: np.ndarray, title: Title) -> np.ndarray:
    wrong = [x for x in array.ravel() if not isinstance(x, Number)]
    if wrong:
        raise ArgumentError(f"{title()} is an array of objects, among them {_described(wrong[0])}; numbers are needed")
    is_complex = any(isinstance(x, (complex, np.complexfloating)) for x in array.flat)
    return array.astype(np.complex128 if is_complex else np.float64)


def title_of(name: str, tree: Any, leaf: int) -> Title:
    """What a message calls a leaf of an argument: ``argument 'p'``, or ``argument p['layers'][0]`` inside one."""
    return lambda: f"argument {name!r}" if tree.is_leaf() else f"argument {tree.accessors()[leaf].codify(name)}"


def _described(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) < 40 else text[:37] + '...'} ({type(value).__name__})"


# --- names ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Positional:
    """The positional parameters of a function: their names, how many have no use as keywords, the name after ``*``."""

    names: tuple[str, ...]
    nameless: int
    rest: str | None


def positional_parameters(function: Callable[..., Any]) -> Positional:
    plain = type(function) is types.FunctionType
    if plain and not hasattr(function, "__wrapped__") and not hasattr(function, "__signature__"):
        return _of_code(function.__code__)
    parameters = _parameters(function).values()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
    nameless = sum(p.kind is p.POSITIONAL_ONLY for p in named)
    return Positional(tuple(p.name for p in named), nameless, rest[0] if rest else None)


@functools.lru_cache(maxsize=1024)
def _of_code(code: types.CodeType) -> Positional:
    """As `inspect.signature` has them, in a hundredth of the time."""
    count, names = code.co_argcount, code.co_varnames
    rest = names[count + code.co_kwonlyargcount] if code.co_flags & inspect.CO_VARARGS else None
    return Positional(names[:count], code.co_posonlyargcount, rest)


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first `count` positional parameters."""
    found = positional_parameters(function)
    names = list(found.names)
    if found.rest is not None:
        names.extend(f"{found.rest}{k}" for k in range(count - len(names)))
    names.extend(f"x{k}" for k in range(len(names), count))
    return names[:count]


def in_order(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...] | None:
    """The arguments of a call in their positions, where those given by name just follow the others; else None."""
    if not kwargs:
        return args
    found, count = positional_parameters(function), len(args)
    names = found.names[count : count + len(kwargs)]
    if count < found.nameless or len(names) < len(kwargs) or not all(name in kwargs for name in names):
        return None
    return (*args, *(kwargs[name] for name in names))


def leaf_names(paths: Sequence[tuple[Any, ...]], names: Sequence[str]) -> list[str]:
    """A readable, unique name for each leaf of ``(args, kwargs)``."""
    found: list[str] = []
    for path in paths:
        in_args, *rest = path
        head = str(rest.pop(0)) if in_args == 1 else names[rest.pop(0)]
        name = "_".join([head, *map(str, rest)])
        found.append(name if name not in found else f"{name}_{len(found)}")
    return found


def require_argnums(argnums: Any) -> None:
    """ArgumentError for what no call could mean by it: the argument itself, above all, in place of its number."""
    for a in argnums if isinstance(argnums, (tuple, list)) else (argnums,):
        if not isinstance(a, (str, int, np.integer)) or isinstance(a, bool):
            raise ArgumentError(
                f"argnums must be an int, a parameter name or a tuple of them, got {_described(a)}"
                "\n    What is made from a function is called with the arguments: grad(f)(x)."
            )


def resolve_argnums(argnums: Argnums, function: Callable[..., Any], count: int) -> tuple[int, ...]:
    """Positions of the arguments to differentiate by."""
    require_argnums(argnums)
    wanted = tuple(argnums) if isinstance(argnums, (tuple, list)) else (argnums,)
    names = parameter_names(function, count)
    positions = tuple(_position(a, names, count, function) for a in wanted)
    if len(set(positions)) < len(positions):
        raise ArgumentError(f"argnums={argnums!r} names an argument twice")
    return positions


def _position(a: Any, names: list[str], count: int, function: Any) -> int:
    title = getattr(function, "__name__", "the function")
    if isinstance(a, str):
        if a not in names:
            raise ArgumentError(f"{title} has no argument {a!r} in this call; {_choice(a, names, function)}")
        return names.index(a)
    if not -count <= a < count:
        raise ArgumentError(f"argnums={a}, but {title} was called with {count} argument{'s' * (count != 1)}")
    return int(a) % count


def _choice(wanted: str, names: list[str], function: Any) -> str:
    """Why there is no argument of that name, and what to do."""
    parameter = _parameters(function).get(wanted)
    if parameter is not None and parameter.kind is parameter.KEYWORD_ONLY:
        return "it can only be given by keyword: differentiate by it in a lambda that takes it first"
    if parameter is not None and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return "it has its default value: pass it"
    return f"it has {', '.join(names) or 'none'}"


def _parameters(function: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # a builtin without a signature
        return {}


def positional(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same call with what was given by name put in its position, where it has one."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):  # what is wrong with it is said when the function is called
        return args, kwargs
    return bound.args, bound.kwargs


def require_plain(function: Callable[..., Any]) -> None:
    """ArgumentError if calling the function only begins to run it."""
    inner = inspect.unwrap(function)
    for is_of_kind, kind, way_on in _NOT_RUN_BY_A_CALL:
        if is_of_kind(inner) or is_of_kind(getattr(type(inner), "__call__", None)):  # noqa: B004
            said = f"{getattr(function, '__name__', 'the function')} is {kind}: a call of it returns no number"
            raise ArgumentError(located(said, place_of(function)) + f"\n    {way_on}")


_NOT_RUN_BY_A_CALL: tuple[tuple[Callable[[Any], bool], str, str], ...] = (
    (inspect.isgeneratorfunction, "a generator", "Use it in a function that returns what it yields, as an array."),
    (inspect.iscoroutinefunction, "a coroutine function", "Wrap it: lambda x: asyncio.run(f(x))."),
    (inspect.isasyncgenfunction, "an asynchronous generator", "Use it in a plain function that runs it to its end."),
)  # fmt: skip


def require_fitting(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
    """ArgumentError if arguments are missing or too many."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        title = getattr(function, "__name__", "the function")
        bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
        shown = f"{title}{signature.replace(parameters=bare, return_annotation=signature.empty)}"
        raise ArgumentError(located(f"{shown} cannot be called so: {error}", place_of(function))) from None
