"""What a subcommand is: a module with these four names, entered in the table of `main`."""

from __future__ import annotations

import argparse
from typing import Protocol


class Command(Protocol):
    """One subcommand. `run` returns the exit code: 0, or 1 for a check that failed."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...
