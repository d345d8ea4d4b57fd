"""Functions of this package whose source goes along with exported code, bare of annotations."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
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
        self.names: dict[str, Callable[..., Any]] = {}
        self.sources: dict[str, str] = {}
        self.imports: dict[str, None] = {}

    def add(self, function: Callable[..., Any], name: str) -> str:
        """The source of `function`, under `name`, and of all it calls.

        Raises:
            FormulaError: if it has no source of its own, or needs more than NumPy, SciPy and the standard library.
        """
        if name not in self.names:
            self.names[name] = function
            self.sources[name] = self._bare_source(function, name)
        return name

    def _bare_source(self, function: Callable[..., Any], name: str) -> str:
        function = inspect.unwrap(function)
        ours = inspect.isfunction(function) and function.__module__.split(".")[0] == __name__.split(".")[0]
        if not ours or function.__name__ == "<lambda>":
            raise FormulaError(
                f"{name} cannot be written out as source code that stands alone: compute it with steepest"
            )
        text = textwrap.dedent(inspect.getsource(function))
        (tree,) = ast.parse(text).body
        assert isinstance(tree, ast.FunctionDef)
        arguments = ast.unparse(_bare_arguments(tree.args))
        first = tree.body[0].lineno - 1
        closed = [
            f"{x} = {_numpy_text(value, name)}" for x, value in inspect.getclosurevars(function).nonlocals.items()
        ]
        body = "\n".join([*(textwrap.indent(line, "    ") for line in closed), *text.splitlines()[first:]])
        for node in ast.walk(ast.Module(tree.body, [])):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                body = self._with_needed(body, node.id, function, name)
        return f"def {name}({arguments}):\n{body}"

    def _with_needed(self, body: str, used: str, function: Callable[..., Any], name: str) -> str:
        """The body, where a name of the module it is from has been brought along."""
        value = function.__globals__.get(used)
        if value is None:
            return body
        if isinstance(value, ModuleType):
            self.imports[IMPORTS[used]] = None
        elif inspect.isfunction(value):
            self.add(value, used)
        elif isinstance(value, type) and issubclass(value, SteepestError):
            return body.replace(used, "ArithmeticError")
        elif isinstance(value, int | float | tuple):
            self.sources.setdefault(used, f"{used} = {value!r}")
        else:
            raise FormulaError(f"{name} cannot be written out as source code that stands alone: it needs {used}")
        return body


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
