"""What became of one plan on one photo, whichever workflow asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.inference.plan_shown import PlanShown
from landmarkdiff.inference.prediction import SIMULATION_LABEL, PaintingRecord, Prediction
from landmarkdiff.inference.shown_gesture import GestureRecord
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.notices import Notice
from landmarkdiff.photo.label import LabelCorner
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.verification.effect_check import EffectCheck
from landmarkdiff.verification.push_check import PushCheck
from landmarkdiff.workflows.output.close_up import CloseUp, Region, close_size
from landmarkdiff.workflows.output.pictures import labelled_tile

__all__ = ["Outcome", "Summary"]

#: Below the warp that stands in for a painting.
REFUSED_NOTE = "painting refused: this is the warp"
UNPAINTED_NOTE = "nothing was painted: this is the warp"


@dataclass(frozen=True)
class Summary:
    """What is kept of a simulation when its pictures are let go.

    Attributes
    ----------
    face : FaceLandmarks
        Of the photo.
    plan : SurgicalPlan
    effects : tuple of EffectCheck
    largest_displacement_mm : float
        Longest way of a landmark, in three dimensions.
    outside_mask_changed_pixels : int or None
    min_jacobian : float
    painting : PaintingRecord
    notices : tuple of Notice
    shown : PlanShown
        How much of the plan the picture shows.
    pushes : tuple of PushCheck
        What was pushed by hand.
    gesture : GestureRecord or None
        The expression and pose that the picture shows besides.
    label : str
        The word on its pictures.
    """

    face: FaceLandmarks
    plan: SurgicalPlan
    effects: tuple[EffectCheck, ...]
    largest_displacement_mm: float
    outside_mask_changed_pixels: int | None
    min_jacobian: float
    painting: PaintingRecord
    notices: tuple[Notice, ...]
    shown: PlanShown
    pushes: tuple[PushCheck, ...] = ()
    gesture: GestureRecord | None = None
    label: str = SIMULATION_LABEL

    @classmethod
    def of(cls, prediction: Prediction) -> Summary:
        """Return the summary of a simulation."""
        return cls(
            prediction.source,
            prediction.plan,
            prediction.effects,
            prediction.largest_displacement_mm,
            prediction.outside_mask_changed_pixels,
            prediction.min_jacobian,
            prediction.painting.record,
            prediction.notices,
            prediction.shown,
            () if prediction.pushed is None else prediction.pushed.checks,
            None if prediction.gesture is None else prediction.gesture.record,
            prediction.label,
        )

    @property
    def limits(self) -> tuple[str, ...]:
        """What a picture of this view cannot show of the plan, in English."""
        return self.plan.limits_in(self.face.pose.view)

    @property
    def in_band(self) -> bool:
        """Whether every effect lies within its published band."""
        return all(check.in_band for check in self.effects)

    @property
    def painting_note(self) -> str:
        """What a caption has to say of a painting; nothing where it was kept or none made."""
        if not self.painting.paints or self.painting.guard.verdict == "passed":
            return ""
        return REFUSED_NOTE if self.painting.guard.refused else UNPAINTED_NOTE

    def to_dict(self) -> dict[str, Any]:
        """Return what a panel's record says about its simulation, ready for JSON."""
        return {
            "status": "simulated",
            "in_band": self.in_band,
            "shown": self.shown.to_dict(),
            "largest_displacement_mm": round(self.largest_displacement_mm, 4),
            "effects": [check.to_dict() for check in self.effects],
            "plan": self.plan.to_dict(),
            "plan_hash": self.plan.hash,
            "outside_mask_changed_pixels": self.outside_mask_changed_pixels,
            "min_jacobian": round(self.min_jacobian, 4),
            **self.painting.to_dict(),
            "warnings": [notice.to_dict() for notice in self.notices],
            "limits": list(self.limits),
        }


@dataclass(frozen=True, eq=False)
class Outcome:
    """One plan on one photo, carried out or refused.

    Attributes
    ----------
    title : str
        The procedures' own (English) titles.
    intensities : mapping of str to float
        Intensity of each procedure, by its name.
    before : (H, W, 3) uint8 array
        RGB: the photo as a tile.
    after : (H, W, 3) uint8 array
        The labelled simulation, framed like ``before``; ``before`` itself where the plan was
        refused.
    summary : Summary or None
        What the simulation did; None where the plan was refused.
    refusal : LandmarkDiffError or None
        Why this photo cannot carry the plan.
    warp, raw : (H, W, 3) uint8 array or None
        The labelled warp that a network repainted, and what it painted, as it came; None where
        none painted.
    close : CloseUp or None
        What the plan changes, before and after; None where nothing was simulated, and in views
        of several photos.
    prediction : Prediction or None
        The whole simulation, where it was to be kept; 36 MB at 12 megapixels.
    """

    title: str
    intensities: Mapping[str, float]
    before: ImageArray
    after: ImageArray
    summary: Summary | None = None
    refusal: LandmarkDiffError | None = None
    warp: ImageArray | None = None
    raw: ImageArray | None = None
    close: CloseUp | None = None
    prediction: Prediction | None = None

    @classmethod
    def of(
        cls,
        prediction: Prediction,
        before: ImageArray,
        corner: LabelCorner | None,
        *,
        region: Region | None = None,
        keep: bool = False,
    ) -> Outcome:
        """Return the outcome of a simulation.

        Parameters
        ----------
        prediction : Prediction
        before : (H, W, 3) uint8 array
            The photo as a face tile; the other tiles get its size.
        corner : str or None
            Where the label goes.
        region : Region, optional
            What a close-up shows.
        keep : bool
            Keep the whole simulation, too.
        """
        size = before.shape[1], before.shape[0]
        pictures = [prediction.image]
        if prediction.paints:
            pictures += [prediction.warped, prediction.raw]
        after, *layers = (labelled_tile(one, prediction, corner, size) for one in pictures)
        warp, raw = layers or (None, None)
        procedures = prediction.plan.procedures
        close = None
        if region is not None:
            close = CloseUp.of(prediction, region, close_size(prediction.source), corner)
        return cls(
            ", ".join(item.title for item in procedures),
            {item.name: item.intensity for item in procedures},
            before,
            after,
            Summary.of(prediction),
            warp=warp,
            raw=raw,
            close=close,
            prediction=prediction if keep else None,
        )

    @property
    def procedures(self) -> tuple[str, ...]:
        """Names; more than one where a plan combines them."""
        return tuple(self.intensities)

    @property
    def intensity(self) -> float:
        """Intensity of the first procedure."""
        return next(iter(self.intensities.values()))

    @property
    def largest_displacement_mm(self) -> float:
        """Longest way of a landmark in three dimensions, mm; 0 where the plan was refused."""
        return 0.0 if self.summary is None else self.summary.largest_displacement_mm

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What there is to tell of the simulation."""
        return () if self.summary is None else self.summary.notices

    @property
    def painting_note(self) -> str:
        """What a caption has to say of a painting."""
        return "" if self.summary is None else self.summary.painting_note

    def to_dict(self) -> dict[str, Any]:
        """Return what a panel's record says, ready for JSON."""
        if self.summary is None:
            return {"status": "no_simulation", "reason": str(self.refusal)}
        return self.summary.to_dict()
