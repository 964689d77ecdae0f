"""A lip lift as it looks: the white roll goes along whole, the red unrolls evenly."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.notices import ceiling_notices, thin_lip_notices
from landmarkdiff.light.surface import surface_in_photo
from landmarkdiff.manipulation.lip_stretch import red_left
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import deformation_of, fit_plan, mask_for
from landmarkdiff.procedures.patient_band import MOST_GROWTH
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan

#: From the border of the red to the free edge, on three lines beside the midline.
LINES = ((0, 13), (37, 82), (267, 312))
WHITE_ROLL_MM = 1.5
#: The border of the red, and what follows it, by the edge that it comes nearer to in a thin lip.
RED = {13: (0, 11, 12), 82: (37, 72, 38), 81: (39, 73, 41), 80: (40, 74, 42)}
RED |= {312: (267, 302, 268), 311: (269, 303, 271), 310: (270, 304, 272)}


def whole(face: PreparedFace) -> SurgicalPlan:
    """A lift to the end of the band, set by hand."""
    end = make_plan("lip_lift", face.landmarks).effects[0].effect.band.high
    return make_plan("lip_lift", face.landmarks, intensity=0, effects={"lip_length": end})


def rise(face: PreparedFace, points: FloatArray, plan: SurgicalPlan | None = None) -> FloatArray:
    """How far a lift, by default the whole one, raises points of the photo: (n,) mm."""
    plan, flags = plan or whole(face), ClinicalFlags()
    deformation = deformation_of(face, plan, flags)
    fitted, _ = fit_plan(face, plan, flags, deformation, mask_for(face, plan, flags, deformation))
    moved = fitted.field.forward(points) - points
    return np.asarray(-moved[:, 1] * face.landmarks.scale.mm_per_px)


@pytest.fixture(scope="module", params=["astronaut", "grace_hopper"])
def face(
    request: pytest.FixtureRequest, prepared_portraits: dict[str, PreparedFace]
) -> PreparedFace:
    return prepared_portraits[request.param]


@pytest.mark.parametrize("line", LINES)
def test_the_red_unrolls_evenly(line: tuple[int, int], face: PreparedFace) -> None:
    border, edge = face.landmarks.points[list(line), :2]
    shares = np.linspace(0.0, 1.0, 7)[:, None]
    found = rise(face, (1.0 - shares) * border + shares * edge)
    even = found[0] * (1.0 - shares[:, 0])
    assert np.abs(found - even).max() < 0.2 * found[0]


@pytest.mark.parametrize("line", LINES)
def test_the_white_roll_goes_along_with_the_border(
    line: tuple[int, int], face: PreparedFace
) -> None:
    border = face.landmarks.points[line[0], :2]
    above = border - (0.0, WHITE_ROLL_MM / face.landmarks.scale.mm_per_px)
    at_border, at_roll = rise(face, np.stack([border, above]))
    assert 0.85 < at_roll / at_border < 1.08


@pytest.fixture(scope="module")
def thin(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    """A face whose upper lip has half of its red."""
    face = prepared_portraits["grace_hopper"]
    points = face.landmarks.points.copy()
    for edge, own in RED.items():
        points[list(own)] = points[edge] + 0.5 * (points[list(own)] - points[edge])
    return face.with_landmarks(face.landmarks.with_points(points))


def growth(face: PreparedFace, plan: SurgicalPlan) -> float:
    """By which share of its height the red grows on the three lines at most."""
    mm = face.landmarks.scale.mm_per_px
    ends = face.landmarks.points[np.array(LINES), :2]
    heights = np.hypot(*(ends[:, 0] - ends[:, 1]).T) * mm
    borders, edges = (rise(face, ends[:, end], plan) for end in (0, 1))
    return float(((borders - edges) / heights).max())


def test_thin_red_gives_way_before_it_streaks(thin: PreparedFace, face: PreparedFace) -> None:
    assert growth(thin, whole(thin)) == pytest.approx(MOST_GROWTH, abs=0.05)
    assert growth(face, whole(face)) < MOST_GROWTH + 0.05


def test_no_intensity_grows_more_red_than_is_published(
    thin: PreparedFace, face: PreparedFace
) -> None:
    """By 31.5 % where a lip gets shorter by 21.5 %, and in proportion where by 30."""
    for each in (thin, face):
        typical, most = (
            growth(each, make_plan("lip_lift", each.landmarks, intensity=level))
            for level in (60, 100)
        )
        assert typical < 0.315 + 0.05
        assert most < 0.44 + 0.05
    assert growth(thin, make_plan("lip_lift", thin.landmarks, intensity=100)) > 0.40
    plan = make_plan("lip_lift", thin.landmarks, intensity=100)
    (notice,) = ceiling_notices(plan)
    assert notice.params["effect"] == "lip_length"
    assert (notice.params["most"], notice.params["most_unit"]) == (44, "%")
    assert "44 % at most" in str(notice)


@pytest.mark.parametrize(("share", "most"), [(0.28, 44), (0.3465, 32), (0.42, 20)])
def test_an_intensity_grows_a_full_lip_less(share: float, most: int, face: PreparedFace) -> None:
    """Red is 0.30 of a lip's height before and 0.393 after, as published; it stays to be seen."""
    points = face.landmarks.points.copy()
    nose = points[2]
    for edge, own in RED.items():
        border = points[edge] + share * (nose - points[13])
        points[list(own)] += border - points[own[0]]
    full = face.with_landmarks(face.landmarks.with_points(points))
    levels = {level: make_plan("lip_lift", full.landmarks, intensity=level) for level in (60, 100)}
    notices = list(ceiling_notices(levels[100]))
    assert [notice.params["most"] for notice in notices] == [most]
    assert growth(full, levels[100]) == pytest.approx(most / 100, abs=0.05)
    assert growth(full, levels[60]) > 0.6 * most / 100
    assert -levels[60].effects[0].value > 0.8
    by_hand = whole(full).effects[0]
    assert by_hand.value == pytest.approx(by_hand.effect.band.high)


def test_what_thin_red_takes_is_told(
    pipeline: LandmarkDiffPipeline, thin: PreparedFace, face: PreparedFace
) -> None:
    """Of the whole lift the red carries a part; with enough of it the lip gives way to nothing."""
    result = pipeline.generate(thin, "lip_lift", 100, light=False)
    effect = result.effect("lip_length")
    assert effect.factor < 0.8
    assert "thin_lip" in effect.limited_by
    assert "too thin to be stretched" in str(result.shown.notice)
    effects = make_plan("mentoplasty", face.landmarks).effects
    nodes = face.landmarks.points[:, :2].astype(np.float32)
    assert red_left(face.landmarks, effects, nodes) is None


def test_what_thin_red_takes_is_told_of_a_head(thin: PreparedFace, face: PreparedFace) -> None:
    def told(prepared: PreparedFace, procedure: str) -> dict[str, int]:
        plan = make_plan(procedure, prepared.landmarks, intensity=100)
        on_head = HeadPlan(surface_in_photo(prepared.landmarks).surface, plan)
        notices = thin_lip_notices(on_head)
        assert all(notice.params["causes"] == ["thin_lip"] for notice in notices)
        return {notice.params["effect"]: notice.params["percent"] for notice in notices}

    assert 50 < told(thin, "lip_lift")["lip_length"] < 90
    assert told(face, "mentoplasty") == {}
