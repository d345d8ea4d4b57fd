"""From a tree to steps for a stack, as shapes become known: every part of a formula is given its meaning."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

import numpy as np

from steepest.frontends.tracing.tracer import call

from .array_functions import part_shape
from .atoms import is_open_sum
from .contraction import is_plain
from .conventions import Dialect
from .functions import (
    CONDITION,
    CONFIGURED,
    CREATED,
    FILLED,
    FUNCTIONS,
    NAMED_BY_ROWS,
    NAMED_OPERATIONS,
    NEGATION,
    TRANSPOSITION,
)
from .indexing import Indexing, index_size, ones
from .known import ARRAYS, IMAGINARY, KRONECKER, NUMBERS, sized_array, unit_vector
from .program import Applied, Argument, Keep, Kept, Length, Literal
from .rules import Operand, selected_product
from .shapes import NUMBER, axes_of, is_matrix, is_vector, shape_of
from .sizes import Size, Unknown
from .tree import (
    Binary,
    Bracket,
    Call,
    Definition,
    Entry,
    Group,
    Name,
    Negative,
    Number,
    Part,
    SumOver,
    Transpose,
    Tree,
    Where,
    children,
    postorder,
)

EULER = "e"
CONTRACTIONS = ("*", "@")
ENTRYWISE = (".*", "./")
PRODUCTS = ("*", "·", ".*")
SHAPE, ONE_HOT = "shape", "onehot"


class Compilation(Indexing):
    """The steps of a formula, from its tree."""

    def compiled(self, tree: Tree) -> Operand:
        """The whole formula; its value is the one thing that lies on the stack in the end."""
        done: list[Operand] = []
        for node in postorder(tree):
            count = len(children(node))
            operands = done[len(done) - count :]
            del done[len(done) - count :]
            done.append(self.meaning(node, operands))
        (operand,) = done
        return self.forced(operand)

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
                if sign in PRODUCTS and any(not is_plain(o) for o in operands):
                    return self.indexed_product(node, operands)
                return self.apply(self.operators[sign], node, operands)
            case Call():
                return self.call(node, operands)
            case Bracket(at=at):
                if at in self.roles.bound:
                    return self.array(node, operands[0], self.roles.bound[at])
                return self.apply(CONDITION, node, operands)
            case SumOver():
                return self.sum_over(node, operands[0])
            case Entry(at=at):
                return self.entry(operands[0], self.roles.entries[at], node)
            case Part():
                return self.part(node, operands)
            case Definition(name):
                self.defined[name] = self.forced(operands[0])
                self.steps.append(Keep(name))
                return Operand(NUMBER, factors=(), truths=())
            case Where():
                return operands[-1]

    def _require_one_reading(self, node: Binary, operands: list[Operand]) -> None:
        left, right = node.left, node.right
        arrays = all(o.shape != NUMBER for o in operands)
        if arrays and node.sign in CONTRACTIONS:
            self.contracting.add(node.at)
        if node.sign in ENTRYWISE and isinstance(right, Binary) and right.at in self.contracting:
            raise self.error("A .* B*C can be read as (A .* B)*C or A .* (B*C): use brackets", right)
        if node.sign == "./" and isinstance(right, Binary) and right.sign in PRODUCTS:
            raise self.error("a ./ b c can be read as (a ./ b) c or a ./ (b c): use brackets", right)
        if node.sign == "/" and is_open_sum(left) and operands[1].shape != NUMBER:
            raise self.error("Σ x/y can be read as (Σ x)/y or Σ(x/y): use brackets", node)
        if node.sign == "*" and self.dialect is Dialect.MIXED and all(is_matrix(o.shape) for o in operands):
            raise self.error("A*B is one product in mathematics and another in NumPy: write A @ B or A .* B", node)
        if node.sign == "/" and isinstance(right, Name) and right.name in self.assumed and is_vector(operands[1].shape):
            name = right.name
            declared = f"declare it (a number, or a size in the shape of another: X of shape {name} n)"
            raise self.error(f"{name} is taken for a vector: {declared}, or write ./ to divide entry by entry", node)
        if node.sign == "^" and isinstance(left, Name) and left.name == EULER and EULER in self.assumed:
            raise self.error("write exp(x) for the power of Euler's number; if e is a variable, declare it", left)

    # --- values ---------------------------------------------------------------------------------------

    def name(self, node: Name) -> Operand:
        if node.at in self.roles.positions:
            return Operand(NUMBER, factors=(), truths=())
        if node.at in self.roles.letters:
            index = self.roles.letters[node.at]
            self.make(np.arange, (index_size(index),), node.at)
            return Operand(NUMBER, factors=((index,),))
        base, letters = self.roles.names.get(node.at, (node.name, ()))
        if letters and base == KRONECKER and base not in self.axes and base not in self.defined:
            return self.kronecker(letters, node)
        operand = self.value_of(base, node)
        return self.entry(operand, letters, node) if letters else operand

    def value_of(self, name: str, node: Name) -> Operand:
        if name in self.defined:
            self.steps.append(Kept(name))
            return self.defined[name]
        if name in self.axes:
            self.steps.append(Argument(self.positions[name]))
            axes = self.axes[name]
            return Operand(shape_of(axes), assumed=name if not axes and name in self.assumed else None)
        if name in self.numbers:
            return replace(self.literal(self.numbers[name]), size=self.numbers[name])
        if name in self.lengths:
            self.steps.append(Length(name))
            return Operand(NUMBER, size=name)
        if name in NUMBERS:
            return self.literal(NUMBERS[name])
        size: Size = Unknown(name, node.at)
        array, written = sized_array(name)
        if array and (written.isdigit() or written in self.lengths):
            name = array
            size = int(written) if written.isdigit() else self.numbers.get(written, written)
        if (row := unit_vector(name)) is not None:
            self.make(np.eye, (size,), node.at, row)
            return Operand((size, None))
        if name == IMAGINARY:
            self.steps.append(Literal(1j))
            return Operand(NUMBER)
        if name not in ARRAYS:
            raise self.error(f"{name} is not declared", node)
        make, count = ARRAYS[name]
        self.make(make, (size,), node.at)
        return Operand(shape_of((size,) * count))

    # --- functions ------------------------------------------------------------------------------------

    def call(self, node: Call, operands: list[Operand]) -> Operand:
        name, count = node.function, len(operands)
        if name == SHAPE:
            return self.axis_length(node, operands[0])
        if name == ONE_HOT and count == 1:
            return self.one_hot(node, operands[0])
        if name in CREATED and count == 1:
            return self.created(node, operands)
        if name in FILLED and count == 1:
            return self.filled(FILLED[name], node, operands[0])
        rules = {**NAMED_OPERATIONS.get(name, {}), **FUNCTIONS.get(name, {})}
        if node.settings:
            configured = CONFIGURED.get(name) or NAMED_BY_ROWS.get(name)
            if configured is None or count != 1:
                raise self.error(f"{name} takes no settings such as {node.settings[0][0]}=…", node)
            return self.apply(self.fitted(lambda: configured(dict(node.settings)), node), node, operands)
        if count not in rules:
            counts = " or ".join(map(str, sorted(rules))) or "1"
            raise self.error(f"{name} takes {counts} argument{'s' * (counts != '1')}, not {count}", node)
        return self.apply(rules[count], node, operands)

    def created(self, node: Call, operands: list[Operand]) -> Operand:
        """``eye(n)``, ``ones(3)``: of sizes that have a name or are numbers."""
        (operand,) = operands
        if operand.size is None or (isinstance(operand.size, int) and operand.size < 1):
            raise self.error(f"{node.function}(n) needs a declared size or a whole number", node)
        function = CREATED[node.function]
        self.make(function, (operand.size,), node.at)
        self.steps.append(Applied(lambda _, array: array, 2))
        return Operand(shape_of((operand.size,) * function(1).ndim))

    def filled(self, count: int, node: Call, operand: Operand) -> Operand:
        """``vector(1)``: a number in every entry of an array of the size that fits."""
        if operand.shape != NUMBER or not is_plain(operand):
            raise self.error(f"{node.function}(c) is filled with a number c", node)
        sizes = tuple(Unknown(node.function, -2 * node.at - k) for k in range(count))
        self.make(ones, sizes, node.at)
        self.steps.append(Applied(selected_product, 2))
        return Operand(shape_of(sizes))

    def one_hot(self, node: Call, position: Operand) -> Operand:
        """``onehot(k)``: 1 at the position, in a vector of the size that fits; a row for each of several positions."""
        if not is_plain(position):
            raise self.error("an entry among letters has no positions", node)
        size = Unknown(ONE_HOT, -2 * node.at)
        self.make(np.arange, (size,), node.at)
        self.steps.append(Applied(_one_hot, 2))
        return Operand(shape_of((*axes_of(position.shape), size)), truths=(True,))

    def axis_length(self, node: Call, operand: Operand) -> Operand:
        """``X.shape[0]``."""
        axes = axes_of(operand.shape)
        ((_, axis),) = node.settings
        if not is_plain(operand) or not isinstance(axis, int) or not -len(axes) <= axis < len(axes):
            raise self.error(f"there is no axis {axis}", node)
        self.steps.append(Applied(lambda a: a.shape[axis] / 1, 1))
        return Operand(NUMBER, size=axes[axis])

    def part(self, node: Part, operands: list[Operand]) -> Operand:
        """``x[1:3]``; with letters as positions, an entry."""
        if node.at in self.roles.entries:
            return self.entry(operands[0], self.roles.entries[node.at], node)
        of, *positions = operands
        for o in operands:
            if not is_plain(o):
                raise self.error("an entry of an array has no parts", node)
        computed = [o.shape for o in positions]
        if any(len(axes_of(shape)) > 1 for shape in computed) or (len(node.items) > 1 and any(map(axes_of, computed))):
            raise self.error("positions are a number, or a vector of numbers for the first axis", node)
        shape = self.fitted(lambda: part_shape(of.shape, node.items, computed, self.sizes), node)
        items = [i if i is None or isinstance(i, int) else slice(i.start, i.stop, i.step) for i in node.items]

        def compute(array: Any, *computed: Any) -> Any:
            rest = iter(computed)
            key = tuple(_whole(next(rest)) if i is None else i for i in items)
            return call(operator.getitem, (array, key if len(key) > 1 else key[0]), {})

        self.steps.append(Applied(compute, len(operands)))
        return Operand(shape)


def _one_hot(position: Any, places: Any) -> Any:
    apart = call(operator.getitem, (position, (..., None)), {}) if np.ndim(position) else position
    return call(np.equal, (apart, places), {})


def _whole(position: Any) -> Any:
    """Whole numbers that were computed as floats, as NumPy wants them."""
    if isinstance(position, np.ndarray) and position.dtype.kind == "f" and np.all(position == np.trunc(position)):
        return position.astype(np.int64)
    return int(position) if isinstance(position, (float, np.floating)) else position
