"""Functions of this package whose source goes along with exported code, bare of annotations."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

from steepest.errors import FormulaError, SteepestError

IMPORTS = {
    "np": "import numpy as np",
    "math": "import math",
    "scipy": "import scipy.linalg",
    "sp": "import scipy.special as sp",
}


class Borrowed:
    """Sources by name, each after those it needs."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.sources: dict[str, str] = {}
        self.imports: dict[str, None] = {}

    def add(self, function: Callable[..., Any], name: str) -> str:
        """The source of `function`, and of all it calls. Its name there: `name`, unless another has that.

        Raises:
            FormulaError: if it has no source of its own, or needs more than NumPy, SciPy and the standard library.
        """
        name, is_new = self._named(function, name)
        if is_new:
            self.sources[name] = self._bare_source(function, name)
        return name

    def _named(self, value: Any, name: str) -> tuple[str, bool]:
        """A name that nothing else has, and whether it is a new one."""
        fresh, k = name, 1
        while fresh in self.names and self.names[fresh] is not value:
            fresh, k = f"{name}_{k}", k + 1
        is_new = fresh not in self.names
        self.names[fresh] = value
        return fresh, is_new

    def _bare_source(self, function: Callable[..., Any], name: str) -> str:
        function = inspect.unwrap(function)
        if isinstance(function, partial) and not function.keywords:
            return self._with_first_arguments(function, name)
        ours = inspect.isfunction(function) and _is_ours(function.__module__)
        if not ours or function.__name__ == "<lambda>":
            raise FormulaError(
                f"{name} cannot be written out as source code that stands alone: compute it with steepest"
            )
        text = textwrap.dedent(inspect.getsource(function))
        (tree,) = ast.parse(text).body
        assert isinstance(tree, ast.FunctionDef)
        arguments = ast.unparse(_bare_arguments(tree.args))
        text = _without_annotations(text, tree)
        first = tree.body[0].lineno - 1
        closed = [
            f"{x} = {_numpy_text(value, name)}" for x, value in inspect.getclosurevars(function).nonlocals.items()
        ]
        body = "\n".join([*(textwrap.indent(line, "    ") for line in closed), *text.splitlines()[first:]])
        for node in ast.walk(ast.parse(textwrap.dedent(body))):
            match node:
                case ast.Name(used, ast.Load()):
                    body = self._with_needed(body, used, function, name)
                case ast.Attribute(ast.Name(owner), used) if _is_our_module(function.__globals__.get(owner)):
                    found = self.add(getattr(function.__globals__[owner], used), used)
                    body = body.replace(f"{owner}.{used}", found)
        return f"def {name}({arguments}):\n{body}"

    def _with_first_arguments(self, function: partial[Any], name: str) -> str:
        """A function of the other arguments."""
        called, *given = (
            self.add(a, a.__name__) if inspect.isfunction(a) else repr(a) for a in (function.func, *function.args)
        )
        return f"def {name}(*operands):\n    return {called}({', '.join(given)}, *operands)"

    def _with_needed(self, body: str, used: str, function: Callable[..., Any], name: str) -> str:
        """The body, where a name of the module it is from has been brought along."""
        value = function.__globals__.get(used)
        if value is None or _is_our_module(value):
            return body
        if isinstance(value, ModuleType):
            self.imports[IMPORTS[used]] = None
        elif inspect.isfunction(value):
            return _renamed(body, used, self.add(value, used))
        elif isinstance(value, type) and issubclass(value, SteepestError):
            return body.replace(used, "ArithmeticError")
        elif isinstance(value, int | float | tuple):
            found, is_new = self._named(value, used)
            if is_new:
                self.sources[found] = f"{found} = {value!r}"
            return _renamed(body, used, found)
        else:
            raise FormulaError(f"{name} cannot be written out as source code that stands alone: it needs {used}")
        return body


def _renamed(body: str, old: str, new: str) -> str:
    return body if new == old else re.sub(rf"(?<![.\w]){old}\b", new, body)


def _is_ours(module: str) -> bool:
    return module.split(".")[0] == __name__.split(".")[0]


def _is_our_module(value: Any) -> bool:
    return isinstance(value, ModuleType) and _is_ours(value.__name__)


def _numpy_text(value: Any, name: str) -> str:
    """A function of NumPy's that another one closes over."""
    owner = getattr(value, "__self__", value)
    own = getattr(owner, "__name__", "")
    if not isinstance(owner, np.ufunc) or getattr(np, own, None) is not owner:
        raise FormulaError(f"{name} cannot be written out as source code that stands alone: compute it with steepest")
    return f"np.{own}" if value is owner else f"np.{own}.{value.__name__}"


def _bare_arguments(arguments: ast.arguments) -> ast.arguments:
    for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if a is not None:
            a.annotation = None
    return arguments


def _without_annotations(text: str, tree: ast.AST) -> str:
    """The source without annotations of what is defined inside; lines stay where they are."""
    spans: list[tuple[int, int, int]] = []
    for node in ast.walk(tree):
        match node:
            case ast.arg(name, ast.expr() as kind):
                spans.append((kind.lineno, node.col_offset + len(name), kind.end_col_offset or 0))
            case ast.AnnAssign(ast.Name(name) as target, kind, ast.expr()):
                spans.append((kind.lineno, target.col_offset + len(name), kind.end_col_offset or 0))
            case ast.FunctionDef(returns=ast.expr() as kind):
                spans.append((kind.lineno, kind.col_offset - len(" -> "), kind.end_col_offset or 0))
    lines = text.split("\n")
    for line, start, end in sorted(spans, reverse=True):
        as_bytes = lines[line - 1].encode()
        lines[line - 1] = (as_bytes[:start] + as_bytes[end:]).decode()
    return "\n".join(lines)
