"""A brow lift as it looks: the brow as a whole, the skin between the brows, the lid below."""

from __future__ import annotations

import numpy as np
import pytest
from rendering import canonical_face

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference.notices import ceiling_notices
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.manipulation.deformation import deform
from landmarkdiff.manipulation.lashes import still_lashes
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import deformation_of, fit_plan, mask_for
from landmarkdiff.procedures.planning import make_plan

#: The rows of the mesh along both brows; the hair ends about 3 mm below the lower one (13 people,
#: by points set by hand: 2.2 mm in the median, 1 to 4 mm in most).
UPPER = ((63, 105, 66, 107), (293, 334, 296, 336))
LOWER = ((53, 52, 65, 55), (283, 282, 295, 285))
HAIR_BELOW_MM = 2.2
#: The margin of the upper lid and the brow above it, of both sides.
LID_COLUMNS = (
    (158, 65),
    (159, 52),
    (160, 52),
    (161, 53),
    (385, 295),
    (386, 282),
    (387, 282),
    (388, 283),
)


def rise(face: PreparedFace, points: FloatArray, intensity: float = 100) -> FloatArray:
    """How far the lift raises points of the photo: (n,) mm."""
    plan, flags = make_plan("brow_lift", face.landmarks, intensity=intensity), ClinicalFlags()
    deformation = deformation_of(face, plan, flags)
    fitted, _ = fit_plan(face, plan, flags, deformation, mask_for(face, plan, flags, deformation))
    moved = (fitted.field.forward(points) - points) * face.landmarks.scale.mm_per_px
    return np.asarray(moved @ up_of(face))


def up_of(face: PreparedFace) -> FloatArray:
    up = face.landmarks.project([0.0, 1.0, 0.0])[:2]
    return np.asarray(up / np.hypot(*up))


@pytest.fixture(scope="module", params=["astronaut", "grace_hopper"])
def portrait(
    request: pytest.FixtureRequest, prepared_portraits: dict[str, PreparedFace]
) -> PreparedFace:
    # A frame would hold the brow.
    return prepared_portraits[request.param].with_glasses("no")


@pytest.fixture(scope="module", params=["astronaut", "grace_hopper", "canonical", "turned"])
def face(
    request: pytest.FixtureRequest, prepared_portraits: dict[str, PreparedFace]
) -> PreparedFace:
    if request.param in prepared_portraits:
        return prepared_portraits[request.param].with_glasses("no")
    found = canonical_face(yaw=16 if request.param == "turned" else 0, size=512, px_per_mm=2.0)
    return PreparedFace(np.full((512, 512, 3), 128, np.uint8), found, glasses="no")


@pytest.mark.parametrize("intensity", [60, 100])
def test_the_brow_keeps_its_thickness(intensity: float, portrait: PreparedFace) -> None:
    face = portrait
    points, px = face.landmarks.points[:, :2], 1.0 / face.landmarks.scale.mm_per_px
    for upper, lower in zip(UPPER, LOWER, strict=True):
        over = points[list(upper)]
        under = points[list(lower)] - HAIR_BELOW_MM * px * up_of(face)
        thick = (over - under) @ up_of(face) / px
        grown = (rise(face, over, intensity) - rise(face, under, intensity)) / thick
        assert np.abs(grown[:-1]).max() < 0.05
        assert abs(np.median(grown)) < 0.03


@pytest.mark.parametrize("row", [(107, 66, 105, 63, 70), (336, 296, 334, 293, 300)])
def test_head_body_and_tail_rise_on_one_smooth_curve(
    row: tuple[int, ...], portrait: PreparedFace
) -> None:
    steps = np.diff(rise(portrait, portrait.landmarks.points[list(row), :2]))
    assert steps.min() > -0.1
    assert steps.max() < 0.6 * steps.sum()


def test_an_intensity_raises_a_low_brow_less_and_a_value_by_hand_does_not_stop() -> None:
    """At most by 30, 37 and 49 % of its height over the lid; the usual change fits."""
    face = canonical_face()
    points = face.points.copy()
    up = face.project([0.0, 1.0, 0.0])
    middle = [52, 65, *mirror_points([52, 65])]
    margin = [159, 158, *mirror_points([159, 158])]
    height = float(((points[middle] - points[margin])[:, :2] @ up[:2]).mean() / (up[:2] @ up[:2]))
    points[middle] -= (height - 11.0) * up
    low = face.with_points(points)
    plans = {level: make_plan("brow_lift", low, intensity=level) for level in (60, 100)}
    assert [item.value for item in plans[100].effects] == pytest.approx([3.3, 4.07, 5.39], abs=0.01)
    assert [item.value for item in plans[60].effects] == [3.25, 3.86, 4.35]
    assert [notice.params["most"] for notice in ceiling_notices(plans[100])] == [30, 37, 49]
    by_hand = make_plan("brow_lift", low, effects={"lateral_brow": 6.2})
    assert by_hand.effects[2].value == 6.2


def test_the_skin_between_the_brows_follows_and_the_tail_rises_most(face: PreparedFace) -> None:
    points = face.landmarks.points[:, :2]
    found = rise(face, points[[10, 151, 9, 8, 168, 107, 336, 105, 334, 63, 293]])
    top, forehead, glabella, lower, root = found[:5]
    heads, tails = found[5:7].mean(), found[9:].mean()
    assert 0.7 * heads < glabella < heads
    assert root < 0.3 * heads < lower < glabella
    assert 0.4 * heads < top < forehead < heads
    assert heads < found[7:9].mean() < tails
    # The hair ends beyond the last landmarks of the brow, and does not hang from them.
    assert rise(face, points[[156, 383]]).min() > 0.5 * tails


def test_the_lid_is_unfolded_above_its_crease_and_its_margin_stays(face: PreparedFace) -> None:
    points = face.landmarks.points[:, :2]
    margin, crease, brow = (
        rise(face, points[list(row)]).mean()
        for row in ((159, 158, 386, 385), (27, 28, 257, 258), (52, 65, 282, 295))
    )
    assert abs(margin) < 0.12 * brow
    assert crease < 0.65 * brow


@pytest.mark.parametrize("intensity", [60, 100])
def test_the_lashes_stay_and_the_skin_above_is_unfolded_evenly(
    intensity: float, portrait: PreparedFace
) -> None:
    face = portrait.landmarks
    points, px = face.points[:, :2], 1.0 / face.scale.mm_per_px
    for margin, brow in LID_COLUMNS:
        height = float((points[brow] - points[margin]) @ up_of(portrait)) / px
        over = np.arange(0.0, height, 0.5)
        risen = rise(portrait, points[margin] + px * over[:, None] * up_of(portrait), intensity)
        assert abs(risen[0]) < 0.05
        assert risen[over <= 0.15 * height].max() < 0.11 * risen[-1]
        # Skin that is drawn out to twice its height is a smear.
        assert (np.diff(risen) / 0.5).max() < 1.0


def test_the_lashes_of_a_side_that_is_not_lifted_are_not_held(portrait: PreparedFace) -> None:
    margin = [161, 160, 159, 158, 157]
    left, right = mirror_points(margin), margin
    moved = np.zeros((478, 2))
    moved[[257, 258, 259], 1] = -1.0
    held = still_lashes(portrait, moved, np.array(left))
    middle = portrait.landmarks.points[:, :2]
    assert len(held) >= len(left)
    for point in held:
        away = [np.hypot(*(middle[side] - point).T).min() for side in (left, right)]
        assert away[0] < away[1]
    moved[386, 1] = -0.5  # a lid that is raised itself takes its lashes along
    assert not len(still_lashes(portrait, moved, np.array(left)))


def test_what_lies_between_the_sides_follows_both_or_none() -> None:
    face = canonical_face()
    both = deform(make_plan("brow_lift", face, intensity=100), face)
    left = deform(make_plan("brow_lift", face, intensity=100, side="left"), face)
    assert both.displacement[9, 1] == pytest.approx(0.8 * 4.0)
    assert left.displacement[[9, 151], 1].max() < 0.5 * both.displacement[[9, 151], 1].min()
    assert 9 not in left.moving


def test_what_follows_adds_to_what_another_procedure_carries() -> None:
    face = canonical_face()
    plan = make_plan(["brow_lift", "blepharoplasty"], face, intensity=60)
    assert not plan.conflicts
    together = deform(plan, face).displacement[29]
    alone = [
        deform(make_plan(name, face, intensity=60), face)
        for name in ("brow_lift", "blepharoplasty")
    ]
    follows, carried = (found.displacement[29] for found in alone)
    assert follows[1] == pytest.approx(0.52 * 4.35)
    assert together == pytest.approx(follows + carried)


def test_the_skin_between_the_brows_stays_where_one_side_is_palsied() -> None:
    face = canonical_face()
    flags = ClinicalFlags(bells_palsy=True, bells_palsy_side="left")
    found = deform(make_plan("brow_lift", face, intensity=60), face, flags)
    assert 9 not in found.moving
    assert {107, 109} <= set(found.moving.tolist())
