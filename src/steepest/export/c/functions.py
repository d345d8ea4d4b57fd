"""How operations are spelled in C99. What is in none of these tables is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .text import COMPARISON, EQUALITY, OR, UNARY


@dataclass(frozen=True)
class Entrywise:
    """A C expression of the operands {0}, {1}; `needs` names a function of the library; `binding` if it is no call."""

    pattern: str
    needs: str = ""
    binding: int | None = None


def _call(name: str, needs: str = "", operands: int = 1) -> Entrywise:
    return Entrywise(f"{name}({', '.join(f'{{{k}}}' for k in range(operands))})", needs)


def _own(name: str, operands: int = 1) -> Entrywise:
    return _call(name, name, operands)


ENTRYWISE: Mapping[str, Entrywise] = {
    **{
        name: _call(name)
        for name in (
            "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh",
            "sqrt", "cbrt", "floor", "ceil", "trunc", "rint", "erf", "erfc", "isnan", "isinf", "isfinite", "signbit",
        )
    },
    "length": _call("sqrt"), "arcsin": _call("asin"), "arccos": _call("acos"), "arctan": _call("atan"),
    "arcsinh": _call("asinh"), "arccosh": _call("acosh"), "arctanh": _call("atanh"), "abs": _call("fabs"),
    "gamma": _call("tgamma"), "gammaln": _call("lgamma"),
    "power": _call("pow", operands=2), "root_of_powers": _call("pow", operands=2),
    "reciprocal_or_zero": _own("reciprocal_or_zero"), "log_power": _own("log_power", 3),
    "arctan2": _call("atan2", operands=2), "hypot": _call("hypot", operands=2),
    "fmax": _call("fmax", operands=2), "fmin": _call("fmin", operands=2), "fmod": _call("fmod", operands=2),
    "copysign": _call("copysign", operands=2),
    "maximum": _own("maximum", 2), "minimum": _own("minimum", 2), "sign": _own("sign"), "digamma": _own("digamma"),
    "expit": _own("sigmoid"), "log_expit": _own("log_sigmoid"), "logit": _own("logit"),
    "logaddexp": _own("log_add_exp", 2), "mod": _own("modulo", 2), "xlogy": _own("xlogy", 2),
    "xlog1py": _own("xlog1py", 2), "entr": _own("entropy_term"), "rel_entr": _own("relative_entropy_term", 2),
    "huber": _own("huber", 2), "sinc": _own("sinc"), "exprel": _own("exprel"), "cosm1": _own("cosm1"),
    "floor_divide": _own("floor_divide", 2), "boxcox": _own("boxcox", 2),
    "ndtr": Entrywise("0.5 * erfc(-0.70710678118654752440 * ({0}))", binding=UNARY - 1),
    "less": Entrywise("{0} < {1}", binding=COMPARISON), "less_equal": Entrywise("{0} <= {1}", binding=COMPARISON),
    "equal": Entrywise("{0} == {1}", binding=EQUALITY), "not_equal": Entrywise("{0} != {1}", binding=EQUALITY),
    "logical_or": Entrywise("{0} || {1}", binding=OR), "logical_xor": Entrywise("{0} != {1}", binding=EQUALITY),
    "logical_not": Entrywise("!{0}", binding=UNARY),
}  # fmt: skip

ROW_TO_NUMBER: Mapping[str, str] = {  # name(n, row)
    "logsumexp": "log_sum_exp", "norm": "norm", "prod": "product", "argmax": "largest", "argmin": "smallest",
}  # fmt: skip
ROW_TO_ROW: Mapping[str, str] = {  # name(n, row, result)
    "softmax": "softmax", "product_of_others": "product_of_others", "cumprod": "running_product",
    "running_argmax": "running_largest", "running_argmin": "running_smallest", "argsort": "sorted_places",
}  # fmt: skip
NUMBER_IN_ROW: Mapping[str, Mapping[str, str]] = {  # name(n, row, number), by the side
    "insertion": {"left": "place_left", "right": "place_right"},
}
MATRIX_TO_NUMBER: Mapping[str, str] = {  # name(n, scratch)
    "determinant": "determinant", "determinant_sign": "determinant_sign", "log_determinant": "log_determinant",
}  # fmt: skip
MATRIX_TO_MATRIX: Mapping[str, str] = {  # name(n, scratch, result), 0 where it does not exist
    "inverse": "invert", "regular_inverse": "invert", "adjugate": "adjugate", "cholesky": "cholesky",
}  # fmt: skip
