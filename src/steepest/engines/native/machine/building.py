"""A module's text to code that is ready to run: from this process, from disk, or compiled."""

from __future__ import annotations

import contextlib
import enum
import re
import time
import weakref
from dataclasses import dataclass
from pathlib import Path

from steepest.version import VERSION

from . import cache
from .compilation import PIPELINE, object_code
from .directory import NotKept, cache_directory
from .failure import NativeCodeError
from .linking import Code, link
from .llvm import VERSIONS, alone
from .target import Target, host

_NUMBER_AS_ADDRESS = re.compile(r"inttoptr\s*\(?\s*i64\s+[\d-]")

_in_use: weakref.WeakValueDictionary[tuple[str, tuple[str, ...]], Code] = weakref.WeakValueDictionary()


class Origin(enum.Enum):
    """Where code came from."""

    PROCESS = "in use already"
    DISK = "read from disk"
    COMPILER = "compiled"


@dataclass(frozen=True)
class Built:
    """Code, how it came to be, and why it was not kept on disk, if it was not."""

    code: Code
    origin: Origin
    seconds: float
    not_kept: str = ""

    def account(self) -> str:
        """A line that tells of it."""
        remark = f"; not kept on disk: {self.not_kept}" if self.not_kept else ""
        return f"{self.origin.value} in {1e3 * self.seconds:.1f} ms{remark}"


def build(text: str, *names: str, target: Target | None = None) -> Built:
    """The functions `names` of a module, for the processor of this process unless another is given.

    Raises:
        NativeCodeError: if the text is not a valid module, has an address in it, or cannot be loaded.
        OSError: if this process may not run code that it made.
    """
    begin = time.perf_counter()
    target = target or host()
    if found := _NUMBER_AS_ADDRESS.search(text):  # of this process only, where the code is for any
        raise NativeCodeError(f"line {text.count(chr(10), 0, found.start()) + 1} has an address in it")
    entry = cache.key(text, target.triple, target.cpu, target.features, PIPELINE, VERSIONS, VERSION)
    code = _in_use.get((entry, names))  # without waiting for who compiles something else
    if code is not None:
        return Built(code, Origin.PROCESS, time.perf_counter() - begin)
    with alone():
        code = _in_use.get((entry, names))  # who was waited for may have made it
        if code is not None:
            return Built(code, Origin.PROCESS, time.perf_counter() - begin)
        code, origin, not_kept = _fetched_or_compiled(text, names, target, entry)
        _in_use[entry, names] = code
    return Built(code, origin, time.perf_counter() - begin, not_kept)


def _fetched_or_compiled(text: str, names: tuple[str, ...], target: Target, entry: str) -> tuple[Code, Origin, str]:
    folder, not_kept = _folder()
    image = cache.fetch(folder, entry) if folder else None
    if image is not None:
        with contextlib.suppress(NativeCodeError):  # whole, and yet not to be used: it is made anew
            return link(image, target, *names), Origin.DISK, ""
    image = object_code(text, target)
    code = link(image, target, *names)
    if folder:
        try:
            cache.store(folder, entry, image)
        except OSError as error:
            not_kept = error.strerror or str(error)
    return code, Origin.COMPILER, not_kept


def _folder() -> tuple[Path | None, str]:
    try:
        return cache_directory(), ""
    except NotKept as reason:
        return None, str(reason)
