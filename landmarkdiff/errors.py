"""Typed errors: what is wrong, the value, what is allowed, and how to mend it.

Every error the package raises on bad input descends from :class:`LandmarkDiffError`, whose
text is one sentence fit for a person. The command line prints that sentence and exits with 2.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "ClinicalFlagError",
    "DeformationError",
    "EffectError",
    "FaceIndexError",
    "FaceUnusableError",
    "LandmarkDiffError",
    "LicenceError",
    "ModeUnavailableError",
    "NoFaceError",
    "OutOfBandError",
    "OutputError",
    "ParameterError",
    "PhotoError",
    "PhotoTooLargeError",
    "PlanError",
    "PresetError",
    "ProcedureError",
    "UnknownProcedureError",
    "UnsupportedPhotoError",
    "WeightsCorruptError",
    "WeightsError",
    "WeightsMissingError",
    "WorkCancelled",
]


class LandmarkDiffError(Exception):
    """Base of every error of this package.

    Parameters
    ----------
    what : str
        What is wrong, in the user's words, without a final stop.
    value : object, optional
        The offending value.
    allowed : str or iterable of str, optional
        What would have been accepted.
    fix : str, optional
        How to mend it, as a short imperative clause.
    """

    def __init__(
        self,
        what: str,
        *,
        value: object = None,
        allowed: str | Iterable[str] | None = None,
        fix: str | None = None,
    ) -> None:
        self.what = what
        self.value = value
        self.allowed = (
            allowed if allowed is None or isinstance(allowed, str) else ", ".join(allowed)
        )
        self.fix = fix
        parts = [what if value is None else f"{what} (got {_shown(value)})"]
        if self.allowed is not None:
            parts.append(f"allowed: {self.allowed}")
        if fix is not None:
            parts.append(fix)
        super().__init__("; ".join(" ".join(part.split()) for part in parts) + ".")


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, str | int | float) else repr(value)
    printable = "".join(ch if ch.isprintable() else "?" for ch in text)
    return printable if len(printable) <= 120 else printable[:117] + "..."


class ParameterError(LandmarkDiffError, ValueError):
    """An argument is outside its range or of the wrong kind."""


class PhotoError(LandmarkDiffError):
    """A file is not a photo that can be read."""


class UnsupportedPhotoError(PhotoError):
    """The content is of a type that is not read."""


class PhotoTooLargeError(PhotoError):
    """The header promises more bytes than the budget allows."""


class OutputError(LandmarkDiffError):
    """A result cannot be written."""


class WeightsError(LandmarkDiffError):
    """A model file is the problem."""


class WeightsMissingError(WeightsError):
    """A model file is nowhere to be found."""


class WeightsCorruptError(WeightsError):
    """A model file is not the one the catalogue pins."""


class LicenceError(WeightsError):
    """The licence policy forbids a model file."""


class NoFaceError(LandmarkDiffError):
    """No face was found, upright or turned."""


class FaceIndexError(LandmarkDiffError, IndexError):
    """The chosen face does not exist in the photo."""


class FaceUnusableError(LandmarkDiffError):
    """The face cannot carry the procedure in this photo."""


class ProcedureError(LandmarkDiffError):
    """A procedure, effect or plan is the problem."""


class UnknownProcedureError(ProcedureError):
    """No preset has this name."""


class PresetError(ProcedureError):
    """A preset file is malformed: names file, key, value and what is allowed."""


class EffectError(ProcedureError):
    """An effect does not exist in the procedure, or its value is not a number."""


class OutOfBandError(EffectError):
    """An effect is beyond its band and the band was not unlocked."""


class PlanError(ProcedureError):
    """A plan file is malformed or does not belong to these procedures."""


class ClinicalFlagError(LandmarkDiffError, ValueError):
    """A clinical flag is unknown, incomplete or contradictory."""


class DeformationError(LandmarkDiffError):
    """The handles do not define a deformation (coincident or ill-conditioned)."""


class ModeUnavailableError(LandmarkDiffError):
    """A generator mode lacks a package, a device or weights."""


class WorkCancelled(LandmarkDiffError):  # noqa: N818  # an outcome that was asked for
    """The user stopped the work; raised by a progress callback, between two steps."""

    def __init__(self) -> None:
        super().__init__("the work was stopped")
