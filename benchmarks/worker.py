"""One peer on one row, in a process of its own: ``python -m benchmarks.worker peer title folder``.

Requests come as lines of JSON on the standard input, answers go out as lines of JSON on what was the standard
output; what libraries print goes to the standard error.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from .clock import Stopwatch, peak_extra_memory
from .peers.prepared import CannotDo, Prepared, leaves
from .rows.table import BY_TITLE

NOT_INSTALLED = "not installed"


class Worker:
    """Answers requests; `prepare` comes first."""

    def __init__(self, peer: str, title: str, folder: Path):
        self.peer, self.row, self.folder = peer, BY_TITLE[title], folder
        self.prepared: Prepared
        self.stopwatch: Stopwatch

    def prepare(self) -> dict[str, Any]:
        """Import the library, make the derivative, call it once; the first call is what compiling costs."""
        inputs = self.row.inputs()
        try:
            library = importlib.import_module(f"benchmarks.peers.{self.peer}")
        except ImportError as error:
            return {"cannot": f"{NOT_INSTALLED} ({error.name or error})"}
        getattr(library, "begin", lambda: None)()
        wall, processor = time.perf_counter(), time.process_time()
        try:
            self.prepared = library.prepare(self.row, inputs)
            result = self.prepared.once()
        except CannotDo as error:
            return {"cannot": str(error)}
        first = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
        checking = dataclasses.asdict(self.prepared.checking()) if self.prepared.checking else {}
        results = self.folder / f"{self.peer}-{os.getpid()}.npz"
        np.savez(results, *leaves(result))
        self.stopwatch = Stopwatch(self.prepared)
        version = getattr(library, "VERSION", "")
        return {"first_call": first, "checking": checking, "results": str(results), "version": version}

    def calibrate(self, seconds: float) -> dict[str, Any]:
        self.stopwatch.calibrate(seconds)
        return {}

    def sample(self) -> dict[str, Any]:
        return dataclasses.asdict(self.stopwatch.sample())

    def memory(self) -> dict[str, Any]:
        return {"memory": peak_extra_memory(self.prepared)}

    def explain(self) -> dict[str, Any]:
        """What the library says about what it runs, if it does."""
        explanation = getattr(self.prepared.function, "explain", None)
        return {"explanation": str(explanation()) if explanation else ""}


def serve(worker: Worker) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(worker, request.pop("do"))(**request)
        except Exception as error:  # whatever a library raises is its result in this row
            traceback.print_exc()
            answer = {"cannot": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(Worker(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
