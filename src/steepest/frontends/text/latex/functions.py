r"""Functions as LaTeX writes them, with brackets and without: ``\sin^2(x)``, ``\log x``, ``\log\det X``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .brackets import bracket, by_rows
from .pieces import Nucleus, Piece, call
from .signs import ABSOLUTE, FUNCTIONS, GROUPING, NUMBERED_LOGARITHMS, OPENING, OPERATORS, RELATIONS, TWO_SIDED
from .special import FAMILIES, HEADS

if TYPE_CHECKING:
    from .lexer import Token
    from .reader import LatexReader
    from .scripts import Scripts

LOGARITHMS, LOG_OF_BARS = ("log", "ln"), "log_bars"  # log |X| is of the determinant
OVER_AN_INDEX = frozenset({"max", "min", "argmax", "argmin"})
GAMMA, GAMMA_CALLS, LOG_OF_GAMMA = (r"\Gamma",), ("gamma(", "Gamma("), "gammaln"
PLAIN_FUNCTIONS = frozenset("fgh")  # f(x) is f of x, not f times x


def named_function(reader: LatexReader, name: str, token: Token) -> Nucleus:
    """A function with what is above its name: ``\\sin^2(x)``, ``\\log_2 x``, ``\\operatorname{erf}^{-1}(x)``."""
    if name in OVER_AN_INDEX and reader.at("_"):
        raise reader.error(f"{name} over an index is not read: max(x) is the largest of all entries", token)
    scripts = reader.scripts()
    mark = "".join(p.text for p in scripts.above)
    if not scripts.below and (name, mark) in HEADS:
        return applied(reader, HEADS[name, mark], token.at, ())
    if scripts.below:
        if name != "log" or scripts.below not in NUMBERED_LOGARITHMS:
            raise reader.refused_at(f"{name} takes no index", scripts.at)
        name = NUMBERED_LOGARITHMS[scripts.below]
    if "⁻" in mark:
        raise reader.error(f"{name}^{{-1}} can be the inverse or 1/{name}: write arc{name}, or a fraction", token)
    return applied(reader, name, token.at, scripts.above)


def letter_function(reader: LatexReader, nucleus: Nucleus, written: str, scripts: Scripts) -> list[Piece]:
    """What a letter that nobody declared stands for before a bracket: ``\\sigma(x)``, ``\\psi(x)``, ``J_0(x)``."""
    mark = "".join(p.text for p in scripts.above)
    name = HEADS.get((written, mark), "")
    above: tuple[Piece, ...] = ()
    if not name and not mark.startswith("⁻"):
        name, above = HEADS.get((written, ""), written), scripts.above
    is_word = nucleus.style != "plain" or len(nucleus.stem) > 1
    if is_word and written in reader.functions:
        return list(applied(reader, written, nucleus.at, scripts.above).pieces)
    if name in reader.functions and (is_word or name != written):
        return list(applied(reader, name, nucleus.at, above).pieces)
    if (written, "") in HEADS:
        raise reader.refused_at(
            f"{written}(…) is a function that is not read here; for a product use \\cdot", nucleus.at
        )
    if scripts.below and nucleus.stem in FAMILIES:
        reason = "can be a function with an index, or a product: declare it, or write \\cdot"
        raise reader.refused_at(f"{written}(…) {reason}", nucleus.at)
    if written in PLAIN_FUNCTIONS and not reader.token.spaced and reader.at("("):
        raise reader.refused_at(
            f"{written}(…) reads as a function: for a product write {written} \\cdot (…)", nucleus.at
        )
    return []


def applied(reader: LatexReader, name: str, at: int, above: Sequence[Piece]) -> Nucleus:
    r"""A function with its argument, in brackets or not: ``\sin^2(x)``, ``\log x``, ``\log\det X``."""
    is_of_bars, is_of_gamma = (name in LOGARITHMS and reader.at(*signs) for signs in (ABSOLUTE, GAMMA))
    inside = _arguments(reader, name)
    if is_of_bars:
        name, inside = LOG_OF_BARS, inside[1:-1]
    elif is_of_gamma and reader.single is not None and inside[0].text in GAMMA_CALLS:
        name, inside = LOG_OF_GAMMA, inside[1:-1]
    first, *rest = call(name, inside, at)
    head = [Piece(name, at), *above, Piece("(", at, glued=True)] if above else [first]
    return Nucleus(at, pieces=(*head, *rest))


def _arguments(reader: LatexReader, name: str) -> list[Piece]:
    if reader.at(*GROUPING):
        opened = reader.advance()
        close = OPENING[opened.text]
        inside = reader.row(frozenset({close}))
        while reader.at(","):
            comma = reader.advance()
            inside = [*inside, Piece(",", comma.at, glued=True), *reader.row(frozenset({close}))]
        inside += by_rows(reader)
        reader.expect(close, opened)
        return inside
    if reader.at("{"):
        opened = reader.advance()
        inside = reader.row(frozenset("}"))
        reader.expect("}", opened)
        return inside
    inside = list(bracket(reader).pieces) if name in LOGARITHMS and reader.at(*ABSOLUTE) else reader.factor()
    after = reader.token
    ended = reader.ends(frozenset(), complete=True) or after.text in TWO_SIDED
    clear = after.text != "/" and any(after.text in signs for signs in (OPERATORS, RELATIONS, FUNCTIONS))
    if not ended and not clear:
        raise reader.error(f"how far {name} reaches can be read in several ways: use brackets", after)
    return inside
