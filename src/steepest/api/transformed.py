"""A function made from another: what `grad`, `jacobian`, `jit` and the rest return.

A call flattens its arguments, looks up the captures for their shapes, runs the compiled program and checks
its guards. Only where that fails is the function traced, differentiated, compiled and checked against the
plain function. Inside another trace the expressions are put into that trace instead.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steepest.engines.native.entry.callable import Callable as NativeCallable
from steepest.engines.native.entry.callable import answered_by_code, reason_against
from steepest.engines.native.entry.entries import Entries
from steepest.engines.native.entry.entry import Unfit
from steepest.errors import ArgumentError, CaptureError, ShapeError, SteepestError
from steepest.expr.node import Expr, Variable
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.mirroring import unmirrored
from steepest.frontends.tracing.recording import current, nesting, under_way
from steepest.frontends.trees import flatten, key_orders, unflatten

from .arguments import (
    Argnums,
    Leaf,
    in_order,
    leaf_names,
    parameter_names,
    positional,
    positional_parameters,
    require_argnums,
    require_fitting,
    require_plain,
    resolve_argnums,
    title_of,
    varying_leaf,
)
from .call import Call
from .compilation import Compile, NonFinite, Stage, compile_choice
from .entering import entry_of
from .explanation import Explanation, explain
from .function import SIGNATURES, FunctionRecord, Looks, Program, Specialisation, Ways, record_of, value_of
from .inlining import found_inside, inline, keep_inside, results_again
from .net import EVERYTHING, Excerpt, check_first_call, check_on_tape
from .nonfinite import NO_DERIVATIVE, explained, is_finite
from .plan import Given, Plan, Swept, Wanted, computed_as_passed, finished, given_of, settled
from .side_effects import tell
from .sweeps import TapedRun
from .tracebacks import shortened

LARGE = 1 << 16  # entries of arguments: with fewer, a check is over before a compiler is at work
PATHS = 8  # through the branches of a function, that are tried one after the other
CHECKED = 3  # runs on a tape are checked against the plain function


@answered_by_code
class Transformed(NativeCallable):
    """``wanted`` of `function`, as a function of the same arguments."""

    def __init__(
        self,
        function: Callable[..., Any],
        wanted: Wanted,
        argnums: Argnums = 0,
        choice: Compile | None = None,
    ):
        if not callable(function):
            raise ArgumentError(f"{wanted.name} needs a function, got {type(function).__name__}")
        require_argnums(argnums)
        functools.update_wrapper(self, function, updated=())
        self.function, self.wanted, self.argnums = function, wanted, argnums
        self.choice = choice or compile_choice(Compile.AUTO.value)
        self.record: FunctionRecord = record_of(function)
        self._plans: dict[Any, list[Plan]] = {}
        self._entries: Entries | None = None
        self._unplanned = ""  # why the last call that was traced or taken apart will be taken apart the next time too

    def __repr__(self) -> str:
        return f"{self.wanted.name}({self.record.name})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.function, self.wanted, self.argnums, self.choice)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The calls that no entry of ours answered by machine code."""
        if not nesting():
            ordered = in_order(self.function, args, kwargs)
            given = None if ordered is None else given_of(ordered)
            if given is not None:
                outcome = self._by_plan(given)
                if outcome is not None:
                    return outcome[0]
        return self.run(args, kwargs, ())

    def _by_plan(self, given: Given) -> tuple[Any] | None:
        seen: Looks = {}
        for plan in self._plans.get(given.key, ()):
            outcome = plan.run(given.leaves, seen)
            if outcome is not None:
                self._enter(plan, given)
                return outcome
            if plan.in_vain:
                self._plans[given.key] = [p for p in self._plans[given.key] if p is not plan]
        return None

    def explain(self) -> Explanation:
        """What was captured, which guards it has, why it was traced again, which engine ran."""
        answered = self._entries.answered() if self._entries else 0
        reasons = {p.reason for plans in self._plans.values() for p in plans} | {self._unplanned}
        return explain(self.record, self.wanted.name, self.choice, answered, sorted(filter(None, reasons)))

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any], directions: Sequence[Any]) -> Any:
        try:
            return self._answer(args, kwargs, directions)
        except Exception as error:
            raise shortened(error)  # noqa: B904

    def _answer(self, args: tuple[Any, ...], kwargs: dict[str, Any], directions: Sequence[Any]) -> Any:
        if nesting():
            args, kwargs = unmirrored(args), unmirrored(kwargs)
        call = self.take_apart(args, kwargs)
        signature = self._signature(call)
        if nesting():
            return self._inline(call, signature, directions)
        found = self._find(call, signature, directions)
        if found is None:
            return self._run_once(call, signature, directions)
        s, result = found
        if not self.wanted.extent.is_covered(s.check):  # it was made for less
            self._check(s, call)
        if self.wanted.extra is None:
            self._keep_plan(s, call, in_order(self.function, args, kwargs))
        return result

    def _find(self, call: Call, signature: Any, directions: Sequence[Any]) -> tuple[Specialisation, Any] | None:
        """A capture that holds for this call, and the result; None if the call is to be run once, on values."""
        ways = self.record.ways_of(signature)
        if ways.reason and ways.always_new:
            return None
        values = [leaf.value for leaf in call.leaves]
        seen: Looks = {}
        for s in reversed(self.record.known(signature)):
            if s.may_hold(seen):
                outcome = self._try(s, call, values, directions, seen)
                if outcome is not None:
                    ways.used += 1
                    s.used += 1
                    return s, outcome[0]
        if self.record.tape_takes_over(signature):
            return None
        new = self._trace(call, signature)
        outcome = self._run(new, call, values, directions, seen)
        return None if outcome is None else (new, outcome[0])  # else rounding decides which branch is taken

    def captured(self, *args: Any) -> tuple[Capture, list[Variable]] | None:
        """The capture that holds for these arguments, checked, and the variables of the active ones.

        None where the function is recorded anew at every call, so that no capture says what it does elsewhere.
        """
        call = self.take_apart(args, {})
        found = self._find(call, self._signature(call), ())
        return None if found is None else (found[0].capture, self._variables(found[0], call))

    def _run_once(self, call: Call, signature: Any, directions: Sequence[Any]) -> Any:
        """The result for this call alone: by sweeps over a tape, or else from a trace that is not kept."""
        ways = self.record.ways_of(signature)
        ways.taped += 1
        if self.wanted.swept is not None:
            with contextlib.suppress(CaptureError):  # a call that only whole expressions can take
                outcome = self._sweep(self.wanted.swept, call, ways, directions)
                if outcome is not None:
                    return outcome[0]
        s = self.record.trace(call.leaves, self._names(call), functools.partial(self._rebuilt_call, call))
        extra = self._extra(s, call, directions)
        program = s.program_for_once(self._derive(s, call), self.wanted.nonfinite_in(s.capture), extra)
        inputs = [*(call.leaves[k].value for k in s.places), *directions]
        results = program.tiers.run(inputs, Compile.OFF)
        return finished(self.wanted, s, program, call, inputs, results, extra)

    def _sweep(self, swept: Swept, call: Call, ways: Ways, directions: Sequence[Any]) -> tuple[Any] | None:
        """The result in a tuple; None where it is not finite, and someone has to find out why."""
        rebuilt, names = functools.partial(self._rebuilt_call, call), self._names(call)
        run, places = self.record.run_on_tape(call.leaves, names, rebuilt)
        ways.take(run.way)
        s = Specialisation(run.capture, places)
        self._extra(s, call, directions)
        if ways.checked < CHECKED:
            ways.checked += 1
            check_on_tape(self.record, s, call.leaves, rebuilt, lambda flat: self._taped_at(call, places, flat))
        outputs = settled(swept(run, self._variables(s, call), directions))
        if self.wanted.nonfinite_in(run.capture) is NonFinite.EXPLAINED and not all(map(is_finite, outputs)):
            return None
        return (self.wanted.assemble(call, run.capture, outputs),)

    def _taped_at(self, call: Call, places: Sequence[int], flat: Sequence[Any]) -> TapedRun:
        leaves = list(call.leaves)
        for k, value in zip(places, flat, strict=True):
            leaves[k] = replace(leaves[k], value=value)
        run, _ = self.record.run_on_tape(leaves, self._names(call), functools.partial(self._rebuilt_call, call))
        return run

    def _signature(self, call: Call) -> Any:
        return (call.tree, call.orders, tuple(leaf.key() for leaf in call.leaves))

    def _keep_plan(self, s: Specialisation, call: Call, args: tuple[Any, ...] | None) -> None:
        """Next time, arguments like these go straight to the program."""
        given = None if args is None else given_of(args)
        if s.capture.divides:
            self._unplanned = "an error of a division would be caught, which Python's numbers raise, but not NumPy's"
            return
        if given is None or not computed_as_passed(call, s.places, given.leaves):
            self._unplanned = "an argument is neither a plain array of native numbers nor a float, or is converted"
            return
        if len(self._plans) >= SIGNATURES:
            self._plans.clear()
        ways = self.record.ways_of(self._signature(call))
        new = Plan(s, self._program(s, call), self.wanted, replace(call, leaves=()), self.choice, ways)
        others = [p for p in self._plans.get(given.key, ()) if p.specialisation is not s and p.is_current()]
        self._plans[given.key] = [new, *others[: PATHS - 1]]

    def _enter(self, plan: Plan, given: Given) -> None:
        """Next time, such calls are answered by machine code, if that can tell that the capture holds.

        What comes here has been declined. So it is tried again, less and less often: an object may have been
        exchanged for an equal one.
        """
        if plan.program.tiers.stage is not Stage.READY or plan.runs & (plan.runs - 1) or self.choice is Compile.OFF:
            return
        plan.reason = reason_against() or ""
        if plan.reason:
            return
        try:
            entry = entry_of(plan, given, positional_parameters(self.function))
        except Unfit as reason:
            plan.reason = str(reason)
            return
        if self._entries is None:
            self._entries = Entries(self, under_way)
        self._entries.put((given.key, id(plan.specialisation)), entry)

    def excerpt(self, call: Call) -> Excerpt:
        """What a new capture is compared on with the plain function."""
        return EVERYTHING

    def take_apart(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        if kwargs:
            args, kwargs = positional(self.function, args, kwargs)
        count = len(args)
        if not count:
            require_fitting(self.function, **kwargs)
            raise ArgumentError(f"{self!r} was called without arguments: nothing can vary")
        active = resolve_argnums(self.argnums, self.function, count)
        flat_args = [flatten(a) for a in args]
        flat_kwargs, kwargs_tree = flatten(kwargs) if kwargs else ([], None)
        starts = [0]
        for leaves, _ in flat_args:
            starts.append(starts[-1] + len(leaves))
        ranges = tuple(range(a, b) for a, b in itertools.pairwise(starts))
        names = parameter_names(self.function, count)
        found: list[Leaf] = []
        for k, (leaves, tree) in enumerate(flat_args):
            found.extend(varying_leaf(x, k in active, title_of(names[k], tree, j)) for j, x in enumerate(leaves))
        found.extend(varying_leaf(x, False, lambda: "a keyword argument") for x in flat_kwargs)
        trees = tuple(tree for _, tree in flat_args)
        many = isinstance(self.argnums, (tuple, list))
        varying = tuple(k for k, leaf in enumerate(found) if leaf.varies)
        nested = kwargs_tree is not None or not all(tree.is_leaf() for tree in trees)
        orders = key_orders((args, kwargs)) if nested else ()
        return Call(tuple(found), (trees, kwargs_tree), trees, ranges, tuple(names), active, varying, orders, many)

    def _trace(self, call: Call, signature: Any) -> Specialisation:
        require_plain(self.function)
        rebuilt = functools.partial(self._rebuilt_call, call)
        rebuilt(functools.partial(require_fitting, self.function), [leaf.value for leaf in call.leaves])
        s = self.record.trace(call.leaves, self._names(call), rebuilt)
        if not nesting():  # inside another trace, that one is checked
            self._begin(s, call)
            try:
                self._check(s, call)
            except SteepestError:
                if not s.capture.leapt and not s.capture.loops:
                    raise
                self.record.rolling_fails = not s.capture.leapt
                self.record.leaps_fail = True
                return self._trace(call, signature)
            tell(self.record, s.capture)
            s.capture.dependencies.look_again()  # the check has shown that what changed meanwhile is of no effect
            s.capture = replace(s.capture, held=())  # which may hold what was passed
            self.record.keep(signature, s)
        return s

    def _begin(self, s: Specialisation, call: Call) -> None:
        """Have machine code made meanwhile, where the check will take some time."""
        entries = sum(np.size(value_of(leaf.value)) for leaf in call.leaves if leaf.varies)
        if self.choice is Compile.EAGER and entries > LARGE and self.wanted.extra is None:
            with contextlib.suppress(SteepestError):  # it comes again, after those that the check raises
                self._program(s, call).tiers.begin(self.choice)

    def _check(self, s: Specialisation, call: Call) -> None:
        rebuilt = functools.partial(self._rebuilt_call, call)
        check_first_call(self.record, s, call.leaves, rebuilt, self.excerpt(call), self.wanted.extent)

    def _names(self, call: Call) -> list[str]:
        paths: list[tuple[Any, ...]] = []
        for k, tree in enumerate(call.argument_trees):
            paths.extend((0, k, *path) for path in tree.paths())
        if call.tree[1] is not None:
            paths.extend((1, *path) for path in call.tree[1].paths())
        return leaf_names(paths, call.names)

    def _rebuilt_call(self, call: Call, function: Callable[..., Any], leaves: Sequence[Any]) -> Any:
        args = [
            unflatten(tree, [leaves[k] for k in places])
            for tree, places in zip(call.argument_trees, call.argument_leaves, strict=True)
        ]
        start = call.argument_leaves[-1].stop
        kwargs = unflatten(call.tree[1], leaves[start:]) if call.tree[1] is not None else {}
        return function(*args, **kwargs)

    def _variables(self, s: Specialisation, call: Call) -> list[Variable]:
        of_place = dict(zip(s.places, s.capture.variables, strict=True))
        return [of_place[k] for places in call.active_places() for k in places]

    def _key(self, call: Call) -> Any:
        return (self.wanted, call.active)

    def _derive(self, s: Specialisation, call: Call) -> Callable[[Capture], list[Expr]]:
        variables = self._variables(s, call)
        return lambda capture: self.wanted.derive(capture, variables)

    def _program(self, s: Specialisation, call: Call, extra: Sequence[Variable] = ()) -> Program:
        nonfinite = self.wanted.nonfinite_in(s.capture)
        return s.program(self._key(call), self._derive(s, call), nonfinite, extra)

    def _extra(self, s: Specialisation, call: Call, directions: Sequence[Any]) -> list[Variable]:
        """The variables of the directions, whose shapes are checked here."""
        if self.wanted.extra is None:
            return []
        variables = self.wanted.extra(s.capture, self._variables(s, call))
        if len(variables) != len(directions):
            raise ShapeError(f"{self!r} needs {len(variables)} directions, got {len(directions)}")
        for v, d in zip(variables, directions, strict=True):
            if np.shape(value_of(d)) != v.shape:
                shape = np.shape(value_of(d))
                needed = tuple(map(int, v.shape))
                raise ShapeError(f"{self!r}: direction {v.name} has shape {shape}, it needs {needed}")
        return variables

    def _try(
        self, s: Specialisation, call: Call, values: list[Any], directions: Sequence[Any], seen: Looks
    ) -> tuple[Any] | None:
        """As `_run`; a capture made elsewhere may also fail here, where the function does something else."""
        try:
            return self._run(s, call, values, directions, seen)
        except (np.linalg.LinAlgError, IndexError):
            return None

    def _run(
        self, s: Specialisation, call: Call, values: list[Any], directions: Sequence[Any], seen: Looks
    ) -> tuple[Any] | None:
        """The result in a tuple, or None if the guards do not hold; what these look at is noted in `seen`."""
        extra = self._extra(s, call, directions)
        program = self._program(s, call, extra)
        inputs = [*(values[k] for k in s.places), *directions]
        try:
            results = program.tiers.run(inputs, self.choice)
        except NO_DERIVATIVE as error:
            raise explained(s.capture, inputs, error, extra) from None
        if not s.holds(results):
            s.note(results, seen)
            return None
        return (finished(self.wanted, s, program, call, inputs, results, extra),)

    def _inline(self, call: Call, signature: Any, directions: Sequence[Any]) -> Any:
        def again(s: Specialisation) -> list[Any] | None:
            program = self._program(s, call, self._extra(s, call, directions))
            return results_again(s, program, [*(call.leaves[k].value for k in s.places), *directions])

        s, values = found_inside(self.record, signature, again) or (self._trace(call, signature), None)
        if values is None:
            keep_inside(self.record, signature, s, call.leaves)
        exprs = s.exprs(self._key(call), self._derive(s, call))
        outer = current()
        if outer is not None and self.wanted.nonfinite is NonFinite.EXPLAINED:
            outer.has_derivatives = True  # then whoever runs the outer trace looks too
        extra = dict(zip(self._extra(s, call, directions), directions, strict=True))
        return self.wanted.assemble(call, s.capture, inline(s, exprs, call.leaves, extra, values))
