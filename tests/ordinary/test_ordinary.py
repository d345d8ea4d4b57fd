"""Every program of the suite; and that the page is made of it."""

from __future__ import annotations

import re

import pytest

from . import page
from .checking import check, check_refused
from .families import FAMILIES
from .suite import Program

ALL = [pytest.param(p, id=f"{f.title}-{p.name}") for f in FAMILIES for p in f]


@pytest.mark.filterwarnings("ignore::steepest.api.side_effects.SideEffectWarning")
@pytest.mark.parametrize("program", ALL)
def test_program(program: Program) -> None:
    """Its derivatives are the truth, or it is refused as it says."""
    check(program) if program.refusal is None else check_refused(program)


@pytest.mark.parametrize("program", ALL)
def test_what_is_shown_is_in_the_program(program: Program) -> None:
    assert program.construct
    source = re.sub(r"[\s;]+", "", program.shown_in)
    for part in program.example.split("…"):
        assert re.sub(r"[\s;]+", "", part) in source


def test_the_page_is_up_to_date() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), "make what-works"
