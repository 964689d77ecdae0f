"""The canonical mesh, textured with a portrait and rendered at a known pose.

Every vertex of such a picture has a known place, so poses, oblique views and displacements
can be tested against the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.landmarks.pose import fit_pose, rotation_from
from landmarkdiff.landmarks.topology import topology

#: Rendered pixels per pixel of the picture, each way.
SUPERSAMPLING = 3
BACKDROP = (178, 184, 190)
#: Patient's right and left: the iris lies midway between the canthi of its eye.
EYES = ((33, 133), (263, 362))


@dataclass(frozen=True)
class Rendering:
    """A rendered face with the truth about it.

    Attributes
    ----------
    image : (H, W, 3) uint8 array, RGB
    points : (468, 3) float64 array
        Where each vertex lies, image frame, pixels; z away from the camera.
    rotation : (3, 3) float64 array
        Face frame to camera frame.
    px_per_mm : float
    """

    image: ImageArray
    points: FloatArray
    rotation: FloatArray
    px_per_mm: float
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    @property
    def face(self) -> FaceLandmarks:
        """The true landmarks, with the pose fitted to them and the true scale."""
        eyes = [np.repeat(self.points[list(eye)].mean(axis=0)[None], 5, axis=0) for eye in EYES]
        points = np.concatenate([self.points, *eyes])
        height, width = self.image.shape[:2]
        scale = Scale(1.0 / self.px_per_mm, 0.01, "ruler")
        return FaceLandmarks(points, width, height, fit_pose(points), scale)

    def project(self, displacement_mm: FloatArray) -> FloatArray:
        """True displacement in the picture, pixels, of one in the face frame, mm."""
        return displacement_mm @ self.rotation.T * (1.0, -1.0, -1.0) * self.px_per_mm


def render(
    portrait: ImageArray,
    landmarks: FloatArray,
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    px_per_mm: float = 2.6,
    size: int = 640,
    vertices_mm: FloatArray | None = None,
) -> Rendering:
    """Render the canonical mesh with a portrait's skin.

    Parameters
    ----------
    portrait : (H, W, 3) uint8 array, RGB
    landmarks : (478, 2 or 3) array
        Landmarks found in the portrait; they are the texture coordinates.
    yaw, pitch, roll : float
        Degrees, signs as in ``Pose``.
    px_per_mm : float
    size : int
        Width and height of the picture.
    vertices_mm : (468, 3) array, optional
        Another shape than the canonical one.
    """
    mesh = topology()
    shape = mesh.vertices_mm if vertices_mm is None else vertices_mm
    middle = (mesh.vertices_mm.min(axis=0) + mesh.vertices_mm.max(axis=0)) / 2.0
    rotation = rotation_from(yaw, pitch, roll)
    points = (shape - middle) @ rotation.T * (1.0, -1.0, -1.0) * px_per_mm
    points[:, :2] += (size - 1) / 2.0
    fine = points.copy()
    fine[:, :2] = (points[:, :2] + 0.5) * SUPERSAMPLING - 0.5
    texture, covered = texture_map(fine, landmarks[:468, :2], size * SUPERSAMPLING)
    canvas = _head_and_shoulders(portrait, landmarks, points, rotation, size, px_per_mm)
    x, y, width, height = cv2.boundingRect(covered.view(np.uint8))
    face = np.s_[y : y + height, x : x + width]
    where = np.ascontiguousarray(texture[face])
    skin = cv2.remap(portrait, where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    np.copyto(canvas[face], skin, where=covered[face][..., None])
    image = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return Rendering(image, points, rotation, px_per_mm, yaw, pitch, roll)


def texture_map(
    points: FloatArray, texture_points: FloatArray, size: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Rasterise the triangles that face the camera, nearest in front."""
    texture = np.zeros((size, size, 2), np.float32)
    depth = np.full((size, size), np.inf)
    for triangle in topology().triangles:
        corner = points[triangle]
        (ax, ay), (bx, by), (cx, cy) = corner[:, :2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area >= -1e-9:  # counter-clockwise from the front: negative where y points down
            continue
        x0, y0 = np.maximum(np.ceil(corner[:, :2].min(axis=0) - 1e-6).astype(int), 0)
        x1, y1 = np.minimum(np.floor(corner[:, :2].max(axis=0) + 1e-6).astype(int) + 1, size)
        if x0 >= x1 or y0 >= y1:
            continue
        x, y = np.arange(x0, x1) - ax, np.arange(y0, y1)[:, None] - ay
        second = (x * (cy - ay) - y * (cx - ax)) / area
        third = ((bx - ax) * y - (by - ay) * x) / area
        first = 1.0 - second - third
        z = first * corner[0, 2] + second * corner[1, 2] + third * corner[2, 2]
        nearest = depth[y0:y1, x0:x1]
        inside = (first >= -1e-6) & (second >= -1e-6) & (third >= -1e-6)
        shown = inside & (z < nearest)
        nearest[shown] = z[shown]
        share = np.stack([first[shown], second[shown], third[shown]], axis=-1)
        texture[y0:y1, x0:x1][shown] = share @ texture_points[triangle]
    return texture, np.isfinite(depth)


def _head_and_shoulders(
    portrait: ImageArray,
    landmarks: FloatArray,
    points: FloatArray,
    rotation: FloatArray,
    size: int,
    px_per_mm: float,
) -> ImageArray:
    """A plain backdrop with a head of hair and a neck behind the face."""
    fine = size * SUPERSAMPLING
    canvas = np.full((fine, fine, 3), BACKDROP, np.uint8)
    x, y = landmarks[[50, 280, 151], :2].mean(axis=0).round().astype(int)
    skin = portrait[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3).mean(axis=0)
    across = rotation @ (0.0, 1.0, 0.0) * (1.0, -1.0, -1.0)
    back = rotation @ (0.0, 0.0, -1.0) * (1.0, -1.0, -1.0)
    centre = points[:, :2].mean(axis=0)
    angle = float(np.degrees(np.arctan2(across[1], across[0]))) + 90.0
    unit = px_per_mm * SUPERSAMPLING

    def oval(middle: FloatArray, width: float, height: float, colour: FloatArray) -> None:
        place = ((middle + 0.5) * SUPERSAMPLING - 0.5).round().astype(int)
        axes = (round(width * unit), round(height * unit))
        cv2.ellipse(
            canvas, place.tolist(), axes, angle, 0, 360, np.round(colour).tolist(), -1, cv2.LINE_AA
        )

    oval(centre + px_per_mm * (60.0 * back - 120.0 * across)[:2], 48, 100, skin * 0.75)
    oval(centre + px_per_mm * (75.0 * back + 22.0 * across)[:2], 74, 108, skin * 0.3)
    return canvas


def canonical_face(
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    px_per_mm: float = 2.6,
    size: int = 640,
    vertices_mm: FloatArray | None = None,
) -> FaceLandmarks:
    """The canonical mesh, or another shape, as landmarks with the true pose and scale."""
    shape = topology().vertices_mm if vertices_mm is None else vertices_mm
    points = (shape - (0.0, 0.0, 40.0)) @ rotation_from(yaw, pitch, roll).T
    points = points * (1.0, -1.0, -1.0) * px_per_mm + ((size - 1) / 2.0, (size - 1) / 2.0, 0.0)
    eyes = [np.repeat(points[list(eye)].mean(axis=0)[None], 5, axis=0) for eye in EYES]
    points = np.concatenate([points, *eyes])
    scale = Scale(1.0 / px_per_mm, 0.01, "ruler")
    return FaceLandmarks(points, size, size, fit_pose(points), scale)


def mirrored_face(face: FaceLandmarks) -> FaceLandmarks:
    """The landmarks of the mirrored photo: x becomes W - 1 - x, partners change places."""
    points = face.points[topology().mirror] * (-1.0, 1.0, 1.0)
    points[:, 0] += face.image_width - 1
    noise = None if face.noise_px is None else face.noise_px[topology().mirror]
    return replace(face, points=points, pose=fit_pose(points), noise_px=noise)


def enlarged_face(face: FaceLandmarks, factor: float) -> FaceLandmarks:
    """The landmarks of the photo enlarged by ``factor``, pixel centres to pixel centres."""
    points = face.points * factor
    points[:, :2] += (factor - 1.0) / 2.0
    return replace(
        face,
        points=points,
        image_width=round(face.image_width * factor),
        image_height=round(face.image_height * factor),
        pose=fit_pose(points),
        scale=replace(face.scale, mm_per_px=face.scale.mm_per_px / factor),
    )


def pixel_of(face: FaceLandmarks, point: int, width: int, height: int) -> tuple[int, int]:
    """Return the pixel of a picture of the face, (x, y), in which a landmark lies."""
    scale = np.array([width / face.image_width, height / face.image_height])
    x, y = np.floor((face.points[point, :2] + 0.5) * scale).astype(int)
    return int(x), int(y)
