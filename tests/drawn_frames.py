"""Spectacle frames of many kinds, drawn on a face."""

from __future__ import annotations

import cv2
import numpy as np

COLOURS = {
    "black": (25, 22, 20),
    "brown": (80, 50, 35),
    "amber": (190, 125, 70),
    "silver": (185, 185, 190),
    "navy": (35, 45, 80),
}
#: Thickness, exponent of the lens outline, half width and height (units), full rim.
SHAPES = {
    "thin_round": (1.0, 2.0, 24, 21, True),
    "oval": (1.6, 2.7, 26, 18, True),
    "thick": (4.0, 2.7, 27, 19, True),
    "half_rim": (2.5, 4.0, 27, 17, False),
}


def wearing(image, face, colour, shape):
    """Draw a frame; returns the photo and the frame's share of each pixel."""
    thickness, exponent, half_width, half_height, full = shape
    right, left = face.points[33, :2], face.points[263, :2]
    along = (left - right) / 90.0
    down = np.array([-along[1], along[0]])
    unit = float(np.hypot(*along))
    height, width = image.shape[:2]
    fine = 4
    mask = np.zeros((height * fine, width * fine), np.float32)

    def line(x, y):
        points = face.origin_px[:2] + np.outer(x, along) + np.outer(y, down)
        stroke = max(1, round(thickness * unit * fine))
        points = np.round(points * fine * 16).astype(np.int32)
        cv2.polylines(mask, [points], False, 1.0, stroke, cv2.LINE_AA, 4)

    angle = np.linspace(0, 2 * np.pi, 200) if full else np.linspace(np.pi, 2 * np.pi, 120)
    cos, sin = np.cos(angle), np.sin(angle)
    for side in (-1, 1):
        x = half_width * np.sign(cos) * np.abs(cos) ** (2 / exponent)
        y = half_height * np.sign(sin) * np.abs(sin) ** (2 / exponent)
        line(side * (half_width + 8.5) + x, 3 + y)
    bridge = np.linspace(-1, 1, 30)
    line(9.5 * bridge, -4 - 2.5 * (1 - bridge**2))
    mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    mask = 0.92 * cv2.GaussianBlur(mask, (0, 0), max(0.4, 0.15 * unit))
    photo = image * (1 - mask[..., None]) + np.array(colour) * mask[..., None]
    return photo.astype(np.uint8), mask
