"""Copies of the user's classes and objects for one recording, whose methods are converted like functions.

A mirrored class derives from the original and from the mirrors of its bases, so that `isinstance` and `super`
go on to hold. A mirrored object has the original's attributes in a dict of its own: what a method assigns
during a trace stays in the trace. Attributes are converted when they are read.
"""

from __future__ import annotations

import functools
import sys
import types
from abc import ABCMeta, update_abstractmethods
from collections.abc import Callable
from typing import Any

from steepest.errors import is_installed

from .dependency import Dependencies

MARK = "_steepest_original"
Convert = Callable[[Any], Any]
_LIBRARIES = sys.stdlib_module_names | {"steepest"}
_OF_THE_CLASS_ALONE = frozenset(
    "__dict__ __weakref__ __module__ __qualname__ __doc__ __slots__ __abstractmethods__ _abc_impl __orig_bases__"
    " __parameters__ __annotations__ __firstlineno__ __static_attributes__ __dataclass_fields__ __dataclass_params__"
    " __match_args__".split()
)


def _quietly(make: Callable[[tuple[type, ...]], type], bases: tuple[type, ...]) -> type:
    """A class with these bases, about which they hear nothing: `__init_subclass__` is for subclasses of the user's."""
    if not any("__init_subclass__" in vars(kind) for base in bases for kind in base.__mro__[:-1]):
        return make(bases)
    silent: Any = type("Silent", (), {"__slots__": (), "__init_subclass__": classmethod(lambda cls, **_: None)})
    made = make((silent, *bases))
    del silent.__init_subclass__
    return made


def _no_end(self: Any) -> None:
    """What a class does about the end of its objects is done for the user's own, not for their mirrors."""


def original_class(kind: Any) -> Any:
    """The class a mirror stands for; anything else as it is."""
    return getattr(kind, MARK, kind) if isinstance(kind, type) else kind


def is_mirrored(item: Any) -> bool:
    return hasattr(item if isinstance(item, type) else type(item), MARK)


def can_mirror(kind: type) -> bool:
    """Whether a class is written in the user's own files and is of the usual kind."""
    return type(kind) in (type, ABCMeta) and is_users(kind) and not issubclass(kind, BaseException)


def is_users(kind: type) -> bool:
    """Whether a class comes from neither the standard library nor an installed package."""
    name = kind.__module__ or ""
    if name == "__main__":
        return True
    if name.split(".")[0] in _LIBRARIES:
        return False
    file = getattr(sys.modules.get(name), "__file__", None) or ""
    return bool(file) and not is_installed(file)


def mirror_class(kind: type, convert: Convert, dependencies: Dependencies, done: dict[int, Any]) -> type:
    """The mirror of a class that can be mirrored. It is entered in `done` before its methods, which refer to it."""
    bases = tuple(b for b in map(convert, kind.__bases__) if is_mirrored(b))
    members = {MARK: kind, "__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    mirror = _quietly(lambda all_bases: type(kind)(kind.__name__, all_bases, members), (*bases, kind))
    done[id(kind)] = mirror
    for name, member in vars(kind).items():
        if name in _OF_THE_CLASS_ALONE or (name == "__repr__" and hasattr(member, "__wrapped__")):  # of a dataclass
            continue
        changed = _member(member, convert)
        setattr(mirror, name, changed)  # unchanged ones too: a mirrored base must not come before them
        if isinstance(changed, functools.cached_property) and changed is not member:
            changed.__set_name__(mirror, name)
        if not (name == "_field_defaults" and issubclass(kind, tuple)):  # of a named tuple, which does not use it
            dependencies.name(vars(kind), name)
    update_abstractmethods(mirror)
    if hasattr(kind, "__del__"):
        mirror.__del__ = _no_end  # type: ignore[attr-defined]
    plain_read: Any = mirror.__getattribute__

    def read(self: Any, name: str) -> Any:
        value = plain_read(self, name)
        return value if name.startswith("__") else convert(value)

    mirror.__getattribute__ = read  # type: ignore[method-assign, assignment]
    return mirror


def _member(member: Any, convert: Convert) -> Any:
    """A converted method, property, nested class or value; a descriptor of another kind is inherited as it is."""
    match member:
        case types.FunctionType():
            return convert(member)
        case staticmethod() | classmethod():
            return type(member)(convert(member.__func__))
        case property():
            read, write, delete = (f and convert(f) for f in (member.fget, member.fset, member.fdel))
            return property(read, write, delete, member.__doc__)
        case functools.cached_property():
            return functools.cached_property(convert(member.func))
        case _ if hasattr(type(member), "__get__") and not can_mirror(type(member)):
            return member
        case _:
            changed = convert(member)
            return staticmethod(changed) if isinstance(changed, types.FunctionType) else changed


def mirror_object(item: Any, kind: type) -> Any:
    """`item` as an object of the mirrored class `kind`; the item itself if it is more than its attributes."""
    return _as(kind, item, lambda value: value)


def unmirrored(item: Any) -> Any:
    """A result with the originals of the mirrored classes in it."""
    if type(item) in (list, tuple):
        return type(item)(map(unmirrored, item))
    if type(item) is dict:
        return {key: unmirrored(value) for key, value in item.items()}
    if isinstance(item, type) or not is_mirrored(item):
        return item
    original = getattr(type(item), MARK)
    if isinstance(item, tuple):
        return tuple.__new__(original, map(unmirrored, item))
    return _as(original, item, unmirrored)


def _as(kind: type, item: Any, convert: Convert) -> Any:
    """An object of the class `kind` with the attributes of `item`, converted."""
    try:
        twin: Any = object.__new__(kind)
    except TypeError:  # a kind of list, number or array
        return item
    for base in type(item).__mro__:
        slots = vars(base).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(item, name):
                object.__setattr__(twin, name, convert(getattr(item, name)))
    if hasattr(item, "__dict__"):
        twin.__dict__.update({name: convert(value) for name, value in item.__dict__.items()})
    return twin
