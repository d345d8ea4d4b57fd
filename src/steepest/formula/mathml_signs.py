"""What LaTeX commands stand for as characters: the tables of `steepest.formula.mathml`."""

from __future__ import annotations

from .names import LATEX_NAMES

LETTERS = {f"\\{name}": letter for letter, name in LATEX_NAMES.items()} | {
    r"\Sigma": "Σ", r"\Pi": "Π", r"\Upsilon": "Υ", r"\varepsilon": "ε", r"\varphi": "φ", r"\vartheta": "ϑ",
    r"\ell": "ℓ", r"\partial": "∂", r"\infty": "∞", r"\imath": "ı",
}  # fmt: skip
OPERATORS = {
    "-": "−", "*": "∗", "'": "′", "/": "/",
    r"\cdot": "·", r"\times": "×", r"\odot": "⊙", r"\oslash": "⊘", r"\otimes": "⊗", r"\oplus": "⊕", r"\circ": "∘",
    r"\le": "≤", r"\leq": "≤", r"\ge": "≥", r"\geq": "≥", r"\ne": "≠", r"\neq": "≠", r"\approx": "≈", r"\equiv": "≡",
    r"\in": "∈", r"\to": "→", r"\rightarrow": "→", r"\mapsto": "↦", r"\Rightarrow": "⇒", r"\Leftrightarrow": "⇔",
    r"\iff": "⇔", r"\implies": "⇒", r"\land": "∧", r"\lor": "∨", r"\lnot": "¬", r"\top": "⊤", r"\nabla": "∇",
    r"\pm": "±", r"\mp": "∓", r"\mid": "∣", r"\succeq": "⪰", r"\succ": "≻", r"\preceq": "⪯", r"\prec": "≺",
    r"\bmod": "mod", r"\ldots": "…", r"\dots": "…", r"\cdots": "⋯", r"\vdots": "⋮", r"\ddots": "⋱", r"\colon": ":",
    r"\{": "{", r"\}": "}", r"\|": "‖", r"\%": "%", r"\#": "#", r"\&": "&amp;", r"\_": "_", r"\$": "$",
    "&": "&amp;", "<": "&lt;", ">": "&gt;",
}  # fmt: skip
FENCES = {
    "(": "(", ")": ")", "[": "[", "]": "]", "|": "|", ".": "", r"\|": "‖", r"\{": "{", r"\}": "}",
    r"\lVert": "‖", r"\rVert": "‖", r"\lvert": "|", r"\rvert": "|", r"\Vert": "‖", r"\vert": "|",
    r"\lceil": "⌈", r"\rceil": "⌉", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\langle": "⟨", r"\rangle": "⟩",
}  # fmt: skip
OPENING = frozenset({"(", "[", r"\{", r"\lVert", r"\lvert", r"\lceil", r"\lfloor", r"\langle"})
LARGE = {r"\sum": "∑", r"\prod": "∏"}
_FUNCTION_NAMES = (
    "arccos arcsin arctan arg cos cosh cot det dim exp inf ker lim ln log max min sec sin sinh sup tan tanh"
)
FUNCTIONS = frozenset(f"\\{name}" for name in _FUNCTION_NAMES.split())
WITH_LIMITS = frozenset({r"\lim", r"\max", r"\min", r"\inf", r"\sup"})
SPACES = {
    r"\,": "0.1667em", r"\:": "0.2222em", r"\;": "0.2778em", r"\!": "-0.1667em", r"\quad": "1em", r"\qquad": "2em",
    r"\ ": "0.3333em", "~": "0.3333em",
}  # fmt: skip
ACCENTS = {r"\bar": "¯", r"\overline": "‾", r"\hat": "^", r"\tilde": "~", r"\dot": "˙"}
# Styled letters have characters of their own: browsers follow `mathvariant` for upright letters only.
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _alphabet(capital_a: int, exceptions: dict[str, str]) -> dict[str, str]:
    return {c: chr(capital_a + k) for k, c in enumerate(_CAPITALS)} | exceptions


_BOLD_SMALL = {c.lower(): chr(0x1D41A + k) for k, c in enumerate(_CAPITALS)}
_BOLD_DIGITS = {str(d): chr(0x1D7CE + d) for d in range(10)}
ALPHABETS = {
    r"\mathbf": _alphabet(0x1D400, _BOLD_SMALL | _BOLD_DIGITS),
    r"\mathcal": _alphabet(0x1D49C, dict(zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True))),
    r"\mathbb": _alphabet(0x1D538, dict(zip("CHNPQRZ1", "ℂℍℕℙℚℝℤ𝟙", strict=True))),
}
