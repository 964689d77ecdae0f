"""Where in a photo each place of the head's surface is."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.fit.start import expression_of
from landmarkdiff.head.fitted import FittedHead, FittedView
from landmarkdiff.head.landmark_bias import landmark_bias
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.profile import ProfileContour
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["places_in_photo", "shape_in_photo"]

#: What the head leaves of the photo's landmarks is carried on over this distance of the surface.
_REACH_MM = 38.0
#: Lips that touch do not carry each other's residual: they count as this far apart.
_LIPS_APART_MM = 12.0
#: Share of its own residual that a landmark straight before the camera may miss.
_SLACK = 0.02
#: Landmarks whose surface looks more sideways than this slide along the outline.
_LEAST_FACING = 0.2
#: Points that are worked on at a time: their table stays in the processor's cache.
_BLOCK = 64


def shape_in_photo(head: FittedHead, photo: FaceLandmarks | ProfileContour) -> FloatArray:
    """Return the head's vertices with the expression that a photo shows: (V, 3) mm."""
    if isinstance(photo, FaceLandmarks):
        return head.surface.vertices + expression_of(photo, head.model)
    return head.surface.vertices


def places_in_photo(
    head: FittedHead, view: FittedView, photo: FaceLandmarks | ProfileContour, shape: FloatArray
) -> FloatArray:
    """Return where a photo shows the vertices, registered to its landmarks.

    The camera brings the head over the photo to a millimetre or two; a smooth displacement in
    the picture then lays lips, lids and nostrils of the head on those of the photo.

    Returns
    -------
    (V, 2) float64 array
        Image frame, pixels.
    """
    places = view.camera.project(shape)[:, :2]
    if not isinstance(photo, FaceLandmarks):
        return places
    held = head.model.landmarks
    bias = landmark_bias(photo.pose.yaw)[0] * view.camera.px_per_mm
    lacking = photo.points[:, :2] - bias - held.points(places)
    facing = held.points(head.surface.normals) @ view.camera.sight
    trusted = facing > _LEAST_FACING
    spread = _with_lips_apart(head)
    centres = held.points(spread)[trusted]
    system = _kernel(centres, centres)
    system[np.diag_indices_from(system)] += _SLACK / facing[trusted] ** 2
    with one_blas_thread():
        weights = np.linalg.solve(system, lacking[trusted])
        near = np.flatnonzero(spread[:, 2] > centres[:, 2].min() - _REACH_MM)
        for start in range(0, len(near), _BLOCK):
            own = near[start : start + _BLOCK]
            places[own] += _kernel(spread[own], centres) @ weights
    return places


def _with_lips_apart(head: FittedHead) -> FloatArray:
    """The vertices with a fourth coordinate that tells the lips apart: (V, 4) mm."""
    parts = head.surface.topology.parts
    spread = np.zeros((head.surface.topology.vertex_count, 4))
    spread[:, :3] = head.surface.vertices
    spread[parts["upper_lip"], 3] = _LIPS_APART_MM / 2
    spread[parts["lower_lip"], 3] = -_LIPS_APART_MM / 2
    return spread


def _kernel(points: FloatArray, centres: FloatArray) -> FloatArray:
    """Wendland's C2 function of the distance, 1 at 0 and 0 from the reach on: (n, m)."""
    # In place and block by block: two million numbers, each of which is worked on a dozen times.
    if len(points) > _BLOCK:
        blocks = range(0, len(points), _BLOCK)
        return np.concatenate([_kernel(points[k : k + _BLOCK], centres) for k in blocks])
    ratio = points @ (-2.0 * centres.T)
    ratio += (points**2).sum(axis=1)[:, None]
    ratio += (centres**2).sum(axis=1)
    np.maximum(ratio, 0.0, out=ratio)
    np.sqrt(ratio, out=ratio)
    ratio /= _REACH_MM
    np.minimum(ratio, 1.0, out=ratio)
    fourth = 1.0 - ratio
    fourth *= fourth
    fourth *= fourth
    ratio *= 4.0
    ratio += 1.0
    fourth *= ratio
    return np.asarray(fourth)
