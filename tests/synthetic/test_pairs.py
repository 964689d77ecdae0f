"""Reverse pairs: the plan on the source leads to the photo, as registration sees it."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.covers import CoverFinding
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import warp_plan
from landmarkdiff.procedures import photo_procedure_names
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.synthetic.pairs import (
    ReversePair,
    ears_of_pairs,
    photo_of,
    render_pair,
    reverse_pair,
)
from landmarkdiff.synthetic.recipes import draft, draw_pattern, plan_of, recipe_of
from landmarkdiff.synthetic.record import PhotoRecord
from landmarkdiff.verification.registration import register

#: Pixels that a landmark has to move by before its way is compared.
MOVED_PX = 1.0


@pytest.fixture(scope="module")
def photo(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    portrait = prepared_portraits["astronaut"]
    record = PhotoRecord.of_photo(
        portrait.image,
        portrait.landmarks,
        512,
        tone=None,
        person="collins",
        licence="public domain",
        source="astronaut.png",
        likeness=0,
        sha256="",
    )
    return photo_of(PhotoRecord.from_members(record.members(), "astronaut"))


def _source_of(pair: ReversePair) -> PreparedFace:
    """The source as a photo of its own, with its own landmarks."""
    source = PreparedFace(pair.warp.warped, pair.source, glasses="no")
    source.once("covers", lambda: CoverFinding(None, ("open", "open"), pair.source))
    return source


def _registered_mm(photo: PreparedFace, pair: ReversePair) -> tuple[np.ndarray, np.ndarray]:
    """What the photo and the plan on its source differ by at the landmarks that move, mm.

    The second is how far they moved.
    """
    forward = warp_plan(
        _source_of(pair), pair.plan, pair.flags, clock=StageClock(), pause=lambda: None
    )
    face: FaceLandmarks = photo.landmarks
    moved = np.linalg.norm(pair.source.points[:, :2] - face.points[:, :2], axis=1)
    own = np.flatnonzero((moved > MOVED_PX) & photo.visible)
    grid = pair.warp.mask.grid
    box = (grid.x, grid.y, grid.width, grid.height)
    left = register(photo.image, forward.warped, box).at(face.points[own, :2])
    mm = face.scale.mm_per_px
    return np.linalg.norm(left, axis=1) * mm, moved[own] * mm


@pytest.mark.parametrize("name", photo_procedure_names())
def test_plan_on_its_source_registers_against_the_photo(name: str, photo: PreparedFace) -> None:
    plan = make_plan(name, photo.landmarks, intensity=80)
    pair = reverse_pair(photo, plan, ClinicalFlags())
    left, moved = _registered_mm(photo, pair)
    assert len(left) >= 4
    assert moved.max() > 0.7
    assert np.median(left) < 0.3


def test_combined_plans_of_recipes_register_too(photo: PreparedFace) -> None:
    seen, counts = [], set()
    for run in (0, 2, 5, 9, 11):
        pattern = draw_pattern(3, run, ears_of_pairs(photo))
        plan = plan_of(pattern, photo.landmarks)
        recipe = recipe_of(draft(pattern, 3, run), plan, seed=3, number=run, person="collins")
        left, _ = _registered_mm(photo, reverse_pair(photo, recipe.plan, recipe.flags))
        seen.append(left)
        counts.add(len(pattern.procedures))
    assert counts >= {2, 3}
    assert np.median(np.concatenate(seen)) < 0.3


def test_source_is_where_the_plan_comes_from(photo: PreparedFace) -> None:
    """A chin that the plan brings forward lies behind in the source."""
    plan = make_plan("mentoplasty", photo.landmarks, effects={"pogonion": 4.0})
    pair = reverse_pair(photo, plan, ClinicalFlags())
    (item,) = (each for each in pair.plan.effects if each.name == "pogonion")
    assert item.value == pytest.approx(4.0, abs=0.4)
    shift = photo.landmarks.to_face_frame(photo.landmarks.points[199]) - (
        photo.landmarks.to_face_frame(pair.source.points[199])
    )
    assert shift[2] == pytest.approx(4.0, abs=0.5)


def test_light_is_that_of_the_source(photo: PreparedFace) -> None:
    plan = make_plan("malar_augmentation", photo.landmarks, intensity=100)
    pair = reverse_pair(photo, plan, ClinicalFlags())
    shading = pair.warp.shading
    assert shading is not None
    # A cheek that the plan brings forward lies deeper in the source, in another light.
    assert np.abs(shading.factor - 1.0).max() > 0.05


def test_palsied_side_does_not_move(photo: PreparedFace) -> None:
    flags = ClinicalFlags(bells_palsy=True, bells_palsy_side="left")
    pair = reverse_pair(photo, make_plan("brow_lift", photo.landmarks), flags)
    moved = np.linalg.norm(pair.source.points[:, :2] - photo.landmarks.points[:, :2], axis=1)
    assert moved[334] == 0.0  # the left brow
    assert moved[105] > 2.0


def test_skin_without_melanin_moves_less(photo: PreparedFace) -> None:
    face = photo.landmarks
    y, x = np.mgrid[: face.image_height, : face.image_width]
    apart = np.hypot(x - face.points[50, 0], y - face.points[50, 1]) * face.scale.mm_per_px
    melanin = 1.5 * np.clip((apart - 8.5) / 1.0, 0.0, 1.0)[..., None]  # a patch of 18 mm has none
    absorbed = np.exp(-melanin * np.array([0.41, 0.59, 1.0]) / 2.2)  # red, green, blue, as a code
    patched = PreparedFace(np.rint(photo.image * absorbed).astype(np.uint8), face, glasses="no")
    assert len(patched.vitiligo().patches) == 1
    plan = make_plan("malar_augmentation", face, intensity=100)
    ways = [
        np.linalg.norm(reverse_pair(patched, plan, flags).source.points - face.points, axis=1)
        for flags in (ClinicalFlags(), ClinicalFlags(vitiligo=True))
    ]
    assert ways[1][50] < 0.5 * ways[0][50]
    assert ways[1][280] == pytest.approx(ways[0][280], rel=0.05)  # the other cheek
    flagged, plain = (
        reverse_pair(photo, plan, flags).warp.warped
        for flags in (ClinicalFlags(vitiligo=True), ClinicalFlags())
    )
    assert np.array_equal(flagged, plain)  # no patch, no difference


def test_prompt_says_each_phrase_once(photo: PreparedFace) -> None:
    for run in range(40):
        pattern = draw_pattern(3, run, ears_of_pairs(photo))
        if len(pattern.procedures) == 2:
            break
    plan = plan_of(pattern, photo.landmarks)
    recipe = recipe_of(draft(pattern, 3, run), plan, seed=3, number=run, person="collins")
    phrases = render_pair(photo, recipe, depth=True).prompt.split(", ")
    assert len(phrases) == len(set(phrases)) > 3
