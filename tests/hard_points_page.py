"""docs/hard-points.md: what derivatives come to at hard points, here and in other libraries.

``python tests/hard_points_page.py`` writes the page, where JAX, PyTorch and autograd are installed.
"""

from __future__ import annotations

import re
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special
from hard_points import POINTS, SMALL_ROW, HardPoint, true_derivative

import steepest as st
from steepest.errors import NonFiniteError

PAGE = Path(__file__).parents[1] / "docs" / "hard-points.md"
EASY = (-30.0, 0.7, 40.0, 0.3, SMALL_ROW)
RIGHT = 1e-6  # the relative error that is called right; results of cancellation are off by far more
RIGHT_MARK, REFUSED, UNAVAILABLE = "right", "refused", "no such function"
FAILED = "an error"
Derivatives = Callable[[str, Any], tuple[Any, Any]]

HEAD = """# Right at the hard points

What derivatives come to where functions overflow on the way, cancel, branch, have kinks or ties. `right` says that the
first and second derivative agree with mathematics to six digits (with mpmath, for functions that are smooth there);
otherwise the number that came out is shown. *Refused* is an error that names the operation and the line.

Of a smooth function the derivative is right also where the function itself, as written, overflows or cancels: it is
taken of a [stable form](decisions/0012-stable-forms-before-derivatives.md). The value stays what NumPy computes. Where
a function has no derivative, there is either a [convention](decisions/0005-ties-and-kinks.md), named in the table, or
an error.

Written by `python tests/hard_points_page.py` with {versions}.
Two numbers are the first and the second derivative; of an array the first entry that is wrong is shown.

"""


def shown() -> list[HardPoint]:
    return [p for p in POINTS if p.x not in EASY]


# --- derivatives in each library ------------------------------------------------------------------------


def ours(text: str, x: Any) -> tuple[Any, Any]:
    f = eval(f"lambda x: {text}", {"np": np, "special": scipy.special})
    return attempted(lambda: st.grad(f, compile="off")(x)), attempted(lambda: st.hessian(f, compile="off")(x))


def attempted(compute: Callable[[], Any]) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return np.asarray(compute(), dtype=float)
        except NonFiniteError:
            return REFUSED
        except AttributeError:
            return UNAVAILABLE
        except Exception:  # whatever a library raises
            return FAILED


def of_jax() -> Derivatives:
    import jax  # noqa: PLC0415

    jax.config.update("jax_enable_x64", True)
    special = types.SimpleNamespace(
        expit=jax.nn.sigmoid, logsumexp=jax.nn.logsumexp, softmax=jax.nn.softmax, log_softmax=jax.nn.log_softmax,
        xlogy=jax.scipy.special.xlogy,
    )  # fmt: skip

    def derivatives(text: str, x: Any) -> tuple[Any, Any]:
        f = eval(f"lambda x: {text}", {"np": jax.numpy, "special": special})
        return attempted(lambda: jax.grad(f)(x)), attempted(lambda: jax.hessian(f)(x))

    return derivatives


def of_autograd() -> Derivatives:
    import autograd  # noqa: PLC0415
    import autograd.numpy  # noqa: PLC0415
    import autograd.scipy.special as special  # noqa: PLC0415

    def derivatives(text: str, x: Any) -> tuple[Any, Any]:
        f = eval(f"lambda x: {text}", {"np": autograd.numpy, "special": special})
        return attempted(lambda: autograd.grad(f)(x)), attempted(lambda: autograd.hessian(f)(x))

    return derivatives


def of_torch() -> Derivatives:
    import torch  # noqa: PLC0415

    def tensor(x: Any) -> Any:
        return torch.as_tensor(x, dtype=torch.float64)

    linalg = types.SimpleNamespace(
        norm=lambda x, order=2: torch.linalg.vector_norm(x, order), det=torch.linalg.det,
        slogdet=torch.linalg.slogdet, eigvalsh=torch.linalg.eigvalsh, eigh=torch.linalg.eigh,
        svd=lambda x, compute_uv=True: torch.linalg.svd(x) if compute_uv else torch.linalg.svdvals(x),
    )  # fmt: skip
    named = types.SimpleNamespace(
        linalg=linalg, sum=lambda x, axis=None: torch.sum(x) if axis is None else torch.sum(x, axis),
        max=torch.max, min=torch.min, median=torch.median, sort=lambda x: torch.sort(x).values, mean=torch.mean,
        std=lambda x: torch.std(x, correction=0), prod=torch.prod, clip=torch.clamp, abs=torch.abs,
        maximum=lambda a, b: torch.maximum(tensor(a), tensor(b)), arctan2=torch.arctan2, hypot=torch.hypot,
        logaddexp=lambda a, b: torch.logaddexp(tensor(a), tensor(b)), arange=torch.arange,
        where=lambda c, a, b: torch.where(c, tensor(a), tensor(b)),
        **{n: getattr(torch, n) for n in "exp expm1 log log1p sin cos sinh cosh tanh arctan sqrt sinc".split()},
    )  # fmt: skip
    special = types.SimpleNamespace(
        expit=torch.sigmoid, logsumexp=lambda x: torch.logsumexp(x, 0), softmax=lambda x: torch.softmax(x, 0),
        log_softmax=lambda x: torch.log_softmax(x, 0), xlogy=lambda a, b: torch.special.xlogy(tensor(a), tensor(b)),
    )  # fmt: skip

    def derivatives(text: str, x: Any) -> tuple[Any, Any]:
        f = eval(f"lambda x: {text}", {"np": named, "special": special})
        at = tensor(x)
        once, twice = torch.autograd.functional.jacobian, torch.autograd.functional.hessian
        return attempted(lambda: once(f, at).numpy()), attempted(lambda: twice(f, at).numpy())

    return derivatives


# --- the page -------------------------------------------------------------------------------------------


def wanted(p: HardPoint) -> tuple[Any, Any]:
    """The true first and second derivative; None where there is none."""
    if p.truth:
        return np.asarray(true_derivative(p, 1)), np.asarray(true_derivative(p, 2))
    first = None if isinstance(p.first, str) or p.note else np.asarray(p.first, float)
    return first, None if p.second is None else np.asarray(p.second, float)


def cell(p: HardPoint, found: tuple[Any, Any]) -> str:
    """What a library gives: `right`, or the entries that are not."""
    true = wanted(p)
    if true[0] is None:
        return _said(found[0], None)
    words = [_said(a, b) for a, b in zip(found, true, strict=True) if b is not None]
    return words[0] if len(set(words)) == 1 else "; ".join(words)


def _said(found: Any, true: Any) -> str:
    if isinstance(found, str):
        return found
    if true is None:
        return _number(found)
    found = np.reshape(found, true.shape)
    with np.errstate(invalid="ignore"):
        alike = (found == true) | (np.abs(found - true) <= RIGHT * np.abs(true) + 1e-12)
    return RIGHT_MARK if alike.all() else _number(found[~alike].flat[0])


def _number(x: Any) -> str:
    if np.ndim(x):
        return f"({', '.join(_number(e) for e in np.ravel(x))})"
    return "NaN" if np.isnan(x) else f"{x + 0.0:.4g}".replace("inf", "∞").replace("-", "−")


def row(p: HardPoint, libraries: dict[str, Derivatives]) -> str:
    known = [_number(t) for t in wanted(p) if t is not None and t.ndim < 2]  # a whole Hessian is not shown
    truth = p.note or (REFUSED if isinstance(p.first, str) else ", ".join(known))
    cells = [cell(p, derivatives(p.text, p.point)) for derivatives in libraries.values()]
    where = re.sub(r"\.0\b", "", str(p.x))
    return f"| `{p.text}` | {where} | {truth} | {' | '.join(cells)} |\n"


def page(libraries: dict[str, Derivatives], versions: str) -> str:
    lines = [HEAD.format(versions=versions)]
    for group in dict.fromkeys(p.group for p in shown()):
        lines.append(f"## {group.capitalize()}\n\n| function | at x | derivatives | {' | '.join(libraries)} |\n")
        lines.append(f"|---|---|---|{'---|' * len(libraries)}\n")
        lines += [row(p, libraries) for p in shown() if p.group == group]
        lines.append("\n")
    return "".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    from importlib.metadata import version

    peers = {"steepest": ours, "JAX": of_jax(), "PyTorch": of_torch(), "autograd": of_autograd()}
    releases = {"JAX": "jax", "PyTorch": "torch", "autograd": "autograd"}
    used = ", ".join(f"{name} {version(package).split('+')[0]}" for name, package in releases.items())
    PAGE.write_text(page(peers, used), encoding="utf-8")
