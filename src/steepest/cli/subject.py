"""What a command is about: a line of mathematics or ``FILE.py:FUNCTION``, with the declared shapes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from steepest.api.formula import Formula, formula
from steepest.errors import ArgumentError, CaptureError, SteepestError
from steepest.frontends.text.spelling import canonical_name

from .source_file import Place, function_at, place_of, raised


@dataclass(frozen=True)
class Subject:
    """A function as a formula, and the names whose shapes were declared rather than taken by custom."""

    function: Formula
    declared: frozenset[str]


def add_subject(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("expression", metavar="EXPR", help="a line of mathematics, or FILE.py:FUNCTION")
    parser.add_argument(
        "--declare", metavar="SHAPE", action="append", default=[],
        help='shapes by named sizes, with facts: "X: m n", "S: n n spd" (with ; for several); nothing: a number',
    )  # fmt: skip


@contextmanager
def subject_of(args: argparse.Namespace) -> Iterator[Subject]:
    """The subject of a command line. What goes wrong inside is told with the user's own line."""
    declared = declarations_of(args.declare)
    expression = args.expression.strip()
    place = place_of(expression)
    with told(expression, place):
        function = formula(expression if place is None else function_at(place), **declared)
        yield Subject(function, frozenset({*declared, *map(canonical_name, declared)}))


@contextmanager
def told(expression: str, place: Place | None) -> Iterator[None]:
    """What goes wrong inside, in the user's function or in NumPy, is told with the user's own line."""
    try:
        yield
    except SteepestError:
        raise
    except Exception as error:  # from the user's function, or from NumPy at the points it is traced at
        what = f"{expression} cannot be derived"
        message = f"{what}: {type(error).__name__}: {error}" if place is None else raised(what, error, place.path)
        raise CaptureError(message) from error


def declarations_of(items: Sequence[str]) -> dict[str, str]:
    """``["X: m n", "y: m; a:"]`` as shapes by name."""
    shapes: dict[str, str] = {}
    for item in (part for text in items for part in text.split(";") if part.strip()):
        name, colon, shape = item.partition(":" if ":" in item else "=")
        if not colon or not name.strip():
            raise ArgumentError(f'--declare is written as "X: m n" (a number: "a:"), got {item.strip()!r}')
        if ":" in shape:
            raise ArgumentError(f"; stands between declarations, and : after each name: got {item.strip()!r}")
        if name.strip() in shapes:
            raise ArgumentError(f"{name.strip()} is declared twice")
        shapes[name.strip()] = shape.strip()
    return shapes
