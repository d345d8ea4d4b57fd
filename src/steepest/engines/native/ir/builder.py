"""Writes LLVM instructions. Numbers known now are folded, equal pure values shared, single entries broadcast.

A vector of `lanes` entries is kept as whole machine registers of `width` lanes each: masks and calls of math
functions want it so, and independent chains arise by themselves. What is written inside `scope` (a loop) is
shared only there, since what a loop computes need not have been computed after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from steepest.schedule.named import Constant, Extent

from .known import folded
from .value import CONVERSIONS, Kind, Known, Val, Value, literal, same

FLAGS = "contract"  # a product and a sum may be rounded once; nothing else that would change a result

ORDERED = {"==": "oeq", "!=": "une", "<": "olt", "<=": "ole", ">": "ogt", ">=": "oge"}
SIGNED = {"==": "eq", "!=": "ne", "<": "slt", "<=": "sle", ">": "sgt", ">=": "sge"}
WORDS = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
TRUTHS = {"+": "or", "*": "and"}  # of truth values, as NumPy adds and multiplies them


class Builder:
    """The body of one function, under construction."""

    def __init__(self, width: int) -> None:
        self.width = width  # lanes of a machine register
        self.lanes = width  # lanes of a vector
        self.lines: list[str] = []
        self.entry: list[str] = []  # allocations, at the head of the function
        self.block = "entry"
        self.scopes: list[dict[Any, Any]] = [{}]
        self.math: set[tuple[str, str, int]] = set()  # own functions called: name, element, lanes
        self.intrinsics: set[str] = set()  # declarations
        self.externals: list[str] = []
        self.part: tuple[str, str] | None = None  # of a stack, where threads share that: from, up to
        self.call_site = ""  # what is said of calls of own functions, which are otherwise inlined
        self._count = 0

    # --- text ----------------------------------------------------------------------------------------

    def fresh(self, prefix: str = "v") -> str:
        self._count += 1
        return f"%{prefix}{self._count}"

    def do(self, text: str) -> None:
        self.lines.append("  " + text)

    def emit(self, text: str) -> str:
        name = self.fresh()
        self.lines.append(f"  {name} = {text}")
        return name

    def pure(self, text: str) -> str:
        """The register of an instruction that depends on its text alone."""
        found = self.recall(text)
        if found is None:
            found = self.scopes[-1][text] = self.emit(text)
        return str(found)

    def recall(self, key: Any) -> Any:
        """What an enclosing scope has kept under `key`, or None."""
        for scope in reversed(self.scopes):
            if key in scope:
                return scope[key]
        return None

    def keep(self, key: Any, value: Any) -> None:
        self.scopes[-1][key] = value

    @contextmanager
    def scope(self) -> Iterator[None]:
        self.scopes.append({})
        yield
        self.scopes.pop()

    def checkpoint(self) -> tuple[Any, ...]:
        """What is needed to take back everything written from here on."""
        return len(self.lines), len(self.entry), self.block, self._count, [dict(s) for s in self.scopes]

    def take_back(self, point: tuple[Any, ...]) -> None:
        lines, entry, self.block, self._count, self.scopes = point
        del self.lines[lines:], self.entry[entry:]

    @contextmanager
    def with_lanes(self, lanes: int, width: int | None = None) -> Iterator[None]:
        """Vectors of so many, in registers of as many as before or of `width`."""
        before = self.lanes, self.width
        self.lanes, self.width = lanes, width or self.width
        yield
        self.lanes, self.width = before

    @contextmanager
    def seldom(self) -> Iterator[None]:
        """What runs so seldom that functions are called there: inlined they would take LLVM longer than all else."""
        before, self.call_site = self.call_site, " noinline"
        yield
        self.call_site = before

    def label(self, name: str) -> None:
        """Begin a block."""
        self.lines.append(f"{name[1:]}:")
        self.block = name[1:]

    @contextmanager
    def loop(self, start: int | str, stop: int | str, step: int | str = 1) -> Iterator[str]:
        """``for (i = start; i < stop; i += step)``; gives the register of the counter."""
        i, after = self.fresh("i"), self.fresh("i")
        head, body, done = self.fresh("head"), self.fresh("body"), self.fresh("done")
        before = self.block
        self.do(f"br label {head}")
        self.label(head)
        at = len(self.lines)
        self.lines.append("")
        more = self.emit(f"icmp slt i64 {i}, {stop}")
        self.do(f"br i1 {more}, label {body}, label {done}")
        self.label(body)
        with self.scope():
            yield i
        self.do(f"{after} = add nsw i64 {i}, {step}")
        self.do(f"br label {head}")
        self.lines[at] = f"  {i} = phi i64 [ {start}, %{before} ], [ {after}, %{self.block} ]"
        self.label(done)

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Instructions that run only where an ``i1`` register is true."""
        yes, done = self.fresh("then"), self.fresh("done")
        self.do(f"br i1 {condition}, label {yes}, label {done}")
        self.label(yes)
        with self.scope():
            yield
        self.do(f"br label {done}")
        self.label(done)

    # --- whole numbers for places, and memory ----------------------------------------------------------

    def whole(self, op: str, a: str | int, b: str | int) -> str:
        """``add``, ``sub``, ``mul``, ``and``, … of single i64."""
        return self.pure(f"{op} i64 {a}, {b}")

    def smaller(self, a: str | int, b: str | int) -> str:
        """The smaller of two i64."""
        less = self.pure(f"icmp slt i64 {a}, {b}")
        return self.pure(f"select i1 {less}, i64 {a}, i64 {b}")

    def address(self, pointer: str, offset: str | int, element: str) -> str:
        """`offset` elements behind a pointer."""
        if offset in (0, "0"):
            return pointer
        return self.pure(f"getelementptr inbounds {element}, ptr {pointer}, i64 {offset}")

    def alloca(self, count: int, element: str) -> str:
        """Room on the stack, aligned for vectors."""
        name = self.fresh("a")
        self.entry.append(f"  {name} = alloca {element}, i64 {count}, align 64")
        return name

    def type(self, kind: Kind, vector: bool = True) -> str:
        """A machine register of entries, or one entry."""
        return self.register(kind.value, vector)

    def register(self, element: str, vector: bool = True) -> str:
        """A machine register of entries of one of LLVM's types, or one entry."""
        return f"<{self.width} x {element}>" if vector and self.width > 1 else element

    def alignment(self, kind: Kind, vector: bool = True) -> int:
        """Bytes that scratch memory of vectors or entries is aligned to; a wide vector is several registers."""
        return min(64, (self.width if vector else 1) * kind.bytes)

    @property
    def parts(self) -> int:
        """Registers of a vector."""
        return self.lanes // self.width

    # --- values ---------------------------------------------------------------------------------------

    def texts(self, x: Value, kind: Kind, vector: bool) -> tuple[str, ...]:
        """The registers of `x`; a known number or a single entry in every lane if a vector is wanted."""
        if isinstance(x, (Extent, Constant)):
            return self.texts(Val(kind, (x.named(kind.value),), False), kind, vector)
        if not isinstance(x, Val):
            one = literal(x, kind)
            if not vector:
                return (one,)
            if self.width > 1:
                one = f"splat ({kind.value} {one})"
            return (one,) * self.parts
        if x.kind is not kind:
            raise TypeError(f"expected {kind}, got {x.kind}")
        if x.vector or not vector:
            return x.parts
        return (self.spread(x.name, kind),) * self.parts

    def spread(self, name: str, kind: Kind) -> str:
        """One entry in every lane of a register."""
        if self.width == 1:
            return name
        v = self.type(kind)
        first = self.pure(f"insertelement {v} poison, {kind.value} {name}, i64 0")
        return self.pure(f"shufflevector {v} {first}, {v} poison, <{self.width} x i32> zeroinitializer")

    def each(self, kind: Kind, vector: bool, operands: Sequence[tuple[str, ...]], write: Callable[..., str]) -> Val:
        """A value made register by register; `write` gives the text of one instruction."""
        return Val(kind, tuple(self.pure(write(*texts)) for texts in zip(*operands, strict=True)), vector)

    def settle(self, *xs: Value) -> tuple[Kind | None, bool]:
        """The common kind of operands (None if all are known) and whether one is a vector."""
        kinds = {x.kind for x in xs if isinstance(x, Val)}
        if len(kinds) > 1:
            raise TypeError(f"operands of different kinds: {sorted(k.value for k in kinds)}")
        return next(iter(kinds), None), any(isinstance(x, Val) and x.vector for x in xs)

    def constant(self, x: Known, kind: Kind) -> Val:
        """A known number as a value."""
        return Val(kind, (literal(x, kind),), False)

    def arithmetic(self, sign: str, a: Value, b: Value) -> Value:
        """``a sign b`` of numbers, as IEEE 754 has it: nothing is simplified but what is exact for all values.

        False stands for an entry that is not there (outside of what was embedded): it takes part in no sum. In a
        product it is a 0 like any other, since what it meets may be infinite.
        """
        kind, vector = self.settle(a, b)
        if a is False or b is False:
            return self._with_nothing(sign, a, b)
        if kind is None:
            return folded(sign, a, b)
        if sign == "*":
            if same(a, 1.0) or same(a, 1):
                return b
            if same(b, 1.0) or same(b, 1):
                return a
        elif (sign == "-" and (same(b, 0.0) or same(b, 0))) or (sign == "/" and same(b, 1.0)):
            return a
        x, y = self.texts(a, kind, vector), self.texts(b, kind, vector)
        t = self.type(kind, vector)
        word = f"f{WORDS[sign]} {FLAGS}" if kind.floating else (WORDS if kind is Kind.INT else TRUTHS)[sign]
        swap = sign in "+*"
        return self.each(
            kind, vector, (x, y), lambda p, q: f"{word} {t} {', '.join(sorted((p, q)) if swap else (p, q))}"
        )

    def _with_nothing(self, sign: str, a: Value, b: Value) -> Value:
        if sign in "*/" and not (_is_finite(a) and _is_finite(b)):  # 0 times infinity is NaN
            return self.arithmetic(sign, 0.0 if a is False else a, 0.0 if b is False else b)
        if sign == "*" or (sign == "/" and b is not False):
            return False
        if sign == "/":
            return self.div(a, 0.0) if a is not False else math.nan
        return a if b is False else (b if sign == "+" else self.neg(b))

    def add(self, a: Value, b: Value) -> Value:
        return self.arithmetic("+", a, b)

    def sub(self, a: Value, b: Value) -> Value:
        return self.arithmetic("-", a, b)

    def mul(self, a: Value, b: Value) -> Value:
        return self.arithmetic("*", a, b)

    def div(self, a: Value, b: Value) -> Value:
        return self.arithmetic("/", a, b)

    def neg(self, a: Value) -> Value:
        if not isinstance(a, Val):
            return -a if a is not False else False
        t = self.type(a.kind, a.vector)
        if a.kind.floating:
            return self.each(a.kind, a.vector, (a.parts,), lambda p: f"fneg {t} {p}")
        return self.sub(0, a)

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """``a·b + c``, rounded once where the machine can."""
        if (not isinstance(a, Val) and not isinstance(b, Val)) or a is False or b is False or c is False:
            return self.add(self.mul(a, b), c)
        if same(a, 1.0) or same(b, 1.0):
            return self.add(b if same(a, 1.0) else a, c)
        kind, vector = self.settle(a, b, c)
        assert kind is not None
        if not kind.floating:
            return self.add(self.mul(a, b), c)
        operands = [self.texts(x, kind, vector) for x in (a, b, c)]
        t = self.type(kind, vector)
        f = self.intrinsic_name("fmuladd", kind, vector, 3)
        return self.each(kind, vector, operands, lambda p, q, r: f"call {FLAGS} {t} {f}({t} {p}, {t} {q}, {t} {r})")

    def compare(self, test: str, a: Value, b: Value) -> Value:
        """A truth value; `test` as in Python. Comparisons with NaN are false, and ``!=`` true."""
        kind, vector = self.settle(a, b)
        if kind is None:
            return bool({"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[test])  # type: ignore[operator]
        x, y = self.texts(a, kind, vector), self.texts(b, kind, vector)
        t = self.type(kind, vector)
        word = f"fcmp {ORDERED[test]}" if kind.floating else f"icmp {SIGNED[test]}"
        return self.each(Kind.TRUTH, vector, (x, y), lambda p, q: f"{word} {t} {p}, {q}")

    def logic(self, word: str, a: Value, b: Value) -> Value:
        """``and``, ``or``, ``xor`` of truth values or whole numbers."""
        kind, vector = self.settle(a, b)
        if kind is None:
            return {"and": a & b, "or": a | b, "xor": a ^ b}[word]  # type: ignore[operator]
        if kind is Kind.TRUTH:
            for x, y in ((a, b), (b, a)):
                if x is True and word != "xor":
                    return y if word == "and" else True
                if x is False:
                    return False if word == "and" else y
        t = self.type(kind, vector)
        pairs = (self.texts(a, kind, vector), self.texts(b, kind, vector))
        return self.each(kind, vector, pairs, lambda p, q: f"{word} {t} {p}, {q}")

    def invert(self, a: Value) -> Value:
        return (not a) if not isinstance(a, Val) else self.logic("xor", a, True)

    def select(self, mask: Value, a: Value, b: Value) -> Value:
        """`a` where the mask holds, else `b`."""
        if not isinstance(mask, Val):
            return a if mask else b
        if same(a, b):
            return a
        kind, vector = self.settle(a, b)
        if kind is None:
            kind = Kind.DOUBLE if isinstance(a, float) or isinstance(b, float) else Kind.INT
            if isinstance(a, bool) and isinstance(b, bool):
                return self.logic("and", mask, True) if a else self.invert(mask)
        vector = vector or mask.vector
        m = self.texts(mask, Kind.TRUTH, vector)
        x, y = self.texts(a, kind, vector), self.texts(b, kind, vector)
        t, mt = self.type(kind, vector), self.type(Kind.TRUTH, vector)
        return self.each(kind, vector, (m, x, y), lambda q, u, v: f"select {mt} {q}, {t} {u}, {t} {v}")

    def convert(self, x: Value, kind: Kind) -> Value:
        """`x` as another kind of number, as NumPy's astype."""
        if not isinstance(x, Val):
            named = isinstance(x, (Extent, Constant)) and kind.floating
            return x if named else {Kind.TRUTH: bool, Kind.INT: int}.get(kind, float)(x)
        if x.kind is kind:
            return x
        if kind is Kind.TRUTH:
            return self.compare("!=", x, 0.0 if x.kind.floating else 0)
        s, t = self.type(x.kind, x.vector), self.type(kind, x.vector)
        word = CONVERSIONS[x.kind, kind]
        return self.each(kind, x.vector, (x.parts,), lambda p: f"{word} {s} {p} to {t}")

    def intrinsic_name(self, name: str, kind: Kind, vector: bool, arity: int) -> str:
        """LLVM's name of one of its own functions on registers, declared."""
        t, f = self.type(kind, vector), self.intrinsic_symbol(name, kind, vector)
        self.intrinsics.add(f"declare {t} {f}({', '.join([t] * arity)})")
        return f

    def intrinsic_symbol(self, name: str, kind: Kind, vector: bool) -> str:
        element = {"double": "f64", "float": "f32", "i64": "i64", "i1": "i1"}[kind.value]
        return f"@llvm.{name}.{f'v{self.width}' if vector and self.width > 1 else ''}{element}"

    def intrinsic(self, name: str, *xs: Value, flags: str = "") -> Value:
        """One of LLVM's functions of one type: ``fabs``, ``sqrt``, ``floor``, ``copysign``, …"""
        kind, vector = self.settle(*xs)
        if kind is None:
            xs, kind = tuple(self.constant(x, Kind.DOUBLE) for x in xs if not isinstance(x, Val)), Kind.DOUBLE
        t = self.type(kind, vector)
        f = self.intrinsic_name(name, kind, vector, len(xs))
        operands = [self.texts(x, kind, vector) for x in xs]
        head = f"call {flags}{t} {f}"
        return self.each(kind, vector, operands, lambda *ps: f"{head}({', '.join(f'{t} {p}' for p in ps)})")

    def call(self, symbol: Callable[[str, int], str], *xs: Value) -> Value:
        """A function of our own: `symbol(element, lanes)` is its name for registers of so many lanes."""
        kind, vector = self.settle(*xs)
        kind = Kind.DOUBLE if kind is None else kind
        t = self.type(kind, vector)
        f = symbol(kind.value, self.width if vector else 1)
        operands = [self.texts(x, kind, vector) for x in xs]
        return self.each(kind, vector, operands, lambda *ps: self._call(t, f, ps))

    def _call(self, t: str, f: str, parts: Sequence[str]) -> str:
        return f"call {t} {f}({', '.join(f'{t} {p}' for p in parts)}){self.call_site}"

    def called(self, symbol: Callable[[str, int], str], x: Val) -> Val | None:
        """What such a function of one operand gave, if it has been called where that can be read."""
        t, f = self.type(x.kind, x.vector), symbol(x.kind.value, self.width if x.vector else 1)
        found = [self.recall(self._call(t, f, (p,))) for p in x.parts]
        return None if None in found else Val(x.kind, tuple(found), x.vector)

    def external(self, name: str) -> int:
        """The place of a routine in the table of addresses."""
        if name not in self.externals:
            self.externals.append(name)
        return self.externals.index(name)


def _is_finite(x: Value) -> bool:
    """Whether a value is certainly a finite number."""
    return not x.kind.floating if isinstance(x, Val) else math.isfinite(x)
