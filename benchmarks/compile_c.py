"""The C versions as Python extensions: compiled once for each source, precision and compiler, kept in a cache."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np

from .peers.prepared import CannotDo

SOURCES = Path(__file__).parent / "c"
COMPILE = "gcc -O3 -march=native -ffast-math -fopenmp -fPIC -std=gnu11 -Wall -c"
LINK = "gcc -shared -fopenmp"  # no -ffast-math here: it would switch subnormal numbers off for the whole process
REAL = {"float64": "double", "float32": "float"}


def extension(name: str, dtype: str) -> ModuleType:
    """The module made of ``c/<name>.c`` for one precision."""
    if shutil.which("gcc") is None:
        raise CannotDo("no gcc")
    library = build(name, dtype)
    module = f"{name}_{dtype}"
    loader = importlib.machinery.ExtensionFileLoader(module, str(library))
    spec = importlib.util.spec_from_file_location(module, library, loader=loader)
    assert spec is not None
    loaded = importlib.util.module_from_spec(spec)
    loader.exec_module(loaded)
    return loaded


def build(name: str, dtype: str) -> Path:
    source = SOURCES / f"{name}.c"
    text = b"".join(path.read_bytes() for path in (source, *sorted(SOURCES.glob("*.h"))))
    include = [sysconfig.get_paths()["include"], np.get_include()]
    key = hashlib.sha256(b"\0".join([text, dtype.encode(), COMPILE.encode(), *map(str.encode, include)])).hexdigest()
    library = _folder() / f"{name}-{dtype}-{key[:16]}.so"
    if not library.exists():
        with tempfile.TemporaryDirectory() as scratch:
            object_file, shared = Path(scratch, "kernel.o"), Path(scratch, "kernel.so")
            defines = [f"-DREAL={REAL[dtype]}", f"-DMODULE={name}_{dtype}", f"-D{dtype.upper()}"]
            _run([*COMPILE.split(), *defines, *(f"-I{p}" for p in include), str(source), "-o", str(object_file)])
            _run([*LINK.split(), str(object_file), "-o", str(shared), "-lm"])
            partial = library.with_suffix(f".{os.getpid()}")
            shutil.copy(shared, partial)
            partial.replace(library)
    return library


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotDo(f"gcc: {done.stderr.strip()}")


def _folder() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "steepest-benchmarks")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
