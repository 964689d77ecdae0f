"""The square around the face: never squashed, centres to centres, the whole mask inside."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendering import enlarged_face

from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.generators.crop import SquareCrop
from landmarkdiff.landmarks.pose import angles_of, fit_pose
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.verification import register

CROPS = st.builds(
    SquareCrop,
    x=st.integers(-500, 3000),
    y=st.integers(-500, 3000),
    side=st.integers(40, 4000),
    resolution=st.sampled_from([512, 768]),
    turns=st.integers(0, 3),
)


@given(crop=CROPS, x=st.floats(-1e3, 5e3), y=st.floats(-1e3, 5e3))
def test_points_come_back(crop, x, y):
    there = crop.points_to_network(np.array([[x, y]]))
    assert np.allclose(crop.points_to_photo(there), [[x, y]], atol=1e-6)


@given(crop=CROPS)
def test_corners_of_the_square_are_those_of_the_networks_picture(crop):
    low, high = np.array([crop.x, crop.y]) - 0.5, np.array([crop.x, crop.y]) + crop.side - 0.5
    corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    found = crop.points_to_network(corners)
    end = crop.resolution - 0.5
    expected = np.array([[-0.5, -0.5], [end, -0.5], [end, end], [-0.5, end]])
    # A quarter turn counter-clockwise brings the right side to the top.
    assert np.allclose(found, np.roll(expected, crop.turns, axis=0))


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_points_are_where_their_pixels_go(turns):
    photo = np.zeros((400, 300, 3), np.uint8)
    cv2.circle(photo, (120, 210), 6, (255, 255, 255), -1)
    crop = SquareCrop(20, 60, 256, 512, turns)
    rows, columns = np.nonzero(crop.to_network(photo)[..., 0] > 127)
    found = columns.mean(), rows.mean()
    assert np.allclose(found, crop.points_to_network(np.array([[120.0, 210.0]]))[0], atol=0.05)


@pytest.mark.parametrize("side", [150, 431, 512, 777])
def test_pasting_back_moves_nothing(astronaut, portrait, side):
    factor = side / 200.0
    size = round(512 * factor)
    photo = np.asarray(cv2.resize(astronaut, (size, size), interpolation=cv2.INTER_CUBIC))
    x, y = (portrait.landmarks.points[4, :2] * factor - side / 2).astype(int).tolist()
    crop = SquareCrop(x, y, side, 512, turns=side % 2)
    pasted = crop.paste(photo, crop.to_network(photo))
    inner = round(0.15 * side)
    box = (x + inner, y + inner, side - 2 * inner, side - 2 * inner)
    flow = register(photo, pasted, box)
    ys, xs = np.mgrid[y + inner : y + side - inner : 8, x + inner : x + side - inner : 8]
    moved = flow.at(np.column_stack([xs.ravel(), ys.ravel()]).astype(np.float64))
    assert np.abs(moved.mean(axis=0)).max() < 0.02
    outside = np.ones(photo.shape[:2], bool)
    outside[max(y, 0) : y + side, max(x, 0) : x + side] = False
    assert np.array_equal(pasted[outside], photo[outside])


def test_the_photo_is_not_squashed_and_continues_beyond_its_edge(astronaut):
    crop = SquareCrop(-40, 300, 300, 512)
    square = crop.to_network(astronaut)
    assert square.shape == (512, 512, 3)
    plain = SquareCrop(-40, 300, 300, 300).to_network(astronaut)
    assert np.array_equal(plain[:212, 40:], astronaut[300:, :260])
    assert np.array_equal(plain[:212, 39], astronaut[300:, 1])  # reflected about the first pixel
    assert np.array_equal(plain[212], plain[210])


def test_face_fills_most_of_the_square_with_the_forehead(portrait):
    crop = SquareCrop.around(portrait.landmarks, None, 512)
    points = crop.points_to_network(portrait.landmarks.points[:, :2])
    height = np.ptp(points[:, 1]) / 512
    assert 0.6 < height < 0.75
    assert points[:, 1].min() / 512 > 0.15  # forehead and hair
    assert points.min() > 0 and points.max() < 511


@pytest.mark.parametrize(
    "procedure", ["rhinoplasty", "rhytidectomy", "mentoplasty", "brow_lift", "blepharoplasty"]
)
def test_whole_mask_fits_and_intensities_share_a_square(make_request, procedure):
    requests = [make_request(procedure, intensity) for intensity in (20.0, 60.0, 100.0)]
    crops = {SquareCrop.around(item.source, item.mask, 512) for item in requests}
    assert len(crops) == 1
    (crop,) = crops
    covered = requests[0].mask.full() > 0
    network = crop.mask_to_network(requests[0].mask, 8)
    assert network.any() and not network[0].any() and not network[:, 0].any()
    rows, columns = np.nonzero(covered)
    places = crop.points_to_network(np.column_stack([columns, rows]).astype(np.float64))
    corners = np.rint(places).astype(int)
    assert corners.min() >= 0 and corners.max() < 512
    assert network[corners[:, 1], corners[:, 0]].all()


def test_mask_is_painted_in_whole_latents_down_to_a_single_pixel():
    grid = RegionGrid(100, 100, 301, 301, 1)
    coverage = np.zeros(grid.shape, np.uint8)
    coverage[150, 37] = 1
    mask = SurgicalMask(grid, coverage, {}, np.zeros((0, 2)), 2000, 2000)
    crop = SquareCrop(0, 0, 2000, 512)
    painted = crop.mask_to_network(mask, 8)
    place = crop.points_to_network(np.array([[137.0, 250.0]]))[0]
    column, row = (np.rint(place) // 8).astype(int)
    assert painted.reshape(64, 8, 64, 8).all(axis=(1, 3)).sum() == painted.sum() / 64
    assert painted[8 * row, 8 * column]
    assert painted.sum() <= 4 * 64


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_face_on_its_side_stands_upright_for_the_network(portrait, turns):
    upright = SquareCrop.around(portrait.landmarks, None, 512)
    image = np.ascontiguousarray(np.rot90(portrait.image, -turns))
    points = portrait.landmarks.points.copy()
    for _ in range(turns):  # the photo turned clockwise: x becomes height - 1 - y
        points[:, :2] = np.column_stack([511 - points[:, 1], points[:, 0]])
    face = replace(portrait.landmarks, points=points, pose=fit_pose(points))
    crop = SquareCrop.around(face, None, 512)
    assert crop.turns == turns
    assert abs(crop.side - upright.side) <= 1
    turned = crop.landmarks_to_network(face)
    straight = upright.landmarks_to_network(portrait.landmarks)
    assert np.abs(turned.points - straight.points).max() < 4.0
    assert np.allclose(turned.pose.rotation, fit_pose(turned.points).rotation, atol=1e-6)
    assert turned.pose.roll == pytest.approx(angles_of(turned.pose.rotation)[2])
    # The same square but for the rounding of its corner to whole pixels.
    seen = crop.to_network(image).astype(int)
    differences = [
        np.abs(
            replace(upright, x=upright.x + dx, y=upright.y + dy, side=crop.side).to_network(
                portrait.image
            )
            - seen
        ).max()
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    ]
    assert min(differences) <= 2


def test_landmarks_keep_their_millimetres(portrait):
    crop = SquareCrop.around(portrait.landmarks, None, 512)
    moved = crop.landmarks_to_network(portrait.landmarks)
    assert (moved.image_width, moved.image_height) == (512, 512)
    assert np.allclose(moved.points_mm, portrait.landmarks.points_mm)
    # A pose fitted to the moved points is the same but for the last digits.
    assert np.allclose(moved.pose.rotation, fit_pose(moved.points).rotation, atol=0.05)
    factor = moved.pose.canonical_px_per_mm / portrait.landmarks.pose.canonical_px_per_mm
    assert factor == pytest.approx(1.0 / crop.pixel)


def test_a_face_outside_the_photo_is_refused(portrait):
    with pytest.raises(FaceUnusableError, match="outside the photo"):
        SquareCrop(600, 600, 100, 512).to_network(portrait.image)


def test_memory_is_bounded_at_twelve_megapixels(portrait):
    photo = np.zeros((4000, 3000, 3), np.uint8)
    face = replace(
        enlarged_face(portrait.landmarks, 3000 / 512), image_width=3000, image_height=4000
    )
    crop = SquareCrop.around(face, None, 512)
    tracemalloc.start()
    square = crop.to_network(photo)
    pasted = crop.paste(photo, square)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pasted.shape == photo.shape
    assert peak < 2.2 * photo.nbytes  # the result, and the square at the photo's size
