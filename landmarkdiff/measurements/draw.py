"""Draw measurements on the photo they were taken from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import checked, instance_of, rgb_image
from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo
from landmarkdiff.measurements.types import Measurement

__all__ = ["draw_measurements"]


_SUFFIX = {"mm": " mm", "deg": " deg", "ratio": "", "percent": " %"}
_COLOURS = ((255, 214, 10), (90, 200, 250), (255, 120, 120), (120, 230, 140))
_OUTLINE = (20, 20, 20)


@checked(image=rgb_image, face=instance_of(FaceLandmarks))
def draw_measurements(
    image: ImageArray, face: FaceLandmarks, measurements: Iterable[Measurement]
) -> ImageArray:
    """Draw the lines of the available measurements, each with its value.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        RGB; not changed.
    face : FaceLandmarks
    measurements : iterable of Measurement
        Those without points (asymmetry) or without a value are left out.

    Returns
    -------
    (H, W, 3) uint8 array
        A copy with the drawing; stroke and type scale with the face.

    Examples
    --------
    >>> from landmarkdiff.measurements import measure
    >>> drawn = draw_measurements(portrait, face, [measure(face, "alar_width")])
    >>> drawn.shape == portrait.shape, bool((drawn != portrait).any())
    (True, True)
    """
    check_photo(image, face)
    canvas = np.ascontiguousarray(image).copy()
    unit = max(face.interocular_px / 200.0, 0.3)
    for index, measurement in enumerate(
        m for m in measurements if m.points and m.value is not None
    ):
        colour = _COLOURS[index % len(_COLOURS)]
        points = _ends(face, measurement)
        for segment in _segments(measurement, points):
            for stroke, width in ((_OUTLINE, 4), (colour, 2)):
                cv2.polylines(
                    canvas, [segment], False, stroke, max(1, round(width * unit)), cv2.LINE_AA
                )
        for x, y in points.tolist():
            cv2.circle(canvas, (x, y), max(1, round(3 * unit)), colour, -1, cv2.LINE_AA)
        _write(canvas, _label(measurement), points, unit, colour)
    return canvas


def _label(measurement: Measurement) -> str:
    decimals = 2 if measurement.unit == "ratio" else 1
    return f"{measurement.value:.{decimals}f}{_SUFFIX[measurement.unit]}"


def _ends(face: FaceLandmarks, measurement: Measurement) -> NDArray[np.int32]:
    """Points to draw: the landmarks, or foot and head of a height above a landmark."""
    points = face.points[list(measurement.points), :2]
    if measurement.unit == "mm" and len(points) > 2 and measurement.value is not None:
        upward = -measurement.value if measurement.name.startswith("mrd2") else measurement.value
        foot = points[0]
        if measurement.name.startswith("palpebral"):
            foot = np.array([points[0, 0], points[4:, 1].max()])
        points = np.stack([foot, foot + face.project((0.0, upward, 0.0))[:2]])
    return np.asarray(np.round(points), dtype=np.int32)


def _segments(measurement: Measurement, points: NDArray[np.int32]) -> Sequence[NDArray[np.int32]]:
    """Two lines for a ratio of distances, else one line through all points."""
    if measurement.unit == "ratio" and len(points) == 4:
        return points[:2], points[2:]
    return (points,)


def _write(
    canvas: ImageArray,
    text: str,
    points: NDArray[np.int32],
    unit: float,
    colour: tuple[int, int, int],
) -> None:
    """Write beside the rightmost point, inside the picture."""
    size, weight = max(0.35, 0.5 * unit), max(1, round(1.2 * unit))
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, weight)
    x, y = points[np.argmax(points[:, 0])].tolist()
    x = int(np.clip(x + 6 * unit, 0, max(canvas.shape[1] - width - 1, 0)))
    y = int(np.clip(y, height + 1, canvas.shape[0] - 2))
    for stroke, extra in ((_OUTLINE, max(2, round(2 * unit))), (colour, 0)):
        cv2.putText(
            canvas,
            text,
            (x, y),
            cv2.FONT_HERSHEY_SIMPLEX,
            size,
            stroke,
            weight + extra,
            cv2.LINE_AA,
        )
