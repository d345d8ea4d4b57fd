"""The processor that code is for: its name and features, and how wide its vectors are."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import llvmlite.binding as llvm

from .llvm import alone

# What makes vectors of a width worth using, widest first. 512 bits want the doubleword instructions too: before them,
# masks and conversions of 64-bit integers went entry by entry (Intel, Optimization Reference Manual, on AVX-512DQ).
WIDTHS: tuple[tuple[int, frozenset[str]], ...] = (
    (512, frozenset({"avx512f", "avx512vl", "avx512dq"})),
    (256, frozenset({"avx2", "fma"})),
    (128, frozenset()),
)
# Features that name registers wider than some width; those built on them go with them.
WIDER_THAN = {256: ("avx512", "avx10"), 128: ("avx", "fma", "f16c", "xop", "vaes", "vpclmulqdq", "gfni")}


# How code is made for it: code may lie anywhere, and its data lie close by.
GENERATION: dict[str, Any] = {"opt": 2, "reloc": "pic", "codemodel": "small", "jit": True}


@dataclass(frozen=True)
class Target:
    """A kind of processor, by LLVM's names of the platform, the model and what it can and cannot do (``+avx2``)."""

    triple: str
    cpu: str
    features: str

    @cached_property
    def has(self) -> frozenset[str]:
        """The features that are there."""
        return frozenset(f[1:] for f in self.features.split(",") if f.startswith("+"))

    @cached_property
    def vector_bits(self) -> int:
        """The widest vectors worth using: 512, 256 or 128 bits."""
        return next(bits for bits, needed in WIDTHS if needed <= self.has)

    def limited_to(self, bits: int) -> Target:
        """The same processor as if its vectors had at most 256 or 128 bits."""
        gone = WIDER_THAN.get(bits, ())
        features = (f"-{f[1:]}" if f[1:].startswith(gone) else f for f in self.features.split(",")) if gone else ()
        return replace(self, features=",".join(features) or self.features)

    def machine(self) -> Any:
        """LLVM's generator of code for it; belongs to who asked."""
        return llvm.Target.from_triple(self.triple).create_target_machine(
            cpu=self.cpu, features=self.features, **GENERATION
        )


@lru_cache(maxsize=1)
def host() -> Target:
    """The processor this process runs on."""
    with alone():
        triple = llvm.get_process_triple()
        if os.name == "nt":
            triple += "-elf"  # the one object format that is linked the same way everywhere
        return Target(triple, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())
