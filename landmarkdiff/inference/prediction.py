"""The result of a simulation, typed, and readable as a dictionary too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from landmarkdiff.arrays import Float32Array, ImageArray, MaskArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.generators import GeneratorRecord, find_mode
from landmarkdiff.identity import IdentityCheck
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.inference.plan_shown import PlanShown, plan_shown
from landmarkdiff.inference.pushed import PushedPicture, farthest_mm
from landmarkdiff.inference.records import face_record, scale_record
from landmarkdiff.inference.shown_gesture import ShownGesture
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.shading import ShadingRecord
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.notices import Notice
from landmarkdiff.postprocess import StepReport
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.verification.effect_check import EffectCheck
from landmarkdiff.verification.geometry_record import GuardRecord
from landmarkdiff.verification.plan_check import PlanCheck
from landmarkdiff.version import __version__

__all__ = [
    "BEYOND_BAND_LABEL",
    "SIMULATION_LABEL",
    "PaintedPicture",
    "PaintingRecord",
    "Prediction",
]

SIMULATION_LABEL = "SIMULATION"
BEYOND_BAND_LABEL = "SIMULATION - beyond published band"


@dataclass(frozen=True)
class PaintingRecord:
    """How a picture was painted, judged, compared and finished.

    Attributes
    ----------
    generator : GeneratorRecord
    postprocess : tuple of StepReport
        Of every finishing step.
    identity : IdentityCheck
    guard : GuardRecord
    finishing_weights : mapping of str to str, or None
        Name and SHA-256 of the model files that finished it; None where nothing was finished.
    """

    generator: GeneratorRecord
    postprocess: tuple[StepReport, ...]
    identity: IdentityCheck
    guard: GuardRecord
    finishing_weights: Mapping[str, str] | None = None

    @property
    def paints(self) -> bool:
        """Whether the mode lets a network repaint the warp."""
        return find_mode(self.generator.mode).paints

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data."""
        generator = self.generator.to_dict()
        if self.finishing_weights is not None:
            generator["finishing_weights"] = dict(self.finishing_weights)
        return {
            "generator": generator,
            "postprocess": [step.to_dict() for step in self.postprocess],
            "identity": self.identity.to_dict(),
            "guard": self.guard.to_dict(),
        }


@dataclass(frozen=True)
class PaintedPicture:
    """A finished picture with how it came about.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        The finished picture, RGB.
    raw : (H, W, 3) uint8 array
        The generator's picture before finishing.
    record : PaintingRecord
    """

    image: ImageArray
    raw: ImageArray
    record: PaintingRecord


@dataclass(frozen=True, eq=False)
class Prediction(Mapping[str, Any]):
    """Simulation of one plan on one photo.

    Reads as a mapping too, with the keys ``output``, ``output_raw``, ``output_tps``,
    ``conditioning``, ``mask``, ``landmarks_original``, ``landmarks_manipulated`` and
    ``identity_check``.

    Attributes
    ----------
    prepared : PreparedFace
        The photo with its face.
    warp : WarpedPlan
        The plan carried out by the warp: where every mode starts.
    painting : PaintedPicture
        What became of it; the warp itself in a mode that does not paint.
    check : PlanCheck
        Every effect planned, applied and, once the picture was registered, achieved.
    seed : int
    notices : tuple of Notice
    timings_ms : mapping of str to float
    weights : mapping of str to str
        Name and SHA-256 of every model file that took part.
    pushed : PushedPicture or None
        The finished picture after the pushes by hand; None where there are none.
    gesture : ShownGesture or None
        The picture after that with another expression and pose; None where none is shown.
    """

    prepared: PreparedFace
    warp: WarpedPlan
    painting: PaintedPicture
    check: PlanCheck
    seed: int
    notices: tuple[Notice, ...]
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    pushed: PushedPicture | None = None
    gesture: ShownGesture | None = None

    @property
    def image(self) -> ImageArray:
        """The finished picture: (H, W, 3) uint8 RGB, without a label.

        Label it before anybody sees it.
        """
        return self.plan_image if self.gesture is None else self.gesture.picture.image

    @property
    def plan_image(self) -> ImageArray:
        """The picture of the plan, with the expression and pose of the photo: (H, W, 3) uint8."""
        return self.painting.image if self.pushed is None else self.pushed.image

    @property
    def raw(self) -> ImageArray:
        """The generator's picture before finishing: (H, W, 3) uint8 RGB."""
        return self.painting.raw

    @property
    def warped(self) -> ImageArray:
        """The geometric warp of the plan: (H, W, 3) uint8 RGB."""
        return self.warp.warped

    @property
    def before(self) -> ImageArray:
        """The photo itself: (H, W, 3) uint8 RGB."""
        return self.prepared.image

    @property
    def plan(self) -> SurgicalPlan:
        """What was planned."""
        return self.warp.plan

    @property
    def flags(self) -> ClinicalFlags:
        """The patient's clinical flags."""
        return self.warp.flags

    @property
    def mode(self) -> str:
        """Name of the mode."""
        return self.painting.record.generator.mode

    @property
    def paints(self) -> bool:
        """Whether the mode lets a network repaint the warp."""
        return self.painting.record.paints

    @property
    def source(self) -> FaceLandmarks:
        """Landmarks of the photo."""
        return self.prepared.landmarks

    @property
    def target(self) -> FaceLandmarks:
        """Where the plan moves the landmarks, after all limits."""
        return self.warp.target

    @property
    def shown_target(self) -> FaceLandmarks:
        """Where plan and gesture together move the landmarks."""
        return self.target if self.gesture is None else self.gesture.picture.target

    @property
    def surgical_mask(self) -> SurgicalMask:
        """Where the picture may differ from the photo."""
        return self.warp.mask

    @property
    def displacement_field(self) -> DisplacementField:
        """Where each pixel of the warp comes from."""
        return self.warp.fitted.field

    @property
    def min_jacobian(self) -> float:
        """Least Jacobian determinant of the warp; a warp without folds keeps it above 0."""
        return self.displacement_field.min_jacobian

    @property
    def fold_factor(self) -> float:
        """Factor on the whole warp, 0 to 1, that keeps it from folding; 1 leaves it as it is."""
        return self.warp.fitted.fold_factor

    @property
    def shading(self) -> ShadingRecord | None:
        """How the light of the picture follows the surface; None where it does not."""
        return None if self.warp.shading is None else self.warp.shading.record

    @property
    def effects(self) -> tuple[EffectCheck, ...]:
        """Every effect of the plan, checked."""
        return self.check.effects

    @property
    def in_band(self) -> bool:
        """Whether every effect lies within its published band."""
        return all(check.in_band for check in self.effects)

    @property
    def verified(self) -> bool:
        """Whether the finished picture was registered with the photo."""
        return self.check.verified

    @property
    def shown(self) -> PlanShown:
        """How much of the plan the finished picture shows, and why the rest is not seen."""
        shown = plan_shown(self.plan, self.check, self.source.pose.view)
        if self.gesture is not None and shown.notice.code == "plan_shown_empty":
            return PlanShown(None, Notice.of("plan_shown_gesture"))
        return shown

    @property
    def outside_mask_changed_pixels(self) -> int | None:
        """Pixels outside the mask that differ from the photo; None when not verified."""
        return self.check.outside_mask_changed_pixels

    @property
    def generator(self) -> GeneratorRecord:
        """How the picture was painted."""
        return self.painting.record.generator

    @property
    def postprocess(self) -> tuple[StepReport, ...]:
        """What became of every finishing step."""
        return self.painting.record.postprocess

    @property
    def identity(self) -> IdentityCheck:
        """Whether the pictures are still like the photo that they were made from."""
        return self.painting.record.identity

    @property
    def guard(self) -> GuardRecord:
        """Whether what a network painted keeps the plan."""
        return self.painting.record.guard

    @cached_property
    def mask(self) -> Float32Array:
        """:attr:`changeable` as (H, W) float32 in [0, 1]."""
        return self.changeable.astype(np.float32) / np.float32(255.0)

    @property
    def changeable(self) -> MaskArray:
        """Where the picture may differ from the photo: (H, W) uint8, 0 outside.

        The surgical mask, where something was pushed by hand, and where a gesture moves anything.
        """
        mask = self.surgical_mask.full()
        if self.pushed is not None:
            mask = self.pushed.widened(mask)
        return mask if self.gesture is None else np.maximum(mask, self.gesture.picture.changed)

    @cached_property
    def conditioning(self) -> ImageArray:
        """Tessellation of the target landmarks at the photo's size: (H, W, 3) uint8 RGB."""
        from landmarkdiff.conditioning import draw_tessellation

        height, width = self.before.shape[:2]
        return draw_tessellation(self.shown_target, width, height)

    @property
    def label(self) -> str:
        """The word that labels its pictures; it says when an effect is beyond its band."""
        return SIMULATION_LABEL if self.in_band else BEYOND_BAND_LABEL

    @property
    def largest_displacement_mm(self) -> float:
        """Longest way of a landmark, pushes by hand included, or of a place that one moves; mm.

        Effects in three dimensions, pushes in the plane of the picture.
        """
        return farthest_mm(self.source, self.target, self.pushed)

    @property
    def limits(self) -> tuple[str, ...]:
        """What a picture of this view cannot show of the plan, in English."""
        return self.plan.limits_in(self.source.pose.view)

    def effect(self, name: str) -> EffectCheck:
        """Return the check of one effect by its name in the report."""
        for check in self.effects:
            if check.name == name:
                return check
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """Return ``result.json`` without what only the written files know (the label's box)."""
        return {
            "procedure": self.plan.name,
            "intensity": self.plan.intensity,
            "mode": self.mode,
            "seed": self.seed,
            "simulation": True,
            "face": face_record(self.source),
            "scale": scale_record(self.source),
            **kind_of(self.prepared).facts(self.warp, self.check),
            "plan": self.plan.to_dict(),
            "plan_hash": self.plan.hash,
            "clinical_flags": self.flags.to_dict(),
            "effects": [check.to_dict() for check in self.effects],
            **self._manual(),
            **({} if self.gesture is None else {"gesture": self.gesture.record.to_dict()}),
            "verified": self.verified,
            "shown": self.shown.to_dict(),
            "outside_mask_changed_pixels": self.outside_mask_changed_pixels,
            "min_jacobian": round(self.min_jacobian, 4),
            "fold_factor": round(self.fold_factor, 4),
            "shading": None if self.shading is None else self.shading.to_dict(),
            **self.painting.record.to_dict(),
            # What files have always called the notices; their readers know the key.
            "warnings": [notice.to_dict() for notice in self.notices],
            "limits": list(self.limits),
            "timings_ms": {name: round(value, 2) for name, value in self.timings_ms.items()},
            "weights": dict(self.weights),
            "version": __version__,
        }

    def _manual(self) -> dict[str, Any]:
        """What ``result.json`` says of pushes by hand; nothing where there are none."""
        if self.pushed is None:
            return {}
        return {"manual": [check.to_dict() for check in self.pushed.checks]}

    _KEYS: ClassVar[Mapping[str, str]] = {
        "output": "image",
        "output_raw": "raw",
        "output_tps": "warped",
        "conditioning": "conditioning",
        "mask": "mask",
        "landmarks_original": "source",
        "landmarks_manipulated": "target",
    }

    def __getitem__(self, key: str) -> Any:
        return (
            self.identity.to_dict() if key == "identity_check" else getattr(self, self._KEYS[key])
        )

    def __iter__(self) -> Iterator[str]:
        return iter((*self._KEYS, "identity_check"))

    def __len__(self) -> int:
        return len(self._KEYS) + 1

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)
