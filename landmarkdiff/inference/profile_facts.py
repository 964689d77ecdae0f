"""What ``result.json`` says of a profile: its contour, its points, its angles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.fit.start import ALAR_CREASES
from landmarkdiff.head.profile_points import (
    ProfilePoint,
    UprightContour,
    profile_points,
    upright_contour,
)
from landmarkdiff.manipulation.on_profile import PreparedProfile, profile_motion
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.measurements.profile import ProfileMeasurement, measure_profile
from landmarkdiff.verification import PlanCheck

__all__ = ["ProfileStage", "forward_in_photo", "points_of", "profile_record", "profile_stages"]


def points_of(prepared: PreparedProfile) -> Mapping[str, ProfilePoint]:
    """Return the named points of a profile, found once."""
    found: Mapping[str, ProfilePoint] = prepared.once(
        "profile_points",
        lambda: profile_points(prepared.contour, prepared.head, prepared.camera),
    )
    return found


@dataclass(frozen=True, eq=False)
class ProfileStage:
    """A profile before, as planned, or after.

    Attributes
    ----------
    places : mapping of str to (2,) float64 array
        The named points, image frame, pixels.
    measurements : mapping of str to ProfileMeasurement
    """

    places: Mapping[str, FloatArray]
    measurements: Mapping[str, ProfileMeasurement]


def profile_stages(
    prepared: PreparedProfile, warp: WarpedPlan | None = None, check: PlanCheck | None = None
) -> dict[str, ProfileStage]:
    """Measure a profile ``before``, and where it is simulated as ``planned`` and ``after``.

    Parameters
    ----------
    prepared : PreparedProfile
    warp : WarpedPlan, optional
        What was planned.
    check : PlanCheck, optional
        Where the picture was measured, the profile after is measured too.
    """
    points = points_of(prepared)
    steps: dict[str, dict[str, FloatArray] | None] = {"before": None}
    if warp is not None:
        steps["planned"] = _planned(prepared, warp, points)
        if check is not None and check.contour is not None:
            steps["after"] = _measured(prepared, warp, check, points)
    line = _upright_contour(prepared)
    spread = {name: point.uncertainty_mm for name, point in points.items()}
    stages = {}
    for when, step in steps.items():
        moved = {
            name: np.array(point.upright) + (0.0 if step is None else step[name])
            for name, point in points.items()
        }
        places = {name: line.in_photo(place) for name, place in moved.items()}
        stages[when] = ProfileStage(places, measure_profile(moved, spread))
    return stages


def forward_in_photo(prepared: PreparedProfile) -> FloatArray:
    """Return the direction in which the fitted head looks: (2,), image frame, of length one."""
    return np.asarray(_upright_contour(prepared).axes[0])


def profile_record(
    prepared: PreparedProfile, warp: WarpedPlan | None = None, check: PlanCheck | None = None
) -> dict[str, Any]:
    """Return the record of a profile, ready for JSON; parameters as of :func:`profile_stages`."""
    points = points_of(prepared)
    contour = prepared.contour
    return {
        "side": contour.side,
        "contour": np.round(contour.points, 2).tolist(),
        "covered": [
            {"by": cover.kind, "first": cover.first, "last": cover.last} for cover in contour.covers
        ],
        "landmarks": {name: point.to_list() for name, point in points.items()},
        "landmarks_by_hand": [name for name, point in points.items() if point.by_hand],
        "landmarks_covered": [name for name, point in points.items() if point.covered],
        "angles": {
            when: {name: found.to_dict() for name, found in stage.measurements.items()}
            for when, stage in profile_stages(prepared, warp, check).items()
        },
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
        step = np.array([np.interp(at, way, part) for part in steps.T])
        moved[name] = _upright(prepared, step)
    return moved


def _upright(prepared: PreparedProfile, step: FloatArray) -> FloatArray:
    """A step in the photo, pixels, as forward and up, mm."""
    return np.asarray(step @ _upright_contour(prepared).axes.T / prepared.camera.px_per_mm)


def _upright_contour(prepared: PreparedProfile) -> UprightContour:
    found: UprightContour = prepared.once(
        "upright", lambda: upright_contour(prepared.contour, prepared.camera)
    )
    return found
