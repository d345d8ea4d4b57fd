"""JAX: the same source on jax.numpy, under jit, with inputs on the device and results waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special
import numpy as np

from benchmarks.derivatives import Transforms
from benchmarks.problem import Row, rebound

from .prepared import Prepared

VERSION = jax.__version__
NAMES = {"np": jnp, "logsumexp": jax.scipy.special.logsumexp, "expit": jax.nn.sigmoid, "scan": jax.lax.scan}

jax.config.update("jax_enable_x64", True)
jax.devices()  # starts its run time, which is no part of compiling


def _jacobian(f: Callable[..., Any], wrt: Any) -> Callable[..., Any]:
    """Forward or reverse, whichever has fewer columns or rows to run through."""

    def jacobian(*args: Any) -> Any:
        places = wrt if isinstance(wrt, tuple) else (wrt,)
        columns = sum(jnp.size(args[k]) for k in places)
        rows = sum(x.size for x in jax.tree_util.tree_leaves(jax.eval_shape(f, *args)))
        return (jax.jacfwd if columns <= rows else jax.jacrev)(f, wrt)(*args)

    return jacobian


def _ones_direction(f: Callable[..., Any], wrt: int) -> Callable[..., Any]:
    gradient = jax.grad(f, wrt)

    def along_ones(*args: Any) -> Any:
        def at(x: Any) -> Any:
            return gradient(*args[:wrt], x, *args[wrt + 1 :])

        return jax.jvp(at, (args[wrt],), (jnp.ones_like(args[wrt]),))[1]

    return along_ones


TRANSFORMS = Transforms(
    numpy=jnp,
    compiled=jax.jit,
    value_and_grad=jax.value_and_grad,
    jacobian=_jacobian,
    hessian=jax.hessian,
    structured_hessian=lambda f, wrt: jax.jit(jax.hessian(f, wrt)),
    vmap=jax.vmap,
    ones_direction=_ones_direction,
)


def prepare(row: Row, inputs: tuple[Any, ...]) -> Prepared:
    problem = row.problem
    function = problem.derivative(TRANSFORMS, rebound(problem.function, NAMES), problem.wrt)
    on_device = tuple(jnp.asarray(x) if isinstance(x, np.ndarray) else x for x in inputs)
    return Prepared(function, on_device, jax.block_until_ready)
