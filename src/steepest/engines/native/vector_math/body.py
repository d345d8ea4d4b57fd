"""Writes the body of one function of the library: straight-line instructions on a vector of one format.

No instruction carries a fast-math flag, so that error terms survive. `fma` rounds once on every target (where there
is no such instruction it is a call of the C library's); it is used where exactness is the point. `muladd` is fused
where the target can, and costs at most one more rounding where it cannot; it is used everywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .format import FORMATS, Format

Real = str | float  # a register of numbers, or the same number in every lane
Word = str | int  # a register of integers as wide as the numbers, or the same in every lane

Symbol = tuple[str, str, int]  # name, element, lanes
Parameters = Sequence[tuple[str, str]]  # of a function: their types and names


def symbol(name: str, element: str, lanes: int) -> str:
    """What a function of the library is called in the module."""
    return f"@{name}_{element}_{lanes}"


def vector(scalar: str, lanes: int) -> str:
    """The type of so many lanes; the scalar itself for one."""
    return scalar if lanes == 1 else f"<{lanes} x {scalar}>"


@dataclass
class Body:
    """One function under construction. What it needs is collected while it is written."""

    element: str
    lanes: int
    register: int = 0  # bits of the registers that the target has, where that matters
    lines: list[str] = field(default_factory=list)
    declares: set[str] = field(default_factory=set)  # of LLVM's intrinsics
    needs: set[Symbol] = field(default_factory=set)  # of the library
    block: str = "entry"
    branches: int = 0

    @property
    def format(self) -> Format:
        return FORMATS[self.element]

    @property
    def real(self) -> str:
        return vector(self.element, self.lanes)

    @property
    def word(self) -> str:
        return vector(self.format.word, self.lanes)

    @property
    def mask(self) -> str:
        return vector("i1", self.lanes)

    # --- text ----------------------------------------------------------------------------------------

    def emit(self, text: str) -> str:
        self.lines.append(f"  %r{len(self.lines)} = {text}")
        return f"%r{len(self.lines) - 1}"

    def _splat(self, scalar: str, literal: str) -> str:
        return literal if self.lanes == 1 else "<" + ", ".join([f"{scalar} {literal}"] * self.lanes) + ">"

    def number(self, x: Real) -> str:
        return x if isinstance(x, str) else self._splat(self.element, self.format.literal(x))

    def integer(self, n: Word) -> str:
        return n if isinstance(n, str) else self._splat(self.format.word, str(n))

    def intrinsic(self, name: str, *operands: Real) -> str:
        """A call of LLVM's intrinsic of that name, whose operands and result are vectors of numbers."""
        suffix = self.format.suffix if self.lanes == 1 else f"v{self.lanes}{self.format.suffix}"
        self.declares.add(f"declare {self.real} @llvm.{name}.{suffix}({', '.join([self.real] * len(operands))})")
        values = ", ".join(f"{self.real} {self.number(x)}" for x in operands)
        return self.emit(f"call {self.real} @llvm.{name}.{suffix}({values})")

    def needed(self, name: str, element: str = "", lanes: int = 0) -> str:
        """The symbol of another function of the library, of this one's element and lanes unless said otherwise."""
        wanted = (name, element or self.element, lanes or self.lanes)
        self.needs.add(wanted)
        return symbol(*wanted)

    # --- numbers -------------------------------------------------------------------------------------

    def add(self, a: Real, b: Real) -> str:
        return self.emit(f"fadd {self.real} {self.number(a)}, {self.number(b)}")

    def sub(self, a: Real, b: Real) -> str:
        return self.emit(f"fsub {self.real} {self.number(a)}, {self.number(b)}")

    def mul(self, a: Real, b: Real) -> str:
        return self.emit(f"fmul {self.real} {self.number(a)}, {self.number(b)}")

    def div(self, a: Real, b: Real) -> str:
        return self.emit(f"fdiv {self.real} {self.number(a)}, {self.number(b)}")

    def neg(self, a: Real) -> str:
        return self.emit(f"fneg {self.real} {self.number(a)}")

    def muladd(self, a: Real, b: Real, c: Real) -> str:
        return self.intrinsic("fmuladd", a, b, c)

    def fma(self, a: Real, b: Real, c: Real) -> str:
        return self.intrinsic("fma", a, b, c)

    def fabs(self, a: Real) -> str:
        return self.intrinsic("fabs", a)

    def sqrt(self, a: Real) -> str:
        return self.intrinsic("sqrt", a)

    def copysign(self, magnitude: Real, sign: Real) -> str:
        return self.intrinsic("copysign", magnitude, sign)

    # --- integers and bits ---------------------------------------------------------------------------

    def bits(self, a: Real) -> str:
        return self.emit(f"bitcast {self.real} {self.number(a)} to {self.word}")

    def from_bits(self, a: Word) -> str:
        return self.emit(f"bitcast {self.word} {self.integer(a)} to {self.real}")

    def whole(self, op: str, a: Word, b: Word) -> str:
        """``add``, ``sub``, ``and``, ``or``, ``xor``, ``shl``, ``lshr`` of integers."""
        return self.emit(f"{op} {self.word} {self.integer(a)}, {self.integer(b)}")

    def in_exponent(self, n: Word) -> str:
        """An integer moved to where the exponent is: added to the bits of a number, multiplies it by 2^n."""
        return self.whole("shl", n, self.format.mantissa)

    # --- choices -------------------------------------------------------------------------------------

    def compare(self, test: str, a: Real, b: Real) -> str:
        return self.emit(f"fcmp {test} {self.real} {self.number(a)}, {self.number(b)}")

    def logic(self, op: str, a: str, b: str) -> str:
        """``and``, ``or``, ``xor`` of masks."""
        return self.emit(f"{op} {self.mask} {a}, {b}")

    def select(self, mask: str, yes: Real, no: Real) -> str:
        return self.emit(f"select {self.mask} {mask}, {self.real} {self.number(yes)}, {self.real} {self.number(no)}")

    def select_word(self, mask: str, yes: Word, no: Word) -> str:
        return self.emit(f"select {self.mask} {mask}, {self.word} {self.integer(yes)}, {self.word} {self.integer(no)}")

    def at_least(self, x: Real, low: float) -> str:
        """max(x, low); a NaN stays, which LLVM's maximum of numbers would drop."""
        return self.select(self.compare("olt", x, low), low, x)

    def at_most(self, x: Real, high: float) -> str:
        """min(x, high); a NaN stays."""
        return self.select(self.compare("ogt", x, high), high, x)

    def rarely(
        self, mask: str, values: tuple[str, ...], types: tuple[str, ...], otherwise: Callable[[], tuple[str, ...]]
    ) -> tuple[str, ...]:
        """`values`, or where any lane of the mask is set what `otherwise` writes, behind a branch."""
        wanted = mask
        if self.lanes > 1:
            name = f"@llvm.vector.reduce.or.v{self.lanes}i1"
            self.declares.add(f"declare i1 {name}({self.mask})")
            wanted = self.emit(f"call i1 {name}({self.mask} {mask})")
        self.branches += 1
        before, rare, after = self.block, f"rare{self.branches}", f"after{self.branches}"
        self.lines.append(f"  br i1 {wanted}, label %{rare}, label %{after}")
        self.lines.append(f"{rare}:")
        self.block = rare
        others = otherwise()
        self.lines.append(f"  br label %{after}")
        self.lines.append(f"{after}:")
        merged = [
            self.emit(f"phi {t} [ {usual}, %{before} ], [ {other}, %{self.block} ]")
            for t, usual, other in zip(types, values, others, strict=True)
        ]
        self.block = after
        return tuple(merged)

    # --- lanes ---------------------------------------------------------------------------------------

    def lane(self, x: str, k: int) -> str:
        """Lane k of a vector of numbers."""
        return x if self.lanes == 1 else self.emit(f"extractelement {self.real} {x}, i32 {k}")

    # --- the whole -----------------------------------------------------------------------------------

    def inlined(self, name: str, gives: str, parameters: Parameters, result: str) -> str:
        """The definition, to be inlined where it is called."""
        return self._definition(gives, name, parameters, result, "alwaysinline nounwind memory(none)")

    def out_of_line(self, name: str, gives: str, parameters: Parameters, result: str) -> str:
        """The definition of a rare case."""
        return self._definition(gives, name, parameters, result, "noinline cold nounwind memory(none)")

    def _definition(self, gives: str, name: str, parameters: Parameters, result: str, attributes: str) -> str:
        takes = ", ".join(f"{t} {x}" for t, x in parameters)
        head = f"define internal {gives} {symbol(name, self.element, self.lanes)}({takes}) {attributes} {{"
        return "\n".join([head, "entry:", *self.lines, f"  ret {gives} {result}", "}", ""])

    # --- polynomials ---------------------------------------------------------------------------------

    def polynomial(self, z: Real, coefficients: Sequence[float]) -> str:
        """c0 + c1 z + c2 z² + … by Horner's rule in powers of z^m for each of m chains, whose results are joined by z.

        One step is a multiply-add, which is what these functions are made of: more chains are shorter, but each
        doubling of m costs one more multiplication.
        """
        chains = 1 if len(coefficients) <= 3 else 2 if len(coefficients) <= 12 else 4
        powers = [z]
        while 2 ** (len(powers) - 1) < chains:
            powers.append(self.mul(powers[-1], powers[-1]))
        terms = [self._horner(powers[-1], coefficients[k::chains]) for k in range(chains)]
        for power in powers[:-1]:
            terms = [self.muladd(power, odd, even) for even, odd in zip(terms[::2], terms[1::2], strict=True)]
        return self.number(terms[0])

    def _horner(self, z: Real, coefficients: Sequence[float]) -> Real:
        result: Real = coefficients[-1]
        for c in coefficients[-2::-1]:
            result = self.muladd(z, result, c)
        return result
