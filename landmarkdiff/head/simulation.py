"""A head with its texture and what a plan does to it: what the viewer and the files are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.numerics import between_knots

__all__ = ["HeadEffect", "HeadSimulation"]


@dataclass(frozen=True, eq=False)
class HeadEffect:
    """What one effect of a plan does to a head, as a function of its value.

    Attributes
    ----------
    key : str
        ``procedure.effect``.
    unit : str
        Of the value: ``mm`` or ``deg``.
    value : float
        As planned.
    knots : (k,) float64 array
        Values in the effect's unit, ascending, 0 among them; the displacement is linear between
        them and beyond the outer two.
    displacements : (k, V, 3) float32 array
        Displacement of every vertex of the head at each knot, mm, face frame; 0 at the knot 0.
    """

    key: str
    unit: str
    value: float
    knots: FloatArray
    displacements: Float32Array

    @classmethod
    def linear(
        cls, key: str, *, value: float, full: float, displacement: FloatArray, unit: str = "mm"
    ) -> HeadEffect:
        """Return an effect that is linear in its value.

        Parameters
        ----------
        key : str
        value : float
            As planned, in ``unit``.
        full : float
            The value, not 0, at which the displacement is given.
        displacement : (V, 3) float64 array
            Millimetres, face frame.
        unit : str
        """
        rows = [np.zeros_like(displacement), displacement]
        knots = [0.0, full]
        order = np.argsort(knots)
        return cls(
            key=key,
            unit=unit,
            value=value,
            knots=np.array(knots)[order],
            displacements=np.asarray(np.stack(rows)[order], np.float32),
        )

    @property
    def full(self) -> float:
        """The outermost knot on the side of the planned value; the larger one if that is 0."""
        first, last = float(self.knots[0]), float(self.knots[-1])
        if self.value == 0.0:
            return max(first, last, key=abs)
        return first if self.value < 0.0 else last

    def at(self, value: float) -> FloatArray:
        """Return the displacement of every vertex at a value: (V, 3) float64, mm."""
        return between_knots(self.knots, self.displacements, value)


@dataclass(frozen=True, eq=False)
class HeadSimulation:
    """A head as its photos show it, and the effects of a plan on it.

    Attributes
    ----------
    surface : HeadSurface
        Before, mm, face frame.
    texture : (h, w, 3) uint8 array
        RGB; its place (u, v) of the topology, v downwards.
    seen : (V,) float32 array
        How well a photo shows the surface at each vertex, 0 (in none: drawn plainly) to 1.
    effects : tuple of HeadEffect
    """

    surface: HeadSurface
    texture: ImageArray
    seen: Float32Array
    effects: tuple[HeadEffect, ...]

    @cached_property
    def planned(self) -> dict[str, float]:
        """The planned value of every effect by its key, in its unit."""
        return {effect.key: effect.value for effect in self.effects}

    def displacement(self, values: Mapping[str, float] | None = None) -> FloatArray:
        """Return how far every vertex moves: (V, 3) float64, mm, face frame.

        ``values`` are by key, in the unit of each effect, and effects that are not named stay at
        0; without them it is the plan.
        """
        chosen = self.planned if values is None else values
        moved = np.zeros_like(self.surface.vertices)
        for effect in self.effects:
            moved += effect.at(chosen.get(effect.key, 0.0))
        return moved

    def simulated(self, values: Mapping[str, float] | None = None) -> HeadSurface:
        """Return the surface at these values, or as planned."""
        return self.surface.moved(self.displacement(values))
