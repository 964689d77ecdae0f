"""Control points, and the displacement field: its fit, its folds and its warp."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from grids import region_pixels
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rendering import canonical_face

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.topology import sides, topology
from landmarkdiff.landmarks.visibility import facing
from landmarkdiff.manipulation import deform
from landmarkdiff.manipulation.controls import MAX_CONTROL_POINTS, choose_controls
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.field_fit import FittedField, fit_field
from landmarkdiff.manipulation.folds import MIN_JACOBIAN
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.mask import SurgicalMask, surgical_mask
from landmarkdiff.manipulation.pieces import SplinePiece
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import photo_procedure_names


def fit_alone(
    source: FloatArray, wanted: FloatArray, mask: SurgicalMask, controls: NDArray[np.intp]
) -> FittedField:
    """Fit one spline to what all effects want together."""
    pieces = [SplinePiece(controls, mask.anchors)]
    return fit_field(source, wanted[None], mask.grid, mask.share, pieces=pieces)


def fitted(
    name: str, intensity: float, px_per_mm: float = 2.6
) -> tuple[FittedField, FloatArray, FloatArray, NDArray[np.intp], FloatArray]:
    """A procedure on the canonical face, turned a little so that everything shows."""
    face = canonical_face(yaw=25, pitch=5, roll=4, px_per_mm=px_per_mm, size=round(250 * px_per_mm))
    plan = make_plan(name, face, intensity=intensity)
    found = deform(plan, face)
    mask = surgical_mask(plan, face, found)
    source, wanted = face.points[:, :2], face.project(found.displacement)[:, :2]
    controls = choose_controls(
        source,
        wanted,
        mask.anchors,
        moving=found.moving,
        pinned=found.pinned,
        eligible=facing(face) & (mask.at(source + wanted) > 0.02),
    )
    field = fit_alone(source, wanted, mask, controls)
    return field, source, wanted, controls, mask.anchors


@pytest.mark.parametrize("name", photo_procedure_names())
@pytest.mark.parametrize("intensity", [60, 100])
def test_a_field_brings_its_controls_where_they_belong(name: str, intensity: float) -> None:
    found, source, wanted, controls, anchors = fitted(name, intensity)
    field = found.field
    assert len(controls) + len(anchors) <= MAX_CONTROL_POINTS
    assert len(set(controls.tolist())) == len(controls)
    assert field.min_jacobian >= MIN_JACOBIAN
    landed = field.forward(source[controls]) - source[controls]
    meant = wanted[controls] * found.shares[0, controls, None]
    miss = np.hypot(*(landed - meant).T)
    # The grid is linear between its nodes and the spline is not.
    assert np.median(miss) <= 0.05
    assert miss.max() <= 0.05 * np.hypot(*wanted.T).max() + 0.1


def numerical_jacobian(field: DisplacementField) -> float:
    """Least determinant of the map by differences over single pixels."""
    grid = field.grid
    place = region_pixels(grid).reshape(grid.height, grid.width, 2)
    place = place + field.at(place.reshape(-1, 2)).reshape(place.shape)
    across, down = np.diff(place, axis=1)[:-1], np.diff(place, axis=0)[:, :-1]
    return float((across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]).min())


@pytest.mark.parametrize("name", photo_procedure_names())
def test_the_least_jacobian_bounds_every_pixel(name: str) -> None:
    field = fitted(name, 100)[0].field
    assert numerical_jacobian(field) >= field.min_jacobian - 1e-3


@pytest.mark.parametrize("factor", [3.0, 8.0])
def test_what_folds_is_made_smaller(factor: float) -> None:
    face = canonical_face(yaw=5)
    plan = make_plan("brow_lift", face, intensity=100)
    found = deform(plan, face)
    mask = surgical_mask(plan, face, found)
    source, wanted = face.points[:, :2], factor * face.project(found.displacement)[:, :2]
    result = fit_alone(source, wanted, mask, found.moving)
    assert 0 < result.fold_factor < 1
    assert result.field.min_jacobian >= MIN_JACOBIAN
    inner = found.moving[mask.at(source[found.moving]) == 1.0]
    assert np.allclose(result.shares[0, inner], result.fold_factor, atol=0.35)
    assert result.shares.max() <= 1.0
    folded = face.points[[107, 336, 9], :2]  # between the brows' heads, or beside them
    assert np.isfinite(result.folds).all()
    assert np.hypot(*(folded - result.folds[0]).T).min() < 60.0 / face.scale.mm_per_px


@pytest.mark.parametrize("folding", [-1, 1])
def test_a_fold_on_one_side_leaves_the_other_whole(folding: int) -> None:
    face = canonical_face()
    found = deform(make_plan("malar_augmentation", face, intensity=60), face)
    mask = surgical_mask(make_plan("malar_augmentation", face, intensity=60), face, found)
    source, planned = face.points[:, :2], face.project(found.displacement)[:, :2]
    controls = choose_controls(
        source,
        planned,
        mask.anchors,
        moving=found.moving,
        pinned=found.pinned,
        eligible=mask.at(source + planned) > 0.02,
    )
    here = sides() == folding

    def fit(factor: float) -> FittedField:
        wanted = np.where(here[:, None], factor, 1.0) * planned
        return fit_alone(source, wanted, mask, controls)

    plain, folded = fit(1.0), fit(16.0)
    assert plain.fold_factor == 1.0
    assert folded.fold_factor < 0.9
    assert folded.field.min_jacobian >= MIN_JACOBIAN
    there = np.array([i for i in found.moving if sides()[i] == -folding])
    assert np.allclose(folded.shares[0, there], plain.shares[0, there], atol=1e-6)
    moved = folded.field.forward(source[there]) - source[there]
    assert np.abs(moved - plain.shares[0, there, None] * planned[there]).max() < 0.005
    own = np.array([i for i in found.moving if sides()[i] == folding])
    assert folded.shares[0, own].max() <= folded.fold_factor + 1e-9


def test_without_displacement_nothing_is_fitted() -> None:
    grid = RegionGrid(5, 5, 20, 20, 2)
    still = np.zeros((478, 2))
    share = np.ones(grid.shape, np.float32)
    found = fit_field(still, still[None], grid, share, pieces=[])
    assert not found.field.displacement.any()
    assert (found.fold_factor, found.field.min_jacobian) == (1.0, 1.0)
    assert (found.shares == 1.0).all()


def test_controls_come_in_mirror_pairs() -> None:
    face = canonical_face(roll=3)
    plan = make_plan("rhytidectomy", face, intensity=60)
    found = deform(plan, face)
    mask = surgical_mask(plan, face, found)
    source, wanted = face.points[:, :2], face.project(found.displacement)[:, :2]
    controls = choose_controls(
        source,
        wanted,
        mask.anchors,
        moving=found.moving,
        pinned=found.pinned,
        eligible=np.ones(478, np.bool_),
    )
    chosen = set(controls.tolist())
    assert {int(topology().mirror[i]) for i in chosen} == chosen
    assert set(found.moving.tolist()) <= chosen
    half = choose_controls(
        source, 0.5 * wanted, mask.anchors, moving=found.moving, pinned=found.pinned,
        eligible=np.ones(478, np.bool_),
    )  # fmt: skip
    assert len(half) + len(mask.anchors) <= MAX_CONTROL_POINTS


def smooth_field(grid: RegionGrid, amplitude: float) -> DisplacementField:
    nodes = grid.nodes.astype(np.float64)
    middle = np.array([grid.x + grid.width / 2, grid.y + grid.height / 2])
    away = (nodes - middle) / (grid.width / 2, grid.height / 2)
    bump = np.clip(1 - (away**2).sum(axis=1), 0, None) ** 2
    shift = amplitude * bump[:, None] * (0.8, -0.6)
    return DisplacementField(grid, shift.astype(np.float32).reshape(*grid.shape, 2))


@given(st.floats(-8, 8), st.integers(1, 5), st.integers(0, 1000))
def test_forward_is_the_inverse_of_the_warp(amplitude: float, step: int, seed: int) -> None:
    field = smooth_field(RegionGrid(10, 5, 60, 60, step), amplitude)
    source = np.random.default_rng(seed).uniform(0, 90, (40, 2))
    landed = field.forward(source)
    assert np.abs(landed + field.at(landed) - source).max() < 2e-3


@pytest.mark.parametrize("step", [1, 3, 7])
def test_a_warped_ramp_shows_where_each_pixel_came_from(step: int) -> None:
    x, y = np.meshgrid(np.arange(90), np.arange(70))
    photo = np.stack([2 * x, 3 * y, np.full_like(x, 7)], axis=-1).astype(np.uint8)
    width, height = 70 // step * step, 60 // step * step
    grid = RegionGrid(10, 5, width, height, step)
    field = smooth_field(grid, 4.0)
    coverage = np.full(grid.shape, 255, np.uint8)
    warped = field.warp(photo, coverage)
    place = region_pixels(grid)
    expected = (place + field.at(place)) * (2, 3)
    got = warped[place[:, 1].astype(int), place[:, 0].astype(int)].astype(np.float64)
    assert np.abs(got[:, :2] - expected).max() <= 1.0
    assert (got[:, 2] == 7).all()
    outside = np.ones(photo.shape[:2], np.bool_)
    outside[5 : 5 + height, 10 : 10 + width] = False
    assert (warped[outside] == photo[outside]).all()


def test_where_the_mask_is_zero_nothing_is_written() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (70, 90, 3)).astype(np.uint8)
    photo.setflags(write=False)
    grid = RegionGrid(10, 5, 69, 60, 3)
    coverage = np.zeros(grid.shape, np.uint8)
    coverage[6:12, 8:15] = 200
    warped = smooth_field(grid, 5.0).warp(photo, coverage)
    mask = np.zeros((70, 90), np.uint8)
    mask[5:65, 10:79] = grid.enlarge(coverage)
    assert (warped[mask == 0] == photo[mask == 0]).all()
    assert (warped[mask > 128] != photo[mask > 128]).any()
    nothing = smooth_field(grid, 5.0).warp(photo, np.zeros(grid.shape, np.uint8))
    assert (nothing == photo).all()


def test_what_is_left_out_of_a_region_would_not_have_changed() -> None:
    rng = np.random.default_rng(5)
    photo = cv2.GaussianBlur(rng.integers(0, 256, (300, 420, 3), np.uint8), (0, 0), 2.0)
    photo = cv2.normalize(photo, None, 0, 255, cv2.NORM_MINMAX)
    grid = RegionGrid(x=9, y=4, width=390, height=285, step=3)
    coverage = np.zeros(grid.shape, np.uint8)
    moved = np.zeros((*grid.shape, 2), np.float32)
    for row, column in ((2, 3), (4, 90), (40, 60), (41, 127), (93, 0)):
        coverage[row : row + 6, column : column + 5] = 255
        moved[row + 2 : row + 9, column + 1 : column + 3] = rng.normal(0, 3, 2)
    moved[60:80, 30:60] = 2.0  # moves and is not seen
    coverage[10:25, 20:50] = 255  # is seen and does not move
    field = DisplacementField(grid, moved)
    source = np.asarray(grid.enlarge(moved), np.float32) + np.stack(
        np.meshgrid(np.arange(9, 399), np.arange(4, 289)), -1
    ).astype(np.float32)
    whole = cv2.remap(photo, source, np.empty(0), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    expected = photo.copy()
    seen = np.asarray(grid.enlarge(coverage)) > 0
    expected[4:289, 9:399][seen] = whole[seen]
    # Where a place is rounded the other way the level differs by one.
    assert cv2.absdiff(field.warp(photo, coverage), expected).max() <= 1
    assert (expected != photo).any(axis=2).sum() > 300


def test_a_warp_that_reaches_over_the_border_repeats_it() -> None:
    photo = np.zeros((70, 90, 3), np.uint8)
    photo[:, :3] = 200
    grid = RegionGrid(0, 0, 90, 70, 1)
    shift = np.zeros((*grid.shape, 2), np.float32)
    shift[..., 0] = -10.0
    warped = DisplacementField(grid, shift).warp(photo, np.full(grid.shape, 255, np.uint8))
    assert (warped[:, :12] == 200).all()
    assert (warped[:, 15:] == 0).all()


@pytest.mark.parametrize("corner", [(-40, -20), (50, -20), (-40, 30), (50, 40)])
@pytest.mark.parametrize("step", [1, 5])
def test_a_region_beyond_the_border_warps_what_the_photo_shows(
    corner: tuple[int, int], step: int
) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (70, 90, 3)).astype(np.uint8)
    photo = cv2.GaussianBlur(photo, (0, 0), 2)
    margin = 50
    wide = cv2.copyMakeBorder(photo, *[margin] * 4, cv2.BORDER_REPLICATE)
    grid = RegionGrid(*corner, 80, 60, step)
    within = RegionGrid(corner[0] + margin, corner[1] + margin, 80, 60, step)
    coverage = np.full(grid.shape, 255, np.uint8)
    warped = smooth_field(grid, 6.0).warp(photo, coverage)
    expected = smooth_field(within, 6.0).warp(wide, coverage)[margin:-margin, margin:-margin]
    assert (warped != photo).any()
    assert np.abs(warped.astype(int) - expected.astype(int)).max() <= 1


@pytest.mark.parametrize("corner", [(-80, 10), (90, 10), (10, -60), (10, 70), (-300, -300)])
def test_a_region_beside_the_photo_changes_nothing(corner: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (70, 90, 3)).astype(np.uint8)
    grid = RegionGrid(*corner, 80, 60, 5)
    warped = smooth_field(grid, 6.0).warp(photo, np.full(grid.shape, 255, np.uint8))
    assert (warped == photo).all()


@pytest.mark.parametrize("step", [1, 5])
@pytest.mark.parametrize("cells", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_tiny_regions_do_no_harm(cells: tuple[int, int], step: int) -> None:
    grid = RegionGrid(3, 4, cells[0] * step, cells[1] * step, step)
    field = DisplacementField(grid, np.full((*grid.shape, 2), 0.25, np.float32))
    photo = np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    warped = field.warp(photo, np.full(grid.shape, 255, np.uint8))
    assert warped.shape == photo.shape
    assert field.min_jacobian == pytest.approx(1.0)
    assert np.isfinite(field.forward(np.array([[3.0, 4.0]]))).all()


def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (70, 90, 3)).astype(np.uint8)
    grid = RegionGrid(10, 5, 69, 60, 3)
    coverage = np.full(grid.shape, 255, np.uint8)
    whole = smooth_field(grid, 5.0).warp(photo, coverage)
    monkeypatch.setattr("landmarkdiff.manipulation.field.STRIP_PIXELS", 500)
    assert (smooth_field(grid, 5.0).warp(photo, coverage) == whole).all()
