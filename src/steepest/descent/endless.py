"""Whether a function falls on and on from a point, ever more slowly: then its lowest value, if any, is at infinity."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .objective import Objective
from .path import Floats
from .run import Run
from .stationarity import Local

FAR, PLACES = 1e6, 9  # how far it is followed, in sizes of the largest parameter, and at how many places
UNSEEN = 64.0  # times the precision of the values: a fall below is rounding


def falls_endlessly(objective: Objective, run: Run, x: Floats, here: Local) -> float | None:
    """The value furthest down a direction without curvature, along which f falls wherever it is looked at; else None.

    At a minimum, a way down the slope turns up within the sizes of the parameters; that of exp(−x) never does.
    """
    sizes = run.sizes(x)
    for flat in here.flat_ways(run.largest):
        way = flat * (-1.0 if run.gradient @ flat > 0 else 1.0)
        lengths = np.geomspace(1, FAR * max(1.0, float(sizes.max() / np.abs(way).max())), PLACES)
        points = [x + t * way for t in lengths]
        if not all(np.array_equal(run.bounds.project(p), p) for p in points):
            continue
        found = [objective.both(p) for p in (x, *points)]
        falls = all(b <= a for (a, _), (b, _) in pairwise(found)) and all(g @ way <= 0 for _, g in found)
        if falls and found[0][0] - found[-1][0] > UNSEEN * objective.precision * abs(found[0][0]):
            return found[-1][0]
    return None
