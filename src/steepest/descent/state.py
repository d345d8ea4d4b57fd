"""All that a run needs to go on as if it had not been stopped, and its way to a file and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np

from steepest.errors import ArgumentError
from steepest.version import VERSION

from .path import Diary, Floats, Visit
from .run import Run

FORMAT = 1
VISIT = ("iteration", "value", "slope", "step")
POINTS = ("best", "last", "first")


@dataclass(frozen=True, eq=False, repr=False)
class DescentState:
    """Where a run of `minimize` stood. `save` and `load` keep every bit; no code is stored, nothing is unpickled."""

    settings: Mapping[str, Any]  # method and options, as far as they are numbers and words
    numbers: Mapping[str, Any]
    arrays: Mapping[str, Floats] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"DescentState({self.settings['method']!r}, {self.iterations} iterations)"

    def save(self, path: str | PathLike[str]) -> None:
        """Write it to a file, in NumPy's format ``.npz``."""
        head = json.dumps({"format": FORMAT, "version": VERSION, "settings": self.settings, "numbers": self.numbers})
        with open(path, "wb") as file:
            np.savez(file, allow_pickle=False, __head__=np.frombuffer(head.encode(), dtype=np.uint8), **self.arrays)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> DescentState:
        """Read what `save` wrote. Raises ArgumentError for any other file."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            head = json.loads(arrays.pop("__head__").tobytes())
            if head["format"] != FORMAT:
                raise ArgumentError(f"{path} has format {head['format']} of states; this version reads {FORMAT}")
            return cls(head["settings"], head["numbers"], arrays)
        except (KeyError, ValueError, AttributeError, EOFError) as error:
            raise ArgumentError(f"{path} is not a saved state of minimize: {error}") from error

    @property
    def start(self) -> Floats:
        """Where the run began, (n,)."""
        return self.arrays["first"]

    @property
    def iterations(self) -> int:
        """How many are done."""
        return int(self.numbers["visits"]) - 1


def record(run: Run, settings: Mapping[str, Any], stance: Mapping[str, Floats]) -> DescentState:
    """The state of a run; `stance` is what the method itself needs, empty for one that is done again from the start."""
    visits = run.diary.visits
    numbers: dict[str, Any] = {
        "visits": run.visits, "every": run.diary.every, "largest": run.largest, "strictness": run.strictness,
        "entered": run.entered,
    }  # fmt: skip
    arrays: dict[str, Floats] = {"extent": run.extent.copy(), "gradient": run.gradient}
    for name in POINTS:
        visit: Visit = getattr(run, name)
        numbers[name] = [getattr(visit, part) for part in VISIT]
        arrays[name] = visit.x
    if stance:
        arrays["path"] = np.array([v.x for v in visits])
        for part in VISIT:
            arrays[f"path.{part}"] = np.array([getattr(v, part) for v in visits], dtype=np.float64)
        arrays.update({f"stance.{name}": value for name, value in stance.items()})
    return DescentState(dict(settings), numbers, arrays)


def restore(run: Run, state: DescentState) -> dict[str, Floats]:
    """Put a run back where the state was taken; what the method kept."""
    numbers, arrays = state.numbers, state.arrays
    run.known, run.visits = state.iterations, int(numbers["visits"])
    run.largest, run.strictness = float(numbers["largest"]), float(numbers["strictness"])
    run.entered = float(numbers["entered"])
    run.extent, run.gradient = arrays["extent"].copy(), arrays["gradient"].copy()
    for name in POINTS:
        iteration, *rest = numbers[name]
        setattr(run, name, Visit(int(iteration), arrays[name].copy(), *map(float, rest)))
    columns = zip(*(arrays[f"path.{part}"] for part in VISIT), arrays["path"], strict=True)
    visits = [Visit(int(k), x.copy(), *map(float, rest)) for k, *rest, x in columns]
    run.diary = Diary(visits, int(numbers["every"]))
    return {name.removeprefix("stance."): v.copy() for name, v in arrays.items() if name.startswith("stance.")}
