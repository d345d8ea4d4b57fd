"""What of the Python array API standard works inside a traced function, and docs/array-api.md, which says it.

``python tests/array_api_page.py`` writes the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from array_api_cases import CASES, OPERATORS, STANDARD, Case

import steepest as st
from steepest.errors import SteepestError

PAGE = Path(__file__).parents[1] / "docs" / "array-api.md"
STEP = 1e-6
DERIVED, FIXED, REFUSED = "value and derivative", "value; it is piecewise constant, or of integers", "refused"

# Why what is refused is refused.
REASONS = {
    "nextafter": "a step from one number to its neighbour has no formula",
    "from_dlpack": "a traced array has no memory that another library could take",
    "__dlpack__": "the same",
}

HEAD = """# The Python array API standard

A traced array has `__array_namespace__`, `device`, `to_device`, `mT` and the other attributes of the
[standard](https://data-apis.org/array-api/2024.12/). Its namespace is NumPy's, which follows the standard, with
stand-ins where NumPy does not ask a traced array. So code that is written for the standard can be differentiated:

```python
def loss(x):
    xp = x.__array_namespace__()
    return xp.sum(xp.vecdot(x, x)) / xp.astype(xp.sum(x), x.dtype)
```

What goes in need not be a NumPy array: what has `__array__` or `__dlpack__` (tensors in main memory, series and data
frames), `array.array` and `memoryview` are taken as arrays. Results are NumPy arrays.

The table is written by `python tests/array_api_page.py`, which calls every function and operator of the standard
inside a traced function, compares the value with NumPy's and the gradient with differences; `tests/test_array_api.py`
does the same.

"""

TAIL = """
## The standard's own suite

`tests/array_api_traced.py` lets the public suite of the standard, `array-api-tests`, run against traced arrays. Each
call that the suite makes is made inside a traced function: its arrays vary, integers and booleans too, its function is
looked up in the namespace of a traced array, and the result is what the captured program computes. (Most single entries
that the suite reads out of a result are read directly.) In a copy of the suite, with this project's root and `src` on
the path:

```
ARRAY_API_TESTS_VERSION=2024.12 ARRAY_API_TESTS_MODULE=tests.array_api_traced \\
    pytest array_api_tests --max-examples 20 --disable-deadline --derandomize
```

| | passed | failed | skipped |
|---|---|---|---|
| NumPy 2.4.6 | 1,416 | 44 | 7 |
| traced arrays | 1,378 | 58 | 31 |

There is no release of the suite to install. Its files, and the signatures and special cases of the standard, were read
one by one from stored versions of its public repository and of two forks (the tests of operators and entrywise
functions are those of commit 019e060f); docstrings were shortened, and a few small helpers that the stored versions
lack were written anew. Another copy may count differently. The suite is not part of this project's continuous tests;
what it found is in `tests/test_array_standard_edges.py`.

Of the 58, NumPy fails 34 as well: `descending` of sorts, `dtype` of `fftfreq`, the names of `clip`, `finfo` of single
precision, and special cases of `floor_divide` and of complex `expm1`, `sqrt` and `tanh`. The other 24:

- Seven read memory that `empty` has not filled: a function that returns it gives something else at each call, and is
  told so; where chance has it that two calls agree, the test passes.
- Six ask for `nextafter`, and four for memory by way of DLPack: refused, as above.
- Two are decompositions: `svd` with full matrices, whose added vectors are arbitrary, and `pinv` with one cutoff for
  each matrix. Both are refused.
- Two are the spread of a single NaN (`var`, `std`): `x - x` counts as 0 whatever x is. With a NaN or an infinity in the
  first call that is found, and raises; in a later call 0 is the result where NumPy's is NaN.
- Two are signs: of a NaN that is a constant, and of a complex zero whose parts are -0.
- One passes None to `diff`, which NumPy does not take.

The suite skips 24 signatures that it cannot look up here, because every function of the module takes any arguments.
"""


def names() -> list[tuple[str, str]]:
    """Each function of the standard with its section."""
    found: list[tuple[str, str]] = []
    section = ""
    for line in STANDARD.strip().splitlines():
        head, colon, rest = line.partition(":")
        section = head.strip() if colon else section
        found += [(section, name) for name in (rest if colon else line).split()]
    return found


def leaves(result: Any) -> list[np.ndarray]:
    return [np.asarray(y) for y in (result if isinstance(result, (tuple, list)) else [result])]


def outcome(case: Case) -> str:
    """What becomes of one case; AssertionError if a value or a derivative is wrong."""

    def in_namespace(*arrays: Any) -> Any:
        return case.call(arrays[0].__array_namespace__(api_version="2024.12"), *arrays)

    expected = leaves(in_namespace(*case.arrays))
    try:
        found = leaves(st.jit(in_namespace, compile="off")(*case.arrays))
    except SteepestError:
        return REFUSED
    assert len(found) == len(expected), case.name
    for a, b in zip(found, expected, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype), case.name
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14, err_msg=case.name)
    if all(y.dtype.kind != "f" for y in expected):
        return FIXED
    compare_gradient(case.name, weighted_sum(in_namespace, expected), case.arrays)
    return DERIVED


def weighted_sum(function: Callable[..., Any], like: Sequence[np.ndarray]) -> Callable[..., Any]:
    """One number of all that is real in the results."""
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=y.shape) for y in like]

    def loss(*arrays: Any) -> Any:
        result = function(*arrays)
        parts = result if isinstance(result, (tuple, list)) else [result]
        return sum((w * y).sum() for w, y, e in zip(weights, parts, like, strict=True) if e.dtype.kind == "f")

    return loss


def compare_gradient(name: str, loss: Callable[..., Any], arrays: tuple[np.ndarray, ...]) -> None:
    rng = np.random.default_rng(2)
    gradients = st.grad(loss, argnums=tuple(range(len(arrays))), compile="off")(*arrays)
    for _ in range(2):
        v = [rng.normal(size=a.shape) for a in arrays]
        ahead, behind = (loss(*(a + t * d for a, d in zip(arrays, v, strict=True))) for t in (STEP, -STEP))
        slope = sum(np.vdot(g, d) for g, d in zip(gradients, v, strict=True))
        np.testing.assert_allclose(slope, (ahead - behind) / (2 * STEP), rtol=1e-6, atol=1e-7, err_msg=name)


def page() -> str:
    outcomes = {(c.section, c.name): outcome(c) for c in (*CASES, *OPERATORS)}
    lines = [HEAD]
    counts = Counter(outcomes[key] for key in names())
    operators = Counter(outcomes[c.section, c.name] for c in OPERATORS)
    lines.append(
        f"Of {sum(counts.values())} functions {counts[DERIVED]} have value and derivative, {counts[FIXED]} a value"
        f" that is piecewise constant or of integers, {counts[REFUSED]} are refused; of {sum(operators.values())}"
        f" operators, methods and attributes {operators[DERIVED]}, {operators[FIXED]} and {operators[REFUSED]}.\n\n"
    )
    lines.append("| section | value and derivative | value | refused |\n|---|---|---|---|\n")
    for section in dict.fromkeys(s for s, _ in outcomes):
        cells = [" ".join(f"`{n}`" for (s, n), o in outcomes.items() if s == section and o == kind)
                 for kind in (DERIVED, FIXED, REFUSED)]  # fmt: skip
        lines.append(f"| {section} | {' | '.join(cells)} |\n")
    lines.append("\nWhy the rest is refused:\n\n")
    lines += [f"- `{n}`: {REASONS[n]}.\n" for (_, n), o in outcomes.items() if o == REFUSED]
    lines.append(TAIL)
    return "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
