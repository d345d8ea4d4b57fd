"""What a check of a derivative found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from .mistakes.mistake import Mistake


@dataclass(frozen=True)
class CheckReport:
    """Truthy when the derivative is right.

    `error` is the difference at the worst entry and `bound` what is allowed there (for more than a few inputs both
    are of a directional derivative); `worst` is the index of that entry, outputs before inputs, or None if there is
    no entry; `evaluations` counts calls of the function; `paths` names the ways that were compared.
    """

    right: bool
    error: float
    bound: float
    worst: tuple[int, ...] | None
    evaluations: int
    diagnosis: str
    paths: tuple[str, ...]
    strength: str = ""
    remainder: str = ""
    mistake: Mistake | None = None
    formula: str = ""
    given_formula: str = ""
    example: str = ""

    def __bool__(self) -> bool:
        return self.right

    @property
    def _verdict(self) -> str:
        if self.right:
            return "right"
        return "wrong" if self.error > self.bound else "undecided"

    @property
    def _compared(self) -> str:
        """What was compared, and whether it is equal."""
        if self.right:
            return " = ".join(self.paths)
        first, *others = self.paths
        return f"{first} ≠ {' = '.join(others)}" if self._verdict == "wrong" and others else ", ".join(self.paths)

    def __str__(self) -> str:
        lines = [
            ("right is", self.formula),
            ("given is", self.given_formula),
            ("example", self.example),
            ("compared", self._compared),
            ("largest gap", _gap(self.error, self.bound, self.worst)),
            ("remainder", self.remainder),
            ("strength", self.strength),
            ("evaluations", str(self.evaluations)),
        ]
        shown = [f"  {name:<11}  {text}".replace("\n", "\n" + " " * 15) for name, text in lines if text]
        return "\n".join([f"{self._verdict}: {self.diagnosis}", *shown])

    def _repr_html_(self) -> str:
        """In a notebook, the lines of `str`."""
        return f"<pre>{escape(str(self))}</pre>"


def _gap(error: float, bound: float, worst: tuple[int, ...] | None) -> str:
    return "" if error == math.inf else f"{error:.2g} (allowed {bound:.2g}){_at(worst)}"


def _at(index: tuple[int, ...] | None) -> str:
    return f" at entry {index}" if index else ""
