"""Results as JSON, with the machine and the versions they were measured with."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .compile_c import COMPILE
from .entrants import OURS, C, Entrant
from .runner import Result
from .surroundings import processors
from .table import best_peer, ratio_to_jax

Line = tuple[str, int]  # a row, and with how many threads


def machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "processors": len(processors()),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "c": COMPILE,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def record(results: Sequence[Result]) -> dict[str, Any]:
    return {
        "machine": machine(),
        "times": results[0].summary.name if results else "",
        "results": [_result(r) for r in results],
    }


def require_amendable(
    earlier: Mapping[str, Any], lines: Iterable[Line], entrants: Iterable[Entrant], times: str
) -> None:
    """Raises `ValueError` if these lines of these entrants cannot stand in the place of those of an earlier record."""
    own = machine()
    if other := [name for name in own if name != "date" and own[name] != earlier["machine"][name]]:
        raise ValueError(f"the record to be amended comes from another machine: its {' and '.join(other)}")
    if earlier["times"] != times:
        raise ValueError(f"the record to be amended gives {earlier['times']} times, this run {times} ones")
    before = {r["row"]: r["entrants"] for r in earlier["results"]}
    titles = {e.title for e in entrants}
    for row, _ in lines:
        if row not in before:
            raise ValueError(f"the record to be amended has no {row}")
        if gone := before[row].keys() - titles:
            raise ValueError(f"the record to be amended also has {', '.join(sorted(gone))} for {row}")


def amended(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """An earlier record with the lines of a later one in the place of its own, and word of which they are. What it has
    not on so many threads stands behind what it has of the row."""
    new = {_line(r): r for r in later["results"]}
    again = {(row, threads): date for row, threads, date in earlier.get("again", ())}
    again |= dict.fromkeys(new, later["machine"]["date"])
    lines = {_line(r): r for r in earlier["results"]} | new
    places = {row: k for k, row in reversed([*enumerate(r["row"] for r in earlier["results"])])}
    return {
        **earlier,
        "results": [lines[line] for line in sorted(lines, key=lambda line: (places[line[0]], line[1]))],
        "again": [(*line, again[line]) for line in sorted(again)],
    }


def write(found: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def _line(result: Mapping[str, Any]) -> Line:
    return result["row"], result["threads"]


def _result(result: Result) -> dict[str, Any]:
    best = best_peer(result)
    return {
        "row": result.row.title,
        "threads": result.threads,
        "ratio_to_jax": ratio_to_jax(result),
        "most_of_jax": result.row.target.of_jax(result.threads),
        "ratio_to_c": result.ratio(OURS, C),
        "most_of_c": result.row.target.c,
        "best_peer": best.title if best else None,
        "ratio_to_best_peer": result.ratio(OURS, best) if best else None,
        "entrants": {e.title: _outcome(result, e) for e in result.outcomes},
    }


def _outcome(result: Result, entrant: Entrant) -> dict[str, Any]:
    outcome = result.outcomes[entrant]
    if outcome.cannot:
        return {"cannot": outcome.cannot}
    return {
        "version": outcome.version,
        "seconds": result.seconds(entrant),
        "fastest": min(s.wall for s in outcome.samples),
        "processor_seconds": min(s.processor for s in outcome.samples),
        "samples": [s.wall for s in outcome.samples],
        "first_call": result.first_call(entrant),
        "compiling": result.compiling(entrant),
        "checking": result.checking(entrant),
        "peak_extra_bytes": outcome.memory,
        "difference": outcome.difference,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), platform.machine())
