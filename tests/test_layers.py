"""The layers hold: imports point down only. CONTRIBUTING.md has the picture.

Read from the source with `ast`, so that nothing need be importable, and no import can hide in a function.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = "steepest"
SOURCE = Path(__file__).resolve().parents[1] / "src" / PACKAGE

# From the bottom up. A row holds chains: each package may import all rows below, and those before it in its chain.
# The chains of one row are siblings and never import each other.
LAYERS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("version",), ("errors",), ("numeric",), ("data",), ("on_demand",)),
    (("expr",),),
    (("ops",),),
    (("calculus",), ("analysis", "rewrite")),
    (("frontends",), ("formula",), ("lower", "schedule", "engines"), ("structure",)),
    (("verify",), ("stationary",), ("export",)),
    (("api",),),
    (("landscape", "descent", "regression", "plot"), ("testing",)),
    (("cli",), ("web",)),
    (("__main__",),),
    ((PACKAGE,),),  # the public names, in the package's own __init__: nothing inside may import them
)
PLACE = {
    name: (row, chain, step)
    for row, chains in enumerate(LAYERS)
    for chain, names in enumerate(chains)
    for step, name in enumerate(names)
}
INDEPENDENT = ("numeric", "data")  # of our own code and of all but NumPy: they judge the rest
LENT = {("steepest.numeric.grids.sparse", "scipy.sparse")}  # the class of the matrices that are handed out
MOST_LINES = 400
NAMELESS = {"util", "utils", "misc", "helper", "helpers", "common"}


@dataclass(frozen=True)
class Import:
    module: str  # as resolved: "steepest.expr.node", "numpy"
    name: str | None  # what is taken from it, if anything
    line: int
    at_top: bool  # at the top of the module, or there under ``if TYPE_CHECKING``
    for_types: bool


def top(module: str) -> str:
    """The package directly under ours that a module of ours is in; ours itself for the public names."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else PACKAGE


def may_import(importer: str, imported: str) -> bool:
    """Whether one top package may import another."""
    if importer == imported:
        return importer != PACKAGE
    (row, chain, step), (other_row, other_chain, other_step) = PLACE[importer], PLACE[imported]
    if row != other_row:
        return row > other_row
    return chain == other_chain and step > other_step


def imports(source: str, module: str, is_package: bool = False) -> Iterator[Import]:
    """Every import in a source text, wherever it stands."""
    here = module.split(".") if is_package else module.split(".")[:-1]
    for statement, at_top, for_types in _statements(ast.parse(source)):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield Import(alias.name, None, statement.lineno, at_top, for_types)
        elif isinstance(statement, ast.ImportFrom):
            base = here[: len(here) - statement.level + 1] if statement.level else []
            full = ".".join([*base, *([statement.module] if statement.module else [])])
            for alias in statement.names:
                # From the package itself one takes a subpackage, or else a public name.
                if full == PACKAGE and alias.name in PLACE:
                    yield Import(f"{PACKAGE}.{alias.name}", None, statement.lineno, at_top, for_types)
                else:
                    yield Import(full, alias.name, statement.lineno, at_top, for_types)
        elif (deferred := _deferred(statement)) is not None:
            yield Import(*deferred, statement.lineno, at_top, True)


def _deferred(statement: ast.AST) -> tuple[str, str] | None:
    """The module and the function of ``f = on_first_call(module, name)``: an import that makes no circle."""
    match statement:
        case ast.Assign(
            value=ast.Call(func=ast.Name("on_first_call"), args=[ast.Constant(module), ast.Constant(name)])
        ):
            return str(module), str(name)
    return None


def _statements(tree: ast.Module) -> Iterator[tuple[ast.AST, bool, bool]]:
    for child in tree.body:
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from ((n, True, True) for n in child.body)
            rest: list[ast.AST] = [n for statement in (*child.body, *child.orelse) for n in ast.walk(statement)]
            yield from ((n, False, False) for n in rest if n not in child.body)
        else:
            yield child, True, False
            yield from ((n, False, False) for n in ast.walk(child) if n is not child)


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """What is wrong with the imports of one module, a line for each."""
    found = []
    mine = top(module)
    if mine not in PLACE:
        return [f"{module}: {mine!r} has no layer: enter it in LAYERS"]
    for i in imports(source, module, is_package):
        at = f"{module}:{i.line}"
        ours = i.module.split(".")[0] == PACKAGE
        if i.name == "*":
            found.append(f"{at}: imports everything from {i.module}")
        if ours and not i.at_top:
            found.append(f"{at}: imports {i.module} inside a block")
        if ours and top(i.module) not in PLACE:
            found.append(f"{at}: {top(i.module)!r} has no layer: enter it in LAYERS")
        elif ours and not may_import(mine, top(i.module)):
            found.append(f"{at}: {mine} imports {i.module}, which is not below it")
        known = {*sys.stdlib_module_names, "numpy"}
        if mine in INDEPENDENT and not ours and i.module.split(".")[0] not in known and (module, i.module) not in LENT:
            found.append(f"{at}: {mine} imports {i.module}; it may use NumPy and the standard library only")
    return found


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_imports_point_down(path: Path) -> None:
    assert violations(path.read_text(encoding="utf-8"), module_name(path), path.name == "__init__.py") == []


def test_no_circle_of_modules() -> None:
    modules = {module_name(path): path for path in FILES}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        found = imports(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")
        candidates = {m for i in found if not i.for_types for m in (f"{i.module}.{i.name}", i.module) if m in modules}
        # What an __init__ shows of its own modules is no circle: they do not go through it.
        graph[module] = {m for m in candidates if not module.startswith(f"{m}.")} - {module}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, with the circle


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_file_is_one_idea(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_a_name_says_what_is_inside(path: Path) -> None:
    assert NAMELESS.isdisjoint(path.relative_to(SOURCE).with_suffix("").parts)


@pytest.mark.parametrize("path", [p for p in FILES if p.name == "__init__.py"], ids=module_name)
def test_an_init_holds_a_docstring_and_names(path: Path) -> None:
    docstring, *rest = ast.parse(path.read_text(encoding="utf-8")).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(docstring.value, ast.Constant)
    code = [s for s in rest if not isinstance(s, (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign))]
    assert [ast.unparse(s) for s in code] == []


def test_every_folder_with_source_is_a_package() -> None:
    assert [p for p in FILES if not (p.parent / "__init__.py").exists() and p.parent != SOURCE] == []


# --- the checker catches what it should ---------------------------------------------------------------

GOOD = [
    ("steepest.ops.power", "from steepest.expr.build import add"),
    ("steepest.ops.power", "from .operation import define"),
    ("steepest.expr.node", "if TYPE_CHECKING:\n    from .pattern import Pattern"),
    ("steepest.engines.python.compile", "from steepest.lower.program import Program"),
    ("steepest.engines.python.compile", "from ...lower.program import Program"),
    ("steepest.engines.python.compile", "def load():\n    import llvmlite"),
    ("steepest.rewrite.simplify", "from steepest.analysis.facts import sign"),
    ("steepest.cli.main", "from steepest import numeric"),
    ("steepest.api.grad", 'emit = on_first_call("steepest.engines.native.compile", "emit")'),
    ("steepest.numeric.stencil", "import math\nimport numpy as np"),
]
BAD = {
    "up": ("steepest.expr.node", "from steepest.ops.power import power", "not below"),
    "up, relative": ("steepest.expr.node", "from ..ops import power", "not below"),
    "up, the module": ("steepest.expr.node", "import steepest.ops.power", "not below"),
    "up, two levels": ("steepest.engines.python.compile", "from ...api.grad import grad", "not below"),
    "up, for types": (
        "steepest.expr.node",
        "if TYPE_CHECKING:\n    from steepest.ops.operation import Operation",
        "not below",
    ),
    "sideways": ("steepest.formula.text", "from steepest.lower.lowering import lower", "not below"),
    "sideways, L3": ("steepest.calculus.forward", "from steepest.rewrite.simplify import simplify", "not below"),
    "sideways, L0": ("steepest.numeric.stencil", "from steepest.errors import ShapeError", "not below"),
    "back along a chain": ("steepest.lower.lowering", "from steepest.engines import python", "not below"),
    "public names": ("steepest.api.grad", "import steepest", "not below"),
    "a public name": ("steepest.cli.main", "from steepest import grad", "not below"),
    "a public name, relative": ("steepest.errors", "from . import grad", "not below"),
    "up, on demand": ("steepest.ops.power", 'grad = on_first_call("steepest.api.grad", "grad")', "not below"),
    "in a function, on demand": (
        "steepest.api.grad",
        'def f():\n    emit = on_first_call("steepest.engines.native.compile", "emit")',
        "inside a block",
    ),
    "in a function": ("steepest.ops.power", "def f():\n    from steepest.expr.build import add", "inside a block"),
    "in a method": (
        "steepest.ops.power",
        "class A:\n    def f(self):\n        from .logic import less",
        "inside a block",
    ),
    "under try": ("steepest.ops.power", "try:\n    from .logic import less\nexcept ImportError:\n    pass", "a block"),
    "in a function for types": (
        "steepest.ops.power",
        "if TYPE_CHECKING:\n    def f():\n        from .logic import less",
        "inside a block",
    ),
    "all names": ("steepest.ops.power", "from steepest.expr.build import *", "everything"),
    "all names of another": ("steepest.ops.power", "from math import *", "everything"),
    "an unknown package": ("steepest.expr.node", "from steepest.stuff import thing", "no layer"),
    "in an unknown package": ("steepest.stuff.thing", "import math", "no layer"),
    "the oracle on SciPy": ("steepest.numeric.stencil", "from scipy.sparse import csr_array", "NumPy and the standard"),
}


@pytest.mark.parametrize(("module", "source"), GOOD)
def test_the_checker_passes(module: str, source: str) -> None:
    assert violations(source, module) == []


@pytest.mark.parametrize("case", BAD)
def test_the_checker_catches(case: str) -> None:
    module, source, message = BAD[case]
    (found,) = violations(source, module)
    assert message in found


def test_relative_imports_of_a_package_start_at_itself() -> None:
    assert [i.module for i in imports("from . import power", "steepest.ops", is_package=True)] == ["steepest.ops"]
    assert [i.module for i in imports("from .. import errors", "steepest.ops", is_package=True)] == ["steepest.errors"]
