"""What ``result.json`` says of a profile: its contour, its points, its angles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.fit.start import ALAR_CREASES
from landmarkdiff.head.profile_points import ProfilePoint, profile_points, upright_contour
from landmarkdiff.manipulation.on_profile import PreparedProfile, profile_motion
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.measurements.profile import measure_profile
from landmarkdiff.verification import PlanCheck

__all__ = ["points_of", "profile_record"]


def points_of(prepared: PreparedProfile) -> Mapping[str, ProfilePoint]:
    """Return the named points of a profile, found once."""
    found: Mapping[str, ProfilePoint] = prepared.once(
        "profile_points",
        lambda: profile_points(prepared.contour, prepared.head, prepared.camera),
    )
    return found


def profile_record(prepared: PreparedProfile, warp: WarpedPlan, check: PlanCheck) -> dict[str, Any]:
    """Return the record of a profile, ready for JSON.

    Parameters
    ----------
    prepared : PreparedProfile
    warp : WarpedPlan
    check : PlanCheck
        Where the picture was measured, the angles after are given too.
    """
    points = points_of(prepared)
    contour = prepared.contour
    steps = {"before": None, "planned": _planned(prepared, warp, points)}
    if check.contour is not None:
        steps["after"] = _measured(prepared, warp, check, points)
    angles = {}
    for when, step in steps.items():
        moved = {
            name: np.array(point.upright) + (0.0 if step is None else step[name])
            for name, point in points.items()
        }
        spread = {name: point.uncertainty_mm for name, point in points.items()}
        angles[when] = {
            name: found.to_dict() for name, found in measure_profile(moved, spread).items()
        }
    return {
        "side": contour.side,
        "contour": np.round(contour.points, 2).tolist(),
        "covered": [
            {"by": cover.kind, "first": cover.first, "last": cover.last} for cover in contour.covers
        ],
        "landmarks": {name: point.to_list() for name, point in points.items()},
        "landmarks_by_hand": [name for name, point in points.items() if point.by_hand],
        "landmarks_covered": [name for name, point in points.items() if point.covered],
        "angles": angles,
    }


def _planned(
    prepared: PreparedProfile, warp: WarpedPlan, points: Mapping[str, ProfilePoint]
) -> dict[str, FloatArray]:
    """How far the plan moves the points, forward and up, mm."""
    motion = profile_motion(prepared, warp.plan, warp.flags)
    on_contour = motion.contour_steps(warp.deformation).sum(axis=0)
    moved = _on_points(prepared, points, motion.shown.contour, on_contour)
    source = prepared.landmarks
    crease = ALAR_CREASES[prepared.contour.side]
    step = source.project(warp.deformation.displacement[crease])[:2]
    moved["alar_crease"] = _upright(prepared, step)
    return moved


def _measured(
    prepared: PreparedProfile,
    warp: WarpedPlan,
    check: PlanCheck,
    points: Mapping[str, ProfilePoint],
) -> dict[str, FloatArray]:
    """How far the points moved in the finished picture: across the contour as measured there.

    Along the contour nothing can be measured, and the plan stands.
    """
    motion = profile_motion(prepared, warp.plan, warp.flags)
    moved = _planned(prepared, warp, points)
    if check.contour is None:
        return moved
    more = np.where(check.contour.sure, check.contour.found - check.contour.planned, 0.0)
    step = more[:, None] * motion.shown.normals * prepared.camera.px_per_mm
    found = _on_points(prepared, points, motion.shown.contour, step)
    return {name: way + found.get(name, 0.0) for name, way in moved.items()}


def _on_points(
    prepared: PreparedProfile,
    points: Mapping[str, ProfilePoint],
    contour: FloatArray,
    steps: FloatArray,
) -> dict[str, FloatArray]:
    """Steps of the contour's points (n, 2; pixels) at the named points, forward and up, mm."""
    way = np.concatenate([[0.0], np.hypot(*np.diff(contour, axis=0).T).cumsum()])
    moved = {}
    for name, point in points.items():
        if name == "alar_crease":
            continue
        away = np.hypot(*(contour - point.place).T)
        nearest = np.argsort(away)[:2]
        share = away[nearest] / max(float(away[nearest].sum()), 1e-9)
        at = float(way[nearest] @ share[::-1])
        step = np.array([np.interp(at, way, steps[:, axis]) for axis in range(2)])
        moved[name] = _upright(prepared, step)
    return moved


def _upright(prepared: PreparedProfile, step: FloatArray) -> FloatArray:
    """A step in the photo, pixels, as forward and up, mm."""
    axes = prepared.once("upright", lambda: upright_contour(prepared.contour, prepared.camera).axes)
    return np.asarray(step @ axes.T / prepared.camera.px_per_mm)
