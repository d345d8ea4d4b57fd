"""The page under docs/, from the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .entrants import ALL, JAX, OURS
from .table import time_text

INTRODUCTION = """\
# Benchmarks

Made by `make bench`; the rows are in `benchmarks/rows/`, ordinary NumPy functions all of them. Every library gets the
same source (on its own array functions) and the same inputs, in a process of its own. First all results are compared,
then the processes are timed in turns, A B A B; a time is the {times} of all turns. JAX runs under `jit` in double
precision with its inputs on the device, and its results are waited for; *tuned malloc* keeps freed memory instead of
giving it back to the system, for ours and for JAX. C is what a careful programmer writes by hand for this function and
machine, in `benchmarks/c/`.

*/JAX* is our time to JAX's, the worse of the two settings of malloc, and */C* our time to that of C; beside each is
the most it should be, and **bold** is more than that. *Compile* is from the call to code that is ready (tracing,
differentiating, compiling), with no cache and the library's own run time started; *checks* are what ours does
besides, and no other library does: the capture is compared with the plain function, its derivative with differences,
and the first result of the code with that of array operations. They are timed one after the other; outside of
benchmarks they overlap. *First call* is all of it, with the result. *Memory* is the peak beyond inputs in one call,
results included, and what ours keeps from call to call.

Two kinds of LSTM: one whose gates are elementwise, for which its target is meant, and one with full matrices. Of that
the eleven products of 14×56 in a step of two layers are 9 million multiply-adds in all, a third of a millisecond at the
processor's peak: more than the target leaves for everything.
"""


def write(record: Mapping[str, Any], path: Path) -> None:
    path.write_text("\n".join(_lines(record)) + "\n")


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    m = record["machine"]
    yield INTRODUCTION.format(times=record["times"])
    yield (
        f"Measured on {m['date']} on {m['processors']} processors ({m['processor']}, {m['system']})"
        f" with Python {m['python']}, NumPy {m['numpy']}, {', '.join(_versions(record['results']))} and `{m['c']}`."
    )
    if again := record.get("again"):
        lines = (f"{row} ({threads} thread{'s' * (threads > 1)}, {date})" for row, threads, date in again)
        yield f"\nMeasured again afterwards, all entrants of the line: {', '.join(lines)}."
    for threads in sorted({r["threads"] for r in record["results"]}):
        of_these = [r for r in record["results"] if r["threads"] == threads]
        yield f"\n## {threads} thread{'s' * (threads > 1)}\n"
        there = {r["row"] for r in of_these}
        if missing := [row for row in dict.fromkeys(r["row"] for r in record["results"]) if row not in there]:
            yield f"Not measured: {', '.join(missing)}.\n"
        yield from _table(("row", *(e.title for e in ALL), "best peer", "/best"), map(_times, of_these))
        yield f"\n### Against the targets, {threads} thread{'s' * (threads > 1)}\n"
        yield from _table(
            (
                "row", "/JAX", "most", "/C", "most", "compile", "JAX's", "checks", "first call", "JAX's", "memory, MB",
                "JAX's",
            ),
            map(_ratios, of_these),
        )  # fmt: skip
    reasons = sorted({f"{r['row']}, {title}: {reason}" for r in record["results"] for title, reason in _refusals(r)})
    if reasons:
        yield "\n## What could not be run\n"
        yield from (f"- {reason}" for reason in reasons)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    yield from (f"| {' | '.join(cells)} |" for cells in rows)


def _times(result: Mapping[str, Any]) -> Sequence[str]:
    entrants = result["entrants"]
    times = (_of(entrants, e.title, "seconds") for e in ALL)
    best, ratio = result["best_peer"], result["ratio_to_best_peer"]
    return (
        result["row"],
        *(time_text(t) if t is not None else "–" for t in times),
        best or "–",
        _number(ratio),
    )


def _ratios(result: Mapping[str, Any]) -> Sequence[str]:
    entrants = result["entrants"]
    wanted = ((OURS, "compiling"), (JAX, "compiling"), (OURS, "checking"), (OURS, "first_call"), (JAX, "first_call"))
    first = [_of(entrants, e.title, what) for e, what in wanted]
    memory = [_of(entrants, e.title, "peak_extra_bytes") for e in (OURS, JAX)]
    return (
        result["row"],
        _against(result["ratio_to_jax"], result["most_of_jax"]),
        _number(result["most_of_jax"]),
        _against(result["ratio_to_c"], result["most_of_c"]),
        _number(result["most_of_c"]),
        *(time_text(t) if t is not None else "–" for t in first),
        *(f"{b / 2**20:.1f}" if b is not None else "–" for b in memory),
    )


def _of(entrants: Mapping[str, Any], title: str, what: str) -> Any:
    return entrants.get(title, {}).get(what)


def _number(x: float | None) -> str:
    return "–" if x is None else f"{x:.3g}"


def _against(ratio: float | None, most: float | None) -> str:
    text = _number(ratio)
    return f"**{text}**" if ratio is not None and most is not None and ratio > most else text


def _refusals(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for title, outcome in result["entrants"].items():
        if "cannot" in outcome:
            yield title, outcome["cannot"]


def _versions(results: Iterable[Mapping[str, Any]]) -> list[str]:
    found = {
        e.title: outcome["version"]
        for r in results
        for e in ALL
        if (outcome := r["entrants"].get(e.title, {})).get("version") and not e.tuned
    }
    return [f"{title} {version}" for title, version in found.items()]
