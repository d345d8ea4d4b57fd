"""The symbols that stand for numbers while one step of a loop is run for all."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from steepest.expr.build import variable
from steepest.expr.node import Variable
from steepest.frontends.trees import flatten, unflatten

from .memories import is_number
from .python_numbers import is_pythons
from .recording import Recording
from .tracer import Tracer

TAG = -(2**47)  # of symbols, less the number of the leap
_leaps = itertools.count(1)


@dataclass
class Symbols:
    """Those of one leap, each with an example in the recording."""

    recording: Recording
    tag: int = field(default_factory=lambda: TAG - next(_leaps))
    made: list[Variable] = field(default_factory=list)

    def new(self, name: str, value: Any) -> Variable:
        """A symbol for what has this value in the step that is run."""
        example = np.asarray(value)
        v = variable(name, example.shape, example.dtype, self.tag)
        self.recording.inputs[v] = example[()]
        self.made.append(v)
        return v

    def like(self, v: Variable) -> Variable:
        """Another one for what is of the kind of `v`."""
        return self.new(f"back{len(self.made)}", np.zeros(v.shape, v.dtype))

    def standing_for(self, leaf: Any, name: str) -> Tracer:
        """A number with a symbol in its place."""
        value = leaf.value if isinstance(leaf, Tracer) else leaf
        found = Tracer(self.recording, self.new(name, value), np.asarray(value)[()])
        found.of_python = is_pythons(leaf)
        return found

    def within(self, content: Any) -> tuple[Any, list[Variable]]:
        """What is at a place of an array or list, with symbols for the numbers in it; and these."""
        leaves, tree = flatten(content)
        found = [self.standing_for(x, f"cell{len(self.made)}") if is_number(x) else x for x in leaves]
        return unflatten(tree, found), [x.expr for x in found if isinstance(x, Tracer) and x.expr in self.made]

    def forget(self) -> None:
        """The step is over: nothing may be left of them."""
        for v in self.made:
            self.recording.inputs.pop(v, None)
