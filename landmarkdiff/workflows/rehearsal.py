"""What can be known to be wrong with a request before any photo is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from landmarkdiff.errors import OutOfBandError, PlanError
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks, Scale
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.procedures import Procedure, SurgicalPlan
from landmarkdiff.procedures.plan import Side
from landmarkdiff.procedures.planning import Setting, make_plan

__all__ = ["check_plan", "rehearse"]


def rehearse(
    procedures: Sequence[Procedure],
    *,
    intensity: float | Mapping[str, float],
    effects: Mapping[str, Setting],
    side: Side,
    unlock: bool,
) -> None:
    """Plan for the average face; arguments and errors are those of ``make_plan``."""
    face = _average_face()
    make_plan(procedures, face, intensity=intensity, side=side, unlock=unlock)
    if not effects:
        return
    make_plan(procedures, face, effects=effects, unlock=True)
    # Bands in percent of a measurement are known once the patient's photo is.
    fixed = {
        name: setting
        for name, setting in effects.items()
        if all(
            effect.percent_of is None
            for item in procedures
            for effect in item.effects
            if name in (effect.name, f"{item.name}.{effect.name}")
        )
    }
    make_plan(procedures, face, effects=fixed, unlock=unlock)


def check_plan(plan: SurgicalPlan, *, unlock: bool) -> None:
    """A plan that was edited by hand still has to tell the truth about its bands.

    Raises
    ------
    PlanError, OutOfBandError
    """
    for item in plan.effects:
        ends = item.effect.band.ends
        if item.in_band != item.effect.band.contains(item.value):
            raise PlanError(
                "plan_contradicts_band",
                truth=str(item.in_band).lower(),
                effect=item.key,
                value=item.value,
                unit=item.effect.unit,
                low=ends[0],
                high=ends[1],
            )
        if not item.in_band and not (plan.unlocked or unlock):
            raise OutOfBandError(
                "effect_beyond_band",
                effect=item.key,
                value=item.value,
                unit=item.effect.unit,
                low=ends[0],
                high=ends[1],
            )


@cache
def _average_face() -> FaceLandmarks:
    """The canonical mesh as a frontal face, 1 mm per pixel."""
    mesh, points = topology().vertices_mm * (1.0, -1.0, -1.0), np.zeros((LANDMARK_COUNT, 3))
    points[: len(mesh)] = mesh
    points[468:473] = mesh[[33, 133]].mean(axis=0)
    points[473:478] = mesh[[263, 362]].mean(axis=0)
    points[:, :2] += 200.0
    return FaceLandmarks(
        points=points,
        image_width=400,
        image_height=400,
        pose=fit_pose(points),
        scale=Scale(1.0, 0.1, "canonical_mesh"),
    )
