"""Parts of log-densities with records of their own (`ops/special_shapes.py`), as NumPy functions of traced arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steepest.frontends.numpy.arithmetic import entrywise
from steepest.frontends.tracing.tracer import call
from steepest.ops import special_shapes
from steepest.ops.operation import Operation


def _recorded(op: Operation) -> Callable[..., Any]:
    entrywise(op, op.numpy)
    return lambda *args: call(op.numpy, args, {})


log1p_times = _recorded(special_shapes.log1p_times)
log_beta_excess = _recorded(special_shapes.log_beta_excess)
log_gamma_excess = _recorded(special_shapes.log_gamma_excess)
log_poch = _recorded(special_shapes.log_poch)
log_poch_excess = _recorded(special_shapes.log_poch_excess)
log_square_excess = _recorded(special_shapes.log_square_excess)
ratio_deviance = _recorded(special_shapes.ratio_deviance)
