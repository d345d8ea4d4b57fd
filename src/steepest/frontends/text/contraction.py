"""Index notation computed with whole arrays: a letter is an axis, a product of entries a contraction.

An operand with letters has an axis for each, in the order of `Operand.letters`. Its factors lie side by side on the
stack until they are needed as one array.
"""

from __future__ import annotations

import operator
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from steepest.frontends.tracing.tracer import call, find_tracers

from .rules import Compute, Letters, Operand, Operands, as_number


def contraction(factors: Sequence[Letters], truths: Sequence[bool], out: Letters) -> Compute:
    """The product of the factors, summed over the letters that are not in `out`."""
    signs = dict(zip(sorted({i for letters in (*factors, out) for i in letters}), string.ascii_letters, strict=False))
    inputs = ["".join(signs[i] for i in letters) for letters in factors]
    spec = f"{','.join(inputs)}->{''.join(signs[i] for i in out)}"
    alone = len(factors) == 1

    def compute(*values: Any) -> Any:
        if alone:
            (value,) = values
            value = as_number(value) if truths[0] and factors[0] != out else value
            return value if factors[0] == out else call(np.einsum, (spec, value), {})
        if any(truths) and next(find_tracers(values), None) is None:
            values = _selected(values, inputs, truths)
        return call(np.einsum, (spec, *values), {"optimize": len(values) > 2})

    return compute


def _selected(values: Sequence[Any], inputs: Sequence[str], truths: Sequence[bool]) -> tuple[Any, ...]:
    """Where a condition fails, other factors count as 0, whatever they are."""
    done: list[Any] = []
    for value, letters, truth in zip(values, inputs, truths, strict=True):
        value = np.asarray(value, float)
        if not truth:
            for mask, own, is_mask in zip(values, inputs, truths, strict=True):
                if is_mask and set(own) <= set(letters):
                    shape = [n if c in own else 1 for c, n in zip(letters, value.shape, strict=True)]
                    order = np.argsort([letters.index(c) for c in own])
                    value = np.where(np.transpose(np.asarray(mask), order).reshape(shape), value, 0.0)
        done.append(value)
    return tuple(done)


def gathered(compute: Compute, operands: Operands, letters: Letters, of_truths: bool) -> Compute:
    """`compute` of operands given by their factors, with the axes of all brought to those of `letters`."""
    parts: list[tuple[int, int, Compute, tuple[Any, ...] | None, bool]] = []
    start = 0
    for o in operands:
        own = o.letters
        key = tuple(slice(None) if i in own else None for i in letters) if own and own != letters else None
        stop = start + len(o.factors)
        parts.append((start, stop, contraction(o.factors, o.truths, own), key, o.truth and not of_truths))
        start = stop

    def whole(*values: Any) -> Any:
        done = []
        for first, last, contract, key, cast in parts:
            value = contract(*values[first:last])
            value = as_number(value) if cast else value
            done.append(value if key is None else call(operator.getitem, (value, key), {}))
        return compute(*done)

    return whole


def is_plain(o: Operand) -> bool:
    """Whether it is one value on the stack, without letters."""
    return o.factors == ((),)
