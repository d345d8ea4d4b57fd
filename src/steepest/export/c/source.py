"""The text of a C file: what it is, the library functions it needs, and one function."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.errors import FormulaError
from steepest.export.exported import Exported, named_sizes, shape_text, wrapped
from steepest.export.places import in_memory, placed
from steepest.lower.program import Program

from .body import FAIL, Body, Needs
from .failing import Failure
from .library import sources
from .loops import INDENT
from .naming import Names, ascii_name
from .text import number

WIDTH = 100  # columns
LARGEST_ARRAY = 10_000  # entries of a fixed array that are written out


class CSource:
    """A C99 file with one function; `elsewhere` is the same at other choices of the sizes.

    Raises:
        FormulaError: if something in it has no plain C, or holds at some sizes only.
    """

    def __init__(self, exported: Exported, *elsewhere: Exported) -> None:
        self.exported = exported
        self.name = ascii_name(exported.name)
        self.names = _names(exported)
        program = exported.program()
        self.body = Body(program, self.names, self.names.inputs, Needs())
        result = self.body.compute()
        self.result = result.source if result is not None else ""
        self.allocates = bool(self.body.workspace)
        here = _fixed_places(program, self.body)
        for e in elsewhere:
            names, same = _names(e), e.program()
            body = Body(same, names, names.inputs, Needs())
            body.compute()
            if here != _fixed_places(same, body):
                raise FormulaError(
                    f"{exported.name} reads arrays at places that depend on their sizes in a way that has no name."
                    "\n    Give the sizes as numbers."
                )
        self.needed = [(self.body.size(r.size), self.body.size(r.least)) for r in in_memory(program)]
        if self.needed:
            self.body.failures.add(Failure.PLACE)

    def text(self, checked: Sequence[str] = ()) -> str:
        """The file; `checked` says in its first comment how far it was."""
        function = self.function()
        includes = ["#include <math.h>", "#include <stddef.h>", *(["#include <stdlib.h>"] if self.allocates else [])]
        library = sources(self.body.library)
        return "\n\n".join([self.comment(checked), "\n".join(includes), *library, function]) + "\n"

    # --- the function -------------------------------------------------------------------------------

    @property
    def may_fail(self) -> bool:
        return self.allocates or bool(self.body.failures)

    def function(self) -> str:
        result_type = "int" if self.may_fail else "void" if not self.result else "double"
        parameters = [f"size_t {s}" for s in self.names.sizes.values()]
        for v, name in zip(self.exported.variables, self.names.inputs, strict=True):
            parameters.append(f"const double *{name}" if v.shape else f"double {name}")
        if self.may_fail or not self.result:
            parameters.append("double *restrict out")
        lines = [*self.unused(), *self.required(), *self.arrays(), *self.memory(), *self.body.top.lines]
        if self.result:
            lines.append(f"*out = {self.result};" if self.may_fail else f"return {self.result};")
        lines = self.with_ways_out(lines)
        if self.allocates:
            lines.append("free(work);")
        if self.may_fail:
            lines.append("return 0;")
        head = signature(f"{result_type} {self.name}", parameters)
        return "\n".join([*head, "{", *(INDENT + line for line in lines), "}"])

    def required(self) -> list[str]:
        """The sizes for which all places exist that are named with numbers; else nothing is read or written."""
        lines = ([f"if ({size} < {least})", f"{INDENT}return {Failure.PLACE.value};"] for size, least in self.needed)
        return [line for check in lines for line in check]

    def with_ways_out(self, lines: Sequence[str]) -> list[str]:
        """Statements that leave the function, with the memory given back."""
        result: list[str] = []
        for line in lines:
            if not line.lstrip().startswith(FAIL):
                result.append(line)
                continue
            code = line.split()[-1]
            inner = line[: len(line) - len(line.lstrip())]
            if self.allocates:
                result[-1] += " {"
                result += [f"{inner}free(work);", f"{inner}return {code};", f"{inner.removesuffix(INDENT)}}}"]
            else:
                result.append(f"{inner}return {code};")
        return result

    def unused(self) -> list[str]:
        """Arguments that the result does not depend on."""
        text = "\n".join([*self.required(), *self.body.top.lines, *self.memory(), self.result])
        names = [*self.names.sizes.values(), *self.names.inputs]
        return [f"(void){name};" for name in names if not _occurs(name, text)]

    def memory(self) -> list[str]:
        """One block for all arrays in between."""
        if not self.allocates:
            return []
        total = " + ".join(self.body.count(shape) for shape in self.body.workspace.values())
        lines = [
            f"double *work = calloc({total} + 1, sizeof *work);",
            "if (!work)",
            f"{INDENT}return {Failure.NO_MEMORY.value};",
        ]
        start = "work"
        for name, shape in self.body.workspace.items():
            lines.append(f"double *{name} = {start};")
            start = f"{name} + {self.body.count(shape)}"
        return lines

    def arrays(self) -> list[str]:
        lines = []
        for name, value in self.body.needs.arrays.items():
            if value.size > LARGEST_ARRAY:
                raise FormulaError(
                    f"a fixed array of shape {value.shape} is too large to be written out in source code."
                    "\n    Make it an argument of the function."
                )
            entries = ", ".join(number(v.item()).source for v in value.ravel())
            lines += wrapped([f"static const double {name}[] = {{{entries or '0.0'}}};"], WIDTH - len(INDENT))
        return lines

    # --- the comment --------------------------------------------------------------------------------

    def comment(self, checked: Sequence[str]) -> str:
        exported = self.exported
        variables = zip(exported.variables, self.names.inputs, strict=True)
        shapes = [f"{name}: {shape_text(v.shape) if v.shape else 'a number'}" for v, name in variables]
        result = f"out: {shape_text(exported.expr.shape)}, not overlapping the arguments"
        if not exported.expr.shape:
            result = "out: a number" if self.may_fail else "The result is returned."
        needed = [f"Sizes: {', '.join(f'{size} >= {least}' for size, least in self.needed)}."] if self.needed else []
        codes = sorted({*self.body.failures, *([Failure.NO_MEMORY] if self.allocates else [])})
        returned = [f"Returns 0, or {'; '.join(f'{c.value} if {c.meaning}' for c in codes)}."] if self.may_fail else []
        lines = [
            *exported.said, "", "Arrays are row-major, of doubles.", *shapes, result, *needed, *returned,
            *([""] if exported.declared else []), *exported.declared,
            *([""] if checked else []), *checked,
            "", f"cc -std=c99 -O3 -c {self.name}.c    (link with -lm)",
        ]  # fmt: skip
        body = [line.replace("*/", "* /") for line in wrapped(lines, WIDTH - 3)]
        return "\n".join([f"/* {body[0]}", *(f" * {line}".rstrip() for line in body[1:]), " */"])


def _fixed_places(program: Program, body: Body) -> tuple[set[int], set[tuple[str, ...]]]:
    """What the text says in numbers about lengths and places."""
    return body.numbers, {p.key for p in placed(program)}


def _names(exported: Exported) -> Names:
    sizes = named_sizes(v.shape for v in exported.variables)
    return Names(ascii_name(exported.name), [v.name for v in exported.variables], sizes)


def signature(name: str, parameters: Sequence[str]) -> list[str]:
    """The head of a function, broken between parameters."""
    lines = [f"{name}("]
    for k, p in enumerate(parameters or ["void"]):
        text = p + (")" if k + 1 == len(parameters or ["void"]) else ",")
        space = "" if lines[-1].endswith("(") else " "
        if len(lines[-1]) + len(space) + len(text) <= WIDTH:
            lines[-1] += space + text
        else:
            lines.append(INDENT + text)
    return lines


def _occurs(name: str, text: str) -> bool:
    return any(part == name for part in _words(text))


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
