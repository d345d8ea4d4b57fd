"""What a step computes without the state is computed for all steps at once, before the loop."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod

from steepest.calculus.batching import batch
from steepest.expr.build import Operand, contract, is_view, variable
from steepest.expr.dtype import BOOL
from steepest.expr.loop import Loop
from steepest.expr.node import Add, Apply, Constant, Delta, Direction, Einsum, Expr, Labels, Scan, Structured, Variable
from steepest.expr.traversal import count_uses, depends_on, rebuild_graph, toposort
from steepest.ops.elementary import exp, exp2, expm1, log1p, log2, log10
from steepest.ops.looping import Operands, close_loop
from steepest.ops.operation import rebuilt, settled
from steepest.ops.power import log, power_op, sqrt
from steepest.ops.substitution import substitute

AHEAD = -(2**45)  # the tag of symbols for what is computed before the loop, until they are bound
LOGARITHMS = (log, log1p, log2, log10)
INNER = (exp, exp2, expm1, power_op)
SPREAD = 4  # times as large as what it is computed from it may be


def close_loop_ahead(
    starts: Operands,
    steps: Sequence[Expr],
    sequences: Operands,
    settled: Operands,
    length: int,
    direction: Direction,
    emitted: Sequence[Expr] = (),
) -> tuple[Loop, list[Expr]]:
    """The loop of `close_loop`, with what needs no state computed ahead of it."""
    exprs, sequences, settled = ahead([*steps, *emitted], list(starts), sequences, settled, length)
    return close_loop(starts, exprs[: len(steps)], sequences, settled, length, direction, exprs[len(steps) :])


def ahead(
    exprs: Sequence[Expr], states: Sequence[Variable], sequences: Operands, settled: Operands, length: int
) -> tuple[list[Expr], Operands, Operands]:
    """What one step computes, with symbols for the largest parts that no state goes into.

    These are computed before the loop: for all steps, as further sequences, or once, as further settled operands.
    """
    exprs = _with_early_factors(exprs, states, list(sequences))
    late, timed = depends_on(exprs, states), depends_on(exprs, list(sequences))
    late = late | _beside_states(exprs, late)
    parts = dict.fromkeys(n for n in exprs if n not in late)
    for n in toposort(exprs):
        if n in late or n in timed:
            parts.update(dict.fromkeys(a for a in n.args if a not in late and (n in late or a not in timed)))
    chosen = [n for n in parts if n in timed and _is_worth_it(n, sequences)]
    once = [n for n in parts if n not in timed and _computes(n)]
    symbols = {n: variable(f"ahead{k}", n.shape, n.dtype, AHEAD) for k, n in enumerate([*chosen, *once])}
    rows, values = in_all_steps(chosen, sequences, settled, length), substitute(once, settled)
    return (
        substitute(exprs, symbols),
        {**sequences, **{symbols[n]: row for n, row in zip(chosen, rows, strict=True)}},
        {**settled, **{symbols[n]: value for n, value in zip(once, values, strict=True)}},
    )


def in_all_steps(exprs: Sequence[Expr], sequences: Operands, settled: Operands, length: int) -> list[Expr]:
    """Stacks of what steps compute of the entries of sequences and of what is settled, without a loop."""
    stacks = {v: variable(f"all{k}", (length, *v.shape), v.dtype, AHEAD) for k, v in enumerate(sequences)}
    rows = batch(exprs, stacks, length)  # type: ignore[arg-type]
    outside = {stacks[v]: e for v, e in sequences.items()} | dict(settled)  # all at once: they may have the same names
    return substitute(rows, outside)


def _beside_states(exprs: Sequence[Expr], late: Collection[Expr]) -> set[Expr]:
    """The exponentials and powers that stand in a logarithm or root beside what is computed of the state.

    Their stable form (`rewrite/stable`) is that of all of it: of ``log(exp(s) + exp(w * x))`` it has no exponential
    that may overflow.
    """
    found: set[Expr] = set()
    for n in toposort(exprs):
        if isinstance(n, Apply) and n in late and _is_outer(n):
            found |= _made_of_inner(n.args[0])
    return found


def _is_outer(n: Apply) -> bool:
    return n.op in LOGARITHMS or n.op is sqrt or (n.op is power_op and settled(n.args[1]) == 0.5)


def _made_of_inner(e: Expr) -> set[Expr]:
    """The exponentials and powers of which `e` is a sum or product, and all that they are in."""
    cone: set[Expr] = set()
    waiting = [e]
    while waiting:
        n = waiting.pop()
        if n not in cone:
            cone.add(n)
            waiting += n.args if isinstance(n, (Add, Einsum)) else ()
    found: set[Expr] = set()
    for n in toposort([e], stop={n for n in cone if not isinstance(n, (Add, Einsum))}):
        is_inner = n.op in INNER if isinstance(n, Apply) else isinstance(n, Einsum) and len(set(n.args)) < len(n.args)
        if is_inner or any(a in found for a in (n.args if isinstance(n, (Add, Einsum)) else ())):
            found.add(n)
    return found


def _with_early_factors(exprs: Sequence[Expr], states: Sequence[Variable], entries: Sequence[Variable]) -> list[Expr]:
    """Products in which factors that no state goes into stand together, where they carry the same labels."""
    early = depends_on(exprs, entries) - depends_on(exprs, states)
    uses = count_uses(exprs)
    made: dict[Expr, bool] = {}  # the new nodes, and whether no state goes into them but entries do
    alone: set[Expr] = set()  # products that are read once

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        new = rebuilt(n, args)
        if isinstance(new, Einsum) and n not in early:
            groups: dict[Labels, list[Operand]] = {}
            operands: list[Operand] = []
            for labels, a in _flat(new, alone):
                (groups.setdefault(labels, []) if made.get(a) and a.dtype != BOOL else operands).append((labels, a))
            for labels, factors in groups.items():
                product = contract(factors, labels)
                made[product] = True
                operands.append((labels, product))
            new = contract(operands, new.out, new.out_sizes())
        made.setdefault(new, n in early)
        if uses[n] == 1:
            alone.add(new)
        return new

    return rebuild_graph(exprs, visit)


def _flat(n: Einsum, alone: Collection[Expr]) -> list[Operand]:
    """The factors of a product, and those of factors that are products themselves, for this one alone."""
    found: list[Operand] = []
    fresh = n.fresh_labels()
    for labels, a in n.operands():
        product = isinstance(a, Einsum) and a in alone and not a.sums and a.dtype == n.dtype
        if isinstance(a, Einsum) and product and set(a.out) <= {i for ix in a.indices for i in ix}:
            found += a.operands_at(labels, fresh)
        else:
            found.append((labels, a))
    return found


def _computes(n: Expr) -> bool:
    """Whether a part is more than a number, an array or another look at one."""
    if isinstance(n, (Variable, Constant, Delta, Structured)) or n.dtype is None:
        return False
    return not (isinstance(n, Einsum) and is_view(n))


def _is_worth_it(n: Expr, sequences: Operands) -> bool:
    """Whether a part computes something, and is not much larger than what it is computed from."""
    if not _computes(n):
        return False
    nodes = toposort([n])
    if any(isinstance(m, Scan) for m in nodes):  # its states are computed again rather than kept
        return False
    read = [v for v in nodes if v in sequences]
    return prod(n.shape) <= SPREAD * sum(prod(v.shape) for v in read)
