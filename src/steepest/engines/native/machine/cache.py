"""Machine code kept on disk: an object file for each text and processor.

Several processes may use one folder: an entry is written under another name and then renamed, so it is there whole or
not at all. It begins with its length and a digest of its name and content; what does not agree with them is as good as
not there. When there are too many entries or bytes, those not used for longest go.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import time
from pathlib import Path

from .directory import mine_alone

MOST_BYTES = 256 * 2**20
MOST_ENTRIES = 4096
SUFFIX = ".object"
UNFINISHED = ".unfinished"

_MAGIC = b"steepest machine code 1\n"
_HEADER = len(_MAGIC) + 8 + 32  # the length as an integer, and a SHA-256
_LARGEST = 64 * 2**20  # no object file of ours is that large: a longer file is not read
_HOUR = 3600.0
_STORES_PER_SWEEP = 64  # a sweep looks at every entry: not at every store

# No link is followed, and nothing is waited for: what has the name of an entry could be a link or a pipe.
_READ = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"))

_stores = 0


def key(*parts: str) -> str:
    """The name of an entry for what it depends on."""
    return hashlib.sha256("\0".join(f"{len(p)}:{p}" for p in parts).encode()).hexdigest()


def fetch(folder: Path, name: str) -> bytes | None:
    """The entry, or None if it is not there, damaged, or could be another user's."""
    path = folder / (name + SUFFIX)
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or not mine_alone(status) or status.st_size > _LARGEST:
            return None
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read()
    except OSError:
        return None
    finally:
        os.close(descriptor)
    if time.time() - status.st_mtime > _HOUR:
        with contextlib.suppress(OSError):
            os.utime(path)  # used today: among the last to go
    return _unwrapped(name, content)


def store(folder: Path, name: str, image: bytes) -> None:
    """Keep an entry, in place of one of this name.

    Raises:
        OSError: if it cannot be written.
    """
    global _stores
    descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=UNFINISHED)
    try:
        with open(descriptor, "wb") as file:
            file.write(_MAGIC + len(image).to_bytes(8, "little") + _digest(name, image) + image)
        os.replace(temporary, folder / (name + SUFFIX))
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if _stores % _STORES_PER_SWEEP == 0:
        sweep(folder, MOST_ENTRIES, MOST_BYTES)
    _stores += 1


def sweep(folder: Path, most_entries: int, most_bytes: int) -> None:
    """Remove what was not used for longest until a quarter of the room is free; nothing if there is room."""
    entries = _entries(folder)
    count, size = len(entries), sum(e[1] for e in entries)
    if count <= most_entries and size <= most_bytes:
        return
    for _, length, path in sorted(entries):
        if count <= 3 * most_entries // 4 and size <= 3 * most_bytes // 4:
            return
        with contextlib.suppress(OSError):  # another process was faster, or has it open
            os.unlink(path)
        count, size = count - 1, size - length


def _entries(folder: Path) -> list[tuple[float, int, str]]:
    """When each entry was last used, its bytes and path. What a process that died left half written goes."""
    found = []
    with os.scandir(folder) as files:
        for file in files:
            with contextlib.suppress(OSError):
                status = file.stat(follow_symlinks=False)
                if file.name.endswith(SUFFIX):
                    found.append((status.st_mtime, status.st_size, file.path))
                elif file.name.endswith(UNFINISHED) and time.time() - status.st_mtime > _HOUR:
                    os.unlink(file.path)
    return found


def _digest(name: str, image: bytes) -> bytes:
    return hashlib.sha256(name.encode() + image).digest()


def _unwrapped(name: str, content: bytes) -> bytes | None:
    image = content[_HEADER:]
    length, digest = content[len(_MAGIC) : len(_MAGIC) + 8], content[len(_MAGIC) + 8 : _HEADER]
    whole = (
        content.startswith(_MAGIC) and int.from_bytes(length, "little") == len(image) and _digest(name, image) == digest
    )
    return image if whole else None
