"""How names print: `theta_0` as θ₀, `lambda_` as λ, each variable under a name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from steepest.expr.node import Variable

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "lambda_": "λ", "lam": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
LATEX_NAMES = {letter: name for name, letter in GREEK.items() if name not in ("lambda_", "lam")}
LATEX_ONLY = ("Sigma", "Pi")  # as text they would read as the signs of sum and product

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_PLAIN_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_PLAIN_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾", "0123456789()")
_POWERS = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")
_NUMBERED = re.compile(r"(?P<stem>.+?)_(?P<digits>\d+)")


def display_name(name: str) -> str:
    """The name as it prints.

    >>> display_name("theta_0"), display_name("lambda_"), display_name("dtheta"), display_name("b0")
    ('θ₀', 'λ', 'dθ', 'b0')
    """
    if name in GREEK:
        return GREEK[name]
    numbered = _NUMBERED.fullmatch(name)
    if numbered and (stem := display_name(numbered["stem"])).isalpha() and len(stem) <= 2:
        return stem + numbered["digits"].translate(_SUBSCRIPTS)
    if name.startswith("d") and len(rest := display_name(name[1:])) < len(name) - 1:
        return "d" + rest
    return name


def display_names(variables: Iterable[Variable]) -> dict[Variable, str]:
    """A name for each variable, no two alike: where two would print the same, they keep their own spelling."""
    variables = sorted(variables, key=lambda v: (v.tag, v.name, v.digest))
    wanted = {v: display_name(v.name) + "′" * v.tag for v in variables}
    counts: dict[str, int] = {}
    for name in wanted.values():
        counts[name] = counts.get(name, 0) + 1
    chosen: dict[Variable, str] = {}
    for v in variables:
        name = wanted[v] if counts[wanted[v]] == 1 else v.name + "′" * v.tag
        chosen[v] = unused(name, chosen.values())
    return chosen


def derivative_name(name: str, order: int) -> str:
    """Of a function of one number: f′, f′′, f′′′, f⁽⁴⁾."""
    return name + ("′" * order if order < 4 else f"({order})".translate(_POWERS))


def gradient_name(name: str, order: int) -> str:
    """Of a function of an array: ∇f, ∇²f."""
    power = "" if order < 2 else str(order).translate(_POWERS)
    return f"∇{power}{name}" if order else name


def unused(name: str, taken: Iterable[str]) -> str:
    """`name`, or the first of ``name_2, name_3, …`` that is not taken."""
    taken = set(taken)
    count, candidate = 1, name
    while candidate in taken:
        count += 1
        candidate = f"{name}_{count}"
    return candidate


def ascii_name(name: str) -> str:
    """A display name without special letters: ``θ₀`` as ``theta_0``."""
    subscript = re.search(r"[₀-₉]+$", name)
    stem = name[: subscript.start()] if subscript else name
    digits = "_" + subscript[0].translate(_PLAIN_DIGITS) if subscript else ""
    return "".join(LATEX_NAMES.get(c, c) for c in stem).replace("′", "'").replace("∇", "grad_") + digits


def latex_name(name: str) -> str:
    """A display name in LaTeX.

    >>> latex_name("θ₀"), latex_name("x12"), latex_name("loss"), latex_name("Sigma")
    ('\\\\theta_{0}', 'x_{12}', '\\\\mathrm{loss}', '\\\\Sigma')
    """
    if name.startswith("∇"):
        bare = name.lstrip("∇⁰¹²³⁴⁵⁶⁷⁸⁹")
        return rf"\nabla{_power(name[1 : len(name) - len(bare)])} {latex_name(bare)}"
    if name.endswith("⁾"):  # a derivative of high order, f⁽⁴⁾
        bare = name.rstrip("⁽⁾⁰¹²³⁴⁵⁶⁷⁸⁹")
        return latex_name(bare) + _power(name[len(bare) :])
    primes = name.count("′")
    stem, subscript = _split_subscript(name.rstrip("′"))
    if stem.startswith("d") and len(stem) > 1 and (len(stem) == 2 or stem[1:] in LATEX_NAMES):
        head = r"\mathrm{d}" + _latex_stem(stem[1:])
    else:
        head = _latex_stem(stem)
    return head + (f"_{{{subscript}}}" if subscript else "") + "'" * primes


def _power(raised: str) -> str:
    return f"^{{{raised.translate(_PLAIN_POWERS)}}}" if raised else ""


def _split_subscript(name: str) -> tuple[str, str]:
    found = re.fullmatch(r"(?P<stem>.*?[^\d₀-₉])_?(?P<digits>[\d₀-₉]+)", name)
    if found:
        return found["stem"].rstrip("_"), found["digits"].translate(_PLAIN_DIGITS)
    stem, _, rest = name.partition("_")
    return (stem, rf"\mathrm{{{_escaped(rest)}}}") if stem and rest else (name, "")


def _latex_stem(stem: str) -> str:
    if stem in LATEX_ONLY:
        return "\\" + stem
    if stem in LATEX_NAMES:
        return "\\" + LATEX_NAMES[stem]
    if stem in GREEK:
        return "\\" + LATEX_NAMES[GREEK[stem]]
    if not stem.isascii():
        return rf"\text{{{_escaped(stem)}}}"  # accented letters are text, not mathematics
    return stem if len(stem) == 1 else rf"\mathrm{{{_escaped(stem)}}}"


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")
