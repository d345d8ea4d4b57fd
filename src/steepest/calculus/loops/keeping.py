"""What a step computes and its derivative reads is kept from the loop itself, where that is dear to compute again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

from steepest.calculus.work import work
from steepest.expr.build import negate, variable
from steepest.expr.dtype import FLOAT64
from steepest.expr.loop import Loop
from steepest.expr.node import Apply, Einsum, Expr, Variable
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.checkpoints import MOST_BYTES
from steepest.ops.operation import Operation, settled
from steepest.ops.power import power_op
from steepest.ops.special_logistic import expit
from steepest.ops.substitution import substitute

KEPT = -(2**50)  # the tag of symbols for what is kept, until they are bound
DEAR = 12  # multiply-adds for an entry, from which on it is kept: as many as an exponential takes
# A step on few numbers waits for itself, and has time to store what it computes, while rows of a few entries are
# slow to compute for all steps at once: all of it is kept, in stacks that stay near. A Kalman filter then takes 0.45
# of the time.
FEW, NEAR = 16, 128 << 10  # numbers; bytes of a stack


# What takes little more where an operation is done than to keep it, and reads the same.
COMPANIONS: Mapping[Operation, Callable[..., Expr]] = {expit: lambda u: expit(negate(u))}


def kept(loop: Loop, emitted: Sequence[Expr], exprs: Sequence[Expr]) -> tuple[list[Expr], dict[Variable, Expr]]:
    """`exprs` in the loop's variables, with symbols for what its steps compute too; and the stacks these stand for.

    Only what depends on the state, since the rest is computed for all steps at once; and nothing at all if the stacks
    would take more memory than states may.
    """
    dear = dear_parts(loop, emitted)
    found = [n for n in toposort(exprs, stop=dear) if n in dear]
    entries = sum(prod(n.shape) * (n.dtype or FLOAT64).itemsize for n in found)
    if entries * loop.length > MOST_BYTES:
        return list(exprs), {}
    symbols = {n: variable(f"kept{k}", n.shape, n.dtype, KEPT) for k, n in enumerate(found)}
    return substitute(exprs, symbols), {v: loop.stack(n) for n, v in symbols.items()}


def dear_parts(loop: Loop, emitted: Sequence[Expr] = ()) -> set[Expr]:
    """What the steps compute of the state, and would not compute again; and what comes with it."""
    late = depends_on([*loop.next, *emitted], loop.states).difference(loop.variables)
    few = sum(prod(v.shape) for v in loop.states) <= FEW
    found = {n for n in toposort([*loop.next, *emitted]) if n in late and _is_dear(n, few and _stays_near(n, loop))}
    return found | {COMPANIONS[n.op](*n.args) for n in found if isinstance(n, Apply) and n.op in COMPANIONS}


def _stays_near(n: Expr, loop: Loop) -> bool:
    entries = prod(n.shape)
    return entries <= FEW and entries * loop.length * (n.dtype or FLOAT64).itemsize <= NEAR


def _is_dear(n: Expr, idle: bool) -> bool:
    """Whether an entry takes more than it takes to write it and to read it again; next to nothing in an idle step."""
    if n.dtype is None or not isinstance(n, (Apply, Einsum)) or _is_whole_power(n):
        return False
    return work([n], known=n.args) >= (1 if idle else DEAR) * prod(n.shape)


def _is_whole_power(n: Expr) -> bool:
    """Whether a power takes a few multiplications and a division at most."""
    if not isinstance(n, Apply) or n.op is not power_op:
        return False
    exponent = settled(n.args[1])
    return isinstance(exponent, (int, float)) and float(exponent).is_integer()
