"""Exported C compiled and called: a shared library for values, a program of its own under the sanitizers."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import steepest as st

COMPILER = shutil.which("gcc") or shutil.which("cc")
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]


@dataclass(frozen=True)
class Exported:
    """A formula and its C source, under a name of its own."""

    name: str
    formula: st.Formula
    source: str

    @property
    def returns(self) -> str:
        found = re.search(rf"^(int|void|double) {self.name}\(", self.source, re.MULTILINE)
        assert found is not None
        return found.group(1)

    def sizes(self, arguments: Sequence[Any]) -> list[int]:
        """The named sizes in the order of the C function's parameters."""
        found: dict[str, int] = {}
        for d, a in zip(self.formula.source.declarations, arguments, strict=True):
            for s, n in zip(d.sizes, np.shape(a), strict=True):
                if isinstance(s, str):
                    found.setdefault(s, n)
        return list(found.values())


def compiled(exports: Sequence[Exported], folder: Path) -> ctypes.CDLL:
    """A shared library of all functions; what the compiler complains about fails."""
    assert COMPILER is not None
    files = _written(exports, folder)
    library = folder / "all.so"
    run([COMPILER, *STRICT, "-O1", "-fPIC", "-shared", "-o", str(library), *files, "-lm"])
    return ctypes.CDLL(str(library))


def _written(exports: Sequence[Exported], folder: Path) -> list[str]:
    files = []
    for e in exports:
        file = folder / f"{e.name}.c"
        file.write_text(e.source, encoding="utf-8")
        files.append(str(file))
    return files


def run(command: Sequence[str], **settings: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **settings)
    assert done.returncode == 0, done.stderr[:4000]
    return done.stdout


def call(library: ctypes.CDLL, e: Exported, arguments: Sequence[Any], shape: tuple[int, ...]) -> np.ndarray:
    """The value of an exported function, which must not fail."""
    status, value = status_and_value(library, e, arguments, shape)
    assert status == 0
    return value


def status_and_value(
    library: ctypes.CDLL, e: Exported, arguments: Sequence[Any], shape: tuple[int, ...]
) -> tuple[int, np.ndarray]:
    function = getattr(library, e.name)
    function.restype = {"int": ctypes.c_int, "void": None, "double": ctypes.c_double}[e.returns]
    arrays = [np.asarray(a, dtype=float, order="C") for a in arguments]
    given: list[Any] = [ctypes.c_size_t(n) for n in e.sizes(arguments)]
    given += [a.ctypes.data_as(ctypes.c_void_p) if a.ndim else ctypes.c_double(float(a)) for a in arrays]
    if e.returns == "double":
        return 0, np.asarray(function(*given))
    out = np.full(shape, np.nan)
    status = function(*given, out.ctypes.data_as(ctypes.c_void_p))
    return status or 0, out


# --- a program of its own -----------------------------------------------------------------------------


def sanitized_values(
    exports: Sequence[Exported],
    arguments: Mapping[str, Sequence[Any]],
    shapes: Mapping[str, tuple[int, ...]],
    folder: Path,
) -> dict[str, np.ndarray]:
    """The values, computed on arrays of exactly their size under the address and undefined-behaviour sanitizers."""
    assert COMPILER is not None
    main = folder / "main.c"
    main.write_text(_program(exports, arguments, shapes), encoding="utf-8")
    binary = folder / "main"
    flags = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    run([COMPILER, *STRICT, *flags, "-o", str(binary), str(main), *_written(exports, folder), "-lm"])
    lines = run([str(binary)]).splitlines()
    parsed = {name: [float(x) for x in rest] for name, *rest in (line.split() for line in lines)}
    return {e.name: np.array(parsed[e.name]).reshape(shapes[e.name]) for e in exports}


def _program(
    exports: Sequence[Exported], arguments: Mapping[str, Sequence[Any]], shapes: Mapping[str, tuple[int, ...]]
) -> str:
    lines = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>"]
    body = []
    for e in exports:
        found = re.search(rf"^((?:int|void|double) {e.name}\([^{{]*\))\n{{", e.source, re.MULTILINE)
        assert found is not None
        lines.append(found.group(1) + ";")
        given = [str(n) for n in e.sizes(arguments[e.name])]
        body.append("    {")
        names = []
        for k, a in enumerate(arguments[e.name]):
            if np.ndim(a) == 0:
                given.append(repr(float(a)))
                continue
            entries = ", ".join(repr(float(x)) for x in np.ravel(a))
            body.append(f"        static const double d{k}[] = {{{entries}}};")
            body.append(f"        double *a{k} = malloc(sizeof d{k});")
            body.append(f"        memcpy(a{k}, d{k}, sizeof d{k});")
            names.append(f"a{k}")
            given.append(f"a{k}")
        count = int(np.prod(shapes[e.name]))
        body.append(f"        double *out = malloc({max(count, 1)} * sizeof *out);")
        if e.returns == "double":
            body.append(f"        *out = {e.name}({', '.join(given)});")
        else:
            body.append(f"        {e.name}({', '.join([*given, 'out'])});")
        body.append(f'        printf("{e.name}");')
        body.append(f'        for (int i = 0; i < {count}; i++) printf(" %.17g", out[i]);')
        body.append('        printf("\\n");')
        body += [f"        free({n});" for n in (*names, "out")]
        body.append("    }")
    return "\n".join([*lines, "int main(void)", "{", *body, "    return 0;", "}", ""])
