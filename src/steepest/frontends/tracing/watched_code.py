"""Loops that Python asks nobody about, so that somebody is asked: ``while``, ``for`` over a plain list, ``[… for …]``.

A function is copied with other code, compiled from its source: a ``while`` is a ``for`` that goes on until the
condition fails, the others go through `walked` and `listed`. The source is believed only if it compiles, as it stands,
to the very code of the function; where there is none, or another, the function keeps its code.
"""

from __future__ import annotations
import __future__

import ast
import copy
import functools
import linecache
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

from .frames import UNUSUAL, has_loops

STEPS, STEP, ENDED, WALKED, LISTED = ".steps", ".step", ".ended", ".walked", ".listed"  # names that no program has
LATE_ANNOTATIONS = __future__.annotations.compiler_flag
COMPARED = (
    "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount", "co_kwonlyargcount",
    "co_posonlyargcount", "co_flags", "co_name", "co_exceptiontable",
)  # fmt: skip


def watched(code: CodeType) -> CodeType:
    """The code with its loops watched; the code itself if it has none, or if its source is not known."""
    return _watched(code, code.co_filename) if has_loops(code) else code


@functools.lru_cache(maxsize=1024)
def _watched(code: CodeType, file: str) -> CodeType:
    if code.co_flags & UNUSUAL:
        return code
    try:
        return _from_source(code, file)
    except (SyntaxError, ValueError, RecursionError):
        return code


def _from_source(code: CodeType, file: str) -> CodeType:
    with warnings.catch_warnings(action="ignore"):  # what is to be said of the source, Python has said
        place = Place.of(code, _parsed("".join(linecache.getlines(file))))
        plain = None if place is None else place.compiled(code)
        if place is None or plain is None or not _are_same(plain, code):
            return code
        Watching().visit(place.definition)
        found = place.compiled(code)
    return code if found is None or found.co_freevars != code.co_freevars else found


@functools.lru_cache(maxsize=16)
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


@dataclass(frozen=True)
class Place:
    """A definition, with what decides how it is compiled."""

    imports: list[ast.stmt]  # of the module: how their names are called
    around: list[ast.FunctionDef | ast.ClassDef]  # the functions and classes it is in, from without
    definition: ast.FunctionDef

    @classmethod
    def of(cls, code: CodeType, module: ast.Module) -> Place | None:
        """Where the code comes from; None if there is no such definition."""
        imports: list[ast.stmt] = []
        waiting: list[tuple[list[Any], ast.AST]] = [([], module)]
        found = None
        while waiting:
            around, node = waiting.pop()
            for child in ast.iter_child_nodes(node):
                if isinstance(child, (ast.Import, ast.ImportFrom)) and not around:
                    imports.append(child)
                if isinstance(child, ast.FunctionDef) and child.name == code.co_name:
                    first = min([child.lineno, *(d.lineno for d in child.decorator_list)])
                    found = cls(imports, around, copy.deepcopy(child)) if first == code.co_firstlineno else found
                is_scope = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                waiting.append(([*around, child] if is_scope else around, child))
        imports.sort(key=lambda statement: statement.lineno)
        return found

    def compiled(self, code: CodeType) -> CodeType | None:
        """The code of the definition."""
        free = [
            ast.Assign(targets=[ast.Name(name, ast.Store())], value=ast.Constant(None))
            for name in code.co_freevars
            if name != "__class__"
        ]
        body: list[ast.stmt] = [self.definition]
        for scope in reversed(self.around):
            inside = body if isinstance(scope, ast.ClassDef) else [*free, *body]
            body = [_emptied(scope, inside)]
        module = ast.fix_missing_locations(ast.Module(body=[*self.imports, *body], type_ignores=[]))
        whole = compile(module, code.co_filename, "exec", code.co_flags & LATE_ANNOTATIONS, dont_inherit=True)
        found = [c for c in _codes(whole) if c.co_qualname == code.co_qualname]
        return found[0] if len(found) == 1 else None


def _emptied(scope: Any, body: list[ast.stmt]) -> ast.stmt:
    """A class or function of which this is all."""
    found = copy.copy(scope)
    found.body, found.decorator_list = body, []
    if isinstance(found, ast.ClassDef):
        found.bases, found.keywords = [], []
    else:
        found.args = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _are_same(a: CodeType, b: CodeType) -> bool:
    """Whether both do the same on the same lines."""
    return (
        all(getattr(a, name) == getattr(b, name) for name in COMPARED)
        and list(a.co_lines()) == list(b.co_lines())
        and len(a.co_consts) == len(b.co_consts)
        and all(map(_are_same_constants, a.co_consts, b.co_consts))
    )


def _are_same_constants(x: Any, y: Any) -> bool:
    if isinstance(x, CodeType):
        return isinstance(y, CodeType) and _are_same(x, y)
    return type(x) is type(y) and repr(x) == repr(y)


def _assigned(name: str, value: bool) -> ast.stmt:
    return ast.Assign(targets=[ast.Name(name, ast.Store())], value=ast.Constant(value))


class Watching(ast.NodeTransformer):
    """The source with loops that ask."""

    def visit_While(self, node: ast.While) -> ast.AST | list[ast.AST]:
        self.generic_visit(node)
        leave: list[ast.stmt] = [ast.copy_location(ast.Break(), node.test)]
        go_on = ast.copy_location(ast.Pass(), node.test)
        if not node.orelse:
            return self._loop(node, go_on, leave)
        name = f"{ENDED}{node.lineno}:{node.col_offset}"  # of this loop: another one may end in it
        begun, ended = (ast.copy_location(_assigned(name, value), node.test) for value in (False, True))
        after = ast.If(test=ast.Name(name, ast.Load()), body=node.orelse, orelse=[])
        return [begun, self._loop(node, go_on, [ended, *leave]), ast.copy_location(after, node.test)]

    @staticmethod
    def _loop(node: ast.While, go_on: ast.stmt, leave: list[ast.stmt]) -> ast.AST:
        head = ast.copy_location(ast.If(test=node.test, body=[go_on], orelse=leave), node.test)
        steps = ast.Call(func=ast.Name(STEPS, ast.Load()), args=[], keywords=[])
        found = ast.For(target=ast.Name(STEP, ast.Store()), iter=steps, body=[head, *node.body], orelse=[])
        return ast.copy_location(found, node)

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.iter = self._given_to(WALKED, node.iter)
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        self.generic_visit(node)
        if any(c.is_async for c in node.generators) or any(isinstance(n, ast.Await) for n in ast.walk(node)):
            return node
        first = node.generators[0]
        first.iter = self._given_to(WALKED, first.iter)
        items = ast.copy_location(ast.GeneratorExp(elt=node.elt, generators=node.generators), node)
        return self._given_to(LISTED, items)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Its own loops stay: the names in them would be attributes."""
        node.body = [self.visit(s) if isinstance(s, ast.FunctionDef) else s for s in node.body]
        return node

    @staticmethod
    def _given_to(name: str, x: ast.expr) -> ast.expr:
        return ast.copy_location(ast.Call(func=ast.Name(name, ast.Load()), args=[x], keywords=[]), x)
