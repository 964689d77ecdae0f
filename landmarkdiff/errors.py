"""Typed errors: what is wrong, the value, what is allowed, and how to mend it.

Every error the package raises on bad input descends from :class:`LandmarkDiffError`, whose
text is one sentence fit for a person. The command line prints that sentence and exits with 2.
"""

from __future__ import annotations

from typing import Any

from landmarkdiff.wording import english

__all__ = [
    "ClinicalFlagError",
    "DeformationError",
    "EffectError",
    "EvaluationError",
    "FaceIndexError",
    "FaceUnusableError",
    "HeadFitError",
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
    "ProfileError",
    "UnknownProcedureError",
    "UnsupportedPhotoError",
    "WeightsCorruptError",
    "WeightsError",
    "WeightsMissingError",
    "WorkCancelled",
]


class LandmarkDiffError(Exception):
    """Base of every error of this package.

    Its text says what is wrong, the value, what is allowed and how to mend it; it is put into
    words when it is asked for, in English here, in the other languages by
    :meth:`landmarkdiff.texts.Texts.error`.

    Parameters
    ----------
    code : str
        Key of ``errors`` or ``terminal`` in ``messages.yaml``.
    **params
        Values for the fields of its words: texts, numbers, lists of texts, None for what is not
        known, a :class:`~landmarkdiff.notices.Reason` or another error.
    """

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def what(self) -> str:
        """What is wrong, in English, without the value and the advice."""
        return english().parts(self)["what"]

    def __str__(self) -> str:
        return english().sentence(self)


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


class ProfileError(LandmarkDiffError):
    """A profile's contour is not in the photo, or cannot be told or used."""


class HeadFitError(LandmarkDiffError):
    """No one head fits the photos."""


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


class EvaluationError(LandmarkDiffError):
    """What is to be evaluated, compared or merged is not there or does not fit."""


class WorkCancelled(LandmarkDiffError):  # noqa: N818  # an outcome that was asked for
    """The user stopped the work; raised by a progress callback, between two steps."""

    def __init__(self) -> None:
        super().__init__("work_stopped")
