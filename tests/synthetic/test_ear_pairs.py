"""Pairs of ears that were set back: brought out in the source, where a photo shows them."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Mapping

import numpy as np
import pytest
from head_portraits import SKINS, Look, portrait

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.covers import CoverFinding
from landmarkdiff.head import HeadCamera, head_model
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import warp_plan
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

SIZE, PX = (600, 540), 2.5
LIGHT = {"light": (-0.3, 0.4, 0.8), "ambient": 0.45, "background": (150, 160, 170)}
BALD, HAIRY = (Look(SKINS[2], hairy=hairy, **LIGHT) for hairy in (False, True))


def members_of(pipeline: LandmarkDiffPipeline, look: Look, yaw: float = 0.0) -> dict[str, bytes]:
    """A drawn head as a shard holds it."""
    camera = HeadCamera.turned(yaw, px_per_mm=PX, shift=(SIZE[1] / 2, SIZE[0] * 0.42))
    model = head_model()
    image = portrait(model, model.surface(), camera, look, SIZE)
    face = pipeline.prepare(image, passes=2, mm_per_px=1.0 / PX).landmarks
    facts = {"person": "nobody", "licence": "CC0", "source": "head.png", "sha256": ""}
    return PhotoRecord.of_photo(image, face, 512, tone="II", likeness=0, **facts).members()


def photo_from(members: Mapping[str, bytes]) -> PreparedFace:
    return photo_of(PhotoRecord.from_members(members, "head"))


@pytest.fixture(scope="module")
def members(pipeline: LandmarkDiffPipeline) -> dict[str, bytes]:
    return members_of(pipeline, BALD)


@pytest.fixture(scope="module")
def photo(members: dict[str, bytes]) -> PreparedFace:
    return photo_from(members)


def pair_of(photo: PreparedFace, **values: float) -> ReversePair:
    effects = {f"{side}_ear_setback": value for side, value in values.items()}
    plan = make_plan("otoplasty", photo.landmarks, intensity=0, effects=effects)
    return reverse_pair(photo, plan, ClinicalFlags())


def again(pair: ReversePair) -> ImageArray:
    """The pair's plan on its source, whose ears are found anew."""
    source = PreparedFace(pair.warp.warped, pair.source, glasses="no")
    source.once("covers", lambda: CoverFinding(None, ("open", "open"), pair.source))
    done = warp_plan(source, pair.plan, pair.flags, clock=StageClock(), pause=lambda: None)
    assert not done.ears.hidden
    return done.warped


@pytest.mark.parametrize("value", [-5.0, -14.0])
def test_a_set_back_on_its_source_registers_against_the_photo(
    photo: PreparedFace, value: float
) -> None:
    pair = pair_of(photo, right=value, left=value)
    setbacks = pair.warp.ears.setbacks
    assert [each.ear.side for each in setbacks] == ["right", "left"]
    outlines = [each.ear.points[::2] for each in setbacks]
    points = np.concatenate(outlines)
    away = [line * 0.0 + each.ear.lateral for line, each in zip(outlines, setbacks, strict=True)]
    out = pair.warp.fitted.field.forward(points) - points
    out = (out * np.concatenate(away)).sum(axis=1)  # farther from the face than in the photo
    moved, mm = np.abs(out) > 1.0, photo.landmarks.scale.mm_per_px
    assert moved.mean() > 0.5
    assert np.median(out[moved]) * mm > 0.15 * abs(value)
    grid = pair.warp.mask.grid
    box = (grid.x, grid.y, grid.width, grid.height)
    left = register(photo.image, again(pair), box).at(points[moved])
    assert np.median(np.hypot(*left.T)) * mm < 0.3
    unlike = register(photo.image, pair.warp.warped, box).at(points[moved])
    assert np.median(np.hypot(*unlike.T)) > 2.0 * np.median(np.hypot(*left.T))


def test_a_source_has_no_specks_at_its_ears(photo: PreparedFace) -> None:
    pair = pair_of(photo, right=-14.0, left=-14.0)
    mask = pair.warp.mask.full() > 0
    assert _specks(pair.warp.warped, mask) <= _specks(photo.image, mask)


def _specks(image: ImageArray, within: np.ndarray) -> int:
    """Pixels darker or lighter than all of their neighbours by 24 levels and more."""
    grey = image.astype(np.int32).sum(axis=2) // 3
    around = [np.roll(grey, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1) if x or y]
    low, high = np.min(around, axis=0), np.max(around, axis=0)
    return int(((((grey - high) >= 24) | ((low - grey) >= 24)) & within).sum())


def test_one_ear_leaves_the_other_one_to_the_bit(photo: PreparedFace) -> None:
    pair = pair_of(photo, left=-10.0)
    changed = np.flatnonzero((pair.warp.warped != photo.image).any(axis=(0, 2)))
    assert changed.size
    assert changed.min() > photo.image.shape[1] / 2  # the patient's left
    values = {item.name: item.value for item in pair.plan.effects}
    assert values["right_ear_setback"] == 0.0
    assert -14.0 <= values["left_ear_setback"] < -1.0  # what is carried out, within the band


def _first_run_of_ears(ears: tuple[str, ...] = ("right", "left")) -> int:
    return next(r for r in range(999) if draw_pattern(3, r, ears).procedures == ("otoplasty",))


def test_where_no_ear_is_seen_another_procedure_takes_its_place(
    photo: PreparedFace, pipeline: LandmarkDiffPipeline
) -> None:
    under_hair = photo_from(members_of(pipeline, HAIRY))
    assert ears_of_pairs(photo) == ("right", "left")
    assert ears_of_pairs(under_hair) == ()
    run = _first_run_of_ears()
    (other,) = draw_pattern(3, run, ears_of_pairs(under_hair)).procedures
    assert other != "otoplasty"
    assert draw_pattern(3, run, ()).procedures == (other,)


def _sum_of_pair(members: dict[str, bytes]) -> str:
    photo = photo_from(members)
    run = _first_run_of_ears()
    pattern = draw_pattern(3, run, ears_of_pairs(photo))
    plan = plan_of(pattern, photo.landmarks)
    recipe = recipe_of(draft(pattern, 3, run), plan, seed=3, number=run, person="nobody")
    sample = render_pair(photo, recipe)
    assert sample.procedure == "otoplasty"
    assert (sample.source != sample.target).any()
    assert np.array_equal(sample.source[sample.mask == 0], sample.target[sample.mask == 0])
    return hashlib.sha256(sample.source.tobytes() + sample.mask.tobytes()).hexdigest()


def test_a_pair_has_the_same_bytes_in_another_process(members: dict[str, bytes]) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(_sum_of_pair, (members,))
    assert there == _sum_of_pair(members)
