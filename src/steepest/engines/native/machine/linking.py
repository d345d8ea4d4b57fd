"""Object files into memory, where their code can run, until nobody needs it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import llvmlite.binding as llvm

from .failure import NativeCodeError
from .hold import hold
from .llvm import alone, free
from .target import Target

# A linker costs 0.8 ms and 150 KB, an object in it 0.15 ms and 10 KB; what an object takes from its linker is only
# given back with the linker. So a linker is for some objects, and goes when the last of them has gone.
OBJECTS_PER_LINKER = 16


class Code:
    """The functions of one object file, as long as this lives."""

    def __init__(self, addresses: dict[str, int], unload: Callable[[], None]) -> None:
        self._addresses = addresses
        self._hold = hold(unload)

    def address(self, name: str) -> int:
        """Where a function that was asked for begins."""
        return self._addresses[name]


class _Linker:
    def __init__(self, target: Target) -> None:
        self.target = target
        with target.machine() as machine:
            # JITLink lays code and its data side by side, as the small code model needs; errors come as exceptions.
            self.jit = llvm.create_lljit_compiler(machine, use_jit_link=True, suppress_errors=True)
        self.names = itertools.count()
        self.left = OBJECTS_PER_LINKER


_linker: _Linker | None = None


def link(image: bytes, target: Target, *names: str) -> Code:
    """Load an object file; `names` are the functions to find in it.

    Raises:
        NativeCodeError: if it cannot be loaded, or there is no such function.
    """
    global _linker
    with alone():
        if _linker is None or _linker.left == 0 or _linker.target != target:
            _linker = _Linker(target)
        _linker.left -= 1
        builder = llvm.JITLibraryBuilder().add_object_img(image).add_current_process()
        for name in names:
            builder.export_symbol(name)
        try:
            functions = builder.link(_linker.jit, f"object {next(_linker.names)}")
        except RuntimeError as error:
            raise NativeCodeError(f"the code cannot be loaded: {error}") from None
        addresses = {name: int(functions[name]) for name in names}
        return Code(addresses, partial(free, partial(_unload, functions, _linker)))


def _unload(functions: Any, linker: _Linker) -> None:
    functions.close()
    del linker  # after its object, whose code its memory holds
