"""NumPy's names on PyTorch's functions, so that the same source runs on tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


class Names:
    """What PyTorch spells differently; all else is under the same name there."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    @staticmethod
    def maximum(x: torch.Tensor, y: torch.Tensor | float) -> torch.Tensor:
        return torch.maximum(x, y) if isinstance(y, torch.Tensor) else torch.clamp(x, min=y)

    @staticmethod
    def array(numbers: list[list[float]]) -> torch.Tensor:
        return torch.tensor(numbers)

    @staticmethod
    def min(x: torch.Tensor, axis: int) -> torch.Tensor:
        return torch.amin(x, dim=axis)

    @staticmethod
    def roll(x: torch.Tensor, shift: int, axis: int = 0) -> torch.Tensor:
        return torch.roll(x, shift, axis)

    @staticmethod
    def stack(parts: list[torch.Tensor], axis: int = 0) -> torch.Tensor:
        return torch.stack(parts, axis)


def logsumexp(x: torch.Tensor, axis: int | None = None) -> torch.Tensor:
    return torch.logsumexp(x, dim=tuple(range(x.ndim)) if axis is None else axis)


NAMES = {"np": Names(), "logsumexp": logsumexp, "expit": torch.sigmoid}


def tensors(inputs: tuple[Any, ...], dtype: str) -> tuple[torch.Tensor, ...]:
    """The inputs as tensors, which share their memory; new tensors will be of the same type."""
    torch.set_default_dtype(getattr(torch, dtype))
    return tuple(torch.from_numpy(x) if isinstance(x, np.ndarray) else torch.tensor(x) for x in inputs)
