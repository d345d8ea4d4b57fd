"""Patterns used up without being multiplied out, one after the other.

Each rule looks at one pattern of a product and says whether it could use it up. They are tried in the order of
`RULES`; what none of them takes is written out as an array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from .combination import Solve
from .product import Pattern, Product
from .selection import flattening, line, one_label, picking, reordering, stretch
from .transformation import convolution, fourier, running, sliding, solving, with_itself

Rule: TypeAlias = Callable[[Product, Pattern, Solve], bool]
RULES: tuple[Rule, ...] = (
    one_label, line, stretch, flattening, reordering, picking, running, convolution, sliding, fourier, with_itself,
    solving,
)  # fmt: skip


def use_up_patterns(product: Product, solve: Solve) -> None:
    """Until only arrays are left."""
    while product.patterns and not product.vanishes:
        if not any(rule(product, p, solve) for rule in RULES for p in list(product.patterns)):
            product.write_out(product.patterns[0])
