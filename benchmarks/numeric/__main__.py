"""``python -m benchmarks.numeric``: numeric derivatives beside other tools, table by table."""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import (
    equations,
    features,
    features_of_checkers,
    features_of_grids,
    features_of_values,
    grid_fields,
    grid_waves,
    grids,
    hard,
    held_out,
    held_out_second,
    measure,
    ordinary,
    page,
    varied,
    verdicts,
)
from .case import Case
from .tools import TOOLS, Tool

TABLES: dict[str, tuple[Case, ...]] = {
    "ordinary": ordinary.FIRST,
    "ordinary, held out": held_out.ORDINARY,
    "second": ordinary.SECOND + held_out.SECOND,
    "higher": ordinary.HIGHER,
    "hard": hard.HARD,
    "hard, held out": held_out.HARD,
    "hard, by class": varied.VARIED,
    "hard, held out again": held_out_second.HARD,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.numeric", description=__doc__)
    parser.add_argument("--page", type=Path, help="where to write the page")
    options = parser.parse_args(arguments)
    there = [tool for tool in TOOLS if tool.is_installed]
    record: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "versions": {tool.package: tool.version for tool in there},
        "missing": [tool.title for tool in TOOLS if not tool.is_installed],
        "tables": {
            name: {t.title: _told(t, name, cases) for t in there if _can(t, cases)} for name, cases in TABLES.items()
        },
        "broken": {t.title: measure.unbroken(t, hard.HARD + held_out.HARD + held_out_second.HARD) for t in there},
    }
    record["tables"]["gradients"] = {t.title: measure.summary(measure.gradients(t)) for t in there}
    record["tables"]["hessians"] = {t.title: measure.summary(measure.hessians(t)) for t in there if t.hessian}
    record["grids"] = _grids() if importlib.util.find_spec("findiff") else None
    record["checkers"] = verdicts.record()
    record["features"] = _features()
    if options.page:
        page.write(record, options.page)


def _grids() -> dict[str, Any]:
    return {
        "version": version("findiff"),
        "lines": grids.on_lines(),
        "waves": grid_waves.summary(),
        "polynomials": grids.of_polynomials(),
        "fields": grid_fields.of_fields(),
        "quadrature": grid_fields.of_quadrature(),
        "equations": equations.of_equations(),
        "large": grid_fields.of_a_large_grid(),
    }


def _features() -> dict[str, Any]:
    return {
        "values": features.record(features_of_values.features()),
        "grids": features.record(features_of_grids.features()),
        "checkers": features.record(features_of_checkers.features()),
        "words": features_of_checkers.words(),
    }


def _can(tool: Tool, cases: Sequence[Case]) -> bool:
    return max(case.order for case in cases) <= tool.highest


def _told(tool: Tool, name: str, cases: Sequence[Case]) -> dict[str, Any]:
    found = measure.summary(measure.derivatives(tool, cases))
    print(f"{name}: {tool.title}: {found['right']} of {found['cases']} right", flush=True)
    return found


if __name__ == "__main__":
    main()
