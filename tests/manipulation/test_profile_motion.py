"""A plan moves the contour of a profile evenly: a dorsum has no steps, and no notch at the tip."""

from __future__ import annotations

import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait
from other_heads import other_head
from profile_photos import LIGHTS, PX_PER_MM, SIZE, camera

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head.model import head_model
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.dorsum import behind_line
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.manipulation.on_profile.warp import profile_motion
from landmarkdiff.manipulation.warp import deformation_of
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.verification.contour_check import measure_contour

#: Points of the contour, 2.5 mm apart, over which a dorsum is compared with a parabola.
WINDOW = 6


@pytest.fixture(scope="module")
def straight(pipeline: LandmarkDiffPipeline) -> PreparedProfile:
    """A nose without a hump, seen from its left."""
    model = head_model()
    shares = 0.5 * np.random.default_rng(3).normal(size=len(model.identity_names))
    shares[model.identity_names.index("nose/nose-hump-decr")] = 0.0
    look = Look(skin=SKINS[3], light=LIGHTS[0], background=(120, 130, 140))
    image = portrait(model, model.surface(shares), camera(), look, SIZE)
    found = pipeline.prepare(image, mm_per_px=1 / PX_PER_MM)
    assert isinstance(found, PreparedProfile)
    return found


def dorsum_moves(
    profile: PreparedProfile, effects: dict[str, float]
) -> tuple[FloatArray, FloatArray]:
    """The dorsum from nasion to tip, and how far a plan moves it: (n, 2) mm each."""
    plan, flags = (
        make_plan("rhinoplasty", profile.landmarks, intensity=0, effects=effects),
        ClinicalFlags(),
    )
    motion = profile_motion(profile, plan, flags)
    steps = motion.contour_steps(deformation_of(profile, plan, flags)).sum(axis=0)
    contour = motion.shown.contour
    ends = profile.landmarks.points[[168, 4], :2]
    first, last = (int(np.hypot(*(contour - end).T).argmin()) for end in ends)
    part = slice(first - 2, last + 1)
    scale = profile.camera.px_per_mm
    return contour[part] / scale, steps[part] / scale


def off_parabola(line: FloatArray) -> float:
    """How far a line (n, 2) lies off the parabolas through its stretches at most, mm."""
    places = np.linspace(-1.0, 1.0, WINDOW)
    basis = np.stack([places**2, places, np.ones(WINDOW)], axis=1)
    off = np.eye(WINDOW) - basis @ np.linalg.pinv(basis)
    stretches = np.lib.stride_tricks.sliding_window_view(line, WINDOW, axis=0)
    return float(np.hypot(*np.einsum("ij,ncj->cni", off, stretches)).max())


@pytest.mark.parametrize(
    "effects",
    [{"dorsal_hump": -4.0}, {"tip_rotation": 8.5}, {"dorsal_hump": -4.0, "tip_rotation": 8.5}],
    ids=["hump", "tip", "both"],
)
def test_the_dorsum_moves_without_steps(
    effects: dict[str, float], straight: PreparedProfile
) -> None:
    _, steps = dorsum_moves(straight, effects)
    assert np.abs(steps).max() > 2.5
    assert off_parabola(steps) < 0.15
    assert np.abs(np.diff(steps, 2, axis=0)).max() < 0.4


def test_a_lowered_bridge_and_a_turned_tip_leave_no_notch(straight: PreparedProfile) -> None:
    before, steps = dorsum_moves(straight, {"dorsal_hump": -4.0, "tip_rotation": 8.5})
    after = before + steps
    assert off_parabola(after) < off_parabola(before) + 0.15


@pytest.mark.parametrize("seed", [41, 52])
def test_a_hump_goes_as_far_as_planned_where_the_head_is_laid_askew(
    pipeline: LandmarkDiffPipeline, seed: int
) -> None:
    """The fitted heads of these look past the camera: their rims lie beside the dorsum's ridge."""
    look = Look(skin=SKINS[seed % 4], light=LIGHTS[0], background=(120, 130, 140))
    image = portrait(head_model(), other_head(seed, 0.6), camera(), look, SIZE)
    found = pipeline.prepare(image, mm_per_px=1 / PX_PER_MM)
    assert isinstance(found, PreparedProfile)
    _, steps = dorsum_moves(found, {"dorsal_hump": -3.0})
    assert np.hypot(*steps.T).max() == pytest.approx(3.0, abs=0.06)


def test_steps_would_be_seen(straight: PreparedProfile) -> None:
    _, steps = dorsum_moves(straight, {"dorsal_hump": -4.0})
    assert off_parabola(np.repeat(steps[::2], 2, axis=0)) > 0.3


def test_a_bridge_that_a_plan_hollows_out_is_told(
    pipeline: LandmarkDiffPipeline, straight: PreparedProfile
) -> None:
    """It lies 2 mm behind the line before; taken back by 4 mm, it is no bridge that is planned."""
    hollow, straighter = (
        pipeline.generate(straight, "rhinoplasty", 0, effects={"dorsal_hump": hump}, light=False)
        for hump in (-4.0, -0.5)
    )
    (told,) = (notice for notice in hollow.notices if notice.code == "dorsum_hollow")
    assert 1.0 < told.params["before_mm"] < 3.0 < told.params["mm"] < 6.0
    assert "dorsum_hollow" not in [notice.code for notice in straighter.notices]


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_how_far_a_line_lies_behind_the_straight_one(side: float) -> None:
    x = np.linspace(0.0, 40.0, 81)
    bow = 1.0 - ((x - 20.0) / 20.0) ** 2
    line = np.stack([side * (x - 2.5 * bow), x + 2.5 * bow], axis=1)
    forward = np.array([side, 0.0])
    assert behind_line(line, forward) == pytest.approx(2.5 * np.sqrt(2.0))
    assert behind_line(line, -forward) == 0.0


def test_a_lip_that_slides_along_the_contour_is_found_again(
    pipeline: LandmarkDiffPipeline, straight: PreparedProfile
) -> None:
    """Its red comes to lie where skin was; and a picture in which nothing moved is not believed."""
    result = pipeline.generate(straight, "lip_lift", 100, light=False)
    moved = result.check.contour
    assert moved is not None
    acting = moved.sure & (np.abs(moved.by_effect).max(axis=0) > 0.2)
    assert np.abs(moved.planned[acting]).max() > 1.0
    assert np.abs(moved.found - moved.planned)[acting].max() < 0.3
    motion = profile_motion(straight, result.plan, ClinicalFlags())
    deformation = deformation_of(straight, result.plan, ClinicalFlags())
    still = measure_contour(
        straight.image,
        straight.image,
        motion.shown.contour,
        motion.shown.normals,
        motion.contour_steps(deformation),
        straight.camera.px_per_mm,
        moved.sure,
    )
    far = acting & (np.abs(moved.planned) > 0.5)
    assert np.median(np.abs(still.found)[far]) < 0.25
    assert np.median(np.abs(still.found - still.planned)[far]) > 0.5
