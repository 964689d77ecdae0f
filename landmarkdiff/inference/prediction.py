"""The result of a simulation, typed, and readable as a dictionary too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.notices import Notice
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.types import ImageArray
from landmarkdiff.verification.effects import EffectCheck
from landmarkdiff.version import __version__

__all__ = ["BEYOND_BAND_LABEL", "SIMULATION_LABEL", "Painted", "Prediction", "face_record"]

SIMULATION_LABEL = "SIMULATION"
BEYOND_BAND_LABEL = "SIMULATION - beyond published band"


@dataclass(frozen=True)
class Painted:
    """A finished picture with the record of how it was painted, judged and finished.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        The finished picture, RGB.
    raw : (H, W, 3) uint8 array
        The generator's picture before finishing.
    generator, identity, guard : mapping
    postprocess : tuple of mapping
        As in :class:`Prediction`.
    """

    image: ImageArray
    raw: ImageArray
    generator: Mapping[str, Any]
    postprocess: tuple[Mapping[str, Any], ...]
    identity: Mapping[str, Any]
    guard: Mapping[str, Any]


@dataclass(frozen=True)
class Prediction(Mapping[str, Any]):
    """Simulation of one plan on one photo.

    Reads as a mapping too, with the keys ``output``, ``output_raw``, ``output_tps``,
    ``conditioning``, ``mask``, ``landmarks_original``, ``landmarks_manipulated`` and
    ``identity_check``.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        The finished picture, RGB, without a label: label it before anybody sees it.
    raw : (H, W, 3) uint8 array
        The generator's picture before finishing.
    warped : (H, W, 3) uint8 array
        The geometric warp of the plan.
    before : (H, W, 3) uint8 array
        The photo itself.
    plan : SurgicalPlan
    source, target : FaceLandmarks
        Landmarks of the photo, and where the plan moves them after all limits.
    surgical_mask : SurgicalMask
    displacement_field : DisplacementField
    effects : tuple of EffectCheck
    flags : ClinicalFlags
    mode : str
    seed : int
    verified : bool
        Whether the finished picture was registered with the photo.
    outside_mask_changed_pixels : int or None
        Pixels outside the mask that differ from the photo; None when not verified.
    min_jacobian : float
        Least Jacobian determinant of the warp; a warp without folds keeps it above 0.
    fold_factor : float
        By how much the whole warp was made smaller so as not to fold.
    identity : mapping
        Similarity of the raw picture and of the finished one to the photo, the network that
        compared them, its threshold and the verdict; a check that could not run has the
        verdict None and the reason.
    notices : tuple of Notice
    timings_ms : mapping of str to float
    weights : mapping of str to str
        Name and SHA-256 of every model file that took part.
    generator : mapping
        How the picture was painted: mode, models, device, steps, strength.
    postprocess : tuple of mapping
        ``name``, ``applied``, ``model`` and ``reason`` of every finishing step.
    guard : mapping
        ``attempts``, ``deviation_mm``, ``limit_mm``, ``verdict`` and what belongs to it.
    """

    image: ImageArray
    raw: ImageArray
    warped: ImageArray
    before: ImageArray
    plan: SurgicalPlan
    source: FaceLandmarks
    target: FaceLandmarks
    surgical_mask: SurgicalMask
    displacement_field: DisplacementField
    effects: tuple[EffectCheck, ...]
    flags: ClinicalFlags
    mode: str
    seed: int
    verified: bool
    outside_mask_changed_pixels: int | None
    min_jacobian: float
    fold_factor: float
    identity: Mapping[str, Any]
    notices: tuple[Notice, ...]
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    generator: Mapping[str, Any] = field(default_factory=dict)
    postprocess: tuple[Mapping[str, Any], ...] = ()
    guard: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def mask(self) -> NDArray[np.float32]:
        """The surgical mask at the photo's size: (H, W) float32 in [0, 1], 0 outside."""
        return self.surgical_mask.full().astype(np.float32) / np.float32(255.0)

    @cached_property
    def conditioning(self) -> ImageArray:
        """Tessellation of the target landmarks at the photo's size: (H, W, 3) uint8 RGB."""
        from landmarkdiff.conditioning import draw_tessellation

        height, width = self.before.shape[:2]
        return draw_tessellation(self.target, width, height)

    @property
    def label(self) -> str:
        """The word that labels its pictures; it says when an effect is beyond its band."""
        within = all(check.in_band for check in self.effects)
        return SIMULATION_LABEL if within else BEYOND_BAND_LABEL

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
            "scale": {
                "mm_per_px": self.source.scale.mm_per_px,
                "relative_uncertainty": self.source.scale.relative_uncertainty,
                "source": self.source.scale.source,
            },
            "plan": self.plan.to_dict(),
            "plan_hash": self.plan.hash,
            "clinical_flags": self.flags.to_dict(),
            "effects": [check.to_dict() for check in self.effects],
            "verified": self.verified,
            "outside_mask_changed_pixels": self.outside_mask_changed_pixels,
            "min_jacobian": round(self.min_jacobian, 4),
            "fold_factor": round(self.fold_factor, 4),
            "generator": dict(self.generator),
            "postprocess": [dict(step) for step in self.postprocess],
            "identity": dict(self.identity),
            "guard": dict(self.guard),
            "warnings": [notice.to_dict() for notice in self.notices],
            "timings_ms": {name: round(value, 2) for name, value in self.timings_ms.items()},
            "weights": dict(self.weights),
            "version": __version__,
        }

    _KEYS: ClassVar[Mapping[str, str]] = {
        "output": "image",
        "output_raw": "raw",
        "output_tps": "warped",
        "conditioning": "conditioning",
        "mask": "mask",
        "landmarks_original": "source",
        "landmarks_manipulated": "target",
        "identity_check": "identity",
    }

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._KEYS[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._KEYS)

    def __len__(self) -> int:
        return len(self._KEYS)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def face_record(face: FaceLandmarks) -> dict[str, Any]:
    """Return what reports say about a face, ready for JSON."""
    return {
        "count": face.face_count,
        "index": face.face_index,
        "box": [round(value, 1) for value in face.box],
        "yaw": round(face.pose.yaw, 2),
        "pitch": round(face.pose.pitch, 2),
        "roll": round(face.pose.roll, 2),
        "residual_percent": round(face.pose.residual, 2),
        "view": face.pose.view,
        "turned": face.turned,
        "passes": face.passes,
        "presence": round(face.presence, 4),
    }
