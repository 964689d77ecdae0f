"""A contour beyond which a person, or a thing before a plain wall, goes on."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.profile.backdrop import plain_backdrop
from landmarkdiff.profile.beyond import goes_on
from landmarkdiff.profile.outline import Scene
from landmarkdiff.profile.windows import PhotoPyramid

#: A contour that runs down at x = 150; the head lies to the right; a thing before it lies to the
#: left of it, from row 200 to row 300.
PX_PER_MM = 2.0
CONTOUR = np.stack([np.full(380, 150.0), np.arange(10.0, 390.0)], axis=1)
ROWS, MIDDLE = slice(200, 300), 60
WALL, SKIN = np.array([118.0, 140.0, 150.0]), np.array([205.0, 160.0, 135.0])


def picture(thing: FloatArray | None, light: FloatArray | float = 1.0) -> ImageArray:
    """A wall and skin, and a colour, (3,) RGB, before them."""
    image = np.empty((400, 300, 3))
    image[:] = WALL * light
    image[:, 150:] = SKIN
    if thing is not None:
        image[ROWS, 90:150] = thing
    return cv2.GaussianBlur(np.clip(image, 0, 255).astype(np.uint8), (0, 0), 1.0)


def told(image: ImageArray, person: float, plain: bool = False) -> BoolArray:
    """Where it is said; ``person``: probability of the silhouette where the thing may be."""
    mask = np.zeros(image.shape[:2], np.float32)
    mask[:, 150:] = 1.0
    mask[ROWS, 90:150] = person
    pyramid = PhotoPyramid(image)
    wall = plain_backdrop(pyramid) if plain else None
    assert (wall is not None) == plain
    lab = np.zeros((*mask.shape, 3), np.float32)
    scene = Scene(mask, lab, np.zeros(2), 1.0, wall)
    return goes_on(pyramid, scene, CONTOUR, MIDDLE, 1, PX_PER_MM)


def rows(where: BoolArray) -> tuple[int, int]:
    (found,) = np.nonzero(where)
    assert where[found[0] : found[-1] + 1].all()
    return int(CONTOUR[found[0], 1]), int(CONTOUR[found[-1], 1])


def test_nothing_is_told_of_a_border_of_the_silhouette() -> None:
    assert not told(picture(None), 0.0).any()
    assert not told(picture(None), 0.6).any()


def test_a_silhouette_that_goes_on_is_told() -> None:
    first, last = rows(told(picture(None), 1.0))
    assert abs(first - ROWS.start) < 4
    assert abs(last - ROWS.stop) < 4


def test_before_a_plain_wall_a_colour_of_its_own_is_told_by_less() -> None:
    image = picture(np.array([46.0, 60.0, 110.0]))
    assert not told(image, 0.6).any()
    first, last = rows(told(image, 0.6, plain=True))
    assert abs(first - ROWS.start) < 6
    assert abs(last - ROWS.stop) < 6


def test_a_frame_on_the_wall_is_none_of_the_persons() -> None:
    assert not told(picture(np.array([46.0, 60.0, 110.0])), 0.3, plain=True).any()


def test_a_shadow_on_the_wall_is_no_thing() -> None:
    assert not told(picture(0.75 * WALL), 0.6, plain=True).any()


def test_light_that_falls_off_along_the_wall_is_no_thing() -> None:
    light = np.linspace(1.15, 0.5, 400)[:, None, None]
    assert not told(picture(None, light), 0.6, plain=True).any()
