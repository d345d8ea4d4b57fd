"""How many digits of a computed number are right."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST = 15.0  # certified values are printed to 15 significant digits, about what float64 holds


def correct_digits(value: ArrayLike, certified: ArrayLike) -> NDArray[np.float64]:
    """The number of correct significant digits of `value`, entry by entry: ``min(15, −log10 |v − c| / |c|)``.

    Where the certified value is 0 the error is taken absolutely. A value that is wrong from its first digit on
    scores 0 or less, an infinite one −inf, a NaN scores NaN. `value` and `certified` broadcast.

    Source: the log relative error of B. D. McCullough, "Assessing the Reliability of Statistical Software:
    Part I", The American Statistician 52 (1998), 358-366, with the cap that NIST's 15 printed digits set.

    >>> correct_digits([3.1416, 3.0, 3.14159265358979], 3.14159265358979).round(1).tolist()
    [5.6, 1.3, 15.0]
    """
    value, certified = np.broadcast_arrays(np.asarray(value, float), np.asarray(certified, float))
    size = np.where(certified == 0, 1.0, np.abs(certified))
    with np.errstate(divide="ignore"):  # an exact value has log10(0) = −inf digits of error
        return np.asarray(np.minimum(MOST, -np.log10(np.abs(value - certified) / size)))
