"""Random formulas of vectors and matrices, as text in our grammar: one number, of x and X of other sizes."""

from __future__ import annotations

import numpy as np

DECLARED = {"x": "n", "y": "m", "a": "n", "X": "m n", "A": "m n", "S": "n n", "M": "m m", "c": "scalar"}
Shape = tuple[str, ...]

LEAVES: dict[Shape, tuple[str, ...]] = {
    (): ("c",), ("n",): ("x", "a", "x"), ("m",): ("y",), ("m", "n"): ("X", "A", "X"),
    ("n", "n"): ("S",), ("m", "m"): ("M",),
}  # fmt: skip
ENTRYWISE = ("tanh({})", "sin({})", "sigmoid({})", "exp(tanh({}))", "log(1 + ({}).^2)", "abs({})", "sqrt(1 + ({}).^2)",
             "softplus({})", "({}).^2", "arctan({})")  # fmt: skip


def random_scalar(rng: np.random.Generator, depth: int) -> str:
    """One number; of depth 0 a simple one."""
    if depth <= 0:
        return str(rng.choice(["x'*S*x", "sum(X)", "norm2(x)", "y'*X*x", "tr(S)", "c"]))
    size = str(rng.choice(["m", "n"]))
    options = (
        lambda: f"sum({random_array(rng, (size,), depth - 1)})",
        lambda: f"sum({random_array(rng, ('m', 'n'), depth - 1)})",
        lambda: f"norm2({random_array(rng, (size,), depth - 1)})",
        lambda: f"normF({random_array(rng, ('m', 'n'), depth - 1)})",
        lambda: f"norm2({random_array(rng, (size,), depth - 1)})^2",
        lambda: f"tr({random_array(rng, (size, size), depth - 1)})",
        lambda: f"det({_regular(rng, 'n', depth - 1)})",
        lambda: f"logdet({_regular(rng, 'n', depth - 1)})",
        lambda: f"logsumexp({random_array(rng, (size,), depth - 1)})",
        lambda: f"({random_array(rng, (size,), depth - 1)})'*({random_array(rng, (size,), depth - 1)})",
        lambda: f"({random_scalar(rng, depth - 1)}) + ({random_scalar(rng, depth - 1)})",
        lambda: f"({random_scalar(rng, depth - 1)})*({random_scalar(rng, depth - 1)})",
        lambda: f"({random_scalar(rng, depth - 1)})/(2 + ({random_scalar(rng, depth - 1)})^2)",
        lambda: str(rng.choice(ENTRYWISE)).replace(".^", "^").format(random_scalar(rng, depth - 1)),
    )
    return options[rng.integers(len(options))]()


def random_array(rng: np.random.Generator, shape: Shape, depth: int) -> str:
    """A vector or a matrix of the named sizes."""
    if depth <= 0:
        leaf = str(rng.choice(LEAVES[shape] if shape in LEAVES else LEAVES[shape[::-1]]))
        return leaf if shape in LEAVES else f"{leaf}'"
    if len(shape) == 2 and shape not in (("m", "n"), ("n", "m"), ("n", "n"), ("m", "m")):
        raise ValueError(shape)
    between = str(rng.choice(["m", "n"]))
    options = [
        lambda: f"({random_array(rng, shape, depth - 1)}) + ({random_array(rng, shape, depth - 1)})",
        lambda: f"({random_array(rng, shape, depth - 1)}) - ({random_array(rng, shape, depth - 1)})",
        lambda: f"({random_array(rng, shape, depth - 1)}) .* ({random_array(rng, shape, depth - 1)})",
        lambda: f"({random_scalar(rng, depth - 1)})*({random_array(rng, shape, depth - 1)})",
        lambda: str(rng.choice(ENTRYWISE)).format(random_array(rng, shape, depth - 1)),
    ]
    if len(shape) == 1:
        options += [
            lambda: f"({random_array(rng, (*shape, between), depth - 1)})*({random_array(rng, (between,), depth - 1)})",
            lambda: f"diag({random_array(rng, (*shape, *shape), depth - 1)})",
            lambda: f"softmax({random_array(rng, shape, depth - 1)})",
            lambda: f"inv({_regular(rng, shape[0], depth - 1)})*({random_array(rng, shape, depth - 1)})",
        ]
    else:
        rows, columns = shape
        options += [
            lambda: (
                f"({random_array(rng, (rows, between), depth - 1)})"
                f"*({random_array(rng, (between, columns), depth - 1)})"
            ),
            lambda: f"({random_array(rng, (columns, rows), depth - 1)})'",
            lambda: f"({random_array(rng, (rows,), depth - 1)})*({random_array(rng, (columns,), depth - 1)})'",
        ]
        if rows == columns:
            options += [
                lambda: f"inv({_regular(rng, rows, depth - 1)})",
                lambda: f"diag({random_array(rng, (rows,), depth - 1)})",
                lambda: f"({random_array(rng, shape, depth - 1)})^2",
            ]
    return options[rng.integers(len(options))]()


def _regular(rng: np.random.Generator, size: str, depth: int) -> str:
    """A square matrix that is regular at most points."""
    leaf = "S" if size == "n" else "M"
    return str(rng.choice([leaf, f"{leaf} + 3*I", f"{leaf} + 2*I + ({random_array(rng, (size, size), depth)})"]))
