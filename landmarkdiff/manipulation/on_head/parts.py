"""How an effect moves parts of a head that the mesh of a photo does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.landmark_map import LandmarkMap
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.manipulation.motion import turned
from landmarkdiff.manipulation.on_head.ears import EarMotion
from landmarkdiff.procedures.effect import EARS, Effect

__all__ = ["PartMotion", "part_motions"]


class PartMotion(Protocol):
    """How parts of a head move, at any value of an effect."""

    def displacement(self, value: float) -> FloatArray:
        """Return how far every vertex of the head moves: (V, 3) float64, mm."""


class _Piece:
    """Teeth and tongue, which move as one piece with the jaw that carries them."""

    def __init__(
        self, surface: HeadSurface, points: LandmarkMap, effect: Effect, parts: Sequence[str]
    ) -> None:
        self._effect = effect
        self._count = len(surface.vertices)
        members = [surface.topology.parts[part] for part in parts]
        self._members: IndexArray = np.unique(np.concatenate(members))
        self._places = surface.vertices[self._members]
        if effect.axis is not None:
            through = sorted({*effect.axis.through, *mirror_points(effect.axis.through)})
            self._through = points.points(surface.vertices)[through].mean(axis=0)

    def displacement(self, value: float) -> FloatArray:
        moved = np.zeros((self._count, 3))
        axis = self._effect.axis
        if axis is not None:
            arms = self._places - self._through
            moved[self._members] = turned(arms, np.array(axis.direction), np.radians(value)) - arms
        else:
            # Both sides go along: what leads away from the midline cancels out.
            _, up, forward = self._effect.direction  # type: ignore[misc]  # checked by the loader
            moved[self._members] = value * np.array([0.0, up, forward])
        return moved


def part_motions(
    surface: HeadSurface, points: LandmarkMap, effect: Effect, side: str
) -> tuple[PartMotion, ...]:
    """Return how an effect moves the parts it names, on the side that the plan acts on."""
    motions: list[PartMotion] = [
        EarMotion(surface, points, ear, effect.falloff_mm)
        for ear in effect.parts
        if ear in EARS and side in ("both", EARS[ear])
    ]
    pieces = [part for part in effect.parts if part not in EARS]
    if pieces:
        motions.append(_Piece(surface, points, effect, pieces))
    return tuple(motions)
