"""What LaTeX commands mean in the grammar's own spelling, and which are refused, with the reason."""

from __future__ import annotations

from steepest.frontends.text.spelling import GREEK_NAMES

_STYLED_CAPITALS = {f"var{name}": name for name in GREEK_NAMES if name[0].isupper()}
GREEK = (
    {f"\\{name}": name for name in GREEK_NAMES}
    | {f"\\{variant}": name for variant, name in _STYLED_CAPITALS.items()}
    | {
        r"\varepsilon": "epsilon",
        r"\varphi": "phi",
        r"\vartheta": "theta",
        r"\varrho": "rho",
        r"\varsigma": "sigma",
        r"\ell": "ell",
    }
)
OPERATORS = {
    "+": "+", "-": "−", "*": "*", "/": "/", "−": "−", "·": "·", "⊙": "⊙", "×": "×", "⊗": "⊗", "⊘": "⊘",
    r"\cdot": "·", r"\times": "×", r"\ast": "*", r"\div": "/", r"\odot": "⊙", r"\circ": "⊙", r"\oslash": "⊘",
    r"\otimes": "⊗",
}  # fmt: skip
RELATIONS = {
    "<": "<", ">": ">", "=": "=", r"\lt": "<", r"\gt": ">", r"\le": "≤", r"\leq": "≤", r"\leqslant": "≤", r"\ge": "≥",
    r"\geq": "≥", r"\geqslant": "≥", r"\ne": "≠", r"\neq": "≠", "≤": "≤", "≥": "≥", "≠": "≠", r"\land": "and",
    r"\wedge": "and", r"\lor": "or", r"\vee": "or", r"\lnot": "not", r"\neg": "not",
}  # fmt: skip
OPPOSITE = {"<": "≥", "≥": "<", ">": "≤", "≤": ">", "=": "≠", "≠": "="}
_FUNCTIONS = "exp log ln sin cos tan sinh cosh tanh arcsin arccos arctan det max min tr diag sign sigmoid softmax vec"
FUNCTIONS = {f"\\{name}": name for name in _FUNCTIONS.split()} | {r"\Tr": "tr", r"\trace": "tr", r"\sgn": "sign"}
NAMED_FUNCTIONS = {  # \operatorname{…}, where the grammar has another spelling
    "Tr": "tr", "trace": "tr", "Diag": "diag", "diagonal": "diag", "sgn": "sign", "arsinh": "arcsinh",
    "arcosh": "arccosh", "artanh": "arctanh", "lse": "logsumexp", "LSE": "logsumexp", "ReLU": "relu", "adjugate": "adj",
}  # fmt: skip
NUMBERED_LOGARITHMS = {"2": "log2", "10": "log10"}
OPENING = {
    "(": ")", "[": "]", r"\{": r"\}", r"\lbrace": r"\rbrace", r"\lbrack": r"\rbrack", r"\lVert": r"\rVert",
    r"\lvert": r"\rvert", r"\|": r"\|", r"\Vert": r"\Vert", "|": "|", r"\vert": r"\vert", "‖": "‖",
    r"\langle": r"\rangle", r"\lfloor": r"\rfloor", r"\lceil": r"\rceil",
}  # fmt: skip
CLOSING = frozenset(OPENING.values())
GROUPING = ("(", "[", r"\{", r"\lbrace", r"\lbrack")
SQUARE = ("[", r"\lbrack")
ROUNDED = {r"\lfloor": "floor", r"\lceil": "ceil"}
NORMS = (r"\lVert", r"\|", r"\Vert", "‖")
ABSOLUTE = (r"\lvert", "|", r"\vert")
TWO_SIDED = frozenset({r"\|", r"\Vert", "|", r"\vert", "‖"})  # the same sign opens and closes
_SIZES = ("big", "Big", "bigg", "Bigg")
OPENERS = frozenset({r"\left", *(f"\\{size}l" for size in _SIZES)})
CLOSERS = frozenset({r"\right", *(f"\\{size}r" for size in _SIZES)})
UNSIDED = frozenset(f"\\{size}" for size in _SIZES)
IGNORED = frozenset(
    r"\, \: \; \! \> \quad \qquad \displaystyle \textstyle \scriptstyle \limits \nolimits \nonumber \notag \strut"
    r" \mathstrut \hfill \/ \allowbreak ~".split()
) | {"\\ ", "\\\n", "\\\t"}  # fmt: skip
MARGINS = frozenset({r"\[", r"\]", r"\(", r"\)", "$"})
STYLES = {  # of letters: all but the upright one are read as the letter itself
    r"\mathbf": "bold", r"\boldsymbol": "bold", r"\bm": "bold", r"\pmb": "bold", r"\bf": "bold", r"\textbf": "bold",
    r"\bfseries": "bold", r"\mathcal": "calligraphic", r"\cal": "calligraphic", r"\mathscr": "script",
    r"\mathfrak": "fraktur", r"\mathsf": "sans serif", r"\mathit": "plain", r"\mathnormal": "plain",
    r"\mathbb": "blackboard", r"\vec": "arrow", r"\overrightarrow": "arrow", r"\mathtt": "typewriter",
}  # fmt: skip
SWITCHES = frozenset({r"\bf", r"\cal", r"\bfseries"})  # {\bf x}: for the rest of the group
WORDS = frozenset({r"\mathrm", r"\text", r"\textrm", r"\mathop", r"\operatorname", r"\operatorname*", r"\rm", r"\mbox"})
TRANSPOSING = frozenset({r"\top", r"\intercal", r"\T", r"\transp", r"\transpose"})
ROWS = frozenset("aligned align align* equation equation* gather gather* gathered split displaymath math".split())
REFUSED = {
    r"\hat": "a hat can mean an estimate or a unit vector: give it a plain name, such as x_{hat}",
    r"\widehat": "a hat can mean an estimate or a unit vector: give it a plain name, such as x_{hat}",
    r"\bar": "a bar can mean a mean, a complement or a conjugate: give it a plain name, such as x_{bar}",
    r"\overline": "a bar can mean a mean, a complement or a conjugate: give it a plain name, such as x_{bar}",
    r"\tilde": "give it a plain name, such as x_{tilde}",
    r"\widetilde": "give it a plain name, such as x_{tilde}",
    r"\dot": "a dot is a derivative by time: give it a name of its own",
    r"\ddot": "a dot is a derivative by time: give it a name of its own",
    r"\partial": "write the function itself; its derivative is .gradient(…) or .jacobian(…)",
    r"\nabla": "write the function itself; its derivative is .gradient(…) or .jacobian(…)",
    r"\int": "integrals are not read: write the integrand, or the value in closed form",
    r"\lim": "limits are not read",
    r"\pm": "± stands for two formulas: write one",
    r"\mp": "∓ stands for two formulas: write one",
    r"\mathbb": "a set is no formula; shapes are declared beside it, as in X='m n'",
    r"\in": "shapes are declared beside the formula, as in X='m n'",
    r"\arg": "argmin and argmax have no derivative: write the function inside",
    r"\infty": "infinity is no number to compute with",
    r"\ldots": "dots are left to the reader: write a sum as \\sum",
    r"\dots": "dots are left to the reader: write a sum as \\sum",
    r"\cdots": "dots are left to the reader: write a sum as \\sum",
    r"\mid": "a condition is written with \\begin{cases}",
    r"\forall": "a formula is one expression, without quantifiers",
    r"\binom": "binomial coefficients are not read",
    r"\prod": "products over an index are not read; the product of all entries is prod(x)",
    r"\dagger": "write the pseudo-inverse as a product, or \\top for the transpose",
}  # fmt: skip


# Everything that is known, for "did you mean".
COMMANDS = frozenset(
    {*GREEK, *OPERATORS, *RELATIONS, *FUNCTIONS, *OPENING, *CLOSING, *STYLES, *WORDS, *TRANSPOSING, *REFUSED}
    | {r"\frac", r"\dfrac", r"\tfrac", r"\sqrt", r"\sum", r"\begin", r"\end", r"\left", r"\right"}
)
