"""Warps of the portraits with what the guard is given, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.configuration import GuardSettings
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.manipulation import deform
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.warp import fit_plan
from landmarkdiff.verification import GuardReading, read_guard

SETTINGS = GuardSettings()


@dataclass(frozen=True)
class Case:
    """A warp with what the guard is given besides the painted picture."""

    photo: np.ndarray
    start: np.ndarray
    mask: SurgicalMask
    face: FaceLandmarks
    landmarks: np.ndarray
    readable: np.ndarray

    def read(self, painted: np.ndarray, settings: GuardSettings = SETTINGS) -> GuardReading:
        return read_guard(
            self.start, painted, self.mask, self.face, self.landmarks, settings, self.readable
        )

    @property
    def px_per_mm(self) -> float:
        return 1.0 / self.face.scale.mm_per_px


def warped_case(portrait: ImageArray, procedure: str) -> Case:
    """Warp a portrait, enlarged twice, by a procedure at 80."""
    pipeline = LandmarkDiffPipeline()
    pixels = cv2.resize(portrait, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    prepared = pipeline.prepare(pixels)
    result = pipeline.generate(prepared, procedure, 80, verify=False)
    deformation = deform(result.plan, prepared.landmarks, ClinicalFlags())
    mask = result.surgical_mask
    _, readable = fit_plan(prepared, result.plan, ClinicalFlags(), deformation, mask)
    return Case(pixels, result.warped, mask, result.target, deformation.carrying, readable)


def clipped(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(values.astype(np.float32), (0, 0), sigma)
