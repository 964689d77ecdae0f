"""Framing of the face, and the movement read from the displacement field."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from rendering import canonical_face

from landmarkdiff.inference import Prediction
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.report.pictures import (
    TIGHTEST_FRAME,
    Framing,
    frame_face,
    node_movement_mm,
    over_tile,
    ramp,
    scale_end,
    view_pictures,
)

SIZE = (400, 500)


def placed(face: FaceLandmarks, width: int, height: int, x: float, y: float) -> FaceLandmarks:
    """The face in a photo of another size, its box starting at x, y."""
    left, top, _, _ = face.box
    points = face.points + np.array([x - left, y - top, 0.0])
    return replace(face.with_points(points), image_width=width, image_height=height)


@pytest.mark.parametrize(("x", "y"), [(5, 5), (300, 400), (560, 610), (5, 610)])
def test_a_frame_stays_in_the_photo_with_the_face_in_it(x: int, y: int) -> None:
    face = placed(canonical_face(), 1000, 1100, x, y)
    frame = frame_face(face, SIZE)
    left, top, width, height = face.box
    assert frame.x <= left
    assert frame.y <= top
    assert frame.x + frame.width >= left + width
    assert frame.y + frame.height >= top + height
    assert frame.x >= 0
    assert frame.y >= 0
    assert frame.x + frame.width <= 1000
    assert frame.y + frame.height <= 1100
    assert frame.width / frame.height == pytest.approx(0.8, abs=0.005)


def test_a_tight_photo_is_framed_closer_and_then_padded() -> None:
    face = canonical_face()
    _, _, _, tall = face.box
    roomy = frame_face(placed(face, 2000, 2000, 800, 800), SIZE)
    close = frame_face(placed(face, 2000, round(1.35 * tall), 800, 20), SIZE)
    assert close.height == round(1.35 * tall) < roomy.height
    tiny = placed(face, round(0.9 * tall), round(1.02 * tall), 2, 2)
    padded = frame_face(tiny, SIZE)
    assert padded.height == round(TIGHTEST_FRAME * tall)
    tile = padded.cut(np.zeros((tiny.image_height, tiny.image_width, 3), np.uint8))
    assert tile.shape == (500, 400, 3)
    assert tile[0, 0].min() > 230
    assert tile[250, 200].max() == 0


def test_a_tile_of_the_frames_own_size_holds_the_pixels_themselves() -> None:
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    tile = Framing(10, 5, 40, 50, (40, 50)).cut(photo)
    assert (tile == photo[5:55, 10:50]).all()
    columns, rows = Framing(10, 5, 40, 50, (40, 50)).photo_places()
    assert columns[[0, -1]].tolist() == [10.0, 49.0]
    assert rows[[0, -1]].tolist() == [5.0, 54.0]


def test_movement_is_that_of_the_landmarks(rhinoplasty: Prediction) -> None:
    face = rhinoplasty.source
    frame = frame_face(face, SIZE)
    grid = rhinoplasty.displacement_field.grid
    moved = node_movement_mm(rhinoplasty)
    assert moved.shape == grid.shape
    tile = over_tile(moved, grid, frame)
    assert tile.shape == (500, 400)
    scale = frame.width / SIZE[0]
    for landmark in (1, 4, 195, 64, 294):
        shift = (rhinoplasty.target.points - face.points)[landmark, :2]
        place = (face.points[landmark, :2] - (frame.x, frame.y) + 0.5) / scale - 0.5
        column, row = np.round(place).astype(int)
        expected = float(np.hypot(*shift)) * face.scale.mm_per_px
        assert tile[row, column] == pytest.approx(expected, abs=0.2)
    # Nothing moves at the eyes and at the corners of the tile.
    assert tile[0, 0] == tile[-1, -1] == 0.0
    assert 1.0 < tile.max() <= moved.max() + 1e-6


@pytest.mark.parametrize(
    ("largest", "end"), [(0.0, 1.0), (1.0, 1.0), (1.01, 2.0), (5.2, 6.0), (28, 30.0), (31.5, 32.0)]
)
def test_the_scale_ends_at_a_round_number(largest: float, end: float) -> None:
    assert scale_end(largest) == end


def test_more_movement_is_darker() -> None:
    colours = ramp(np.linspace(0.0, 1.0, 50))
    light = colours @ (0.299, 0.587, 0.114)
    assert (np.diff(light) < 0).all()


def test_the_three_pictures_of_a_view(rhinoplasty: Prediction) -> None:
    moved = node_movement_mm(rhinoplasty)
    made = view_pictures(rhinoplasty, moved, 3.0, 60.0, 40.0)
    pictures = []
    for jpeg in (made.before, made.after, made.movement):
        with Image.open(io.BytesIO(jpeg)) as picture:
            assert picture.format == "JPEG"
            assert not picture.getexif()
            pictures.append(np.asarray(picture.convert("RGB"), np.int16))
    before, after, movement = pictures
    assert before.shape == after.shape == (591, 472, 3)
    assert movement.shape == (394, 315, 3)
    frame = frame_face(rhinoplasty.source, (472, 591))
    assert made.mm_per_tile == pytest.approx(
        frame.width * rhinoplasty.source.scale.mm_per_px, rel=1e-6
    )
    # The label and the nose differ; the rest of the face is the same picture.
    differs = np.abs(after - before).max(axis=2) > 40
    assert differs[-30:, -130:].mean() > 0.2
    assert differs[:150].mean() == 0.0
    # Colour stands where something moves, grey elsewhere.
    tile = over_tile(
        moved, rhinoplasty.displacement_field.grid, frame_face(rhinoplasty.source, (315, 394))
    )
    colourful = np.ptp(movement, axis=2)
    assert colourful[tile > 0.8].min() > 30
    assert np.percentile(colourful[tile == 0.0], 99) < 12


def test_the_label_tells_of_a_value_beyond_its_band(unlocked: Prediction) -> None:
    made = view_pictures(unlocked, node_movement_mm(unlocked), 6.0, 60.0, 40.0)
    with Image.open(io.BytesIO(made.after)) as picture:
        after = np.asarray(picture.convert("L"))
    # The longer words need a wider box than the word alone.
    dark = (after[-18:-8] < 60).mean(axis=0)
    assert (dark[-250:-5] > 0.5).mean() > 0.6
