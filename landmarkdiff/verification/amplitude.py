"""How much of a known displacement a picture shows: read where the skin has something to see.

Dense flow carries what it sees at edges over plain skin, smoothed, so what it says of a landmark
there is too little. But how far a *known* displacement was carried out is one number, and how far
several were is one number for each: what the skin has done across its structures is put onto the
displacements by least squares in a window around every landmark, with the texture across them as
the weight. Plain skin says nothing and counts for nothing; skin that went elsewhere counts as far
as it went along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.verification.registration import Region, Registration
from landmarkdiff.verification.texture import SkinTexture, forward_parts, read_texture

__all__ = ["Amplitude", "read_amplitude", "read_amplitudes"]

#: A landmark whose own reading would be off by this (mm, one SD) counts half.
HALF_CERTAIN_MM = 0.1
#: Below this share of the displacement, squared, nothing is said.
LEAST_SEEN = 0.05
#: Nor where what the pictures show in the windows correlates less (three faces, six procedures):
#: 0.67 and more for warps under noise of 20 grey levels or a blur of 2 mm, 0.34 at most where
#: noise, black or grey stands in place of the face, which read as anything, 1 among it.
LEAST_ALIKE = 0.5
#: Nor of a displacement that nowhere reaches this, mm: registration is not surer.
LEAST_MOVE_MM = 0.05
#: Displacements whose mixture changes the pictures by less than this share of what each of them
#: does by itself are not told apart.
LEAST_APART = 0.1
#: An effect is one of such a mixture if more than this share of it, squared, is in it.
MOST_MIXED = 0.02


@dataclass(frozen=True, eq=False)
class Amplitude:
    """The share of a displacement that a picture shows.

    Attributes
    ----------
    value : float or None
        1 where all of it is there, 0 where nothing is, negative where it goes the other way. None
        where the displacement is too small, where it cannot be told from another one, or where the
        pictures show hardly anything in common.
    seen : float
        Share of the displacement, by its square, that lies where something can be seen, 0 to 1.
    spread : float or None
        One standard deviation of ``value``, by how far the landmarks agree.
    mixed : bool
        Whether it cannot be told from another displacement.
    """

    value: float | None
    seen: float
    spread: float | None = None
    mixed: bool = False


def read_amplitude(
    pictures: tuple[ImageArray, ImageArray],
    region: Region,
    registration: Registration,
    field: DisplacementField,
    face: FaceLandmarks,
    wanted: FloatArray,
    weight: FloatArray,
    hidden: BoolArray | None = None,
) -> Amplitude:
    """Read how much of a displacement a picture shows.

    Parameters
    ----------
    pictures : two (H, W, 3) uint8 arrays, RGB
        Before and after.
    region : Region
        The one that was registered.
    registration : Registration
        From the one to the other.
    field : DisplacementField
        The known displacement.
    face : FaceLandmarks
        In the picture before.
    wanted : (478, 2) array
        Where the displacement takes the landmarks, pixels.
    weight : (478,) array
        How much each counts, 0 to 1.
    hidden : (H, W) bool array, optional
        What shows no skin.

    Returns
    -------
    Amplitude

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> from landmarkdiff.verification import region_of, register
    >>> result = LandmarkDiffPipeline().generate(portrait, "brow_lift", 60, verify=False)
    >>> face, field = result.source, result.displacement_field
    >>> moved = result.target.points[:, :2] - face.points[:, :2]
    >>> pictures = portrait, field.warp(portrait, result.surgical_mask.coverage)
    >>> box = (field.grid.x, field.grid.y, field.grid.width, field.grid.height)
    >>> region, flow = region_of(portrait, box), register(*pictures, box)
    >>> counted = moved.any(axis=1).astype(float)
    >>> found = read_amplitude(pictures, region, flow, field, face, moved, counted)
    >>> abs(found.value - 1.0) < 0.15
    True
    """
    texture = read_texture(pictures, region, registration, face, hidden)
    parts = forward_parts(field, region)
    steps = (wanted / region.px_per_cell)[None]
    return read_amplitudes(texture, parts, steps, weight)[0]


def read_amplitudes(
    texture: SkinTexture,
    displacements: Float32Array,
    wanted: FloatArray,
    weight: FloatArray,
) -> list[Amplitude]:
    """Read how much of each of several displacements two pictures show, all at once.

    What one of them does is not put down to another. Where they do the same at the landmarks that
    can be read, they cannot be told apart, and neither has a value.

    Parameters
    ----------
    texture : SkinTexture
    displacements : (n, h, w, 2) float32 array
        Of what the cells show, cells.
    wanted : (n, 478, 2) array
        Where each takes the landmarks, cells.
    weight : (478,) array
        How much each landmark counts, 0 to 1.

    Returns
    -------
    list of n Amplitude
    """
    columns = [texture.along(each) for each in displacements]
    count, points = len(columns), len(weight)
    normal, right = np.zeros((points, count, count)), np.zeros((points, count))
    for k, column in enumerate(columns):
        right[:, k] = texture.in_windows(column * texture.across)
        for other in range(k, count):
            both = texture.in_windows(column * columns[other])
            normal[:, k, other] = normal[:, other, k] = both
    own = np.einsum("pkk->pk", normal)
    length = np.linalg.norm(wanted, axis=2).T
    squared = np.where(length > 0.0, (weight[:, None] * length) ** 2, 0.0)
    known = own / np.maximum(length**2, 1e-12) * texture.independent
    variance = texture.residual / np.maximum(known, 1e-12)
    counted = squared / (1.0 + variance * (texture.cell_mm / HALF_CERTAIN_MM) ** 2)
    local = counted.sum(axis=1) / np.maximum(own.sum(axis=1), 1e-12)
    values, spread, mixed = _solved(normal, right, local, texture.overlap())
    most_mm = (weight[:, None] * length).max(axis=0, initial=0.0) * texture.cell_mm
    found = []
    for k in range(count):
        whole = float(squared[:, k].sum())
        seen = float(counted[:, k].sum()) / whole if whole > 0.0 else 0.0
        readable = seen >= LEAST_SEEN and most_mm[k] >= LEAST_MOVE_MM and not mixed[k]
        if readable and texture.correlation(counted[:, k]) >= LEAST_ALIKE:
            found.append(Amplitude(float(values[k]), seen, float(spread[k])))
        else:
            found.append(Amplitude(None, seen, mixed=bool(mixed[k])))
    return found


def _solved(
    normal: FloatArray, right: FloatArray, local: FloatArray, overlap: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Solve the weighted normal equations of p landmarks for n amounts.

    Returns the amounts, one standard deviation of each by the landmarks' disagreement, whose
    windows ``overlap`` (p, p), and which of them cannot be told from others.
    """
    system = np.einsum("p,pkl->kl", local, normal)
    scale = np.sqrt(np.maximum(np.diagonal(system), 1e-300))
    alike = system / np.outer(scale, scale)
    sizes, mixtures = np.linalg.eigh(alike)
    apart = sizes >= LEAST_APART
    mixed = np.asarray((mixtures[:, ~apart] ** 2).sum(axis=1) > MOST_MIXED, np.bool_)
    shown = mixtures[:, apart]
    inverse = (shown / sizes[apart]) @ shown.T / np.outer(scale, scale)
    amounts = inverse @ np.einsum("p,pk->k", local, right)
    rest = local[:, None] * (right - normal @ amounts)
    variance = np.diagonal(inverse @ (rest.T @ overlap @ rest) @ inverse)
    spread = np.sqrt(np.maximum(variance, 0.0))
    return amounts, spread, mixed
