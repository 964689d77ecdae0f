"""Every intermediate step of a simulation as a small picture, framed alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import ImageArray
from landmarkdiff.conditioning import draw_tessellation
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.draw import draw_displacements
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.photo import draw_label

__all__ = ["Step", "closeup", "simulation_steps"]


#: Longest side of a step's picture, pixels.
STEP_SIDE = 560
#: Margin around the mesh as a share of its height: the mesh ends below the hair line.
MARGIN = 0.22
_MASK_TINT = np.array([230, 90, 40], np.float32)
_DOT = (0, 229, 255)


@dataclass(frozen=True)
class Step:
    """One step: ``key`` (landmarks, movement, wireframe, mask, warp, final) and its picture.

    ``pixels`` is (H, W, 3) uint8 RGB; what shows a simulation is labelled.
    """

    key: str
    pixels: ImageArray


@dataclass(frozen=True)
class Closeup:
    """A rectangle of the photo around the face, shrunk by areas.

    Attributes
    ----------
    x, y, width, height : int
        The rectangle in the photo, pixels.
    share : float
        Size of a pixel of the photo in the close-up; at most 1.
    """

    x: int
    y: int
    width: int
    height: int
    share: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the close-up, pixels."""
        return max(1, round(self.width * self.share)), max(1, round(self.height * self.share))

    def of(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut and shrink a picture of the photo's size, (H, W, 3) or (H, W) uint8."""
        cut = pixels[self.y : self.y + self.height, self.x : self.x + self.width]
        if self.share >= 1.0:
            return np.ascontiguousarray(cut)
        return np.asarray(cv2.resize(cut, self.size, interpolation=cv2.INTER_AREA), np.uint8)

    def face(self, face: FaceLandmarks) -> FaceLandmarks:
        """Return the landmarks in the close-up's pixels."""
        width, height = self.size
        stretch = np.array([width / self.width, height / self.height])
        points = face.points.copy()
        # Pixel centres are whole numbers, so the outer edges, not the centres, are stretched.
        points[:, :2] = (points[:, :2] - (self.x, self.y) + 0.5) * stretch - 0.5
        points[:, 2] *= stretch.mean()
        return replace(face, points=points, image_width=width, image_height=height)


def closeup(face: FaceLandmarks, side: int = STEP_SIDE) -> Closeup:
    """Frame the face with a margin; the longer side gets at most ``side`` pixels."""
    x, y, width, height = face.box
    margin = MARGIN * max(width, height)
    left, top = max(0, int(x - margin)), max(0, int(y - 1.5 * margin))
    right = min(face.image_width, int(np.ceil(x + width + margin)))
    bottom = min(face.image_height, int(np.ceil(y + height + margin)))
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    longest = max(right - left, bottom - top)
    return Closeup(left, top, right - left, bottom - top, min(1.0, side / longest))


def simulation_steps(prediction: Prediction, side: int = STEP_SIDE) -> tuple[Step, ...]:
    """Return the steps of a simulation in their order, at most ``side`` pixels large."""
    frame = closeup(prediction.source, side)
    photo = frame.of(prediction.before)
    source, target = frame.face(prediction.source), frame.face(prediction.target)
    dots = photo.copy()
    radius = max(1, round(source.interocular_px / 90.0))
    for x, y in np.round(source.points[:, :2] * 16).astype(int).tolist():
        cv2.circle(dots, (x, y), radius * 16, _DOT, -1, cv2.LINE_AA, 4)
    mask = frame.of(prediction.changeable)
    weight = 0.55 * mask[..., None].astype(np.float32) / 255.0
    tinted = np.round(photo * (1.0 - weight) + _MASK_TINT * weight).astype(np.uint8)
    text = prediction.label

    def labelled(pixels: ImageArray) -> ImageArray:
        return draw_label(pixels, corner="bottom-right", text=text)[0]

    width, height = frame.size
    return (
        Step("landmarks", dots),
        Step("movement", labelled(draw_displacements(photo, source, target))),
        Step("wireframe", draw_tessellation(target, width, height)),
        Step("mask", tinted),
        Step("warp", labelled(frame.of(prediction.warped))),
        Step("final", labelled(frame.of(prediction.image))),
    )
