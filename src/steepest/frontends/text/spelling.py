"""One spelling of characters and names: ``θ`` is theta, ``β₁`` is beta_1, ``𝐱`` is x."""

from __future__ import annotations

import functools
import keyword
import unicodedata

_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi"
    " psi omega"
).split()
GREEK: dict[str, str] = dict(zip(_LETTERS, _NAMES, strict=True))
GREEK |= {letter.upper(): name.capitalize() for letter, name in GREEK.items()}
GREEK_NAMES = frozenset(GREEK.values())

RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵀ⊤", "0123456789-+TT", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
LOWERED_LETTERS = dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True))
ONES = "𝟏"  # the vector of ones, not the number


def one_spelling(text: str) -> str:
    """Compatible characters replaced, one by one so that places stay: full-width signs, bold and italic letters."""
    return text if text.isascii() else "".join(map(_plain, text))


@functools.lru_cache(maxsize=4096)
def _plain(c: str) -> str:
    if c.isascii() or c == ONES or unicodedata.decomposition(c).startswith(("<super>", "<sub>")):
        return c
    plain = unicodedata.normalize("NFKC", c)
    return plain if len(plain) == 1 else c


@functools.lru_cache(maxsize=4096)
def is_letter(c: str) -> bool:
    """A letter a word is made of; Greek ones are names by themselves, raised ones are exponents."""
    return c.isalpha() and c not in GREEK and unicodedata.category(c) != "Lm" and f"a{c}".isidentifier()


def canonical_name(name: str) -> str:
    """The name a variable has in Python, whichever way it is written.

    Words that Python keeps for itself get an underscore.

    >>> [canonical_name(name) for name in ("θ", "β₁", "lambda", "w_1", "x", "dθ")]
    ['theta', 'beta_1', 'lambda_', 'w_1', 'x', 'dtheta']
    """
    name = one_spelling(name)
    stem = name.rstrip("".join(LOWERED))
    number = "".join(LOWERED[c] for c in name[len(stem) :])
    if stem[:1] in GREEK:
        stem = GREEK[stem[0]] + stem[1:]
    elif stem[:1] == "d" and stem[1:2] in GREEK:  # dθ, the change of θ
        stem = "d" + GREEK[stem[1]] + stem[2:]
    name = f"{stem}_{number}" if number else stem
    return f"{name}_" if keyword.iskeyword(name) else name
