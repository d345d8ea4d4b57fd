"""Tables and numbers of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def number(value: float) -> str:
    """To one digit, which is what an error is known to."""
    return "0" if value == 0 else "—" if value == float("inf") else f"{value:.0e}"


def rough(value: float) -> str:
    """To two digits, as times are told."""
    return f"{float(f'{value:.2g}'):g}"
