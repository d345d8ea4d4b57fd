"""The public names are the written list, and each says what it is."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType

import pytest

import steepest
from steepest.version import VERSION

LIST = Path(__file__).resolve().parents[1] / "docs" / "public-names.txt"


def written() -> list[str]:
    """The names in the list: one a line; lines that start with # are headings."""
    lines = (line.strip() for line in LIST.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def test_the_public_names_are_the_written_ones() -> None:
    assert sorted(steepest.__all__) == sorted(written())


def test_no_name_is_listed_twice() -> None:
    assert len(set(written())) == len(written())
    assert len(set(steepest.__all__)) == len(steepest.__all__)


@pytest.mark.parametrize("name", written())
def test_a_public_name_has_a_docstring(name: str) -> None:
    thing = getattr(steepest, name)
    if isinstance(thing, ModuleType):
        assert thing.__doc__
    elif callable(thing):
        assert (inspect.getdoc(thing) or "").strip()


@pytest.mark.parametrize("name", written())
def test_the_methods_of_a_public_class_have_docstrings(name: str) -> None:
    thing = getattr(steepest, name)
    if inspect.isclass(thing):
        methods = {n: m for n, m in vars(thing).items() if inspect.isfunction(m) and not n.startswith("_")}
        assert [n for n, m in methods.items() if not inspect.getdoc(m)] == []


def test_the_version() -> None:
    assert steepest.__version__ == VERSION
