"""``sum(f(v) for v in data)``: a generator whose items are added up is a loop over what it goes through."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType, GeneratorType
from typing import Any

from .frames import local_variables, set_local_variables
from .leaping import Walk
from .memories import StepsDiffer
from .recording import Recording, current
from .sequences import Numbers, Source, is_long, source_of
from .stand_ins import total

GIVEN = ".0"  # the variable of a generator expression that holds the iterator it goes through
SUM = ".sum"
OF_PYTHON = tuple(map(type, (iter([]), iter(()), iter(range(0)))))  # iterators that tell what they go through


@dataclass
class Given(Iterator[Any]):
    """What a generator goes through: one item after another, or one that stands for all that are left."""

    source: Source
    taken: int = 0
    for_all: list[Any] | None = None

    def __next__(self) -> Any:
        if self.for_all is not None:
            if not self.for_all:
                raise StepsDiffer("a generator leaves an item out")
            return self.for_all.pop()
        if self.taken == len(self.source.numbers):
            raise StopIteration
        self.taken += 1
        return self.source.item(self.taken - 1)


@dataclass(frozen=True)
class Items:
    """The items of a generator as a sequence: one for each that it is given."""

    given: Given
    generator: Iterator[Any]

    @property
    def numbers(self) -> range:
        return self.given.source.numbers

    def item(self, _: int) -> Any:
        return next(self.generator)

    def at(self, index: Any) -> Any:
        self.given.for_all = [self.given.source.at(index)]
        return next(self.generator)


@dataclass
class Sum:
    """What the steps of a sum read and change: the variables of the generator, and what has been added up."""

    generator: GeneratorType[Any, Any, Any]
    frame: FrameType
    so_far: Any

    @property
    def loop(self) -> tuple[CodeType, int]:
        return self.generator.gi_code, 0

    def is_at_its_head(self) -> bool:
        return True

    def variables(self) -> Mapping[str, Any]:
        own = local_variables(self.frame)
        return {name: x for name, x in own.items() if name != GIVEN} | {SUM: self.so_far}

    def set_variables(self, values: Mapping[str, Any]) -> None:
        own = dict(values)
        self.so_far = own.pop(SUM, self.so_far)
        set_local_variables(self.frame, own)


def added_up(items: Any, /, start: Any = 0) -> Any:
    """``sum``; of a generator expression over a long sequence as a loop."""
    recording = current()
    source = None if recording is None or isinstance(start, (list, tuple)) else _source_of(items, recording)
    if recording is None or source is None:
        return total(items, start)
    given, scope = Given(source), Sum(items, items.gi_frame, start)
    set_local_variables(items.gi_frame, {GIVEN: given})
    for k, x in enumerate(Walk(source.numbers, recording, recording.leaping, scope, Items(given, items))):
        scope.so_far = scope.so_far + x
        if given.for_all is None and given.taken != k + 1:  # it leaves items out
            return total(items, scope.so_far)
    items.close()
    return scope.so_far


def _source_of(items: Any, recording: Recording) -> Source | None:
    """The long sequence that a generator expression is about to go through; None for anything else."""
    if type(items) is not GeneratorType or recording.walked is None or recording.finished:
        return None
    frame = items.gi_frame
    if frame is None or inspect.getgeneratorstate(items) != inspect.GEN_CREATED:
        return None
    through = frame.f_locals.get(GIVEN)
    if type(through) is Walk:
        found = Numbers(through.numbers) if through.source is None else through.source
        return found if is_long(found) and not through.taken else None
    if type(through) not in OF_PYTHON:
        return None
    _, arguments, *position = tuple(through.__reduce__())
    source = None if any(position) else source_of(arguments[0])
    return source if source is not None and is_long(source) else None
