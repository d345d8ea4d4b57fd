"""``python -m benchmarks [substring ...]``: our derivatives beside other libraries and C, row by row."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import entrants, page, record, runner
from .entrants import Entrant
from .problem import Row
from .rows.table import FLOAT32, ROWS, VARIANTS
from .runner import Result, measure
from .table import HEAD, cells, line


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    effort = runner.QUICK if options.quick else runner.FULL
    threads = options.threads or ((1,) if options.quick else (1, 2))
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"Load {load:.1f}: other programs are running, the times are not to be trusted.")
    earlier = json.loads(options.amend.read_text()) if options.amend else None
    if earlier is not None:
        lines = [(row.title, count) for row in chosen(options) for count in threads]
        record.require_amendable(earlier, lines, who(options), effort.summary.name)
    print(line(HEAD), flush=True)
    results: list[Result] = []
    for row in chosen(options):
        for count in threads:
            results.append(measure(row, count, who(options), effort))
            print(line(cells(results[-1])), flush=True)
            if options.explain:
                print(results[-1].outcomes[entrants.OURS].explanation, flush=True)
            keep(results, options, earlier)


def keep(results: Sequence[Result], options: argparse.Namespace, earlier: Mapping[str, Any] | None) -> None:
    """After every line, so that a run that is broken off leaves what it has."""
    found = record.record(results)
    if earlier is not None:
        found = record.amended(earlier, found)
    if options.json:
        record.write(found, options.json)
    if options.page:
        page.write(found, options.page)


def chosen(options: argparse.Namespace) -> list[Row]:
    rows = VARIANTS if options.variants else (*ROWS, *FLOAT32)
    return [row for row in rows if not options.rows or any(text.lower() in row.title.lower() for text in options.rows)]


def who(options: argparse.Namespace) -> tuple[Entrant, ...]:
    if options.peers:
        return tuple(e for e in entrants.ALL if e.peer == "ours" or e.peer in options.peers)
    return entrants.QUICK if options.quick else entrants.ALL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", help="parts of titles of rows; all rows if there is none")
    parser.add_argument("--peers", nargs="+", choices=sorted({e.peer for e in entrants.ALL}), help="beside ours")
    parser.add_argument("--threads", nargs="+", type=int, help="1, 2 or both")
    parser.add_argument("--quick", action="store_true", help="ours, JAX and C, one thread, fewer samples")
    parser.add_argument("--variants", action="store_true", help="the variants instead of the rows")
    parser.add_argument("--explain", action="store_true", help="what ours says about what it ran")
    parser.add_argument("--json", type=Path, help="where to write all numbers")
    parser.add_argument("--amend", type=Path, help="numbers of an earlier run, in which these lines replace their own")
    parser.add_argument("--page", type=Path, help="where to write the page")
    return parser


if __name__ == "__main__":
    main()
