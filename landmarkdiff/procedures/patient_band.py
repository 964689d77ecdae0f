"""The band of an effect for one patient: in millimetres, and with the room that is left."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from landmarkdiff.errors import ProcedureError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.landmarks.upper_lip import upper_lip_lines
from landmarkdiff.measurements import measure
from landmarkdiff.procedures.band import Ceiling
from landmarkdiff.procedures.effect import Effect

__all__ = ["MOST_GROWTH", "for_patient"]

#: By so much of its height the red of an upper lip can be stretched before it streaks: general,
#: from looking at 26 faces. Of what is planned beyond, a thin lip follows a part.
MOST_GROWTH = 0.67

#: The margin of the upper lid over the middle of the pupil, of the right side.
_LIDS, _PUPIL = [158, 159, 160], 468
#: The lower row of the brow over the pupil, and the margin of the lid below it, of the right side.
_BROWS, _MARGINS = [52, 65], [159, 158]
#: The tip as it is seen from in front, the base of the alae, and the axis that the tip turns about.
_TIP, _ALAR_BASE, _TIP_AXIS = 1, [64, 294], [2, 129, 358]
#: Of the upper lip in the midline: the nose, the border of the red and its free edge.
_UPPER_LIP = [2, 0, 13]
#: From the root of the nose over the bridge to the tip.
_BRIDGE = [168, 6, 197, 195, 5, 4]


def for_patient(effect: Effect, face: FaceLandmarks) -> Effect:
    """Return the effect with its band in its own unit for this patient.

    A band in percent of a measurement becomes millimetres. Of a ceiling it is known how far it lets
    an intensity go.

    Parameters
    ----------
    effect : Effect
        Of a preset.
    face : FaceLandmarks

    Returns
    -------
    Effect

    Raises
    ------
    ProcedureError
        The photo hides the measurement that the band is in percent of.

    Examples
    --------
    >>> from landmarkdiff.procedures.procedure import procedure
    >>> lift = procedure("lip_lift").effects[0]
    >>> lift.band.typical, round(for_patient(lift, face).band.typical, 1)  # percent, mm
    (-21.5, -3.3)
    """
    if effect.percent_of is None and effect.ceiling is None:
        return effect
    # The effect is kept beside what was made of it, so that no other one can have its identity.
    _, found = face.once(("band", id(effect)), lambda: (effect, _for_patient(effect, face)))
    return found


def _for_patient(effect: Effect, face: FaceLandmarks) -> Effect:
    if effect.percent_of is not None:
        name = effect.percent_of
        reference = face.once(("measured", name), lambda: measure(face, name, any_view=True).value)
        if reference is None or reference <= 0:
            raise ProcedureError("measurement_hidden", effect=effect.name, measurement=name)
        effect = effect.model_copy(update={"band": effect.band.scaled(reference / 100.0)})
    ceiling = effect.ceiling
    if ceiling is None:
        return effect
    most = _most_growth(ceiling, face)
    room = _ROOMS[ceiling.measurement](effect, face, most)
    room = min(max(room, 0.0), abs(effect.band.high))
    own = ceiling.model_copy(update={"most": most, "full_lips": None, "room": room})
    return effect.model_copy(update={"ceiling": own})


def _lid_room(effect: Effect, face: FaceLandmarks, most: float) -> float:
    """Millimetres, until the upper lids stand so high over the pupils, the mean of both sides.

    In the picture, since the mesh's depth at the eyes follows the tilt of the head.
    """
    up = face.project([0.0, 1.0, 0.0])[:2]
    up = up / np.hypot(*up)
    places = face.points[:, :2]
    sides = (_LIDS, _PUPIL), (mirror_points(_LIDS), mirror_points([_PUPIL])[0])
    heights = [float((places[lid] - places[pupil]).mean(axis=0) @ up) for lid, pupil in sides]
    return most - sum(heights) / 2.0 * face.scale.mm_per_px


def _brow_room(effect: Effect, face: FaceLandmarks, most: float) -> float:
    """Millimetres, until the skin between upper lids and brows has grown by so much percent.

    Of the height of the brows over the margins above the pupils, the mean of both sides, in the
    picture as that of the lids.
    """
    up = face.project([0.0, 1.0, 0.0])[:2]
    up = up / np.hypot(*up)
    ways = face.points[[*_BROWS, *mirror_points(_BROWS)], :2]
    ways = ways - face.points[[*_MARGINS, *mirror_points(_MARGINS)], :2]
    return most / 100.0 * float((ways @ up).mean()) * face.scale.mm_per_px


def _tip_room(effect: Effect, face: FaceLandmarks, most: float) -> float:
    """Degrees, until the tip of the nose stands so high over the base of the alae."""
    points = face.points_mm
    height = float(points[_TIP, 1] - points[_ALAR_BASE, 1].mean())
    lever = float(points[_TIP, 2] - points[_TIP_AXIS, 2].mean())
    return float(np.degrees((most - height) / max(lever, 1.0)))


def _bridge_room(effect: Effect, face: FaceLandmarks, most: float) -> float:
    """Millimetres, until the bridge lies so far behind the line from its root to the tip."""
    side = face.points_mm[_BRIDGE, 1:]
    along = side[-1] - side[0]
    forward = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
    forward = forward * (1.0 if forward[1] > 0.0 else -1.0)
    before = (side - side[0]) @ forward
    shares = [effect.landmarks.get(point, 0.0) for point in _BRIDGE]
    rooms = [(place + most) / share for share, place in zip(shares, before, strict=True) if share]
    return min(map(float, rooms), default=math.inf)


def _most_growth(ceiling: Ceiling, face: FaceLandmarks) -> float:
    """Percent, by how much the red of this upper lip grows at most: less where it is full."""
    full = ceiling.full_lips
    if full is None:
        return ceiling.most
    nose, border, edge = face.points_mm[_UPPER_LIP, :2]
    red = float(np.hypot(*(border - edge)))
    share = red / max(red + float(np.hypot(*(nose - border))), 1e-6)
    return float(np.interp(share, full.share, (ceiling.most, full.most)))


def _vermilion_room(effect: Effect, face: FaceLandmarks, most: float) -> float:
    """Millimetres, until the red of the upper lip has grown by so much percent of its height.

    By the line that grows most: a border rises, and the free edge across stays. A thin lip follows
    a part of the effect only, by which it grows as far as it can.
    """
    places = face.points_mm[:, :2]
    growths = [
        effect.landmarks.get(border, 0.0)
        * abs(effect.band.high)
        / max(float(np.hypot(*(places[border] - places[edge]))), 1e-6)
        for border, _, edge in upper_lip_lines()
    ]
    drawn = min(max(growths), MOST_GROWTH)
    return abs(effect.band.high) * most / (100.0 * drawn) if drawn else math.inf


#: By what a ceiling is of: how far an effect goes until then, in its unit.
_ROOMS: Mapping[str, Callable[[Effect, FaceLandmarks, float], float]] = {
    "mrd1": _lid_room,
    "tip_above_alar_base": _tip_room,
    "bridge_behind_line": _bridge_room,
    "vermilion_growth": _vermilion_room,
    "brow_lid_growth": _brow_room,
}
