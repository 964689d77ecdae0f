"""The landmarks of a procedure, and a mesh moved by its preset alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from landmarkdiff.arguments import checked, instance_of, optional
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.deformation import deform
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import Procedure, procedure_names, procedures

__all__ = ["PROCEDURE_LANDMARKS", "apply_procedure_preset"]


@checked(
    face=instance_of(FaceLandmarks),
    clinical_flags=optional(instance_of(ClinicalFlags)),
)
def apply_procedure_preset(
    face: FaceLandmarks,
    procedure: str | Procedure,
    intensity: float = 60.0,
    *,
    clinical_flags: ClinicalFlags | None = None,
    **plan_options: Any,
) -> FaceLandmarks:
    """Return the landmarks as a procedure would move them.

    Parameters
    ----------
    face : FaceLandmarks
    procedure : str or Procedure
    intensity : float
        0 to 100; 60 is the typical published change.
    clinical_flags : ClinicalFlags, optional
    **plan_options
        Further arguments of :func:`landmarkdiff.procedures.planning.make_plan` (effects, side,
        unlock).

    Returns
    -------
    FaceLandmarks
        The same face with moved points (image frame, pixels).

    Examples
    --------
    >>> moved = apply_procedure_preset(face, "rhinoplasty", 60)
    >>> shift = moved.points[:, :2] - face.points[:, :2]  # pixels
    >>> bool(np.hypot(*shift[1]) > 1.0), bool(np.hypot(*shift[152]) == 0.0)  # tip of the nose, chin
    (True, True)
    """
    plan = make_plan(procedure, face, intensity=intensity, **plan_options)
    deformation = deform(plan, face, clinical_flags)
    return face.with_points(face.points + face.project(deformation.displacement))


class _ProcedureLandmarks(Mapping[str, tuple[int, ...]]):
    """Name of a built-in procedure -> its carrying landmarks, from the presets."""

    def __getitem__(self, name: str) -> tuple[int, ...]:
        return procedures()[name].landmarks

    def __iter__(self) -> Iterator[str]:
        return iter(procedure_names())

    def __len__(self) -> int:
        return len(procedure_names())


#: Name -> carrying landmarks of each built-in procedure, derived from the presets.
PROCEDURE_LANDMARKS: Mapping[str, tuple[int, ...]] = _ProcedureLandmarks()
