"""The lowest point along a line, where the function is a quadratic."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.descent.reasons import Reason, Stopped

from .search import Proposal


@dataclass(frozen=True)
class Exact:
    """t = −∇f·d / dᵀHd (Nocedal and Wright, Numerical Optimization, equation 3.26), H constant.

    Along a direction without positive curvature a quadratic falls without end.
    """

    def find(self, proposal: Proposal, before: float) -> float:
        d = proposal.displacement(1.0)
        slope = float(proposal.gradient @ d)
        if slope >= 0:
            return 0.0
        bend = float(d @ proposal.objective.product(proposal.point, d))
        if bend <= 0:
            raise Stopped(Reason.UNBOUNDED)
        return -slope / bend
