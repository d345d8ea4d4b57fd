"""What is imported when: little at ``import steepest``, no compiler and nothing optional for a gradient."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.on_demand import on_first_call

LATER = (
    "llvmlite", "matplotlib", "sklearn", "scipy.optimize", "scipy.integrate", "scipy.stats", "steepest.descent",
    "steepest.regression", "steepest.landscape", "steepest.plot", "steepest.export", "steepest.formula",
    "steepest.schedule", "steepest.engines.native.emit", "steepest.verify.mistakes", "steepest.numeric",
)  # fmt: skip


def said(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_package_alone_imports_next_to_nothing() -> None:
    code = "import sys, steepest; print(*(m for m in sys.modules if m.split('.')[0] in ('steepest', 'numpy', 'scipy')))"
    assert set(said(code).split()) == {"steepest", "steepest.on_demand", "steepest.version"}


def test_a_gradient_needs_no_compiler_and_no_solver() -> None:
    code = (
        "import sys, numpy as np, steepest as st\n"
        "st.grad(lambda x: np.sum(np.sin(x)))(np.ones(3))\n"
        f"print(*(m for m in {LATER!r} if m in sys.modules))"
    )
    assert said(code) == ""


def test_machine_code_is_made_all_the_same() -> None:
    code = (
        "import sys, numpy as np, steepest as st\n"
        "g = st.grad(lambda x: np.sum(np.sin(x)), compile='eager')\n"
        "g(np.ones(3)); g(np.ones(3))\n"
        "print('llvmlite' in sys.modules, 'machine code' in str(g.explain()))"
    )
    assert said(code) == "True True"


@pytest.mark.parametrize("name", st.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(st, name) is getattr(st, name)
    assert name in dir(st)


def test_a_name_that_is_none() -> None:
    with pytest.raises(AttributeError, match="module 'steepest' has no attribute 'grda'") as caught:
        st.grda  # type: ignore[attr-defined]  # noqa: B018
    assert caught.value.name == "grda"
    assert caught.value.obj is st


def test_a_subpackage_does_not_take_the_place_of_a_function() -> None:
    code = (
        "import steepest.formula.printing, steepest as st\n"
        "from steepest import formula\n"
        "print(st.formula is formula, callable(formula), st.formula.__module__)\n"
        "st.formula = 3\n"
        "print(st.formula)"
    )
    assert said(code).split() == ["True", "True", "steepest.api.formula", "3"]


def test_everything_can_be_imported_at_once() -> None:
    assert said("from steepest import *\nprint(callable(grad), numeric.__name__)") == "True steepest.numeric"


def test_a_function_behind_which_a_module_stands() -> None:
    mean: Any = on_first_call("statistics", "mean")
    assert mean([1, 2, 3]) == 2
    assert np.isclose(on_first_call("numpy", "full")(2, fill_value=0.5).sum(), 1.0)
