"""What is imported when it is first asked for: the names of a package (PEP 562), and functions that need much.

The names of a package are read from the stub beside its ``__init__``, which is also what type checkers read: there is
one list.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

Places = Mapping[
    str, tuple[str, str]
]  # of each name: the module, and what it is called there; "" for the module itself


def names_on_demand(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of the package whose ``__init__`` is `file`."""
    places, names = _read(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    module = sys.modules[package]

    def found(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=module)
        home, own = places[name]
        value = import_module(f"{package}.{home}")
        if own:
            value = getattr(value, own)
        setattr(module, name, value)
        return value

    module.__class__ = _keeping({name for name, (_, own) in places.items() if own})
    return found, lambda: sorted({*vars(module), *names}), names


def _read(stub: str) -> tuple[Places, list[str]]:
    places: dict[str, tuple[str, str]] = {}
    names: list[str] = []
    for statement in ast.parse(stub).body:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                home = (statement.module, alias.name) if statement.module else (alias.name, "")
                places[alias.asname or alias.name] = home
        elif isinstance(statement, ast.Assign):
            names = ast.literal_eval(statement.value)
    return places, names


def _keeping(names: set[str]) -> type[ModuleType]:
    """Modules in which these names stay what they are when a subpackage of the same name is imported."""

    class Package(ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            if not (name in names and isinstance(value, ModuleType)):
                super().__setattr__(name, value)

    return Package


def on_first_call(module: str, name: str) -> Callable[..., Any]:
    """The function of that name in a module that is imported when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(import_module(module), name)(*args, **kwargs)

    return call
