"""The search for critical points in a box: Newton finds them, intervals prove them, both add to one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from steepest.errors import ArgumentError, FormulaError

from .box import Box
from .branch_and_bound import Cover, cover
from .certificate import Certificate, certified, not_tried
from .critical_point import CriticalPoint, CriticalPoints
from .degenerate import told_by_values
from .enclosed import Enclosures
from .field import ScalarField
from .manifold import CriticalManifold, around, is_on, line_through
from .second_order import SecondOrder, of_matrix
from .stationary_search import Stationary, found_from, newton, starts
from .unique_zero import UniqueZero, unique_zeros, without_zero

SAME = 1e-7  # of the diameter: two points that near are one
CLUSTER = 1e-3  # the same of points where the Hessian is singular: Newton comes to them slowly
SUSPICIOUS = 1e-7  # of the scale: an eigenvalue that small may be 0, for all that is known of the point
UNPROVED = 1e-5  # the same where a proof that the point is isolated was tried, and failed
WITHOUT_PROOF = 4  # times as many starts where no proof follows that finds what they miss
SCALES = 32  # points at which the size of derivatives is measured
ZERO_SLOPE = 1e-12  # of the size of slopes: a gradient that small is 0
ON_EDGE = 1e-9  # of the width
SURROUNDINGS = 2.0**-9  # of the width: what is left out of the proof on each side of a degenerate point


@dataclass(frozen=True)
class _Found:
    """A stationary point, what the test says of it, and the proof that it is isolated, if there is one."""

    x: np.ndarray
    slope: float
    test: SecondOrder
    zero: UniqueZero | None = None

    @property
    def is_singular(self) -> bool:
        return self.zero is None and self.test.flat > 0


class CriticalSearch:
    def __init__(self, field: ScalarField, box: Box):
        self.field, self.box = field, box
        samples = [x for x in starts(box, SCALES) if np.isfinite(field.gradient(x)).all()]
        if not samples:
            raise ArgumentError(
                f"{field.name} has no finite gradient at any of {SCALES + 1} points of {box}: are the bounds right?"
            )
        self.samples = samples
        self.slope_scale = float(np.median([np.linalg.norm(field.gradient(x)) for x in samples]))
        sizes = [float(np.abs(h).max()) for h in map(field.hessian, samples) if np.isfinite(h).all()]
        self.curvature_scale = float(np.median(sizes)) if sizes else 0.0
        self.manifolds: list[CriticalManifold] = []
        self.crossings: list[np.ndarray] = []  # places on lines that were looked at for others

    def points(self, starts_per_variable: int, most_boxes: int) -> CriticalPoints:
        count = starts_per_variable * self.box.size
        try:
            enclosures = Enclosures(self.field, self.samples)
        except FormulaError as reason:
            count *= WITHOUT_PROOF
            found = self._distinct(found_from(self.field, self.box, starts(self.box, count)), None)
            return self._result(found, not_tried(str(reason), count + 1))
        found = self._distinct(found_from(self.field, self.box, starts(self.box, count)), enclosures)
        surfaces = [m for m in self.manifolds if m.dimension > 1]
        if surfaces:
            return self._result(found, not_tried(f"there is {surfaces[0]}", count + 1))
        covered = cover(enclosures, self.box, [p.zero for p in found if p.zero], self._surroundings(found), most_boxes)
        found = self._with_new(found, covered, enclosures)
        if covered.is_whole:  # what looked like a critical point and is not proved to be one is none
            found, self.manifolds = [p for p in found if p.zero is not None], []
        return self._result(found, certified(covered, self.box, [p.x for p in found if p.is_singular], self.manifolds))

    # --- what was found -------------------------------------------------------------------------------

    def _tested(self, x: np.ndarray, relative: float) -> SecondOrder:
        return of_matrix(self.field.hessian(x), self.curvature_scale, relative)

    def _tested_where_proved(self, x: np.ndarray) -> SecondOrder:
        """The Hessian is regular there: no eigenvalue is 0."""
        return of_matrix(self.field.hessian(x), relative=0.0)

    def _distinct(self, seen: Sequence[Stationary], enclosures: Enclosures | None) -> list[_Found]:
        """Each place once; of those close to a degenerate point the one where the gradient is smallest."""
        places: list[Stationary] = []
        for s in seen:
            if not any(np.linalg.norm(s.x - p.x) <= SAME * self.box.diameter for p in places):
                places.append(s)
        found: list[_Found] = []
        singular: list[_Found] = []
        for s, zero in zip(places, self._proofs(enclosures, [s.x for s in places]), strict=True):
            if any(_holds(p, s.x) for p in found):
                continue
            suspicious = SUSPICIOUS if enclosures is None else UNPROVED
            test = self._tested(s.x, suspicious) if zero is None else self._tested_where_proved(s.x)
            p = _Found(s.x, s.slope, test, zero)
            if p.is_singular:
                singular.append(p)
            elif p.zero is not None or not self._is_disproved(enclosures, p.x):
                found.append(p)
        for p in sorted(singular, key=lambda p: p.slope):
            near = [q for q in found if q.is_singular]
            if any(self._is_near(p.x, q.x) for q in near):
                continue
            if p.slope <= self._zero_slope and self.box.contains(p.x, ON_EDGE) and not self._is_on_manifold(p):
                found.append(p)
        on_line = [p for p in found if p.is_singular and any(is_on(m, p.x, self.box) for m in self.manifolds)]
        return [p for p in found if not any(p is q for q in on_line)]

    def _proofs(self, enclosures: Enclosures | None, points: Sequence[np.ndarray]) -> list[UniqueZero | None]:
        if enclosures is None or not points:
            return [None] * len(points)
        return unique_zeros(enclosures, np.array(points), self.box)

    def _is_disproved(self, enclosures: Enclosures | None, x: np.ndarray) -> bool:
        """Whether the gradient is only small at x, as where f levels out."""
        return enclosures is not None and bool(without_zero(enclosures, x[None], self.box)[0])

    @property
    def _zero_slope(self) -> float:
        return ZERO_SLOPE * max(self.slope_scale, self.curvature_scale * self.box.diameter)

    def _is_on_manifold(self, p: _Found) -> bool:
        """Whether p lies on a line or surface of critical points; one that is new is noted."""
        if any(m.dimension > 1 for m in self.manifolds):
            return True
        flat = p.test.directions[:, np.abs(p.test.eigenvalues) <= p.test.zero]
        is_known = any(is_on(m, p.x, self.box) for m in self.manifolds)
        if is_known and (flat.shape[1] == 1 or any(self._is_near(p.x, x) for x in self.crossings)):
            return True
        if is_known:  # flat on more sides than along its line: another may cross it here
            self.crossings.append(p.x)
        beside = around(self.field, self.box, p.x, flat, self._zero_slope)
        if beside.on_all_sides and flat.shape[1] > 1 and not is_known:
            self.manifolds.append(CriticalManifold(p.x[None], flat.shape[1], False, self.field.value(p.x)))
            return True
        for x in beside.points:
            if not any(is_on(m, x, self.box) for m in self.manifolds):
                self.manifolds.append(line_through(self.field, self.box, x, self._zero_slope))
        return is_known or bool(beside.points)

    def _is_near(self, x: np.ndarray, other: np.ndarray) -> bool:
        return bool(np.linalg.norm(x - other) <= CLUSTER * self.box.diameter)

    def _with_new(self, found: list[_Found], covered: Cover, enclosures: Enclosures) -> list[_Found]:
        """With the zeros that were proved on the way through the box and are none of those known."""
        new = [z for z in covered.zeros if not any(p.zero is not None and _same(p.zero, z) for p in found)]
        places = []
        for z in new:
            middle = z.tight_low / 2 + z.tight_high / 2
            s = newton(self.field, self.box, middle)
            places.append(s.x if s is not None and z.holds(s.x) else middle)
        found = [p for p in found if p.zero is not None or not any(z.holds(p.x) for z in new)]
        for x, z, larger in zip(places, new, self._proofs(enclosures, places), strict=True):
            if not any(p.zero is not None and _same(p.zero, z) for p in found):
                found.append(_Found(x, 0.0, self._tested_where_proved(x), larger or z))
        return found

    def _surroundings(self, found: Sequence[_Found]) -> list[tuple[np.ndarray, np.ndarray]]:
        """What the proof leaves out: the neighbourhoods of degenerate points, and of the parts of lines."""
        room = SURROUNDINGS * self.box.width
        ways = [m.points for m in self.manifolds]
        ends = [(p.x, p.x) for p in found if p.is_singular]
        ends += [(a, b) for w in ways for a, b in zip(w, [*w[1:], w[-1]], strict=True)]
        return [(np.minimum(a, b) - room, np.maximum(a, b) + room) for a, b in ends]

    # --- what is told ---------------------------------------------------------------------------------

    def _result(self, found: Sequence[_Found], certificate: Certificate) -> CriticalPoints:
        inside = [p for p in found if self._is_inside(p)]
        points = [self._told(p) for p in inside]
        points += [self._of_manifold(m) for m in self.manifolds]
        points.sort(key=lambda p: (p.value, tuple(p.x)))
        return CriticalPoints(points, certificate, self.manifolds)

    def _is_inside(self, p: _Found) -> bool:
        """Whether a point lies in the box, or on its edge as far as numbers tell."""
        if p.zero is not None:
            return bool(np.all((p.zero.tight_high >= self.box.low) & (p.zero.tight_low <= self.box.high)))
        return self.box.contains(p.x, ON_EDGE)

    def _told(self, p: _Found) -> CriticalPoint:
        x = self.box.nearest(p.x)
        on_edge = bool(np.any(np.minimum(x - self.box.low, self.box.high - x) <= ON_EDGE * self.box.width))
        notes = ["on the edge of the box"] * on_edge
        if p.is_singular:
            notes.append(told_by_values(self.field, self.box, x, p.test))
        index, kind = p.test.index, p.test.kind
        found = p.test
        return CriticalPoint(
            x, self.field.value(x), kind, index, found.eigenvalues, found.directions, p.zero is not None,
            "; ".join(notes),
        )  # fmt: skip

    def _of_manifold(self, m: CriticalManifold) -> CriticalPoint:
        """One point that stands for a line or surface."""
        x = self.box.nearest(m.points[len(m.points) // 2])
        test = self._tested(x, UNPROVED)
        told = CriticalPoint(x, self.field.value(x), test.kind, test.index, test.eigenvalues, test.directions)
        return replace(told, note=f"one of {m}")


def _holds(p: _Found, x: np.ndarray) -> bool:
    return p.zero is not None and p.zero.holds(x)


def _same(a: UniqueZero, b: UniqueZero) -> bool:
    """Whether two boxes with one zero each hold the same: where that of one lies wholly in the other box."""
    return bool(
        np.all((b.tight_low >= a.low) & (b.tight_high <= a.high))
        or np.all((a.tight_low >= b.low) & (a.tight_high <= b.high))
    )
