"""The other side of `worker`: a measured process, started with its surroundings and asked line by line."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from .peers.prepared import CannotDo
from .surroundings import Surroundings

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120  # seconds for one answer


class Process:
    """A worker under way."""

    def __init__(self, peer: str, title: str, surroundings: Surroundings, folder: Path):
        self._log = (folder / f"{peer}-{surroundings.threads}-{surroundings.tuned}.log").open("w+")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", peer, title, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
            env=surroundings.environment(),
            preexec_fn=surroundings.pin,
        )

    def ask(self, what: str, **details: Any) -> dict[str, Any]:
        """The answer, or CannotDo with the peer's reason."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.stdin.write(json.dumps({"do": what, **details}) + "\n")
            self._child.stdin.flush()
            if not select.select([self._child.stdout], [], [], PATIENCE)[0]:
                self._child.kill()
                raise CannotDo(f"no answer in {PATIENCE} s")
            line = self._child.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise CannotDo(f"died with exit status {self._child.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "cannot" in answer:
            raise CannotDo(answer["cannot"].partition("\n")[0])
        return answer

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._child.communicate(timeout=10)  # closes its input, which ends it
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()
        self._log.close()
