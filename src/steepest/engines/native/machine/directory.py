"""The folder of this user in which machine code is kept."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

ON, OFF = ("", "on", "1", "yes", "true"), ("off", "0", "no", "false")  # what STEEPEST_CACHE may say, in small letters
FOLDER = os.path.join("steepest", "machine-code")


class NotKept(Exception):
    """Nothing is kept on disk, and why."""


def cache_directory() -> Path:
    """The folder, made if it is not there.

    ``STEEPEST_CACHE_DIR`` says where instead of the platform's place for caches; ``STEEPEST_CACHE=off`` (or ``0``,
    ``no``, ``false``) that nothing is to be kept. Both are read at every call.

    Raises:
        NotKept: if it is switched off, cannot be made, or is not this user's alone.
    """
    said = os.environ.get("STEEPEST_CACHE", "")
    if said.strip().lower() in OFF:
        raise NotKept(f"STEEPEST_CACHE is {said}")
    if said.strip().lower() not in ON:
        raise NotKept(f"STEEPEST_CACHE is {said!r}, which is neither on nor off")
    chosen = os.environ.get("STEEPEST_CACHE_DIR")
    path = Path(chosen) / "machine-code" if chosen else _platform_directory() / FOLDER
    if not chosen and not path.is_absolute():
        raise NotKept("this user has no home")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = os.lstat(path)
    except OSError as error:
        raise NotKept(f"the folder {path} cannot be made: {error.strerror}") from None
    if not stat.S_ISDIR(status.st_mode) or not mine_alone(status):
        raise NotKept(f"the folder {path} is another user's, or others may write to it")
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise NotKept(f"the folder {path} cannot be written to")
    return path


def mine_alone(status: os.stat_result) -> bool:
    """Whether only this user could have written what has this status: its code will be run."""
    if not hasattr(os, "geteuid"):
        return True  # Windows: the folder is in the user's profile, which has its own rules of access
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _platform_directory() -> Path:
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local"))
    if sys.platform == "darwin":
        return Path(home, "Library", "Caches")
    chosen = os.environ.get("XDG_CACHE_HOME", "")  # a relative path is to be ignored (XDG Base Directory Specification)
    return Path(chosen) if os.path.isabs(chosen) else Path(home, ".cache")
