"""Who runs in a row: a peer, and how malloc is set for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entrant:
    peer: str  # a module of `peers`
    title: str
    tuned: bool = False


OURS, OURS_TUNED = Entrant("ours", "ours"), Entrant("ours", "ours, tuned malloc", tuned=True)
JAX, JAX_TUNED = Entrant("jax", "JAX"), Entrant("jax", "JAX, tuned malloc", tuned=True)
C = Entrant("c", "C")
TORCH, TORCH_FUNC = Entrant("torch_eager", "PyTorch"), Entrant("torch_func", "torch.func")
AUTOGRAD, CASADI = Entrant("autograd", "autograd"), Entrant("casadi", "CasADi")

QUICK = (OURS, JAX, C)
ALL = (OURS, JAX, C, OURS_TUNED, JAX_TUNED, TORCH, TORCH_FUNC, AUTOGRAD, CASADI)
OTHERS = (JAX, TORCH, TORCH_FUNC, AUTOGRAD, CASADI)  # the libraries that the best peer is chosen from
