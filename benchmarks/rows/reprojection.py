"""Small functions of many observations, whose arguments are gathered by index: Jacobian blocks for least squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.derivatives import Function, Transforms
from benchmarks.problem import Problem, Row, Target, at_sizes, in_float32


def reprojection(p, seen):
    """One observation of bundle adjustment, as in Snavely's data.

    p (15): rotation vector, centre, focal length, principal point, two radial distortions, the point, the weight.
    """
    turned = rotate(p[0:3], p[11:14] - p[3:6])
    q = turned[0:2] / turned[2]
    r2 = np.sum(q * q)
    return p[14] * (p[6] * (1.0 + p[9] * r2 + p[10] * r2 * r2) * q + p[7:9] - seen)


def rotate(w, x):
    """Rodrigues' formula."""
    angle = np.sqrt(np.sum(w * w) + 1e-12)
    k, c, s = w / angle, np.cos(angle), np.sin(angle)
    cross = np.stack([k[1] * x[2] - k[2] * x[1], k[2] * x[0] - k[0] * x[2], k[0] * x[1] - k[1] * x[0]])
    return c * x + s * cross + (1.0 - c) * np.sum(k * x) * k


# --- variants


def pinhole(p, seen):
    """p (9): rotation vector, translation, the point; no distortion."""
    turned = rotate(p[0:3], p[6:9]) + p[3:6]
    return turned[0:2] / turned[2] - seen


def point_to_plane(p, plane):
    """p (9): rotation vector, translation, the point; plane (4): normal and offset."""
    moved = rotate(p[0:3], p[6:9]) + p[3:6]
    return np.stack([np.sum(plane[0:3] * moved) - plane[3]])


def range_and_bearing(p, seen):
    """p (5): place and heading in the plane, and the landmark."""
    d = p[3:5] - p[0:2]
    return np.stack([np.sqrt(np.sum(d * d) + 1e-9), np.arctan2(d[1], d[0]) - p[2]]) - seen


def gathered_blocks(t: Transforms, f: Function, wrt: int | tuple[int, ...]) -> Function:
    """Residuals and their Jacobians for all observations, as (n, r) and (n, r, p)."""
    of_all = _of_all(t, f, wrt)

    def blocks(cameras: Any, points: Any, weights: Any, camera_of: Any, point_of: Any, seen: Any) -> Any:
        parts = [cameras[camera_of], points[point_of], weights[:, None]]
        return of_all(t.numpy.concatenate(parts, axis=1), seen)

    return t.compiled(blocks)


def gathered_pairs(t: Transforms, f: Function, wrt: int | tuple[int, ...]) -> Function:
    """The same without weights."""
    of_all = _of_all(t, f, wrt)

    def blocks(poses: Any, points: Any, pose_of: Any, point_of: Any, seen: Any) -> Any:
        return of_all(t.numpy.concatenate([poses[pose_of], points[point_of]], axis=1), seen)

    return t.compiled(blocks)


def _of_all(t: Transforms, f: Function, wrt: int | tuple[int, ...]) -> Function:
    jacobian = t.jacobian(f, wrt)

    def one(p: Any, seen: Any) -> Any:
        return f(p, seen), jacobian(p, seen)

    return t.vmap(one)


def _adjustment(rng: np.random.Generator, cameras: int, points: int, n: int) -> tuple[Any, ...]:
    poses = rng.normal(size=(cameras, 6)) * [0.3, 0.3, 0.3, 1.0, 1.0, 1.0] - [0, 0, 0, 0, 0, 6]
    lenses = np.column_stack([rng.uniform(400, 600, size=cameras), rng.normal(size=(cameras, 4)) * [1, 1, 0.01, 0.001]])
    return (
        np.concatenate([poses, lenses], axis=1),
        rng.normal(size=(points, 3)),
        rng.uniform(0.5, 1.5, size=n),
        rng.integers(0, cameras, n),
        rng.integers(0, points, n),
        rng.normal(size=(n, 2)),
    )


def _poses(dimension: int, point: int, data: int) -> Any:
    def make(rng: np.random.Generator, poses: int, points: int, n: int) -> tuple[Any, ...]:
        return (
            0.3 * rng.normal(size=(poses, dimension)) + np.eye(1, dimension, dimension - 1) * 5.0,
            rng.normal(size=(points, point)),
            rng.integers(0, poses, n),
            rng.integers(0, points, n),
            rng.normal(size=(n, data)),
        )

    return make


TINY = (2, 3, 2)
ADJUSTMENT = Problem(
    "reprojection blocks", reprojection, _adjustment, TINY, 0, gathered_blocks, c="reprojection:reprojection"
)
ROWS: tuple[Row, ...] = at_sizes(ADJUSTMENT, {(49, 7776, 31_843): Target(0.05, 1.0)})
ROWS_FLOAT32 = in_float32(ROWS, Target(0.5, 1.1))
_MOST = Target(0.05)
VARIANTS = (
    *at_sizes(
        Problem("pinhole blocks", pinhole, _poses(6, 3, 2), TINY, 0, gathered_pairs), {(100, 5000, 20_000): _MOST}
    ),
    *at_sizes(
        Problem("point-to-plane blocks", point_to_plane, _poses(6, 3, 4), TINY, 0, gathered_pairs),
        {(20, 3000, 50_000): _MOST},
    ),
    *at_sizes(
        Problem("range-and-bearing blocks", range_and_bearing, _poses(3, 2, 2), TINY, 0, gathered_pairs),
        {(500, 800, 10_000): _MOST},
    ),
)
