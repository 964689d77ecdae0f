"""Pictures of the report: the face before and after in one framing, and where it moves."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.photo import draw_label, encode_jpeg

__all__ = [
    "TILE_SHAPE",
    "Framing",
    "ViewPictures",
    "frame_face",
    "node_movement_mm",
    "over_tile",
    "ramp",
    "scale_end",
    "view_pictures",
]


#: Resolution of the pictures in print, and the quality they are stored with.
DOTS_PER_INCH = 200
JPEG_QUALITY = 90
#: Width of a tile over its height.
TILE_SHAPE = 0.8
#: Height of the framing as a share of the face's, and where in it the middle of the face lies:
#: the mesh ends below the hair line.
FRAME_SHARE = 1.5
FACE_MIDDLE = 0.54
#: A photo that ends nearer than this around the face (share of its height) is padded.
TIGHTEST_FRAME = 1.25
_PADDING = (236, 239, 240)
#: Colours of no and of the largest movement, and between, RGB: darker is more, in print too.
MOVEMENT_RAMP = ((255, 238, 150), (247, 176, 86), (222, 92, 86), (150, 32, 110), (66, 12, 96))
#: Movement (mm) at which the colour covers the photo in full, and by how much it then does.
_FULL_COLOUR_MM = 0.4
_COVER = 0.82
#: Ends of the colour scale, mm.
_SCALE_ENDS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 30.0)


@dataclass(frozen=True)
class Framing:
    """The part of a photo that a tile shows.

    Attributes
    ----------
    x, y, width, height : int
        Rectangle in the photo, pixels; may reach beyond it.
    size : tuple of int
        Width and height of the tile, pixels.
    """

    x: int
    y: int
    width: int
    height: int
    size: tuple[int, int]

    def cut(self, pixels: ImageArray) -> ImageArray:
        """Return the tile of a photo (H, W, 3): uint8, (size[1], size[0], 3)."""
        rows, columns = pixels.shape[:2]
        left, top = max(self.x, 0), max(self.y, 0)
        right, bottom = min(self.x + self.width, columns), min(self.y + self.height, rows)
        part = pixels[top:bottom, left:right]
        if part.shape[:2] != (self.height, self.width):
            part = np.asarray(
                cv2.copyMakeBorder(
                    part,
                    top - self.y,
                    self.y + self.height - bottom,
                    left - self.x,
                    self.x + self.width - right,
                    cv2.BORDER_CONSTANT,
                    value=_PADDING,
                ),
                np.uint8,
            )
        shrinks = self.size[0] < self.width
        kind = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(part, self.size, interpolation=kind), np.uint8)

    def photo_places(self) -> tuple[Float32Array, Float32Array]:
        """Photo columns (width,) and rows (height,) of the tile's pixels."""
        columns, rows = (np.arange(count, dtype=np.float32) + 0.5 for count in self.size)
        return (
            self.x - 0.5 + columns * np.float32(self.width / self.size[0]),
            self.y - 0.5 + rows * np.float32(self.height / self.size[1]),
        )


def frame_face(face: FaceLandmarks, size: tuple[int, int]) -> Framing:
    """Frame a face with a margin, inside the photo where that is possible.

    Parameters
    ----------
    face : FaceLandmarks
    size : tuple of int
        Width and height of the tile, pixels.
    """
    x, y, width, height = face.box
    longest = max(width, height)
    photo = np.array([face.image_width, face.image_height], np.float64)
    shape = np.array(size, np.float64) / size[1]
    tall = FRAME_SHARE * longest
    within = float((photo / shape).min())
    tall = max(min(tall, within), TIGHTEST_FRAME * longest)
    frame = np.maximum(np.round(tall * shape), 1.0)
    middle = np.array([x + 0.5 + width / 2, y + 0.5 + height / 2])
    corner = middle - frame * (0.5, FACE_MIDDLE)
    low, high = np.minimum(0.0, photo - frame), np.maximum(0.0, photo - frame)
    left, top = np.round(np.clip(corner, low, high)).astype(int).tolist()
    return Framing(left, top, int(frame[0]), int(frame[1]), size)


def node_movement_mm(prediction: Prediction) -> Float32Array:
    """Return how far each node of the displacement field's grid moves in the picture, mm.

    Read from the field of the plan, not from the two pictures, so that neither noise nor texture
    shows.

    Returns
    -------
    (rows, columns) float32 array
        At the nodes, where they lie in the photo.
    """
    field = prediction.displacement_field
    nodes = field.grid.nodes.astype(np.float64)
    moved = np.hypot(*(field.forward(nodes) - nodes).T) * prediction.source.scale.mm_per_px
    return np.asarray(moved.reshape(field.grid.shape), np.float32)


def over_tile(moved: Float32Array, grid: RegionGrid, framing: Framing) -> Float32Array:
    """Interpolate values at the nodes over a tile: (height, width) float32, 0 outside the grid."""
    columns, rows = framing.photo_places()
    offset = (grid.step - 1) / 2.0
    xs = np.broadcast_to((columns - grid.x - offset) / grid.step, (len(rows), len(columns)))
    ys = np.broadcast_to(((rows - grid.y - offset) / grid.step)[:, None], xs.shape)
    return np.asarray(
        cv2.remap(
            moved,
            np.ascontiguousarray(xs, np.float32),
            np.ascontiguousarray(ys, np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0.0,
        ),
        np.float32,
    )


@dataclass(frozen=True)
class ViewPictures:
    """The three pictures of one view, as JPEG, in one framing.

    Attributes
    ----------
    before, after, movement : bytes
    mm_per_tile : float
        Width of the tiles on the face, mm.
    """

    before: bytes
    after: bytes
    movement: bytes
    mm_per_tile: float


def view_pictures(
    prediction: Prediction,
    moved: Float32Array,
    end_mm: float,
    width_mm: float,
    movement_width_mm: float,
) -> ViewPictures:
    """Make the pictures of one view.

    Parameters
    ----------
    prediction : Prediction
    moved : (rows, columns) float32 array
        From :func:`node_movement_mm`.
    end_mm : float
        Where the colour scale ends, mm.
    width_mm, movement_width_mm : float
        Width on paper of the faces and of the movement, mm; each is :data:`TILE_SHAPE` as wide
        as it is high.
    """
    framing = frame_face(prediction.source, _tile_size(width_mm))
    before = framing.cut(prediction.before)
    changed = over_tile(moved, prediction.displacement_field.grid, framing) > 0.0
    after, _ = draw_label(framing.cut(prediction.image), mask=changed, text=prediction.label)
    small = frame_face(prediction.source, _tile_size(movement_width_mm))
    colours = over_tile(moved, prediction.displacement_field.grid, small)
    movement = _coloured(small.cut(prediction.before), colours, end_mm)
    return ViewPictures(
        before=encode_jpeg(before, quality=JPEG_QUALITY),
        after=encode_jpeg(after, quality=JPEG_QUALITY),
        movement=encode_jpeg(movement, quality=JPEG_QUALITY),
        mm_per_tile=framing.width * prediction.source.scale.mm_per_px,
    )


def _tile_size(width_mm: float) -> tuple[int, int]:
    dots = width_mm / 25.4 * DOTS_PER_INCH
    return round(dots), round(dots / TILE_SHAPE)


def scale_end(largest_mm: float) -> float:
    """Return a round end of the colour scale that holds the largest movement.

    >>> scale_end(2.2)
    3.0
    """
    return next((end for end in _SCALE_ENDS if end >= largest_mm), float(np.ceil(largest_mm)))


def ramp(share: NDArray[np.floating]) -> Float32Array:
    """Colour of a share (0 to 1) of the scale, (..., 3), 0 to 255."""
    stops = np.linspace(0.0, 1.0, len(MOVEMENT_RAMP))
    channels = [np.interp(share, stops, values) for values in zip(*MOVEMENT_RAMP, strict=True)]
    return np.stack(channels, axis=-1).astype(np.float32)


def _coloured(before: ImageArray, moved: Float32Array, end: float) -> ImageArray:
    """Lay the movement in colour over the grey photo."""
    grey = cv2.cvtColor(cv2.cvtColor(before, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    pale = 255.0 - 0.8 * (255.0 - grey.astype(np.float32))
    cover = _COVER * np.clip(moved / _FULL_COLOUR_MM, 0.0, 1.0)[..., None]
    # A little of the photo's shading stays, so that the features are found again.
    colour = ramp(np.clip(moved / end, 0.0, 1.0)) * (0.75 + 0.25 * pale / 255.0)
    return np.asarray(np.rint(pale * (1.0 - cover) + colour * cover), np.uint8)
