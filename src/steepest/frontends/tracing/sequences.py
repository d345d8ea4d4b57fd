"""What long ``for`` statements go through: ranges, arrays, lists, and several of them at once."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from .frames import OfFrame, begins_loop
from .indexable import Indexable
from .leaping import Source, Steps, Walk
from .memories import StepsDiffer, numbers_of, with_numbers
from .one_step import LONGEST, MANY, Leaping
from .positions import Position
from .python_numbers import is_pythons
from .recording import Recording, current
from .stand_ins import MakingType
from .stepped_lists import ListContents
from .tracer import Tracer


@dataclass(frozen=True)
class Numbers:
    """A range."""

    numbers: range

    def has(self, k: int) -> bool:
        return k < len(self.numbers)

    def item(self, k: int) -> int:
        return self.numbers[k]

    def at(self, index: Tracer) -> Any:
        return index


@dataclass(frozen=True)
class Rows:
    """The entries of an array along its first axis."""

    array: Any

    @property
    def numbers(self) -> range:
        return range(len(self.array))

    def has(self, k: int) -> bool:
        return k < len(self.array)

    def item(self, k: int) -> Any:
        return self.array[k]

    def at(self, index: Tracer) -> Any:
        return self.array[index]


@dataclass(frozen=True)
class Entries:
    """The entries of a list or tuple, which are of one kind."""

    entries: Sequence[Any]
    seen: tuple[Any, ...]

    @property
    def numbers(self) -> range:
        return range(len(self.seen))

    def has(self, k: int) -> bool:
        return k < len(self.entries)

    def item(self, k: int) -> Any:
        return self.entries[k]

    def at(self, index: Tracer) -> Any:
        if len(self.entries) != len(self.seen) or any(a is not b for a, b in zip(self.entries, self.seen, strict=True)):
            raise StepsDiffer("a loop goes through a list that it changes")
        stacks = ListContents(list(self.seen), index.recording).along((Position(0, 1),), (0,), len(self.seen))
        rows = []
        for model, stack in zip(numbers_of(self.seen[0]), numbers_of(stacks), strict=True):
            row = stack[index]
            row.of_python = is_pythons(model)
            rows.append(row)
        return with_numbers(self.seen[0], rows)


@dataclass(frozen=True)
class Together:
    """An entry of each of several sequences, as `zip` gives them."""

    sources: tuple[Source, ...]

    @property
    def numbers(self) -> range:
        return range(min(len(s.numbers) for s in self.sources))

    def has(self, k: int) -> bool:
        return all(s.has(k) for s in self.sources)

    def item(self, k: int) -> tuple[Any, ...]:
        return tuple(s.item(k) for s in self.sources)

    def at(self, index: Tracer) -> tuple[Any, ...]:
        return tuple(s.at(_number(s, index)) for s in self.sources)


@dataclass(frozen=True)
class Numbered:
    """Entries with their numbers, as `enumerate` gives them."""

    source: Source
    start: int

    @property
    def numbers(self) -> range:
        return range(len(self.source.numbers))

    def has(self, k: int) -> bool:
        return self.source.has(k)

    def item(self, k: int) -> tuple[int, Any]:
        return self.start + k, self.source.item(k)

    def at(self, index: Tracer) -> tuple[Any, Any]:
        return (index + self.start if self.start else index), self.source.at(_number(self.source, index))


def _number(source: Source, index: Tracer) -> Tracer:
    """The number that a source of its own would give to the step."""
    numbers = source.numbers
    found: Tracer = index * numbers.step if numbers.step != 1 else index
    return found + numbers.start if numbers.start else found


def source_of(x: Any) -> Source | None:
    """What `x` is as a sequence; None if it is none that a loop could be made of."""
    if isinstance(x, Tracer):
        return Rows(x) if x.ndim else None
    if type(x) is Indexable:
        return Rows(x)
    if type(x) in (list, tuple):
        return Entries(x, tuple(x))
    if type(x) is Steps:
        return Numbers(x.numbers)
    if type(x) is range:
        return Numbers(x)
    return x.source if type(x) is LongSequence and x.rest is None else None


def is_long(source: Source) -> bool:
    return MANY <= len(source.numbers[: LONGEST + 1]) <= LONGEST


@dataclass
class LongSequence(Iterator[Any]):
    """What `zip`, `enumerate` or `reversed` gives for long sequences; a long list."""

    source: Source
    walked: Walked
    plain: Callable[[], Iterator[Any]]  # the same of Python's own
    rest: Iterator[Any] | None = field(default=None)  # what is left once it has been begun

    def __iter__(self) -> Iterator[Any]:
        if self.rest is None:
            self.rest = self.walked.walk(self.source, sys._getframe(1)) or self.plain()
        return self.rest

    def __next__(self) -> Any:
        if self.rest is None:
            self.rest = self.plain()
        return next(self.rest)


@dataclass(frozen=True)
class Unending:
    """What the steps of a ``while`` get: nothing, until it ends by itself."""

    numbers = range(2 * LONGEST)

    def has(self, k: int) -> bool:
        return True

    def item(self, k: int) -> None:
        return None

    def at(self, index: Tracer) -> None:
        return None


UNENDING = Unending()
PATIENCE = 16  # steps of a ``while`` before it is taken for a long one


@dataclass(frozen=True)
class While:
    """The steps of one ``while``."""

    walked: Walked

    def __iter__(self) -> Iterator[Any]:
        frame, w = sys._getframe(1), self.walked
        if w.recording.finished or not begins_loop(frame):
            return itertools.repeat(None)
        return Walk(UNENDING.numbers, w.recording, w.leaping, OfFrame(frame), UNENDING, PATIENCE, 1)


def steps() -> Iterable[Any]:
    """What stands in the head of a ``while``, see watched_code.py."""
    recording = current()
    return itertools.repeat(None) if recording is None or recording.walked is None else While(recording.walked)


def entries(x: Any) -> Any:
    """A list or tuple that a loop goes through, if it is a long one: see watched_code.py."""
    recording = current()
    if type(x) not in (list, tuple) or len(x) < MANY or recording is None or recording.walked is None:
        return x
    return LongSequence(Entries(x, tuple(x)), recording.walked, lambda: iter(x))


@dataclass(frozen=True)
class Walked:
    """The loops of one recording."""

    recording: Recording
    leaping: Leaping

    def walk(self, source: Source | None, frame: FrameType) -> Walk | None:
        """The loop that a frame begins over a sequence; None if it is none that is watched."""
        if source is None or not is_long(source) or self.recording.finished or not begins_loop(frame):
            return None
        return Walk(source.numbers, self.recording, self.leaping, OfFrame(frame), source)

    def over(self, x: Any, frame: FrameType) -> Walk | None:
        """The loop over an array."""
        return self.walk(source_of(x), frame)

    def builtins(self) -> Mapping[str, Any]:
        """What stands for functions of Python's that long loops are written with."""
        return {
            name: MakingType(name, (), {"original": kind, "of_tracer": staticmethod(make)})
            for name, kind, make in (("zip", zip, self._zip), ("enumerate", enumerate, self._enumerate))
        } | {"reversed": MakingType("reversed", (), {"original": reversed, "of_tracer": staticmethod(self._reversed)})}

    def _zip(self, *given: Any, strict: bool = False) -> Any:
        sources = [source_of(x) for x in given]
        known = [s for s in sources if s is not None]
        lengths = {len(s.numbers) for s in known}
        if not given or len(known) != len(given) or (strict and len(lengths) > 1):
            return zip(*given, strict=strict)
        return self._long(Together(tuple(known)), lambda: zip(*given, strict=strict))

    def _enumerate(self, iterable: Any, start: int = 0) -> Any:
        source = source_of(iterable)
        if source is None or type(start) is not int:
            return enumerate(iterable, start)
        return self._long(Numbered(source, start), lambda: enumerate(iterable, start))

    def _reversed(self, sequence: Any) -> Any:
        numbers = sequence.numbers if type(sequence) is Steps else sequence
        if type(numbers) is not range:
            return reversed(sequence)
        return self._long(Numbers(numbers[::-1]), lambda: reversed(numbers))

    def _long(self, source: Source, plain: Callable[[], Iterator[Any]]) -> Any:
        return LongSequence(source, self, plain) if is_long(source) else plain()
