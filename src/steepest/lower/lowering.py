"""An expression graph as a program, node by node, operands first; each node is computed once.

A node's value is written when somebody needs it: a reciprocal that is only divided by, a factor that a sum can
take, a selection that became a slice never appear.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce

import numpy as np

from steepest.expr.dimension import Shape, prefer_named
from steepest.expr.dtype import BOOL, FLOAT64, INT, DType, is_far, promote
from steepest.expr.loop import Loop, loop_of, stacked
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Scan, Structured, Variable
from steepest.expr.number import numeric_value
from steepest.expr.pattern import Affine, Fourier
from steepest.expr.traversal import count_uses, toposort
from steepest.ops.complex_parts import cast, cast_op
from steepest.ops.linalg_factors import cholesky
from steepest.ops.linalg_inverse import inverse
from steepest.ops.looping import restricted
from steepest.ops.operation import Operation
from steepest.ops.power import power_op
from steepest.ops.selection import one_hot_op

from .addition import added
from .complements import with_complements
from .composites import EXPANSIONS, expandable
from .contraction import solve
from .definite import with_factors
from .emitter import Emitter, common_shape
from .product import Choice, Factor, Inverse, Product, Waves
from .program import VIEWS, Call, Composites, Instruction, Program, Register, Sizes, targets, without_unread
from .value import Value, aligned, common_axes, in_type, multiplied, whole

IDENTITY = Affine((1, -1))
WHOLE_POWERS = (2, 3, 4, 5, 6, 8)  # at most three multiplications
SOLVES = 6  # up to so many uses of an inverse are solves: these lose fewer digits, and equal ones are shared
FACTORED = 16  # rows from which on a solve by factors that are there costs no more than a product with the inverse


def lower(
    outputs: Sequence[Expr],
    inputs: Sequence[Variable],
    sizes: Sizes = Sizes.FIXED,
    composites: Composites = Composites.WHOLE,
) -> Program:
    """The program that computes `outputs` from `inputs`, given in that order.

    In a program for all sizes, the order in which factors are multiplied is still the best one at the given sizes.

    Raises:
        ValueError: if an output contains a variable that is not among the inputs.
    """
    outputs, gates = with_complements(with_factors(outputs))
    return _Lowering(outputs, inputs, sizes, composites, gates).program()


class _Lowering:
    def __init__(
        self,
        outputs: Sequence[Expr],
        inputs: Sequence[Variable],
        sizes: Sizes,
        composites: Composites,
        gates: Collection[Expr],  # reciprocals that are computed anyway
    ) -> None:
        self.outputs, self.variables, self.gates = outputs, inputs, gates
        self.sizes, self.composites = sizes, composites
        self.emitter = Emitter()
        self.uses = count_uses(outputs)
        self.values: dict[Expr, Value] = {}
        self.loops: dict[Loop, list[Scan]] = {}  # the results that are wanted of each
        for n in self.uses:
            if isinstance(n, Scan):
                self.loops.setdefault(loop_of(n), []).append(n)
        for x in inputs:
            register = self.emitter.new(self.shape(x.shape), x.dtype)
            self.values[x] = Value(register, tuple(range(x.ndim)))
        self.inputs = tuple(self.values[x].register for x in inputs)

    def program(self) -> Program:
        for n in toposort(self.outputs):
            if n not in self.values and not isinstance(n, (Delta, Structured)):
                self.values[n] = self.lowered(n)
        outputs = self.finished()
        return Program(
            tuple(x.name for x in self.variables),
            self.inputs,
            outputs,
            self.emitter.constants,
            without_unread(self.emitter.instructions, outputs),
            tuple(self.emitter.registers),
        )

    def shape(self, shape: Shape) -> Shape:
        return _plain(shape) if self.sizes is Sizes.FIXED else shape

    # --- nodes -------------------------------------------------------------------------------------

    def value(self, n: Expr) -> Value:
        if n not in self.values:  # a constant pattern, needed as it stands
            self.values[n] = self.lowered(n)
        return self.values[n]

    def lowered(self, n: Expr) -> Value:
        match n:
            case Variable():
                raise ValueError(f"the variable {n.name!r} is not among the inputs")
            case Constant() if n.dtype is None:
                return self.number(n)
            case Constant():
                return Value(self.emitter.array(n.value), tuple(range(n.ndim)))
            case Delta():
                return Value(self.emitter.patterned(IDENTITY, self.shape(n.shape)), (0, 1))
            case Structured():
                return Value(self.emitter.patterned(n.pattern, self.shape(n.shape)), tuple(range(n.ndim)))
            case Add():
                return added(self.emitter, [(a.dtype, self.value(a)) for a in n.args], n.dtype)
            case Einsum():
                return self.contracted(n)
            case Apply():
                return SPECIAL.get(n.op, _Lowering.applied)(self, n)
            case Scan():
                self.values.update(self.looped(loop_of(n)))
                return self.values[n]
        raise TypeError(f"{type(n).__name__} is not a kind of node")

    def number(self, n: Constant) -> Value:
        """A plain number; named sizes in it stay names in a program for all sizes."""
        if self.sizes is Sizes.FIXED or not n.sizes:
            return Value(self.emitter.literal(numeric_value(n)))
        sign = -1 if not isinstance(n.value, complex) and n.value < 0 else 1
        register = self.emitter.literal(sign * n.value)
        for size, exponent in sorted(n.sizes, key=lambda s: s[1] < 0):
            for _ in range(abs(exponent)):
                register = self.emitter.arithmetic("*" if exponent > 0 else "/", register, self.emitter.length(size))
        return Value(register, (), sign)

    def contracted(self, n: Einsum) -> Value:
        sizes = dict(zip(n.out, self.shape(n.shape), strict=True))
        for labels, a in n.operands():
            for i, s in zip(labels, self.shape(a.shape), strict=True):
                sizes[i] = prefer_named(sizes.get(i, s), s)
        product = Product(self.emitter, n.dtype, n.out, sizes, summed=set(sizes) - set(n.out))
        for labels, a in n.operands():
            self.multiply(product, labels, a)
        if not cmath.isfinite(product.coefficient):  # it must not reach what the masks and patterns leave out
            product.add_factor((), self.emitter.literal(product.coefficient))
            product.coefficient = 1
        f = solve(product)
        result = Value(f.register, tuple(n.out.index(i) for i in f.labels), product.coefficient)
        return self.settled(result, n.dtype)

    def multiply(self, product: Product, labels: tuple[int, ...], a: Expr) -> None:
        """One more operand of a product."""
        match a:
            case Delta():
                product.add_relation(zip(labels, (1, -1), strict=True), 0, "==")
            case Structured(pattern=Affine(coefficients, offset, relation)):
                product.add_relation(zip(labels, coefficients, strict=True), offset, relation)
            case Structured(pattern=Fourier(sign)):
                product.patterns.append(Waves(labels, sign))
            case Apply(op=op) if op is one_hot_op and self.is_index(a.args[0]):
                index = multiplied(self.emitter, self.value(a.args[0]))
                register = self.emitter.convert(index.register, INT)
                factor = product.distinct(Factor(tuple(labels[k] for k in index.axes), register))
                product.patterns.append(Choice(factor, labels[-1]))
            case Apply(op=op) if op is inverse and self.is_solved_for(a) and len(set(labels)) == len(labels):
                matrix = whole(self.emitter, self.value(a.args[0]), self.shape(a.shape), a.dtype)
                product.patterns.append(Inverse(labels, matrix))
            case _:
                self.multiply_array(product, labels, a)

    def is_solved_for(self, inverted: Expr) -> bool:
        """Whether uses of an inverse are solves. Loops share the factors of a matrix, so that many cost no more; what
        is a factor needs none."""
        (matrix,) = inverted.args
        is_factor = isinstance(matrix, Apply) and matrix.op is cholesky
        shared = (self.composites is Composites.EXPANDED or is_factor) and inverted.shape[-1] >= FACTORED
        return shared or self.uses[inverted] <= SOLVES

    def is_index(self, index: Expr) -> bool:
        dtype = self.emitter.dtype(self.value(index).register)
        return dtype is not None and dtype.kind in "iu"

    def multiply_array(self, product: Product, labels: tuple[int, ...], a: Expr) -> None:
        divisor = self.divisor(a)
        v = self.value(a) if divisor is None else divisor
        if is_far(v.factor, product.dtype):  # it counts before others do
            v = multiplied(self.emitter, v)
        own = tuple(labels[k] for k in v.axes)
        number = self.emitter.number(v.register)
        if a.dtype == BOOL:
            product.add_mask(own, v.register)
        elif number is not None and divisor is None:
            product.coefficient = product.coefficient * v.factor * number
        else:
            product.coefficient = product.coefficient * v.factor
            settled = in_type(self.emitter, v, a.dtype if a.dtype is not None else floating(product.dtype))
            product.add_factor(own, settled.register, divisor is not None)

    def divisor(self, a: Expr) -> Value | None:
        """What to divide by, if `a` is the reciprocal of a power: a quotient is rounded once, as NumPy's is."""
        if not (isinstance(a, Apply) and a.op is power_op) or a in self.gates:
            return None
        exponent = self.exponent(a)
        if exponent is None or exponent >= 0:
            return None
        base = multiplied(self.emitter, self.value(a.args[0]))
        if self.emitter.number(base.register) is not None:
            return None
        return Value(self.whole_power(base.register, -exponent), base.axes)

    def settled(self, v: Value, dtype: DType) -> Value:
        """In the type of the node, a plain number without a waiting factor."""
        if v.factor != 1 and self.emitter.number(v.register) is not None:
            v = multiplied(self.emitter, v)
        if dtype == BOOL and (number := self.emitter.number(v.register)) is not None:
            return Value(self.emitter.literal(bool(number)))
        if v.factor == 1 or self.emitter.dtype(v.register) != BOOL:
            v = in_type(self.emitter, v, dtype)
        return v

    # --- loops -------------------------------------------------------------------------------------

    def looped(self, loop: Loop) -> dict[Expr, Value]:
        """All results of a loop that are wanted, from the states that they need."""
        results = self.loops[loop]
        wanted = [e if (e := stacked(n)) is not None else loop.states[n.result] for n in results]
        small, given = restricted(loop, wanted)
        pairs = list(zip(results, given, strict=True))
        rows = sorted({cast(e, n.dtype) for n, e in pairs if stacked(n) is not None}, key=lambda e: e.digest)
        body = lower([*small.next, *rows], small.variables, self.sizes, self.composites)
        operands = [self.operand(v, a) for v, a in zip(small.variables, small.operands, strict=True)]
        counts = len(small.next), small.sequence_count
        (length,) = self.shape((small.length,))
        registers = self.emitter.loop(body, operands, counts, length, small.direction)
        places = {v: k for k, v in enumerate(small.states)}
        stacks = {e: len(small.next) + k for k, e in enumerate(rows)}
        return {
            n: Value(
                registers[places[e] if stacked(n) is None else stacks[cast(e, n.dtype)]],  # type: ignore[index]
                tuple(range(n.ndim)),
            )
            for n, e in pairs
        }

    def operand(self, v: Variable, a: Expr) -> Register:
        """What a variable of a loop stands for, in its own type."""
        value = in_type(self.emitter, multiplied(self.emitter, self.value(a)), v.dtype)
        register = whole(self.emitter, value, self.shape(a.shape), v.dtype)
        return register if v.dtype is None else self.emitter.convert(register, v.dtype)

    # --- operations --------------------------------------------------------------------------------

    def applied(self, n: Apply) -> Value:
        if not n.op.elementwise:
            operands = [whole(self.emitter, self.value(a), self.shape(a.shape), a.dtype) for a in n.args]
            shape = self.shape(n.shape)
            return self.called(n, operands, tuple(range(n.ndim)), shape)
        values = [multiplied(self.emitter, self.value(a)) for a in n.args]
        numbers = [self.emitter.number(v.register) for v in values]
        if n.dtype is None and all(x is not None for x in numbers):
            with np.errstate(all="ignore"):
                result = n.op.numpy(*numbers, **dict(n.params))
            return Value(self.emitter.literal(np.asarray(result).item()))
        common = floating(promote(*(a.dtype for a in n.args)))
        pairs = zip(values, n.args, strict=True)
        typed = [in_type(self.emitter, v, common) if a.dtype is None else v for v, a in pairs]
        axes = common_axes(typed)
        registers = [aligned(self.emitter, v, axes) for v in typed]
        shape = reduce(common_shape, (self.emitter.shape(r) for r in registers))
        return self.called(n, registers, axes, shape)

    def called(self, n: Apply, operands: list[Register], axes: tuple[int, ...], shape: tuple[int, ...]) -> Value:
        if self.composites is Composites.EXPANDED and expandable(self.emitter, n.op, operands):
            return in_type(self.emitter, Value(EXPANSIONS[n.op](self.emitter, operands[0]), axes), n.dtype)
        declared = n.dtype if n.dtype is not None else np.dtype(np.float64)
        dtype = self.result_type(n.op, operands, declared)
        register = self.emitter.call(n.op, operands, n.params, shape, dtype)
        return in_type(self.emitter, Value(register, axes), n.dtype)

    def result_type(self, op: Operation, operands: Sequence[Register], declared: np.dtype) -> np.dtype:
        """What NumPy will give, known for its own entrywise functions; else what the record says."""
        if not isinstance(op.numpy, np.ufunc):
            return declared
        kinds = []
        for r in operands:
            number = self.emitter.number(r)
            kinds.append(type(number) if number is not None and not isinstance(number, bool) else self.emitter.dtype(r))
        kinds = [np.dtype(bool) if k is None else k for k in kinds]
        try:
            return op.numpy.resolve_dtypes((*kinds, None))[-1]
        except TypeError:  # it does not take these types: that is for the call itself to say
            return declared

    def exponent(self, n: Apply) -> int | None:
        """The exponent of a power, if it is a small whole number and the base is not boolean or a number."""
        p = self.value(n.args[1])
        number = self.emitter.number(p.register)
        if not isinstance(number, (int, float)) or p.factor != 1 or n.args[0].dtype == BOOL:
            return None
        whole_number = int(number) if float(number).is_integer() else 0
        return whole_number if abs(whole_number) in (1, *WHOLE_POWERS) else None

    def power(self, n: Apply) -> Value:
        """Small whole powers by multiplication, negative ones by one division."""
        exponent = self.exponent(n)
        base = multiplied(self.emitter, self.value(n.args[0]))
        if exponent is None or self.emitter.number(base.register) is not None:
            return self.applied(n)
        register = self.whole_power(base.register, abs(exponent))
        if exponent < 0:
            register = self.emitter.arithmetic("/", self.emitter.literal(1), register)
        return in_type(self.emitter, Value(register, base.axes), n.dtype)

    def whole_power(self, base: Register, exponent: int) -> Register:
        """By repeated squaring: x⁶ = (x²·x)²."""
        if exponent == 1:
            return base
        half = self.whole_power(base, exponent // 2)
        square = self.emitter.arithmetic("*", half, half)
        return self.emitter.arithmetic("*", square, base) if exponent % 2 else square

    def cast(self, n: Apply) -> Value:
        """Whatever axes the operand holds."""
        v = multiplied(self.emitter, self.value(n.args[0]))
        if n.dtype is None or isinstance(self.emitter.number(v.register), complex):
            return self.applied(n)
        return Value(self.emitter.convert(v.register, n.dtype), v.axes)

    # --- outputs -----------------------------------------------------------------------------------

    def finished(self) -> tuple[Register, ...]:
        """Each output whole, in its type and in memory of its own."""
        made: dict[Register, Instruction] = {}
        results: list[Register] = []
        noted = 0
        for n in self.outputs:
            v = multiplied(self.emitter, self.value(n))
            truth = n.dtype is None and self.emitter.dtype(v.register) == BOOL  # a row of an identity, picked
            v = in_type(self.emitter, v, FLOAT64 if truth else n.dtype)
            register = whole(self.emitter, v, self.shape(n.shape), n.dtype)
            made.update((r, i) for i in self.emitter.instructions[noted:] for r in targets(i))
            noted = len(self.emitter.instructions)
            number = self.emitter.number(register)
            if number is not None:
                register = self.emitter.fill(register, (), n.dtype)
            elif n.shape and (register in results or not owned(made.get(register))):
                register = self.emitter.copy(register)
            results.append(register)
        return tuple(results)


def owned(made: Instruction | None) -> bool:
    """Whether an instruction makes new memory; functions not of NumPy's entrywise kind are not relied upon."""
    if isinstance(made, Call):
        return isinstance(made.op.numpy, np.ufunc)
    return made is not None and not isinstance(made, VIEWS)


def floating(dtype: DType) -> DType:
    """The type that a constant array of no type takes beside others; whole numbers leave it alone."""
    return dtype if dtype is not None and dtype.kind in "fc" else None


def _plain(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(n) for n in shape)


SPECIAL: Mapping[Operation, Callable[[_Lowering, Apply], Value]] = {
    power_op: _Lowering.power,
    cast_op: _Lowering.cast,
}
