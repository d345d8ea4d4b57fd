"""``sum(f(v) for v in data)``, ``[f(v) for v in data]``: the items of a generator are a loop over what it is given."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType, GeneratorType
from typing import Any

from .frames import local_variables, set_local_variables
from .leaping import Source, Walk
from .memories import StepsDiffer
from .recording import Recording, current
from .sequences import Numbers, is_long, source_of
from .stand_ins import total

GIVEN = ".0"  # the variable of a generator expression that holds the iterator it goes through
SO_FAR = ".so_far"
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
        if not self.source.has(self.taken):
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

    def has(self, k: int) -> bool:
        return self.given.source.has(k)

    def item(self, k: int) -> Any:
        self.given.taken, self.given.for_all = k, None
        return next(self.generator)

    def at(self, index: Any) -> Any:
        self.given.for_all = [self.given.source.at(index)]
        return next(self.generator)


@dataclass
class Taking:
    """What the steps of a sum or list of the items read and change: the generator's variables, and what there is."""

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
        return {name: x for name, x in own.items() if name != GIVEN} | {SO_FAR: self.so_far}

    def set_variables(self, values: Mapping[str, Any]) -> None:
        own = dict(values)
        self.so_far = own.pop(SO_FAR, self.so_far)
        set_local_variables(self.frame, own)


def added_up(items: Any, /, start: Any = 0) -> Any:
    """``sum``; of a generator expression over a long sequence as a loop."""
    recording = current()
    source = None if recording is None or isinstance(start, (list, tuple)) else _source_of(items, recording)
    if recording is None or source is None:
        return total(items, start)
    taking = Taking(items, items.gi_frame, start)
    for x in _walk(taking, source, recording):
        taking.so_far = taking.so_far + x
    return total(items, taking.so_far)


def listed(items: Any) -> list[Any]:
    """``[f(v) for v in data]``, given as a generator expression; over a long sequence as a loop."""
    recording = current()
    source = None if recording is None else _source_of(items, recording)
    taking = Taking(items, items.gi_frame, [])
    try:
        if recording is not None and source is not None:
            for x in _walk(taking, source, recording):
                taking.so_far.append(x)
        taking.so_far += items
    except RuntimeError as error:
        if isinstance(error.__cause__, StopIteration):  # it passes through a list, not through a generator
            raise error.__cause__ from None
        raise
    return taking.so_far


def _walk(taking: Taking, source: Source, recording: Recording) -> Iterator[Any]:
    """The items, as far as there is one for each that the generator is given."""
    given = Given(source)
    set_local_variables(taking.frame, {GIVEN: given})
    walk = Walk(source.numbers, recording, recording.leaping, taking, Items(given, taking.generator))
    for x in walk:
        yield x
        if given.for_all is None and given.taken != walk.taken:  # it leaves items out
            return
    given.taken, given.for_all = walk.taken, None


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
