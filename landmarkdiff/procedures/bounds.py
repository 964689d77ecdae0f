"""Where the values of a plan may lie for a patient, and values brought back to there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.procedures.patient_band import for_patient
from landmarkdiff.procedures.planning import Setting
from landmarkdiff.procedures.procedure import Procedure

__all__ = ["within_bounds"]


def within_bounds(
    effects: Mapping[str, Setting],
    procedures: Sequence[Procedure],
    face: FaceLandmarks,
    *,
    unlock: bool,
) -> dict[str, Setting]:
    """Return settings of effects whose values lie where a plan of this face may have them.

    A band in percent of a measurement ends elsewhere on another face, and where the scale of the
    same photo becomes another one; what was set on the last then lies at the end of the range.

    Parameters
    ----------
    effects : mapping of ``procedure.effect`` to float, "on" or "off"
        Millimetres or degrees. What is of no procedure here stays as it is.
    procedures : sequence of Procedure
    face : FaceLandmarks
        Gives the measurements that bands in percent refer to.
    unlock : bool
        Whether values may lie beyond their bands, as far as any plan may go.

    Raises
    ------
    ProcedureError
        The photo hides the measurement that the band of a set value is in percent of.

    Examples
    --------
    >>> from landmarkdiff.procedures.procedure import procedure
    >>> nose = procedure("rhinoplasty")
    >>> within_bounds({"rhinoplasty.tip_rotation": 9}, [nose], face, unlock=False)
    {'rhinoplasty.tip_rotation': 8.5}
    """
    held = dict(effects)
    for preset in procedures:
        for effect in preset.effects:
            key = f"{preset.name}.{effect.name}"
            value = effects.get(key)
            if value is None or isinstance(value, str):
                continue
            band = for_patient(effect, face).band
            if not band.contains(value):
                held[key] = band.clamped(value, unlocked=unlock)
    return held
