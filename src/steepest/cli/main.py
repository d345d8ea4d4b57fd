"""The `steepest` command: finds the subcommand, runs it, turns errors into messages and exit codes.

Exit codes: 0 done; 1 a check failed, or a derivative disagrees with the numeric one; 2 it could not be done as
asked. A subcommand is one module and one entry in `COMMANDS`.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Sequence

from steepest.errors import MismatchError, SteepestError
from steepest.version import VERSION

from . import check, demo, diff, explain, fit, plot
from .command import Command
from .terminal import Style, styled

COMMANDS: tuple[Command, ...] = (demo, diff, check, explain, fit, plot)

SHORT = ("-h", "-o")  # all short options there are

CHECK_FAILED = 1
USAGE = 2
# What a shell reports for a program that a signal ended: 128 + its number.
INTERRUPTED = 128 + 2
PIPE_CLOSED = 128 + 13


def main(argv: Sequence[str] | None = None, commands: Sequence[Command] = COMMANDS) -> int:
    """Run one command line (``sys.argv[1:]`` if None) and return its exit code.

    Raises SystemExit as `argparse` does: 0 after ``--help`` and ``--version``, 2 for a line that does not parse.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Greek letter must not end the program on a small code page
            stream.reconfigure(errors="backslashreplace")
    parser = build_parser(commands)
    args = parser.parse_args([_kept_apart(a) for a in (sys.argv[1:] if argv is None else argv)])
    if args.command is None:
        parser.print_help(sys.stderr)
        return USAGE
    try:
        code: int = args.command.run(args)
        sys.stdout.flush()
        return code
    except SteepestError as error:
        if args.debug:
            raise
        print(f"{styled('error:', Style.RED, sys.stderr)} {error}", file=sys.stderr)
        return CHECK_FAILED if isinstance(error, MismatchError) else USAGE
    except BrokenPipeError:
        # The reader, `head` say, has what it wanted. Python flushes stdout once more at exit: give it a place to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED


def _kept_apart(argument: str) -> str:
    """``-x^2`` is an expression: what holds a space is no option to argparse."""
    return f" {argument}" if re.match("-[^-]", argument) and argument not in SHORT else argument


def build_parser(commands: Sequence[Command]) -> argparse.ArgumentParser:
    """The parser of the whole command line. ``--debug`` may stand before or after the subcommand."""
    parser = argparse.ArgumentParser(
        prog="steepest", description="How does a function change when its inputs are nudged?"
    )
    parser.add_argument("--version", action="version", version=f"steepest {VERSION}")
    parser.set_defaults(command=None)
    _add_debug(parser, default=False)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in commands:
        sub = subparsers.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        # Suppressed, or its default would overwrite a --debug that stood before the subcommand.
        _add_debug(sub, default=argparse.SUPPRESS)
        command.add_arguments(sub)
        sub.set_defaults(command=command)
    return parser


def _add_debug(parser: argparse.ArgumentParser, default: bool | str) -> None:
    parser.add_argument("--debug", action="store_true", default=default, help="show the full traceback of an error")


if __name__ == "__main__":
    sys.exit(main())
