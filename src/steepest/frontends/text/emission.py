"""Steps for a stack, as they are found: what every part of a formula has in common, whatever it means."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from steepest.errors import FormulaError

from .contraction import contraction, gathered, is_plain
from .conventions import KINDS, Dialect
from .error import FormulaTextError
from .functions import ARRAY_OPERATORS, OPERATORS
from .program import Applied, Literal, Made, Step
from .rules import Operand, Rule, as_number
from .scopes import Roles
from .shapes import NUMBER, axes_of, described
from .sizes import Misfit, Shifted, Size, Sizes, Unknown
from .tree import LARGEST_WHOLE, Tree


class Emission:
    """The steps of one formula, and the sizes it makes equal."""

    def __init__(
        self, text: str, axes: Mapping[str, tuple[Size, ...]], assumed: tuple[str, ...], lengths: Collection[str],
        roles: Roles, dialect: Dialect, numbers: Mapping[str, int] | None = None,
    ):  # fmt: skip
        self.text, self.axes, self.assumed, self.lengths, self.roles = text, axes, assumed, lengths, roles
        self.dialect, self.numbers = dialect, numbers or {}
        self.operators = ARRAY_OPERATORS if dialect is Dialect.NUMPY else OPERATORS
        self.positions = {name: k for k, name in enumerate(axes)}
        self.sizes = Sizes()
        self.steps: list[Step] = []
        self.made: list[tuple[int, int]] = []  # steps that wait for a size, and their places in the text
        self.conditions: list[tuple[Size, ...]] = []  # [i ≥ j], which is square where nothing says otherwise
        self.contracting: set[int] = set()  # the places of signs * and @ that stand for sums
        self.defined: dict[str, Operand] = {}

    # --- steps ----------------------------------------------------------------------------------------

    def literal(self, value: int | float) -> Operand:
        whole = abs(value) < LARGEST_WHOLE and value == int(value)
        value = int(value) if whole else value
        self.steps.append(Literal(value))
        return Operand(NUMBER, literal=value, size=value if isinstance(value, int) else None)

    def make(self, function: Callable[..., Any], sizes: tuple[Size, ...], at: int, row: int | None = None) -> None:
        """An array of sizes that are filled in once all are known."""
        self.made.append((len(self.steps), at))
        self.steps.append(Made(function, sizes, row))

    def apply(self, rule: Rule, node: Tree, operands: Sequence[Operand]) -> Operand:
        letters = tuple(sorted({i for o in operands for i in o.letters}))
        if letters:
            self._require_numbers(rule, node, operands)
        shape, compute = self.fitted(lambda: rule.fit(self.sizes, operands), node)
        if all(o.literal is not None for o in operands):
            return self._folded(compute, node, operands)
        count = sum(len(o.factors) for o in operands)
        if not all(is_plain(o) for o in operands) or any(o.truth and not rule.of_truths for o in operands):
            compute = gathered(compute, operands, letters, rule.of_truths)
        self.steps.append(Applied(compute, count))
        names = [o.assumed for o in operands if o.assumed]
        return Operand(
            shape, assumed=names[0] if names and shape == NUMBER else None, factors=(letters,), truths=(rule.truth,)
        )

    def _folded(self, compute: Callable[..., Any], node: Tree, operands: Sequence[Operand]) -> Operand:
        """Numbers alone are computed now, so that none can be infinite or undefined."""
        with np.errstate(all="ignore"):
            value = float(compute(*(float(o.literal) for o in operands if o.literal is not None)))
        if not math.isfinite(value):
            raise self.error("this is no finite real number", node)
        del self.steps[len(self.steps) - len(operands) :]
        return self.literal(value)

    def fitted(self, fit: Callable[[], Any], node: Tree) -> Any:
        """What a rule says, or its complaint with the place in the text."""
        try:
            return fit()
        except Misfit as misfit:
            raise FormulaTextError(str(misfit), self.text, node.at, self._customs()) from None

    def forced(self, of: Operand) -> Operand:
        """As one value on the stack, a number or an array of numbers."""
        if of.letters:
            letters = "".join(i.letter for i in of.letters)
            raise FormulaTextError(f"an entry for each {letters}: write […]_{letters} for their array", self.text, 0)
        if len(of.factors) > 1:
            self.steps.append(Applied(contraction(of.factors, of.truths, ()), len(of.factors)))
        elif of.truth:
            self.steps.append(Applied(as_number, 1))
        return Operand(of.shape, literal=of.literal, assumed=of.assumed, size=of.size)

    def _require_numbers(self, rule: Rule, node: Tree, operands: Sequence[Operand]) -> None:
        arrays = [o for o in operands if o.shape != NUMBER]
        if arrays or not rule.indexed:
            what = described(arrays[0].shape, self.sizes) if arrays else "an entry"
            of_vectors = "" if not arrays else "; where x_i are vectors, they are the rows of a matrix: (X w)_i"
            reason = f"{what} among entries with letters: every part is a number there, such as x_i{of_vectors}"
            raise self.error(reason, node)

    # --- complaints -----------------------------------------------------------------------------------

    def error(self, reason: str, node: Tree) -> FormulaTextError:
        return FormulaTextError(reason, self.text, node.at)

    def _customs(self) -> str:
        if not self.assumed:
            return ""
        told = ", ".join(f"{name} {KINDS[min(len(self.axes[name]), 3)]}" for name in self.assumed)
        return f"Not declared, so taken by custom: {told}. Declare what differs."

    # --- sizes ----------------------------------------------------------------------------------------

    def equate(self, a: Size, b: Size, node: Tree) -> None:
        if not self.sizes.equate(a, b):
            raise self.error(f"the axes have lengths {self.sizes.find(a)} and {self.sizes.find(b)}", node)

    def name_sizes(self) -> None:
        """Matrices first: of Xθ − y the rows are m and the columns n."""
        by_rank = sorted(self.axes.values(), key=len, reverse=True)
        unknowns = [s for axes in by_rank for s in axes if isinstance(s, Unknown)]
        self.sizes.settle(unknowns, [*self.axes, *self.lengths])

    def resolved(self, axes: Sequence[Size]) -> tuple[Size, ...]:
        return tuple(map(self.sizes.find, axes))

    def require_shape(self, operand: Operand, shape: tuple[int, ...]) -> None:
        """Make the axes of the result those that are expected, if there are as many."""
        axes = axes_of(operand.shape)
        if len(axes) == len(shape):
            for size, n in zip(axes, shape, strict=True):
                self.sizes.equate(size, n)

    def finished_steps(self) -> list[Step]:
        """The steps with the sizes of identities and the like filled in."""
        self.sizes.settle_dependent()
        for rows, *rest in self.conditions:
            if any(isinstance(self.sizes.find(size), Unknown) for size in (rows, *rest)):
                for size in rest:
                    self.sizes.equate(rows, size)
        if not self.sizes.settle_dependent():
            raise FormulaError(
                f"the size of a slice or product is not known: declare sizes as numbers in {self.text!r}"
            )
        for k, at in self.made:
            step = self.steps[k]
            assert isinstance(step, Made)
            sizes = self.resolved(step.sizes)
            for size in sizes:
                if isinstance(size, Unknown) or (isinstance(size, Shifted) and isinstance(size.of, Unknown)):
                    raise FormulaTextError(f"nothing says how large {_made_name(size)} is", self.text, at)
            self.steps[k] = Made(step.make, sizes, step.row)
        return self.steps


def _made_name(size: Size) -> str:
    unknown = size.of if isinstance(size, Shifted) else size
    assert isinstance(unknown, Unknown)
    return unknown.of
