"""Index notation: entries, sums over letters, and arrays given by their entries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .contraction import contraction, is_plain
from .emission import Emission
from .program import Applied
from .rules import Index, Letters, Operand, as_number
from .shapes import NUMBER, axes_of, described, shape_of
from .sizes import Size, Unknown
from .tree import Binary, Bracket, Name, SumOver, Tree


class Indexing(Emission):
    """The parts of a formula in which letters count the entries of arrays."""

    def indexed_product(self, node: Binary, operands: list[Operand]) -> Operand:
        """Factors stay as they are until a sum or something else needs their product."""
        self._require_numbers(self.operators[node.sign], node, operands)
        return Operand(
            NUMBER,
            factors=tuple(f for o in operands for f in o.factors),
            truths=tuple(t for o in operands for t in o.truths),
        )

    def kronecker(self, letters: Letters, node: Name) -> Operand:
        if len(letters) != 2:
            raise self.error("δ has two letters", node)
        i, j = sorted(letters)
        if i == j:
            self.make(np.ones, (index_size(i),), node.at)
            return Operand(NUMBER, factors=((i,),))
        self.equate(index_size(i), index_size(j), node)
        self.make(np.eye, (index_size(i),), node.at)
        return Operand(NUMBER, factors=((i, j),))

    def entry(self, of: Operand, letters: Letters, node: Tree) -> Operand:
        axes = axes_of(of.shape)
        if not is_plain(of):
            raise self.error("what has letters inside has no letters outside", node)
        if len(axes) != len(letters):
            written = "".join(i.letter for i in letters)
            what = described(of.shape, self.sizes)
            raise self.error(f"{what} has {len(axes)} axes, and _{written} names {len(letters)}", node)
        for size, letter in zip(axes, letters, strict=True):
            self.equate(size, index_size(letter), node)
        out = tuple(sorted(set(letters)))
        if out != letters:
            self.steps.append(Applied(contraction((letters,), (False,), out), 1))
        return Operand(NUMBER, factors=(out,), truths=of.truths)

    def sum_over(self, node: SumOver, of: Operand) -> Operand:
        if of.shape != NUMBER:
            raise self.error(
                f"Σ with letters is a sum of entries, not of {described(of.shape, self.sizes)}: write x_i", node
            )
        bound = self.roles.bound[node.at]
        if node.count:
            size = int(node.count) if node.count.isdecimal() else self.numbers.get(node.count, node.count)
            if not self.sizes.equate(index_size(bound[0]), size):
                counted = self.sizes.find(index_size(bound[0]))
                raise self.error(f"{node.letters[0]} counts an axis of length {counted}, not up to {node.count}", node)
        of = self.with_letters(of, bound, node)
        out = tuple(i for i in of.letters if i not in bound)
        self.steps.append(Applied(contraction(of.factors, of.truths, out), len(of.factors)))
        return Operand(NUMBER, factors=(out,))

    def array(self, node: Bracket, of: Operand, letters: Letters) -> Operand:
        """``[body]_ij``."""
        if of.shape != NUMBER:
            raise self.error(f"[…] with letters holds one entry, not {described(of.shape, self.sizes)}", node)
        of = self.with_letters(of, letters, node)
        if of.truth:
            self.conditions.append(tuple(map(index_size, letters)))
        truth = of.truth and not node.letters  # [i ≥ j] is a condition still, [x_i ≥ 0]_i an array
        if of.factors != (letters,):
            self.steps.append(Applied(contraction(of.factors, of.truths, letters), len(of.factors)))
        if of.truth and not truth:
            self.steps.append(Applied(as_number, 1))
        return Operand(shape_of(tuple(map(index_size, letters))), truths=(truth,))

    def with_letters(self, of: Operand, letters: Letters, node: Tree) -> Operand:
        """With ones as one more factor where some of the letters do not occur."""
        missing = tuple(i for i in letters if i not in of.letters)
        if not missing:
            return of
        self.make(ones, tuple(map(index_size, missing)), node.at)
        return replace(of, factors=(*of.factors, missing), truths=(*of.truths, False))


def index_size(index: Index) -> Size:
    return Unknown(index.letter, -2 * index.at - 1)


def ones(*sizes: int) -> np.ndarray:
    return np.ones(sizes)
