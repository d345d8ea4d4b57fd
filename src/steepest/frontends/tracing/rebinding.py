"""Reaching what NumPy's protocols cannot: ``np.array([x, 1])``, ``np.zeros(3)`` filled later, ``math.sin(x)``.

The user's function is copied with other globals, builtins and closure cells, in which the numpy, math and scipy
modules and a few builtins are replaced by stand-ins that know the recording. Functions, objects and classes it
refers to are copied the same way. The user's own code is never changed, and tracebacks keep the user's lines.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import functools
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from steepest.errors import SteepestError, is_installed
from steepest.frontends.numpy import complex_functions, math_functions, statistics_functions
from steepest.frontends.numpy.creation import COLUMNS, ROWS
from steepest.frontends.numpy.grids import DENSE, SPARSE
from steepest.frontends.numpy.iterating import iterated
from steepest.frontends.numpy.vectorizing import enumerated, fromiter, frompyfunc, is_iterable, is_scalar, vectorized

from .complaints import cause_of
from .containers import transformed
from .dependency import Dependencies, attributes
from .effects import Effects
from .generators import added_up, listed
from .indexable import indexable
from .leaping import long_ranges
from .library_code import CLASSES, python_of, raise_own, refused_inside
from .made_here import made_here
from .mirroring import can_mirror, is_mirrored, mirror_class, mirror_object
from .operands import as_array_like, as_operand, plain_size
from .recording import Recording, current
from .sequences import Walked, entries, steps
from .size import sizes_as_numbers
from .stand_ins import BUILTINS, SCALAR_TYPES, ModuleStandIn, UfuncStandIn, plain_type
from .tracer import Tracer, call, create, find_tracers
from .translation import CHANGES, TRANSLATIONS, WITH_VALUES, enter_imported, stand_in
from .watched_code import LISTED, STEPS, WALKED, watched

LIBRARIES = frozenset({"numpy", "math", "cmath", "statistics", "scipy"})
PYTHONS_OWN: dict[str, Callable[..., Any]] = {  # by module: what stands for a function that is given traced numbers
    "math": math_functions.on_tracers, "cmath": complex_functions.on_tracers,
    "statistics": statistics_functions.on_tracers,
}  # fmt: skip
MARK = "__steepest_copy__"  # a global of copied functions, and so of functions defined in them
FROM_ARRAYS: frozenset[Any] = frozenset(
    {
        np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.copy, np.zeros_like,
        np.ones_like, np.empty_like, np.full_like,
    }
)  # fmt: skip
FROM_SIZES: frozenset[Any] = frozenset(
    {
        np.zeros, np.ones, np.empty, np.full, np.eye, np.identity, np.linspace, np.arange, np.logspace, np.geomspace,
    }
)  # fmt: skip
CREATORS = FROM_ARRAYS | FROM_SIZES


class Rebinder:
    """Makes copies of functions for one recording."""

    def __init__(self, recording: Recording):
        self.recording = recording
        self.dependencies = recording.dependencies
        self.effects = Effects(recording.dependencies)
        self.done: dict[int, Any] = {}  # by id, so that recursion ends
        self.keep_alive: list[Any] = []  # an id is only unique while its object lives
        self.namespaces: dict[int, dict[str, Any]] = {}  # one copy of each module's globals, by id
        self.builtins = vars(builtins) | BUILTINS | {"__import__": self._import}
        if recording.leaping is not None:
            recording.walked = Walked(recording, recording.leaping)
            self.builtins |= recording.walked.builtins() | {"range": long_ranges(recording, recording.leaping)}
            self.builtins |= {"sum": added_up, STEPS: steps, WALKED: entries, LISTED: listed}
        make = self._creator(np.array)
        self.library_objects: dict[int, Any] = {
            id(np.r_): ROWS, id(np.c_): COLUMNS, id(np.mgrid): DENSE, id(np.ogrid): SPARSE,
            id(np.ndenumerate): enumerated, id(np.nditer): iterated, id(np.fromiter): fromiter(make),
            id(np.frompyfunc): frompyfunc(self.convert, make), id(np.isscalar): is_scalar, id(np.iterable): is_iterable,
            id(np.vectorize): lambda *args, **kwargs: vectorized(np.vectorize(*args, **kwargs), self.convert, make),
        } | {id(kind): stand_in for kind, stand_in in SCALAR_TYPES.items()}  # fmt: skip

    def convert(self, item: Any) -> Any:
        """The stand-in for anything a function may refer to; most things stand for themselves."""
        if id(item) in self.done:
            return self.done[id(item)]
        if id(item) in self.library_objects:
            return self.library_objects[id(item)]
        if (standing_in := stand_in(item)) is not None:
            return standing_in
        match item:
            case types.ModuleType():
                return self._module(item)
            case types.FunctionType() if not is_library_function(item):
                if _in_standard_library(item) or MARK in item.__globals__:
                    return item
                return self._later(item) if is_installed(item.__code__.co_filename) else self._copy(item)
            case types.MethodType() if (owner := stand_in(item.__self__)) is not None:
                return getattr(owner, item.__name__)
            case types.MethodType():
                return types.MethodType(self.convert(item.__func__), self.convert(item.__self__))
            case functools.partial() if item.func is _called:
                return item  # made around this recording; it asks for the one it is in at each call
            case functools.partial():
                arguments = {key: self.convert(value) for key, value in item.keywords.items()}
                return functools.partial(self.convert(item.func), *map(self.convert, item.args), **arguments)
            case functools._lru_cache_wrapper():
                return self.convert(item.__wrapped__)  # a cache would keep values of this recording
            case np.vectorize():
                return vectorized(item, self.convert, self._creator(np.array))
            case type():
                return self._class(item)
            case list() | tuple() | dict() if type(item) in (list, tuple, dict):
                return self._container(item)
            case np.ndarray() if type(item) is np.ndarray:
                self._remember(item, indexable(item))
                return self.done[id(item)]
        if is_library_function(item):
            return self._library_function(item)
        return self._object(item)

    def argument(self, item: Any) -> Any:
        """What a function is called with: the same, but that it may hold anything is no dependence."""
        if type(item) in (list, tuple, dict):
            return self._container(item, self.argument)
        if isinstance(item, (Tracer, types.FunctionType, types.MethodType, functools.partial, type)):
            return self.convert(item)
        if id(item) in self.done:
            return self.done[id(item)]
        if (standing_in := stand_in(item)) is not None:
            return standing_in
        twin = self._mirrored(item)
        if twin is not item:  # what it holds is found converted when it is read
            for held in attributes(item).values():
                self.argument(held)
        return twin

    # --- modules and their functions ----------------------------------------------------------------

    def _module(self, module: types.ModuleType) -> Any:
        if isinstance(module, ModuleStandIn):  # in a trace inside a trace
            return module
        top = module.__name__.split(".")[0]
        if top in LIBRARIES:
            return ModuleStandIn(module, self._library_item)
        if top in sys.stdlib_module_names or top == "steepest":
            return module
        return ModuleStandIn(module, self._user_item)

    def _import(self, name: str, *args: Any) -> Any:
        module = builtins.__import__(name, *args)
        enter_imported()
        return self.convert(module)

    def _user_item(self, module: types.ModuleType, name: str, item: Any) -> Any:
        if name in vars(module):
            self.dependencies.name(vars(module), name)
        return self.convert(item)

    def _library_item(self, module: types.ModuleType, name: str, item: Any) -> Any:
        if isinstance(item, types.ModuleType):
            return ModuleStandIn(item, self._library_item)
        if id(item) in self.library_objects:
            return self.library_objects[id(item)]
        if (standing_in := stand_in(item)) is not None:
            return standing_in
        if isinstance(item, type):
            return self._class(item) if item in CLASSES else item
        return self._library_function(item) if is_library_function(item) else item

    def _library_function(self, item: Any) -> Any:
        if id(item) not in self.done:
            found = self._on_tracers(item)
            self._remember(item, found)
            self._remember(found, found)  # kept in a class, it is met again
        return self.done[id(item)]

    def _on_tracers(self, item: Any) -> Any:
        if (on_tracers := PYTHONS_OWN.get(getattr(item, "__module__", None) or "")) is not None:
            return _dispatching(item, on_tracers(item), functools.partial(_prepared, item))
        if isinstance(item, np.ufunc):
            return UfuncStandIn(item)
        if _hashable_in(item, CREATORS):
            return self._creator(item)
        if not (_hashable_in(item, TRANSLATIONS) or _hashable_in(item, WITH_VALUES)):
            function = None if _hashable_in(item, CHANGES) else python_of(item)
            return item if function is None or MARK in function.__globals__ else self._followed(item, function)
        return functools.update_wrapper(functools.partial(_called, item), item)

    def _followed(self, item: Any, function: types.FunctionType) -> Callable[..., Any]:
        """A library's function that has no translation: of traced values, its own code is run on them."""

        def called(*args: Any, **kwargs: Any) -> Any:
            args, kwargs = transformed((args, kwargs), plain_type)
            if next(find_tracers((args, kwargs)), None) is None:
                return item(*args, **kwargs)
            try:
                return self.library._later(function)(*args, **kwargs)
            except SteepestError as error:
                raise refused_inside(item, error) from error
            except Exception as error:
                raise_own(item, args, kwargs)
                raise refused_inside(item, cause_of(error) or error) from error

        return functools.update_wrapper(called, item)

    @functools.cached_property
    def library(self) -> Rebinder:
        """What makes copies of a library's own code."""
        return _OfLibrary(self)

    def _creator(self, item: Callable[..., Any]) -> Callable[..., Any]:
        def make(*args: Any, **kwargs: Any) -> Any:
            leaf = as_operand if item in FROM_ARRAYS else plain_size
            args, kwargs = transformed((args, kwargs), leaf)
            return create(item, args, kwargs, current() or self.recording)

        return functools.update_wrapper(make, item)

    # --- the user's own code ------------------------------------------------------------------------

    def _copy(self, function: types.FunctionType) -> types.FunctionType:
        namespace = self._namespace(function.__globals__)
        cells = tuple(types.CellType() for _ in function.__closure__ or ())
        code = watched(function.__code__) if self.recording.leaping is not None else function.__code__
        copied = types.FunctionType(code, namespace, function.__name__, None, cells)
        self._remember(function, copied)  # before the contents: a recursive function refers to itself
        copied.__qualname__, copied.__module__ = function.__qualname__, function.__module__
        self.dependencies.function(function)
        defaults, named = function.__defaults__, function.__kwdefaults__
        copied.__defaults__ = defaults and tuple(map(self.convert, defaults))
        copied.__kwdefaults__ = named and {name: self.convert(value) for name, value in named.items()}
        for name, value in function.__dict__.items():
            self.dependencies.name(function.__dict__, name)
            copied.__dict__[name] = value
        for name, new, old in zip(function.__code__.co_freevars, cells, function.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # a cell that has no value yet
                self.dependencies.cell(old, name)
                new.cell_contents = self.convert(old.cell_contents)
        for name in globals_used(function.__code__):
            if name in function.__globals__:
                self.dependencies.name(function.__globals__, name)
                namespace[name] = self.convert(function.__globals__[name])
        self.effects.function(function, copied)
        return copied

    def _later(self, function: types.FunctionType) -> Callable[..., Any]:
        """A function of a package, copied when it is called: what it refers to may be the whole package."""
        copied = functools.cache(lambda: self._copy(function))

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            return copied()(*args, **kwargs)

        self._remember(function, called)
        return called

    def _namespace(self, original: dict[str, Any]) -> dict[str, Any]:
        if id(original) not in self.namespaces:
            libraries = {n: self.convert(x) for n, x in original.items() if _is_library(x)}  # also for code in a string
            self.namespaces[id(original)] = original | libraries | {"__builtins__": self.builtins, MARK: True}
        return self.namespaces[id(original)]

    def _remember(self, original: Any, converted: Any) -> None:
        self.done[id(original)] = converted
        self.keep_alive.append(original)

    def _container(self, item: Any, convert: Callable[[Any], Any] | None = None) -> Any:
        """A list, tuple or dict with its items converted; the same object if none needs it."""
        convert = convert or self.convert
        values = list(item.values() if isinstance(item, dict) else item)
        if not values or all(type(x) in (int, float, str, bool, Tracer, np.ndarray) for x in values):
            return item
        self.done[id(item)] = item  # it may hold itself
        new = [convert(x) for x in values]
        del self.done[id(item)]
        if all(a is b for a, b in zip(new, values, strict=True)):
            return item
        converted = dict(zip(item, new, strict=True)) if isinstance(item, dict) else type(item)(new)
        self._remember(item, converted)
        return converted

    def _class(self, kind: type) -> type:
        if kind in CLASSES and not is_mirrored(kind):
            return self.library._class(kind)
        if is_mirrored(kind) or not can_mirror(kind):
            return kind
        self.keep_alive.append(kind)
        return mirror_class(kind, self.convert, self.dependencies, self.done)

    def _object(self, item: Any) -> Any:
        found = self._mirrored(item)
        if found is not item:
            self.dependencies.object(item)
        return found

    def _mirrored(self, item: Any) -> Any:
        kind = type(item)
        if is_mirrored(kind) or isinstance(item, Tracer) or not (can_mirror(kind) or kind in CLASSES):
            return item
        twin = mirror_object(item, self.convert(kind))
        self._remember(item, twin)
        self.effects.object(twin)
        return twin


class _OfLibrary(Rebinder):
    """Makes copies of the own code of NumPy and SciPy, which does not change between two calls."""

    def __init__(self, user: Rebinder):
        super().__init__(user.recording)
        self.dependencies = Dependencies()
        self.effects = Effects(self.dependencies)

    def _followed(self, item: Any, function: types.FunctionType) -> Callable[..., Any]:
        return self._later(function)

    def _class(self, kind: type) -> type:
        if is_mirrored(kind) or kind not in CLASSES:
            return kind
        self.keep_alive.append(kind)
        return mirror_class(kind, self.convert, self.dependencies, self.done)


def _dispatching(
    item: Any, on_traced: Callable[..., Any], prepared: Callable[[tuple[Any, ...]], tuple[Any, ...]] = tuple
) -> Callable[..., Any]:
    """`item` itself unless a traced value is among what it is called with."""

    def translated(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = transformed((prepared(args), kwargs), plain_type)
        target = item if next(find_tracers((args, kwargs)), None) is None else on_traced
        return target(*args, **kwargs)

    return functools.update_wrapper(translated, item)


def _called(item: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A function of NumPy's or SciPy's, of traced values or of plain ones."""
    args, kwargs = transformed((args, kwargs), as_array_like)
    if next(find_tracers((args, kwargs)), None) is not None:
        return call(item, args, kwargs)
    result = item(*args, **kwargs)
    return result if "out" in kwargs else made_here(result, (args, kwargs))


@functools.lru_cache(maxsize=1024)
def globals_used(code: types.CodeType) -> tuple[str, ...]:
    """Global names in the code and in the functions and classes defined inside it."""
    return tuple(dict.fromkeys(_globals_in(code)))


def _globals_in(code: types.CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from globals_used(constant)


def _is_library(item: Any) -> bool:
    return isinstance(item, types.ModuleType) and item.__name__.split(".")[0] in LIBRARIES


def is_library_function(item: Any) -> bool:
    """Whether a callable is NumPy's, SciPy's or of Python's mathematics, or stands for such a one."""
    if isinstance(item, (np.ufunc, type)) or not callable(item):
        return isinstance(item, np.ufunc)
    # a derivative bears its function's name and module
    return _package_of(item) in LIBRARIES and _package_of(type(item)) != "steepest"


def _package_of(item: Any) -> str:
    module = getattr(item, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else ""


def _in_standard_library(function: types.FunctionType) -> bool:
    top = _package_of(function)
    return top != "__main__" and (top in sys.stdlib_module_names or top in ("steepest", "optree"))


def _prepared(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments for a function of Python's own: what comes from a generator is looked through first."""
    return sizes_as_numbers(function, tuple(list(a) if isinstance(a, Iterator) else a for a in args))


def _hashable_in(item: Any, table: Any) -> bool:
    try:
        return item in table
    except TypeError:
        return False
