"""What checkers of gradients can do, and what they say."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from steepest import check

from .checkers import CHECKERS, WORDS, Checker
from .features import Feature, answer

INPUTS = 1000
NOISE = 1e-9
TRIALS = 5
COLUMNS = {title.split(",")[0]: c for c in CHECKERS for title in WORDS if c.title == title and c.is_installed}


@dataclass
class Asked:
    """f(x) = Σ (sin x + x²)/2, with `factor` times its gradient, the first entry of which is off by a share."""

    x: np.ndarray
    factor: float = 1.0
    off: float = 0.0
    noise: float = 0.0
    calls: int = 0

    def on(self, m: Any, array: Callable[[np.ndarray], Any]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
        rng = np.random.default_rng(3)
        weights = np.full_like(self.x, self.factor)
        weights[0] *= 1 + self.off
        scale = array(weights)

        def function(x: Any) -> Any:
            self.calls += 1
            value = m.sum(m.sin(x) + x * x) / 2
            return value + self.noise * float(rng.normal()) if self.noise else value

        def gradient(x: Any) -> Any:
            return scale * (m.cos(x) + 2 * x) / 2

        return function, gradient


def _points(count: int) -> np.ndarray:
    return np.random.default_rng(count).uniform(0.5, 2.0, size=count)


def _passes(checker: Checker, asked: Asked) -> bool:
    return bool(checker.prepare(asked)())


def _calls(checker: Checker) -> str:
    asked = Asked(_points(INPUTS))
    return str(asked.calls) if _passes(checker, asked) else f"{asked.calls}, refused"


def _one_entry(checker: Checker) -> str:
    """In how many of TRIALS: jax and autograd look along directions at random."""
    found = 0
    for seed in range(TRIALS):
        np.random.seed(seed)  # noqa: NPY002
        found += not _passes(checker, Asked(_points(INPUTS), off=1e-3))
    return f"{found} of {TRIALS}"


def _noisy(checker: Checker) -> str:
    """Right gradients that pass and gradients 10 % too large that do not."""
    np.random.seed(0)  # noqa: NPY002
    right = sum(_passes(checker, Asked(_points(n), noise=NOISE)) for n in range(1, TRIALS + 1))
    wrong = sum(not _passes(checker, Asked(_points(n), 1.1, noise=NOISE)) for n in range(1, TRIALS + 1))
    return f"{right} and {wrong} of {TRIALS}"


def _ours_second(x: np.ndarray) -> object:
    return check(lambda x: np.sum(np.sin(x)), x, gradient=lambda x: np.diag(-np.sin(x)), order=2)


def _torch_second(x: np.ndarray) -> object:
    torch = importlib.import_module("torch")
    return torch.autograd.gradgradcheck(lambda x: torch.sin(x).sum(), torch.from_numpy(x).requires_grad_())


def _jax_second(x: np.ndarray) -> object:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    importlib.import_module("jax.test_util").check_grads(lambda x: jax.numpy.sin(x).sum(), (x,), order=2)
    return True


def _autograd_second(x: np.ndarray) -> object:
    anp = importlib.import_module("autograd.numpy")
    importlib.import_module("autograd.test_util").check_grads(lambda x: anp.sum(anp.sin(x)), order=2)(x)
    return True


SECOND: Mapping[str, Callable[[np.ndarray], object]] = {  # that of SciPy checks a gradient against values, no more
    "steepest": _ours_second,
    "torch": _torch_second,
    "jax": _jax_second,
    "autograd": _autograd_second,
}


def _second(checker: Checker) -> str:
    way = SECOND.get(checker.package)
    return "yes" if way is not None and way(_points(3)) else "no"


ROWS: Mapping[str, Callable[[Checker], str]] = {
    f"calls of f for {INPUTS:,} inputs": _calls,
    f"finds one entry of {INPUTS:,} that is wrong by 1e-3": _one_entry,
    f"with noise of {NOISE:.0e}: right ones pass, wrong ones do not": _noisy,
    "second derivatives": _second,
}


def features() -> tuple[Feature, ...]:
    return tuple(
        Feature(title, {name: lambda c=c, row=row: row(c) for name, c in COLUMNS.items()})
        for title, row in ROWS.items()
    )


def words() -> dict[str, str]:
    """What each says of a gradient without its factor 2, at (0.5, 1.5)."""
    np.random.seed(0)  # noqa: NPY002 - a direction at random
    return {
        name: " ".join(answer(lambda c=c: WORDS[c.title](Asked(np.array([0.5, 1.5]), factor=0.5))).split())
        for name, c in COLUMNS.items()
    }
