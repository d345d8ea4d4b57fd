"""A result as a line that people read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .entrants import ALL, JAX, JAX_TUNED, OTHERS, OURS, OURS_TUNED, C, Entrant
from .runner import Outcome, Result

HEAD = (
    "row",
    "thr",
    "ours",
    "JAX",
    "C",
    "/JAX",
    "most",
    "/C",
    "most",
    "best peer",
    "/best",
    "compile",
    "JAX's",
    "checks",
    "first call",
    "JAX's",
    "MB",
    "JAX's",
    "notes",
)
WIDTHS = 38, 3, 9, 9, 9, 6, 5, 6, 5, 20, 6, 8, 7, 7, 10, 7, 7, 7, 0


def time_text(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def ratio_to_jax(result: Result) -> float | None:
    """The worse of the two settings of malloc, each with ours in the same."""
    ratios = [result.ratio(OURS, JAX), result.ratio(OURS_TUNED, JAX_TUNED)]
    return max((r for r in ratios if r is not None), default=None)


def best_peer(result: Result) -> Entrant | None:
    times = {e: t for e in OTHERS if (t := result.seconds(e)) is not None}
    return min(times, key=times.__getitem__, default=None)


def cells(result: Result) -> tuple[str, ...]:
    """One line of the table, as `HEAD` says; a ``!`` marks what is over its target."""
    row, of = result.row, result.outcomes
    jax_target, best = row.target.of_jax(result.threads), best_peer(result)
    return (
        row.title,
        str(result.threads),
        _time(result.seconds(OURS)),
        _time(result.seconds(JAX)),
        _time(result.seconds(C)),
        _ratio(ratio_to_jax(result), jax_target),
        f"{jax_target or '–'}",
        _ratio(result.ratio(OURS, C), row.target.c),
        f"{row.target.c or '–'}",
        f"{best.title} {_time(result.seconds(best))}" if best else "–",
        _ratio(result.ratio(OURS, best), None) if best else "–",
        _time(result.compiling(OURS)),
        _time(result.compiling(JAX)),
        _time(result.checking(OURS)),
        _time(result.first_call(OURS)),
        _time(result.first_call(JAX)),
        _memory(of.get(OURS)),
        _memory(of.get(JAX)),
        "; ".join(notes(result)),
    )


def notes(result: Result) -> Iterator[str]:
    """Who could not do the row, and why; whether ours ran without machine code."""
    for e in ALL:
        outcome = result.outcomes.get(e)
        if outcome is not None and outcome.cannot:
            yield f"{e.title}: {outcome.cannot}"
    if OURS in result.outcomes:
        words = (x.strip() for x in result.outcomes[OURS].explanation.splitlines())
        yield from (
            f"ours: {x}" for x in words if x.startswith("engine: ") and not x.startswith("engine: machine code")
        )


def line(texts: Sequence[str]) -> str:
    first, *rest = zip(texts, WIDTHS, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(t.rjust(w) for t, w in rest)]).rstrip()


def _time(seconds: float | None) -> str:
    return time_text(seconds) if seconds is not None else "–"


def _memory(outcome: Outcome | None) -> str:
    return f"{outcome.memory / 2**20:.1f}" if outcome is not None and outcome.memory is not None else "–"


def _ratio(ratio: float | None, target: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.3g}" + ("!" if target is not None and ratio > target else "")
