"""One pair of photos of a person, with the words that lead from the first to the second."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.landmarks.face import LANDMARK_COUNT
from landmarkdiff.lato.tokenizer.points import POINT_COUNT

__all__ = ["EditExample", "Surgery"]


@dataclass(frozen=True, eq=False)
class Surgery:
    """Where a plan acts in a pair, and what tells how far the target is reached.

    Attributes
    ----------
    mask : (H, W) float32 array
        Where the plan acts, 0 to 1.
    points : (478, 2) float32 array
        Landmarks of the target, the untouched photo, pixels.
    procedure : str
        Names of the plan's procedures, joined by ``+``.

    Raises
    ------
    ValueError
        There are not 478 points.
    """

    mask: Float32Array
    points: Float32Array
    procedure: str

    def __post_init__(self) -> None:
        """Check the number of points."""
        if self.points.shape != (LANDMARK_COUNT, 2):
            raise ValueError(f"{LANDMARK_COUNT} points: {self.points.shape}")


@dataclass(frozen=True, eq=False)
class EditExample:
    """Two photos of one person and the instruction that leads from one to the other.

    Points are those of :func:`landmarkdiff.lato.tokenizer.points.landmarks_68`.

    Attributes
    ----------
    source, target : (H, W, 3) uint8 array
        RGB, of one size: the photo as it is, and as the words ask for it.
    source_points, target_points : (68, 2) float64 array
        Pixels of each picture, x to the right, y down.
    source_seen, target_seen : (68,) bool array
        Whether each point is in view, inside the picture and on the side that faces the camera.
    instruction : str
        What is asked for, in words that :func:`landmarkdiff.lato.language.understand` reads.
    language : str
        Of the instruction: ``en``, ``de``, ``es``, ``fr``, ``pt`` or ``zh``.
    person : str
        Who it is; all examples of one person are on one side of the split.
    surgery : Surgery or None
        Of a surgical pair.

    Raises
    ------
    ValueError
        The pictures are not of one size, or there are not 68 points.
    """

    source: ImageArray
    target: ImageArray
    source_points: FloatArray
    target_points: FloatArray
    source_seen: BoolArray
    target_seen: BoolArray
    instruction: str
    language: str
    person: str
    surgery: Surgery | None = None

    def __post_init__(self) -> None:
        """Check that the shapes fit each other."""
        if self.surgery is not None and self.surgery.mask.shape != self.source.shape[:2]:
            raise ValueError(f"a mask of the pictures' size: {self.surgery.mask.shape}")
        if self.source.shape != self.target.shape or self.source.ndim != 3:
            raise ValueError(f"two pictures of one size: {self.source.shape}, {self.target.shape}")
        for points, seen in (
            (self.source_points, self.source_seen),
            (self.target_points, self.target_seen),
        ):
            if points.shape != (POINT_COUNT, 2) or seen.shape != (POINT_COUNT,):
                raise ValueError(f"{POINT_COUNT} points: {points.shape}, {seen.shape}")
