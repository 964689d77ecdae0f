"""The band of an effect for one patient: in millimetres, and with the room that is left."""

from __future__ import annotations

import numpy as np

from landmarkdiff.errors import ProcedureError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.measurements import measure
from landmarkdiff.procedures.effect import Ceiling, Effect

__all__ = ["for_patient"]


def for_patient(effect: Effect, face: FaceLandmarks) -> Effect:
    """Return the effect with its band in its own unit for this patient.

    A band in percent of a measurement becomes millimetres. Of a ceiling it is known what it leaves:
    the whole of the band's end reaches it, and what is weaker gives way in proportion.

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
    if effect.percent_of is not None:
        name = effect.percent_of
        reference = face.once(("measured", name), lambda: measure(face, name, any_view=True).value)
        if reference is None or reference <= 0:
            raise ProcedureError("measurement_hidden", effect=effect.name, measurement=name)
        effect = effect.model_copy(update={"band": effect.band.scaled(reference / 100.0)})
    if effect.ceiling is None:
        return effect
    room = effect.ceiling.most - _height_mm(effect.ceiling, face)
    share = min(max(room / effect.band.high, 0.0), 1.0)
    return effect.model_copy(update={"ceiling": effect.ceiling.model_copy(update={"share": share})})


def _height_mm(ceiling: Ceiling, face: FaceLandmarks) -> float:
    """How high the landmarks of a ceiling stand in the picture, the mean of both sides."""
    up = face.project([0.0, 1.0, 0.0])[:2]
    up = up / np.hypot(*up)
    places = face.points[:, :2]
    sides = (
        (list(ceiling.landmarks), ceiling.above),
        (mirror_points(ceiling.landmarks), mirror_points([ceiling.above])[0]),
    )
    heights = [float((places[rising] - places[from_]).mean(axis=0) @ up) for rising, from_ in sides]
    return sum(heights) / 2.0 * face.scale.mm_per_px
