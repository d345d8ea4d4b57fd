"""What a formula computes: every name gets a shape, every operation its meaning for those shapes.

Shapes come from declarations, or else from custom (`conventions`); sizes that nobody named are found by what the
operations require to be equal. A name that is no variable but a declared size is that size: the ``m`` in
``norm2(X*theta - y)^2 / m`` with ``X="m n"``. Also known, unless declared, are ``pi`` and ``I``, the identity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest.errors import FormulaError

from .conventions import KINDS, conventional_axes, speaks_of_arrays
from .error import FormulaTextError
from .function import as_function
from .functions import FUNCTIONS, NEGATION, OPERATORS, TRANSPOSITION
from .pratt import parse
from .program import Applied, Argument, Identity, Length, Literal, Step
from .rules import Operand, Rule
from .shapes import NUMBER, Shape, shape_of
from .sizes import Misfit, Size, Sizes, Unknown
from .spelling import GREEK_NAMES
from .tree import Binary, Call, Group, Name, Negative, Number, Transpose, Tree, children, postorder

CONSTANTS = {"pi": math.pi}
IDENTITY = "I"
EULER = "e"
CONTRACTIONS = ("*", "@")
ENTRYWISE = (".*", "./")
LARGEST_WHOLE = 2**53
LONGEST_PRODUCT = 3  # letters


@dataclass(frozen=True)
class Reading:
    """A formula as a function of its variables, with their sizes in the order of its arguments."""

    function: Callable[..., Any]
    sizes: dict[str, tuple[str | int, ...]]
    assumed: tuple[str, ...]  # the variables whose shapes nobody declared


def read(text: str, declared: Mapping[str, tuple[str | int, ...]]) -> Reading:
    """A formula, its names declared by their sizes (none for a number) or taken by custom.

    >>> reading = read("norm2(X*theta - y)^2 / m", {"X": ("m", "n")})
    >>> reading.sizes
    {'X': ('m', 'n'), 'theta': ('n',), 'y': ('m',)}
    >>> reading.function(np.eye(2), np.ones(2), np.zeros(2))
    np.float64(1.0000000000000002)
    """
    for name, axes in declared.items():
        if len(axes) > 2:
            raise FormulaError(f"{name} has {len(axes)} axes; a written formula has numbers, vectors and matrices")
    return _Reader(text, declared).reading()


class _Reader:
    def __init__(self, text: str, declared: Mapping[str, tuple[str | int, ...]]):
        self.text, self.declared = text, declared
        self.tree = parse(text, FUNCTIONS, declared)
        self.sizes = Sizes()
        places = [(s, Length(k, axis)) for k, axes in enumerate(declared.values()) for axis, s in enumerate(axes)]
        self.lengths = {s: length for s, length in places if isinstance(s, str)}
        self.axes = self._axes()
        self.positions = {name: k for k, name in enumerate(self.axes)}
        self.assumed = tuple(name for name in self.axes if name not in declared)
        self.steps: list[Step] = []
        self.identities: list[tuple[int, Unknown, int]] = []  # the step, its size, its place in the text

    def _axes(self) -> dict[str, tuple[Size, ...]]:
        """The axes of each variable: the declared ones first, then in the order of the text."""
        found = {node.name: node.at for node in postorder(self.tree) if isinstance(node, Name)}
        unused = [name for name in self.declared if name not in found]
        if unused:
            raise FormulaError(f"{unused[0]} is declared, but does not occur in {self.text!r}")
        arrays = any(self.declared.values()) or speaks_of_arrays(self.tree, {*self.declared, *self.lengths})
        axes: dict[str, tuple[Size, ...]] = dict(self.declared)
        for name in found:
            if name not in axes and name not in self.lengths and name not in CONSTANTS and name != IDENTITY:
                self._require_one_word(name, found[name])
                count = conventional_axes(name) if arrays else 0
                axes[name] = tuple(Unknown(name, k) for k in range(count))
        return axes

    def reading(self) -> Reading:
        done: list[Operand] = []
        for node in postorder(self.tree):
            count = len(children(node))
            operands = done[len(done) - count :]
            del done[len(done) - count :]
            done.append(self.meaning(node, operands))
        self._name_sizes()
        self._size_identities()
        sizes = {name: tuple(map(self._known, axes)) for name, axes in self.axes.items()}
        return Reading(as_function(self.steps, list(sizes), self.text), sizes, self.assumed)

    # --- one part of the formula ----------------------------------------------------------------------

    def meaning(self, node: Tree, operands: list[Operand]) -> Operand:
        match node:
            case Number(value):
                return self.literal(value)
            case Name():
                return self.name(node)
            case Group():
                return operands[0]
            case Negative():
                return self.apply(NEGATION, node, operands)
            case Transpose():
                return self.apply(TRANSPOSITION, node, operands)
            case Binary(sign):
                self._require_one_reading(node, operands)
                return self.apply(OPERATORS[sign], node, operands)
            case Call(function, args):
                rules = FUNCTIONS[function]
                if len(args) not in rules:
                    counts = " or ".join(map(str, rules))
                    raise self.error(
                        f"{function} takes {counts} argument{'s' * (counts != '1')}, not {len(args)}", node
                    )
                return self.apply(rules[len(args)], node, operands)

    def literal(self, value: int | float) -> Operand:
        whole = abs(value) < LARGEST_WHOLE and value == int(value)
        value = int(value) if whole else value
        self.steps.append(Literal(value))
        return Operand(NUMBER, literal=value)

    def name(self, node: Name) -> Operand:
        name = node.name
        if name in self.axes:
            self.steps.append(Argument(self.positions[name]))
            axes = self.axes[name]
            return Operand(shape_of(axes), assumed=name if not axes and name not in self.declared else None)
        if name in self.lengths:
            self.steps.append(self.lengths[name])
            return Operand(NUMBER)
        if name in CONSTANTS:
            return self.literal(CONSTANTS[name])
        size = Unknown(IDENTITY, node.at)
        self.identities.append((len(self.steps), size, node.at))
        self.steps.append(Identity(0))  # its size is filled in once all sizes are known
        return Operand((size, size))

    def apply(self, rule: Rule, node: Tree, operands: list[Operand]) -> Operand:
        try:
            shape, compute = rule.fit(self.sizes, operands)
        except Misfit as misfit:
            raise FormulaTextError(str(misfit), self.text, node.at, self._customs()) from None
        if all(o.literal is not None for o in operands):
            return self._folded(compute, node, operands)
        self.steps.append(Applied(compute, len(operands)))
        names = [o.assumed for o in operands if o.assumed]
        return Operand(shape, assumed=names[0] if names and shape == NUMBER else None)

    def _folded(self, compute: Callable[..., Any], node: Tree, operands: list[Operand]) -> Operand:
        """Numbers alone are computed now, so that none can be infinite or undefined."""
        with np.errstate(all="ignore"):
            value = float(compute(*(float(o.literal) for o in operands if o.literal is not None)))
        if not math.isfinite(value):
            raise self.error("this is no finite real number", node)
        del self.steps[len(self.steps) - len(operands) :]
        return self.literal(value)

    # --- what is refused ------------------------------------------------------------------------------

    def _require_one_word(self, name: str, at: int) -> None:
        """A short word that nobody declared may be meant as a product of its letters."""
        if 1 < len(name) <= LONGEST_PRODUCT and name.isalpha() and name not in GREEK_NAMES:
            product = "*".join(name)
            raise FormulaTextError(
                f"{name} can be a name or a product: declare {name}, or write {product}", self.text, at
            )

    def _require_one_reading(self, node: Binary, operands: list[Operand]) -> None:
        shapes: tuple[Shape, ...] = tuple(o.shape for o in operands)
        left = node.left
        contracts = node.sign in CONTRACTIONS and NUMBER not in shapes
        if contracts and isinstance(left, Binary) and left.sign in ENTRYWISE:
            raise self.error("A .* B*C can be read as (A .* B)*C or A .* (B*C): use brackets", node)
        if node.sign == "^" and isinstance(left, Name) and left.name == EULER and EULER in self.assumed:
            raise self.error("exp(x) is the power of Euler's number; for a variable e, declare it", left)

    def error(self, reason: str, node: Tree) -> FormulaTextError:
        return FormulaTextError(reason, self.text, node.at)

    def _customs(self) -> str:
        if not self.assumed:
            return ""
        told = ", ".join(f"{name} {KINDS[len(self.axes[name])]}" for name in self.assumed)
        return f"Not declared, so taken by custom: {told}. Declare what differs."

    # --- sizes ----------------------------------------------------------------------------------------

    def _name_sizes(self) -> None:
        """Matrices first: of Xθ − y the rows are m and the columns n."""
        by_rank = sorted(self.axes.values(), key=len, reverse=True)
        unknowns = [s for axes in by_rank for s in axes if isinstance(s, Unknown)]
        self.sizes.settle(unknowns, [*self.axes, *self.lengths])

    def _known(self, size: Size) -> str | int:
        known = self.sizes.find(size)
        assert not isinstance(known, Unknown)
        return known

    def _size_identities(self) -> None:
        """An identity is as large as the axis of a variable that it meets."""
        for step, size, at in self.identities:
            n = self.sizes.find(size)
            if isinstance(n, Unknown):
                raise FormulaTextError("nothing says how large I is", self.text, at)
            axes = ((k, axis, s) for k, all_axes in enumerate(self.axes.values()) for axis, s in enumerate(all_axes))
            measured = [Length(k, axis) for k, axis, s in axes if self.sizes.find(s) == n]
            self.steps[step] = Identity(n if isinstance(n, int) else measured[0])
