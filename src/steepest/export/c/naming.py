"""Names in a C function: those of arguments and sizes, clear of keywords and of the standard library, and new ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

from steepest.frontends.text.spelling import GREEK

from .library import LIBRARY

KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register"
    " restrict return short signed sizeof static struct switch typedef union unsigned void volatile while"
    " and or not xor bool true false asm main errno I complex".split()
)
LIBRARY_NAMES = frozenset(
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma"
    " fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint log log10 log1p log2 logb lrint modf nan nearbyint nextafter"
    " pow remainder remquo rint round scalbn signbit sin sinh sqrt tan tanh tgamma trunc isnan isinf isfinite INFINITY"
    " NAN HUGE_VAL j0 j1 jn y0 y1 yn gamma signgam div abs labs malloc calloc realloc free exit abort rand srand qsort"
    " NULL size_t ptrdiff_t wchar_t system random select".split()
)
RESERVED = KEYWORDS | LIBRARY_NAMES | frozenset(LIBRARY) | {"out", "work"}


class Names:
    """What arguments and named sizes are called; `fresh` gives names that nothing has."""

    def __init__(self, function: str, variables: Sequence[str], sizes: Sequence[str]) -> None:
        self.taken = {*RESERVED, function}
        self.inputs = [self._entered(v) for v in variables]
        self.sizes = {s: self._entered(s) for s in sizes}

    def _entered(self, name: str) -> str:
        fit = ascii_name(name)
        while fit in self.taken:
            fit += "_"
        self.taken.add(fit)
        return fit

    def fresh(self, stem: str) -> str:
        k = 1
        while f"{stem}{k}" in self.taken:
            k += 1
        self.taken.add(f"{stem}{k}")
        return f"{stem}{k}"


def ascii_name(name: str) -> str:
    """An identifier of C99: ASCII letters, digits and underscores."""
    spelled = "".join(GREEK.get(c, c) for c in name)
    fit = re.sub(r"[^A-Za-z0-9_]", "_", spelled)
    return fit if re.match(r"[A-Za-z]", fit) else f"x{fit}"
