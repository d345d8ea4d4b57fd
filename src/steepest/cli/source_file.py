"""A function named on the command line as ``FILE.py:FUNCTION``."""

from __future__ import annotations

import difflib
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from steepest.errors import ArgumentError, located

_PLACE = re.compile(r"(?P<path>.+\.py):(?P<name>\w+)")


@dataclass(frozen=True)
class Place:
    """A file and the name of a function in it."""

    path: Path
    name: str


def place_of(text: str) -> Place | None:
    """The file and function that the text names, if it does."""
    if text.endswith(".py"):
        raise ArgumentError(f"say which function of {text} is meant: {text}:FUNCTION")
    found = _PLACE.fullmatch(text)
    return Place(Path(found["path"]), found["name"]) if found else None


def function_at(place: Place) -> Callable[..., Any]:
    """The function. The file is run, as an import runs it."""
    path, name = place.path, place.name
    if not path.is_file():
        raise ArgumentError(f"there is no file {path}")
    module = _run(path)
    function = getattr(module, name, None)
    if not callable(function):
        functions = [n for n, item in vars(module).items() if callable(item) and not n.startswith("_")]
        close = difflib.get_close_matches(name, functions, 1)
        hint = f", did you mean {close[0]}?" if close else f"; it has {', '.join(functions) or 'none'}"
        raise ArgumentError(f"{path} has no function {name}{hint}")
    return function


def _run(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    kept = sys.modules.get(path.stem), list(sys.path)
    sys.modules[path.stem] = module  # dataclasses look up the module they are in
    sys.path.insert(0, str(path.resolve().parent))  # its neighbours can be imported, as when Python runs it
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ArgumentError(raised(f"{path} cannot be loaded", error, path)) from error
    finally:
        sys.path[:] = kept[1]
        if kept[0] is not None:
            sys.modules[path.stem] = kept[0]
    return module


def raised(what: str, error: BaseException, path: Path) -> str:
    """A message for what the user's own code raised, with the line of that file it came through last."""
    lines = [e for e in traceback.extract_tb(error.__traceback__) if Path(e.filename).resolve() == path.resolve()]
    where = f"{path.name}:{lines[-1].lineno}: {lines[-1].line}" if lines else ""
    return located(f"{what}: {type(error).__name__}: {error}", where)
