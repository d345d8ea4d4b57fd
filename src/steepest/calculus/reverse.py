"""Reverse mode: the transpose of a linear expression, in one sweep from the output back.

A differential ``L(t)`` built by forward mode consists of sums, contractions and linear operations, each
linear in exactly one operand. Its transpose ``Lᵀ(g)`` is found by walking it backwards; the cost is that of
evaluating L. The gradient of a scalar is ``Lᵀ(1)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from steepest.expr.build import Operand, add, contract, delta, zeros
from steepest.expr.dtype import BOOL, DType, is_complex, promote
from steepest.expr.loop import Loop, loop_of
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Labels, Scan, Structured, Variable
from steepest.expr.number import ONE
from steepest.expr.traversal import complex_valued, depends_on, toposort
from steepest.ops.complex_parts import cast, real
from steepest.ops.logic import logical_not, logical_or

from .forward import jvp, tangent_variable
from .loops.transposition import transpose_loop


def gradients(y: Expr, inputs: Sequence[Variable]) -> list[Expr]:
    """The gradient of the scalar `y` by each input, all in one sweep."""
    if y.shape != ():
        raise ValueError(f"a gradient needs a scalar, got shape {y.shape}")
    seeds = {x: tangent_variable(x) for x in inputs}
    return transpose([jvp(y, seeds)], list(seeds.values()), [ONE])


def vjp(y: Expr, inputs: Sequence[Variable], cotangent: Expr) -> list[Expr]:
    """``Jᵀ g`` for each input. Leading axes of `cotangent` beyond those of `y` stay in front."""
    seeds = {x: tangent_variable(x) for x in inputs}
    return transpose([jvp(y, seeds)], list(seeds.values()), [cotangent])


def transpose(outputs: Sequence[Expr], inputs: Sequence[Expr], cotangents: Sequence[Expr]) -> list[Expr]:
    """For outputs L(t), linear in the inputs t, the cotangents Lᵀ(g).

    A cotangent may carry extra leading axes, the same for all: each slice is then transposed alike.
    """
    extra = cotangents[0].shape[: cotangents[0].ndim - outputs[0].ndim]
    sweep = _Sweep(outputs, inputs, extra)
    for y, g in zip(outputs, cotangents, strict=True):
        sweep.send(y, g)
    return sweep.run()


class _Sweep:
    """One walk back through a linear expression."""

    def __init__(self, outputs: Sequence[Expr], inputs: Sequence[Expr], extra: tuple[int, ...]):
        self.outputs, self.inputs, self.extra = outputs, inputs, extra
        self.varying = depends_on(outputs, inputs)
        self.received: dict[Expr, list[Expr]] = {}
        self.supports: dict[Expr, Expr | None] = {}

    def send(self, n: Expr, g: Expr) -> None:
        if n in self.varying:
            if not is_complex(n.dtype) and complex_valued(g):
                g = real(g)  # a real quantity pairs with the real part alone
            self.received.setdefault(n, []).append(g)

    def run(self) -> list[Expr]:
        order = toposort(self.outputs)
        results = _results_of_loops(n for n in order if n in self.varying)
        for n in reversed(order):
            if n in results:
                self._step_loop(results[n])
            elif n in self.received and n not in self.inputs and not isinstance(n, Scan):
                self._step(n, add(*self.received.pop(n)))
        totals = [add(*self.received[t]) if t in self.received else zeros((*self.extra, *t.shape)) for t in self.inputs]
        return [smooth(total, t.dtype) for total, t in zip(totals, self.inputs, strict=True)]

    def _step(self, n: Expr, g: Expr) -> None:
        match n:
            case Add():
                for a in n.args:
                    self.send(a, g)
            case Einsum():
                k = linear_operand(n, self.varying)
                self.send(n.args[k], self._pull(n, k, g))
            case Apply():
                self.send(n.args[linear_operand(n, self.varying)], transpose_apply(n, g))
            case Variable() | Constant() | Delta() | Structured():
                pass  # an input of its own: nothing lies behind it
            case _:
                raise TypeError(f"{type(n).__name__} is not a kind of node")

    def _step_loop(self, results: Sequence[Scan]) -> None:
        """All results of one loop at once; nothing that is read after one of them comes before it in the order."""
        cotangents = {n: add(*self.received.pop(n)) for n in results if n in self.received}
        if cotangents:
            for a, g in transpose_loop(cotangents, self.varying, self.extra, transpose):
                self.send(a, g)

    def _pull(self, n: Einsum, k: int, g: Expr) -> Expr:
        """Cotangent of operand k: contract everything else with g, over the labels of operand k.

        A label read twice (a diagonal) is spread back by a delta; a label that only operand k carried was
        summed alone, so its cotangent is constant along it.
        """
        used = {i for labels in n.indices for i in labels} | set(n.out)
        fresh = max(used, default=-1) + 1
        front = tuple(range(fresh, fresh + len(self.extra)))
        fresh += len(self.extra)
        others = [(labels, a) for j, (labels, a) in enumerate(n.operands()) if j != k]
        labels_of_g: Labels = (*front, *n.out)
        sizes: dict[int, int] = dict(zip(front, self.extra, strict=True))
        target: list[int] = []
        deltas = []
        for label, size in zip(n.indices[k], n.args[k].shape, strict=True):
            if label in target:
                deltas.append(((label, fresh), delta(size)))
                label, fresh = fresh, fresh + 1
            sizes[label] = size
            target.append(label)
        out = (*front, *target)
        cotangent = [*self._mask_of_sum(g, labels_of_g, out, others), (labels_of_g, g)]
        pulled = contract([*others, *deltas, *cotangent], out, sizes)
        return self._keep_support(pulled, g, labels_of_g, out, others)

    def _mask_of_sum(self, g: Expr, labels: Labels, out: Labels, others: list[Operand]) -> list[Operand]:
        """The support of g as a factor, where it is multiplied entry by entry and then summed.

        Not where another factor has axes of its own (a matrix product): there it would cost a copy of that
        factor at every call.
        """
        entrywise = set(out) < set(labels) and all(set(ls) <= set(labels) for ls, _ in others)
        support = self._support(g) if entrywise and not all(map(_is_finite, others)) else None
        return [] if support is None else [(labels, support)]

    def _keep_support(self, pulled: Expr, g: Expr, labels: Labels, out: Labels, others: list[Operand]) -> Expr:
        """Where a `where` did not choose this branch, the cotangent stays 0 even times infinity."""
        support = self._support(g)
        if support is None or set(labels) != set(out) or len(out) != len(labels):
            return pulled
        mask = contract([(labels, support)], out)
        own = self._support(pulled)
        if own is not None and own is not mask:
            mask = contract([(out, mask), (out, own)], out)
        if not all(map(_is_finite, others)):
            pulled = contract([(out, mask), (out, pulled)], out)
        self.supports[pulled] = mask
        return pulled

    def _support(self, g: Expr) -> Expr | None:
        """A boolean array outside of which g is 0 by selection, or None."""
        if g not in self.supports:
            self.supports[g] = self._find_support(g)
        return self.supports[g]

    def _find_support(self, g: Expr) -> Expr | None:
        if isinstance(g, Einsum) and not g.sums:
            masks = [(labels, a) for labels, a in g.operands() if a.dtype == BOOL]
            for labels, a in g.operands():
                if isinstance(a, Delta):  # g is 0 where i is not j: what selects i selects j
                    masks += [(tuple(_other(i, labels) for i in ls), m) for ls, m in masks]
            if masks:
                return contract(masks, g.out, g.out_sizes())
        if isinstance(g, Add):
            parts = [self._support(a) for a in g.args]
            if any(p is not None and logical_not(p) in parts for p in parts):
                return None  # both branches of one condition: everywhere
            if all(p is not None for p in parts):
                union = parts[0]
                for p in parts[1:]:
                    union = p if p is union else logical_or(union, p)  # type: ignore[arg-type]
                return union
        return None


def _results_of_loops(nodes: Iterable[Expr]) -> dict[Expr, list[Scan]]:
    """The results of each loop, by the first of them."""
    found: dict[Loop, list[Scan]] = {}
    for n in nodes:
        if isinstance(n, Scan):
            found.setdefault(loop_of(n), []).append(n)
    return {results[0]: results for results in found.values()}


def _other(label: int, pair: Labels) -> int:
    """The label that a delta between two makes equal to the given one; any other stays."""
    i, j = pair
    return j if label == i else i if label == j else label


def _is_finite(operand: Operand) -> bool:
    """Whether a factor is known to have no NaN or infinity, wherever it is evaluated."""
    a = operand[1]
    if isinstance(a, Constant):
        return bool(np.isfinite(a.value).all())
    return isinstance(a, (Delta, Structured)) or a.dtype == BOOL


def smooth(derivative: Expr, dtype: DType) -> Expr:
    """A derivative in a type not below its input's: that of max(x, 0) came out as booleans."""
    return derivative if derivative.dtype is None else cast(derivative, promote(derivative.dtype, dtype))


def linear_operand(n: Expr, varying: set[Expr]) -> int:
    """The one operand in which a node of a differential is linear."""
    hits = [k for k, a in enumerate(n.args) if a in varying]
    if len(hits) != 1 or (isinstance(n, Apply) and n.op.transpose is None):
        name = n.op.name if isinstance(n, Apply) else type(n).__name__
        raise ValueError(f"a differential is not linear in its tangent, at {name}: a rule in the table is wrong")
    return hits[0]


def transpose_apply(n: Apply, g: Expr) -> Expr:
    result: Expr = n.op.transpose(g, *n.args, **dict(n.params))
    return result
