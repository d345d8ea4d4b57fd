"""The functions and operators a formula may use: name, number of arguments, rule."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import scipy.special

from steepest.frontends.numpy.tracer import call

from .rules import (
    Rule,
    absolute,
    array_product,
    calling,
    diagonal,
    dot_of,
    entrywise,
    matrix_power,
    of_matrix,
    of_square,
    of_vector,
    outer_of,
    product,
    quotient,
    reduction,
    transpose,
    vector_like,
)
