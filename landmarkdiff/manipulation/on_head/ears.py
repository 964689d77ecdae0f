"""An ear that is set back: it turns about the line on which it stands on the head.

What is planned is the distance of the helix from the mastoid, the measure of the published series
of otoplasties. The auricle turns about the line through its upper and lower root (otobasion), the
skin near its root less than the rim, so that it bends and stays joined to the head.
"""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.landmark_map import LandmarkMap
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.topology import HeadTopology
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.manipulation.motion import turned
from landmarkdiff.manipulation.on_head.skin_distance import SkinDistance

__all__ = ["EarMotion"]

#: The helix comes no nearer to the mastoid than this (mm), which leaves room for the auricle's own
#: thickness (general).
CONTACT_MM = 8.0
#: Turns that are tried, degrees: outward to inward.
TURNS_DEG = np.arange(-15.0, 61.0)


class EarMotion:
    """One ear of a head.

    Parameters
    ----------
    surface : HeadSurface
    points : LandmarkMap
        Where the anatomical points lie.
    ear : {"left_ear", "right_ear"}
        The patient's.
    bend_mm : float
        Distance from its root, along the skin, over which the auricle bends.

    Attributes
    ----------
    ear : str
    distance_mm : float
        Of the helix from the skin over the mastoid, before anything moves.
    outward : (3,) float64 array
        Unit vector along which that distance is measured, away from the head.
    """

    def __init__(self, surface: HeadSurface, points: LandmarkMap, ear: str, bend_mm: float) -> None:
        self.ear = ear
        side = ear.removesuffix("_ear")
        places, topology = surface.vertices, surface.topology
        self._count = len(places)
        self._members = topology.parts[ear]
        named = points.anatomical(places)
        below, above = named[f"{side}_otobasion_inferius"], named[f"{side}_otobasion_superius"]
        up = (above - below) / np.linalg.norm(above - below)
        # Right-handed about this axis the rim behind it comes nearer to the head.
        self._axis = up if side == "left" else -up
        self._arms = places[self._members] - below
        self._shares = _bend(surface, self._members, bend_mm)
        self._turn_of = self._turns(surface, points, f"{side}_helix")

    def displacement(self, value: float) -> FloatArray:
        """Return how far every vertex moves: (V, 3) float64, mm.

        ``value`` is the change of the distance of the helix from the mastoid, mm: negative sets
        the ear back, at most until it lies against the head.
        """
        moved = np.zeros((self._count, 3))
        changes, angles = self._turn_of
        moved[self._members] = self._turned(float(np.interp(value, changes, angles)))
        return moved

    def turned(self, degrees: float) -> FloatArray:
        """Return how far every vertex moves by a turn, positive toward the head: (V, 3), mm."""
        moved = np.zeros((self._count, 3))
        moved[self._members] = self._turned(degrees)
        return moved

    def reached_mm(self, value: float) -> float:
        """Return the distance of the helix from the mastoid at a value, which contact limits."""
        changes, _ = self._turn_of
        return self.distance_mm + float(np.clip(value, changes[0], changes[-1]))

    def _turned(self, angle: float) -> FloatArray:
        """Displacement of the auricle's vertices by a turn in degrees: (n, 3), mm."""
        return turned(self._arms, self._axis, np.radians(angle * self._shares)) - self._arms

    def _turns(
        self, surface: HeadSurface, points: LandmarkMap, helix: str
    ) -> tuple[FloatArray, FloatArray]:
        """Changes of the distance, ascending, and the turns in degrees that make them."""
        self.outward, self.distance_mm = _away_from_head(surface, points, self._members, helix)
        changes = []
        for angle in TURNS_DEG:
            moved = np.zeros((self._count, 3))
            moved[self._members] = self._turned(float(angle))
            changes.append(float(points.anatomical(moved)[helix] @ self.outward))
        order = np.argsort(changes, kind="stable")
        nearer = np.array(changes)[order]
        allowed = nearer >= min(CONTACT_MM - self.distance_mm, 0.0)
        return nearer[allowed], TURNS_DEG[order][allowed]


def _away_from_head(
    surface: HeadSurface, points: LandmarkMap, members: IndexArray, helix: str
) -> tuple[FloatArray, float]:
    """Direction away from the mastoid, and how far the helix stands out along it, mm."""
    topology = surface.topology
    head = np.zeros(len(surface.vertices), np.bool_)
    head[topology.parts["skin"]] = True
    head[members] = False
    place = points.anatomical(surface.vertices)[helix]
    away = place - surface.vertices
    mastoid = int(np.where(head, (away**2).sum(axis=1), np.inf).argmin())
    outward = surface.normals[mastoid]
    return outward, float(away[mastoid] @ outward)


def _bend(surface: HeadSurface, members: IndexArray, bend_mm: float) -> FloatArray:
    """Share of the turn that each vertex of an auricle makes, 0 at its root: (n,)."""
    root = _root(surface.topology, members)
    corners = np.repeat(root[:, None], 3, axis=1)
    weights = np.tile([1.0, 0.0, 0.0], (len(root), 1))
    apart = SkinDistance.of(surface, corners, weights, bend_mm).to_vertices[members]
    return smoothstep(apart.min(axis=1).astype(np.float32), 0.0, bend_mm).astype(np.float64)


def _root(topology: HeadTopology, members: IndexArray) -> IndexArray:
    """Vertices of the head's own skin that an auricle is joined to."""
    ear = np.zeros(topology.vertex_count, np.bool_)
    ear[topology.twin[members]] = True
    edges = topology.edges
    joined = edges[ear[edges].sum(axis=1) == 1]
    return np.unique(joined[~ear[joined]])
