"""``steepest plot``: a picture of a line of mathematics, or of a Python function, in a file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from steepest import plot
from steepest.api.formula import Formula, formula
from steepest.descent.minimize import minimize
from steepest.errors import ArgumentError
from steepest.landscape.critical import critical_points
from steepest.plot.canvas import pyplot
from steepest.plot.plane import Plane

from .source_file import function_at, place_of

NAME = "plot"
HELP = "draw a function of one or two numbers: tangent, secants, level curves, surface, field of gradients"
MORE = """
examples:
  steepest plot "x^2 - y^2" --kind contour -o saddle.png
  steepest plot "3x^2 - 4x" --at 1 -o tangent.png
  steepest plot "sin(x)" --kind animation --bounds 0 6.28 -o tangent.gif
  steepest plot "(x^2 + y - 11)^2 + (x + y^2 - 7)^2" --bounds -5 5 --critical-points -o himmelblau.png
  steepest plot "(1 - x)^2 + 100(y - x^2)^2" --bounds -2 2 --bounds -1 3 --from -1.2 1 \\
      --method nesterov --method bfgs -o race.png
  steepest plot model.py:loss --kind surface --bounds -1 1 -o loss.png
"""
STEPS = (1.0, 0.5, 0.2, 0.05)
FRAMES = 60
SHOWN = (-2.0, 2.0)


@dataclass(frozen=True)
class Request:
    """What is to be drawn, and where it is written."""

    f: Callable[..., Any]
    kind: str
    bounds: tuple[tuple[float, float], ...]
    at: float | None
    steps: tuple[float, ...]
    path: Any
    critical_points: Any
    output: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = MORE
    parser.add_argument("expression", metavar="EXPR", help="a line of mathematics, or FILE.py:FUNCTION")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="png, pdf, svg or gif")
    parser.add_argument("--kind", choices=tuple(KINDS), help="contour of two numbers, tangent of one, if not given")
    parser.add_argument(
        "--bounds", nargs=2, type=float, action="append", metavar=("LOW", "HIGH"),
        help="what is shown; once, or once a variable (-2 2)",
    )  # fmt: skip
    parser.add_argument("--at", type=float, metavar="X", help="where the tangent touches")
    parser.add_argument(
        "--step", type=float, action="append", metavar="H", help="of a secant; may be given several times"
    )
    parser.add_argument("--from", dest="start", nargs=2, type=float, metavar=("X", "Y"), help="descend from here")
    parser.add_argument("--method", action="append", help="of the descent; several race")
    parser.add_argument("--critical-points", action="store_true", help="find and mark minima, maxima and saddles")
    parser.add_argument("--json", action="store_true", help="print one JSON object about what was drawn")


def run(args: argparse.Namespace) -> int:
    place = place_of(args.expression.strip())
    f = formula(args.expression) if place is None else function_at(place)
    request = _request(args, f)
    drawn = KINDS[request.kind](request)
    pyplot().close("all")
    print(json.dumps(drawn, ensure_ascii=False, indent=2) if args.json else _in_words(drawn))
    return 0


def _request(args: argparse.Namespace, f: Callable[..., Any]) -> Request:
    kind = args.kind or ("tangent" if args.at is not None or _of_one_number(f) else "contour")
    bounds = tuple((low, high) for low, high in args.bounds or ())
    if kind in OF_TWO_NUMBERS:
        bounds = (bounds or (SHOWN,)) * (1 if len(bounds) > 1 else 2)
        if args.at is not None or args.step:
            raise ArgumentError(f"--at and --step are about a function of one number, not about a {kind}")
    elif args.start or args.critical_points:
        raise ArgumentError(f"--from and --critical-points are about a function of two numbers, not about a {kind}")
    path = _descents(f, args.start, args.method or ["bfgs"]) if args.start else None
    found = critical_points(Plane(f).field.of_vector, bounds) if args.critical_points else None
    return Request(f, kind, bounds, args.at, tuple(args.step or STEPS), path, found, args.output)


def _of_one_number(f: Callable[..., Any]) -> bool:
    """Whether a formula says so; a Python function of one argument may mean a number or an array."""
    return isinstance(f, Formula) and len(f.source.declarations) == 1 and not f.source.declarations[0].sizes


def _descents(f: Callable[..., Any], start: Sequence[float], methods: Sequence[str]) -> dict[str, Any]:
    """The result of each method by its name."""
    return {m: minimize(Plane(f).field.of_vector, np.array(start, dtype=float), method=m) for m in methods}


# --- kinds ----------------------------------------------------------------------------------------------


def _contour(r: Request) -> dict[str, Any]:
    drawing = plot.contour(r.f, r.bounds, path=r.path, critical_points=r.critical_points)
    return _written(r, drawing)


def _surface(r: Request) -> dict[str, Any]:
    return _written(r, plot.surface(r.f, r.bounds, path=r.path))


def _field(r: Request) -> dict[str, Any]:
    return _written(r, plot.field(r.f, r.bounds))


def _tangent(r: Request) -> dict[str, Any]:
    drawing = plot.tangent(r.f, _touched(r), bounds=_interval(r))
    return _written(r, drawing) | {"tangent": drawing["tangent"].get_label()}


def _secant(r: Request) -> dict[str, Any]:
    drawing = plot.secant(r.f, _touched(r), r.steps, bounds=_interval(r))
    labels = [a.get_label() for name, a in drawing.artists.items() if name.startswith(("secant", "tangent"))]
    return _written(r, drawing) | {"lines": labels}


def _animation(r: Request) -> dict[str, Any]:
    if r.output.suffix.lower() != ".gif":
        raise ArgumentError(f"an animation is written as a GIF, got {r.output.name}")
    low, high = _interval(r) or SHOWN
    _save(r, plot.animate_tangent(r.f, np.linspace(low, high, FRAMES)).save, writer="pillow", dpi=80)
    return {"file": str(r.output), "kind": r.kind, "frames": FRAMES, "bounds": [[low, high]]}


KINDS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "contour": _contour,
    "surface": _surface,
    "field": _field,
    "tangent": _tangent,
    "secant": _secant,
    "animation": _animation,
}
OF_TWO_NUMBERS = ("contour", "surface", "field")


def _touched(r: Request) -> float:
    if r.at is None:
        raise ArgumentError(f"a {r.kind} needs --at X: where it touches")
    return r.at


def _interval(r: Request) -> tuple[float, float] | None:
    if len(r.bounds) > 1:
        raise ArgumentError(f"a {r.kind} is about one variable: give --bounds once")
    return r.bounds[0] if r.bounds else None


def _written(r: Request, drawing: plot.Drawing) -> dict[str, Any]:
    _save(r, drawing.save)
    drawn: dict[str, Any] = {"file": str(r.output), "kind": r.kind, "title": drawing.ax.get_title()}
    drawn["bounds"] = [list(map(float, drawing.ax.get_xlim())), list(map(float, drawing.ax.get_ylim()))]
    if r.path:
        drawn["descents"] = {
            m: {"x": np.ravel(p.x).tolist(), "value": float(p.fun), "iterations": int(p.nit), "said": str(p.message)}
            for m, p in r.path.items()
        }
    if r.critical_points is not None:
        drawn["critical points"] = [
            {"x": np.ravel(p.x).tolist(), "value": float(p.value), "kind": str(p.kind)} for p in r.critical_points
        ]
    return drawn


def _save(r: Request, save: Callable[..., Any], **settings: Any) -> None:
    """Write the file; ArgumentError where that cannot be done, or for a format that Matplotlib does not know."""
    try:
        save(r.output, **settings)
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{r.output} cannot be written: {error}") from error


def _in_words(drawn: dict[str, Any]) -> str:
    lines = [f"drawn: {drawn['file']}"]
    lines += [drawn["tangent"]] if "tangent" in drawn else []
    lines += drawn.get("lines", [])
    for m, p in drawn.get("descents", {}).items():
        lines.append(f"{m}: {_at(p)} in {p['iterations']} steps; {p['said']}")
    lines += [f"{p['kind']}: {_at(p)}" for p in drawn.get("critical points", [])]
    return "\n".join(lines)


def _at(point: dict[str, Any]) -> str:
    return f"f = {point['value']:.6g} at ({', '.join(f'{t:.6g}' for t in point['x'])})"
