"""What a pair is drawn from, and the pair itself."""

from __future__ import annotations

from dataclasses import dataclass

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["Recipe", "Sample"]


@dataclass(frozen=True)
class Recipe:
    """What is done to one photo; everything random in it is a function of seed and number.

    Attributes
    ----------
    number : int
        Place of the pair in its set.
    seed : int
        Of the whole set.
    person : str
        Whose photo it is; no person is on both sides of a split.
    procedure : str
        Names of the plan's procedures, joined by ``+``.
    plan : SurgicalPlan
        What leads from the source to the target, mm and degrees within the evidence bands.
    flags : ClinicalFlags
    difficulty : float
        0 to 1: how far the plan goes, and how many procedures it has.
    """

    number: int
    seed: int
    person: str
    procedure: str
    plan: SurgicalPlan
    flags: ClinicalFlags
    difficulty: float


@dataclass(frozen=True)
class Sample:
    """A reverse pair: the untouched photo, and the photo warped by the inverse of a plan.

    Attributes
    ----------
    number : int
    person, procedure : str
        As in the recipe.
    source : (S, S, 3) uint8 array
        RGB, the warped photo.
    target : (S, S, 3) uint8 array
        RGB, the untouched photo; equal to ``source`` where the mask is 0.
    mask : (S, S) float32 array
        Where the plan acts, 0 to 1.
    drawing : (S, S, 3) uint8 array
        RGB, the conditioning drawing of the target's landmarks.
    depth : (S, S, 3) uint8 array or None
        RGB, the depth of the target's landmarks.
    points_source, points_target : (478, 2) float32 array
        Landmarks, pixels of the S x S picture.
    prompt : str
    difficulty : float
        0 to 1.
    """

    number: int
    person: str
    procedure: str
    source: ImageArray
    target: ImageArray
    mask: Float32Array
    drawing: ImageArray
    depth: ImageArray | None
    points_source: Float32Array
    points_target: Float32Array
    prompt: str
    difficulty: float
