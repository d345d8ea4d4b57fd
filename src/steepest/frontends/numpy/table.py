"""All translations. Importing this module fills the table: one import per family."""

from __future__ import annotations

from . import arithmetic, products, reductions
from .translation import METHODS, TRANSLATIONS, WITH_VALUES

FAMILIES = (arithmetic, products, reductions)

__all__ = ["FAMILIES", "METHODS", "TRANSLATIONS", "WITH_VALUES"]
