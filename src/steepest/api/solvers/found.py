"""What a solver returns inside a trace: SciPy's result, as far as it is a function of the inputs."""

from __future__ import annotations

from typing import Any

from steepest.errors import CaptureError, located, user_line


class Found:
    """A result by its attributes, which are its keys too. How much work it took is not among them: that varies."""

    def __init__(self, solver: str, **known: Any):
        self.__dict__.update(known, _solver=solver)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        known = ", ".join(k for k in self.__dict__ if not k.startswith("_"))
        raise CaptureError(
            located(f"the {name!r} of what {self._solver} returns is not recorded", user_line())
            + f"\n    Recorded are {known}; leave the others to a call outside the function."
        )

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__

    def keys(self) -> list[str]:
        return [k for k in self.__dict__ if not k.startswith("_")]
