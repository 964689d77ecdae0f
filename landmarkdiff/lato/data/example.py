"""One pair of photos of a person, with the words that lead from the first to the second."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.lato.tokenizer.points import POINT_COUNT

__all__ = ["EditExample"]


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

    def __post_init__(self) -> None:
        """Check that the shapes fit each other."""
        if self.source.shape != self.target.shape or self.source.ndim != 3:
            raise ValueError(f"two pictures of one size: {self.source.shape}, {self.target.shape}")
        for points, seen in (
            (self.source_points, self.source_seen),
            (self.target_points, self.target_seen),
        ):
            if points.shape != (POINT_COUNT, 2) or seen.shape != (POINT_COUNT,):
                raise ValueError(f"{POINT_COUNT} points: {points.shape}, {seen.shape}")
