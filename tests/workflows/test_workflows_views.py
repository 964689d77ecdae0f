"""Multi-view in memory; what it writes is in test_workflows.py."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from rendering import render

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import FaceUnusableError, ParameterError, ProcedureError, WorkCancelled
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import Photo, draw_label, write_png
from landmarkdiff.workflows import (
    EXPECTED_VIEWS,
    ViewPhoto,
    ViewSet,
    expected_view,
    gallery,
    judge_view,
    multi_view,
    read_request,
    read_views,
    simulate_views,
    sort_views,
)
from landmarkdiff.workflows.output.pictures import TILE_SIZE

NAMES = [view.name for view in EXPECTED_VIEWS]
YAWS = (-75.0, -40.0, 0.0, 40.0, 75.0)


@pytest.fixture(scope="module")
def heads(
    portraits: Mapping[str, ImageArray], pipeline: LandmarkDiffPipeline
) -> dict[tuple[str, float], ViewPhoto]:
    """Rendered heads of both portraits by name and true yaw, read in one go."""
    rendered = {}
    for name, portrait in portraits.items():
        points = pipeline.prepare(portrait, passes=2).landmarks.points
        for yaw in (*YAWS, -90.0, 12.0, 25.0, 90.0):
            image = render(portrait, points, yaw=yaw).image
            rendered[name, yaw] = Photo(image, f"{name}{yaw}", "PNG")
    found = read_views(pipeline, list(rendered.values()), read_request(passes=2))
    return dict(zip(rendered, found, strict=True))


@pytest.fixture(scope="module")
def nobody(pipeline: LandmarkDiffPipeline) -> ViewPhoto:
    wall = Photo(np.full((200, 160, 3), 128, np.uint8), "wall", "PNG")
    (found,) = read_views(pipeline, [wall], read_request(passes=1))
    return found


@pytest.mark.parametrize("name", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_five_shuffled_heads_end_in_their_places(
    heads: Mapping[tuple[str, float], ViewPhoto], name: str, seed: int
) -> None:
    own = [heads[name, yaw] for yaw in YAWS]
    shuffled = own.copy()
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    views = sort_views(shuffled)
    assert list(views.places) == NAMES
    assert [views.places[view] for view in NAMES] == own
    assert not views.unplaced
    assert not views.missing


def test_full_profiles_find_their_side(heads: Mapping[tuple[str, float], ViewPhoto]) -> None:
    views = sort_views([heads["astronaut", yaw] for yaw in (90.0, 0.0, -90.0)])
    assert list(views.places) == ["left_profile", "frontal", "right_profile"]
    assert views.places["right_profile"] is heads["astronaut", 90.0]
    assert heads["astronaut", 90.0].prepared is None
    assert [view.name for view in views.missing] == ["left_three_quarter", "right_three_quarter"]


def test_one_by_one_they_take_free_places(
    heads: Mapping[tuple[str, float], ViewPhoto], nobody: ViewPhoto
) -> None:
    views = ViewSet()
    for yaw in (40.0, 0.0, -75.0):
        views = views.add(heads["astronaut", yaw])
    assert list(views.places) == ["left_profile", "frontal", "right_three_quarter"]
    earlier = views
    views = views.add(nobody)
    assert views.unplaced == (nobody,)
    assert views.without_unplaced().unplaced == ()
    assert earlier.unplaced == (), "a set never changes"
    second = views.add(heads["astronaut", 12.0])
    assert second.places["left_three_quarter"] is heads["astronaut", 12.0], "frontal is taken"


def test_photos_are_put_replaced_exchanged_and_removed(
    heads: Mapping[tuple[str, float], ViewPhoto], nobody: ViewPhoto
) -> None:
    front, side = heads["astronaut", 0.0], heads["astronaut", 40.0]
    views = ViewSet().put("frontal", side).put("frontal", front).put("left_profile", side)
    assert views.places["frontal"] is front
    assert len(views) == 2
    swapped = views.exchange("frontal", "left_profile")
    assert swapped.places["frontal"] is side
    moved = views.exchange("left_profile", "right_three_quarter")
    assert list(moved.places) == ["frontal", "right_three_quarter"]
    assert list(views.remove("frontal").places) == ["left_profile"]
    assert list(views.remove("right_profile").places) == ["left_profile", "frontal"]
    placed = ViewSet().add(nobody).put("right_profile", nobody)
    assert placed.unplaced == ()
    for change in (views.remove, lambda name: views.put(name, front)):
        with pytest.raises(ParameterError, match="no such view"):
            change("back")


def test_a_sixth_photo_is_refused(heads: Mapping[tuple[str, float], ViewPhoto]) -> None:
    five = [heads["astronaut", yaw] for yaw in YAWS]
    with pytest.raises(ParameterError, match="more photos than views"):
        sort_views([*five, heads["astronaut", 12.0]])
    with pytest.raises(ParameterError, match="more photos than views"):
        sort_views(five).add(heads["astronaut", 12.0])


# --- verdicts


@pytest.mark.parametrize(
    ("yaw", "place", "accepted", "simulated", "codes"),
    [
        (0.0, "frontal", True, True, []),
        (12.0, "frontal", True, True, []),
        (40.0, "right_three_quarter", True, True, []),
        (-40.0, "left_three_quarter", True, True, []),
        (75.0, "right_profile", True, True, []),  # its contour is found
        (-75.0, "left_profile", True, False, ["view_profile_as_it_is"]),
        (90.0, "right_profile", True, False, ["view_profile_as_it_is"]),
        (25.0, "frontal", False, True, ["view_turn"]),
        (0.0, "right_three_quarter", False, True, ["view_turn"]),
        (-40.0, "right_three_quarter", False, True, ["view_other_side"]),
        (75.0, "left_profile", False, True, ["view_other_side"]),
        (40.0, "right_profile", False, True, ["view_to_profile"]),
        (75.0, "right_three_quarter", False, True, ["view_turn"]),
    ],
)
def test_each_photo_is_judged_in_its_place(
    heads: Mapping[tuple[str, float], ViewPhoto],
    yaw: float,
    place: str,
    accepted: bool,
    simulated: bool,
    codes: list[str],
) -> None:
    verdict = judge_view(heads["astronaut", yaw], expected_view(place))
    assert (verdict.accepted, verdict.simulated) == (accepted, simulated)
    assert [notice.code for notice in verdict.notices] == codes


@pytest.mark.parametrize(
    ("yaw", "place", "side", "degrees"),
    [
        (0.0, "right_three_quarter", "left", 45),
        (0.0, "left_three_quarter", "right", 45),
        (25.0, "frontal", "right", 24),
    ],
)
def test_the_way_to_turn_is_the_patients(
    heads: Mapping[tuple[str, float], ViewPhoto], yaw: float, place: str, side: str, degrees: int
) -> None:
    """The camera sees the right side when the head is turned to the patient's left."""
    (notice,) = judge_view(heads["astronaut", yaw], expected_view(place)).notices
    assert notice.params["side"] == side
    assert notice.params["degrees"] == pytest.approx(degrees, abs=3)


def test_the_side_seen_is_named(heads: Mapping[tuple[str, float], ViewPhoto]) -> None:
    left = judge_view(heads["astronaut", -75.0], expected_view("right_profile")).notices
    assert left[0].params == {"side": "left"}


def test_a_photo_without_a_face_is_refused(nobody: ViewPhoto) -> None:
    for view in EXPECTED_VIEWS:
        verdict = judge_view(nobody, view)
        assert not verdict.accepted
        assert not verdict.simulated
        assert [notice.code for notice in verdict.notices] == ["view_no_face"]


def test_a_mesh_that_misreads_a_profile_is_exposed(
    heads: Mapping[tuple[str, float], ViewPhoto],
) -> None:
    frontal = heads["grace_hopper", 0.0]
    profile = heads["grace_hopper", 75.0]
    assert not frontal.misread
    # The network draws a frontal face onto this profile; the detector's own points tell.
    wrong = ViewPhoto(profile.photo, frontal.prepared, profile.seen)
    assert wrong.misread
    assert wrong.measured_yaw is None
    assert wrong.yaw == 90.0
    assert wrong.refusal(expected_view("frontal")) is not None
    verdict = judge_view(wrong, expected_view("right_profile"))
    assert (verdict.accepted, verdict.simulated) == (True, False)


# --- simulations


def test_one_plan_is_shown_in_all_views(
    heads: Mapping[tuple[str, float], ViewPhoto], pipeline: LandmarkDiffPipeline
) -> None:
    told: list[tuple[int, int, str]] = []
    views = sort_views([heads["astronaut", yaw] for yaw in YAWS])
    request = read_request(procedures=["rhinoplasty"], intensity=["80"])
    simulated = simulate_views(
        pipeline,
        views,
        request,
        size=TILE_SIZE,
        progress=lambda *step: told.append(step),
    )
    # A step tells again between its stages.
    assert list(dict.fromkeys(told)) == [(done, 5, name) for done, name in enumerate(NAMES)]
    assert [shown.view and shown.view.name for shown in simulated.views] == NAMES
    frontal = heads["astronaut", 0.0]
    assert frontal.prepared is not None
    assert simulated.plan == request.plan_for(frontal.prepared.landmarks)
    for view in simulated.views:
        shown = view.outcome
        assert shown.before.shape == shown.after.shape == (TILE_SIZE[1], TILE_SIZE[0], 3)
        assert shown.prediction is None
        assert view.view is not None
        if view.view.name == "left_profile":  # neither mesh nor contour can be read
            assert shown.refusal is not None
            assert np.array_equal(shown.before, shown.after)
            continue
        assert view.to_dict()["plan_hash"] == simulated.plan.hash
        _, (x, y, w, h) = draw_label(shown.before, corner="bottom-right")
        changed = (shown.before != shown.after).any(axis=2)
        assert changed[y : y + h, x : x + w].mean() > 0.9
        assert 0.005 < changed[: y - 1].mean() < 0.5
    assert [view["status"] for view in simulated.to_dict()["views"]] == [
        "no_simulation",
        *["simulated"] * 4,
    ]


def test_each_simulation_can_be_taken_while_it_is_there(
    heads: Mapping[tuple[str, float], ViewPhoto], pipeline: LandmarkDiffPipeline
) -> None:
    taken: list[tuple[int, ViewPhoto, tuple[int, ...]]] = []

    def take(number: int, photo: ViewPhoto, prediction: Prediction) -> None:
        taken.append((number, photo, prediction.image.shape))

    views = sort_views([heads["astronaut", yaw] for yaw in (40.0, 0.0, -75.0)])
    request = read_request(procedures=["rhinoplasty"])
    simulated = simulate_views(pipeline, views, request, each=take)
    assert [(number, photo) for number, photo, _ in taken] == [
        (2, heads["astronaut", 0.0]),
        (3, heads["astronaut", 40.0]),
    ]
    assert {shape for _, _, shape in taken} == {heads["astronaut", 0.0].photo.pixels.shape}
    statuses = [view.to_dict()["status"] for view in simulated.views]
    assert statuses == ["no_simulation", "simulated", "simulated"]


def test_a_stopped_gallery_leaves_no_file(
    heads: Mapping[tuple[str, float], ViewPhoto], pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    photos = []
    for yaw in (0.0, 40.0):
        photos.append(tmp_path / f"{yaw:.0f}.png")
        write_png(photos[-1], heads["astronaut", yaw].photo.pixels)

    def stop(done: int, total: int, what: str) -> None:
        if done == 1:
            raise WorkCancelled

    request = read_request(procedures=["rhinoplasty"], passes=1)
    with pytest.raises(WorkCancelled):
        multi_view(photos, request, tmp_path / "out", pipeline=pipeline, progress=stop)
    assert sorted(tmp_path.iterdir()) == photos


def test_the_gallery_has_photos_above_and_simulations_below(
    heads: Mapping[tuple[str, float], ViewPhoto], pipeline: LandmarkDiffPipeline
) -> None:
    views = sort_views([heads["astronaut", yaw] for yaw in (0.0, 40.0)])
    request = read_request(procedures=["rhinoplasty"])
    simulated = simulate_views(pipeline, views, request, size=TILE_SIZE, keep=True)
    assert all(shown.outcome.prediction is not None for shown in simulated.views)
    sheet = gallery(simulated)
    width, height = TILE_SIZE
    assert sheet.shape[1] == 2 * (width + 12) + 12
    before, after = simulated.views[0].outcome.before, simulated.views[1].outcome.after
    assert np.array_equal(sheet[36 : 36 + height, 12 : 12 + width], before)
    below = (sheet.shape[0] - 36 - 12) // 2 + 36
    assert np.array_equal(sheet[below : below + height, width + 24 : 2 * width + 24], after)
    other = gallery(simulated, title="Alle", captions=lambda _: (("Foto", ""), ("Simulation", "")))
    assert other.shape == sheet.shape
    assert not np.array_equal(other[:30], sheet[:30])


def test_views_that_none_can_carry_are_an_error(
    heads: Mapping[tuple[str, float], ViewPhoto],
    nobody: ViewPhoto,
    pipeline: LandmarkDiffPipeline,
) -> None:
    request = read_request(procedures=["rhinoplasty"])
    profiles = sort_views([heads["astronaut", 90.0], heads["astronaut", -90.0]])
    with pytest.raises(FaceUnusableError, match="fits none"):
        simulate_views(pipeline, profiles, request)
    frontal = heads["astronaut", 0.0].prepared
    assert frontal is not None
    given = read_request(procedures=["rhinoplasty"]).plan_for(frontal.landmarks)
    with pytest.raises(FaceUnusableError, match="none of the photos"):
        simulate_views(
            pipeline, ViewSet().add(nobody), type(request)(plan=given, passes=request.passes)
        )
    with pytest.raises(ProcedureError, match="no procedure is named"):
        simulate_views(pipeline, profiles, read_request())


def test_reading_and_simulating_can_be_stopped(
    heads: Mapping[tuple[str, float], ViewPhoto], pipeline: LandmarkDiffPipeline
) -> None:
    def stop(done: int, total: int, what: str) -> None:
        told.append((done, total, what))
        if done == 1:
            raise WorkCancelled

    chosen = [heads["astronaut", yaw] for yaw in (0.0, 40.0, -40.0)]
    told: list[tuple[int, int, str]] = []
    with pytest.raises(WorkCancelled):
        read_views(pipeline, [view.photo for view in chosen], read_request(), progress=stop)
    assert told == [(0, 3, "progress.landmarks"), (1, 3, "progress.landmarks")]
    told.clear()
    request = read_request(procedures=["rhinoplasty"])
    with pytest.raises(WorkCancelled):
        simulate_views(pipeline, sort_views(chosen), request, progress=stop)
    assert list(dict.fromkeys(told)) == [(0, 3, "left_three_quarter"), (1, 3, "frontal")]
