"""How results show: as text, LaTeX, MathML and HTML; in notebooks as a bundle of which the page takes the best."""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape
from typing import Any

from steepest.formula.mathml import mathml


class Rich(ABC):
    """Mathematics that can be shown. A subclass gives `__str__` and `latex`, the rest follows."""

    @abstractmethod
    def latex(self) -> str:
        """In LaTeX, without dollar signs."""

    def notes(self) -> tuple[str, ...]:
        """What is said below the mathematics."""
        return ()

    def mathml(self) -> str:
        """In presentation MathML: one ``<math>`` element."""
        return mathml(self.latex())

    def html(self) -> str:
        """The MathML in a ``<div>``, with the notes in small print."""
        below = "".join(f"<div><small>{escape(note)}</small></div>" for note in self.notes())
        return f"<div>{self.mathml()}{below}</div>"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What Jupyter asks for; it picks from the bundle itself, so all is given."""
        return {"text/plain": repr(self), "text/latex": self._repr_latex_(), "text/html": self.html()}
