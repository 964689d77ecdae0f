"""Photos of nobody for edits: one head in one light, with stated expressions and poses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import head_model
from landmarkdiff.lato.data.face_state import FaceState
from landmarkdiff.lato.kinematics.expressions import expression_units
from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.instruction import Expression, ExpressionName, HeadTurn
from landmarkdiff.runtime.threads import one_blas_thread
from landmarkdiff.synthetic.portraits import portrait
from landmarkdiff.synthetic.renders import (
    DISTANCE_MM,
    LICENCE,
    PX_PER_MM,
    SIZE,
    list_drawn,
    look_of,
    shape_of,
    tone_of,
)
from landmarkdiff.synthetic.sources import GESTURE_COLUMNS

__all__ = ["PHOTOS_OF_EDITS", "render_edit_photo", "render_edit_photos"]

#: Photos of one person: at rest, and in other expressions and poses.
PHOTOS_OF_EDITS = 8
#: Largest angles, degrees: two photos then differ by up to the published 30 or a little more.
YAW, PITCH, ROLL = 18.0, 9.0, 8.0
_NAMES: tuple[ExpressionName, ...] = get_args(ExpressionName)


def render_edit_photos(
    count: int,
    out: Path,
    *,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Path:
    """Draw photos into a folder and list them with what they show; a picture that is there is left.

    Parameters
    ----------
    count : int
        Photos; eight of them show one person.
    out : Path
    seed : int
    progress : callable, optional
        Told how many are done, of how many, and the name of the last.

    Returns
    -------
    Path
        The list, for ``landmarkdiff data edits``.
    """

    def row(number: int) -> list[str]:
        person = f"head-{seed}-{number // PHOTOS_OF_EDITS:07d}"
        stated = _gesture(seed, number)
        pose, shown = stated.pose, stated.expression
        angles = [f"{angle:.2f}" for angle in (pose.yaw, pose.pitch, pose.roll)]
        said = [shown.name, f"{shown.strength:.4f}", *angles]
        return [person, LICENCE, tone_of(number // PHOTOS_OF_EDITS), person, *said]

    columns = ("tone", "scene", *GESTURE_COLUMNS)
    named = f"edit-{seed}-{{:07d}}.jpg"
    return list_drawn(count, out, seed, columns, named, render_edit_photo, row, progress)


def _gesture(seed: int, number: int) -> FaceState:
    """Return what a photo shows: the first of a person is at rest."""
    if number % PHOTOS_OF_EDITS == 0:
        return FaceState(Expression("neutral", 1.0), HeadTurn())
    rng = np.random.default_rng([seed, number, 1])
    name = _NAMES[rng.integers(len(_NAMES))]
    grades = list(concepts().expression.values())
    strength = 1.0 if name == "neutral" else float(grades[rng.integers(len(grades))])
    angles = rng.uniform(-1.0, 1.0, 3) * (YAW, PITCH, ROLL)
    angles *= rng.random(3) < (0.7, 0.5, 0.3)  # few photos turn about all axes
    yaw, pitch, roll = np.round(angles, 2).tolist()
    return FaceState(Expression(name, strength), HeadTurn(yaw, pitch, roll))


def render_edit_photo(seed: int, number: int) -> ImageArray:
    """Draw one photo: (768, 640, 3) uint8 RGB, a function of seed and number alone."""
    person = number // PHOTOS_OF_EDITS
    who = np.random.default_rng([seed, person])
    model, (height, width) = head_model(), SIZE
    shape = shape_of(who)
    look = look_of(who, person, who)
    stated = _gesture(seed, number)
    camera = HeadCamera.turned(
        stated.pose.yaw,
        stated.pose.pitch,
        stated.pose.roll,
        px_per_mm=PX_PER_MM,
        shift=(width / 2, 0.44 * height),
        distance_mm=DISTANCE_MM,
    )
    with one_blas_thread():
        surface = model.surface(shape, expression_units(stated.expression))
        return portrait(model, surface, camera, look, SIZE)
