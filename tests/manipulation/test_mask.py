"""The surgical mask: its parts, its limits, its border."""

from __future__ import annotations

import numpy as np
import pytest
from rendering import canonical_face, enlarged_face, mirrored_face

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import KELOID_FACTOR, keloid_polygons
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, sides
from landmarkdiff.manipulation import deform
from landmarkdiff.manipulation.blend_mask import blend_mask
from landmarkdiff.manipulation.grid import polygon_distance
from landmarkdiff.manipulation.limits import teeth_visible
from landmarkdiff.manipulation.mask import SurgicalMask, surgical_mask
from landmarkdiff.procedures.plan import Side
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import photo_procedure_names, procedure

LIDS_RIGHT = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)


@pytest.fixture(scope="module")
def face() -> FaceLandmarks:
    return canonical_face()


def mask_of(
    name: str,
    face: FaceLandmarks,
    flags: ClinicalFlags | None = None,
    *,
    intensity: float = 60,
    side: Side = "both",
    vitiligo: FaceMap | None = None,
    frames: FaceMap | None = None,
) -> SurgicalMask:
    plan = make_plan(name, face, intensity=intensity, side=side)
    found = deform(plan, face, flags)
    return surgical_mask(plan, face, found, flags, vitiligo=vitiligo, frames=frames)


@pytest.mark.parametrize("name", photo_procedure_names())
def test_a_mask_covers_its_regions_and_ends_within_the_photo(
    name: str, face: FaceLandmarks
) -> None:
    mask = mask_of(name, face)
    full = mask.full()
    assert full.shape == (640, 640)
    assert full.dtype == np.uint8
    assert full.max() == 255
    groups = {g for part in procedure(name).mask for g in part.groups}
    points = sorted({p for g in groups for p in ANATOMICAL_GROUPS[g].points})
    at = mask.at(face.points[points, :2])
    assert np.median(at) > 0.99
    border = np.concatenate([full[0], full[-1], full[:, 0], full[:, -1]])
    assert (border == 0).all()
    # It fades: no step of more than a quarter between neighbouring pixels outside the eyes.
    steep = np.abs(np.diff(full.astype(int), axis=1)).max()
    assert steep <= 64


# Lids that close take the border of the eye along, so a cheek that lifts them is left out.
@pytest.mark.parametrize("name", sorted(set(photo_procedure_names()) - {"malar_augmentation"}))
def test_a_mask_does_not_depend_on_the_intensity(name: str, face: FaceLandmarks) -> None:
    full = [mask_of(name, face, intensity=level).full() for level in (20, 60, 100)]
    assert (full[0] == full[1]).all()
    assert (full[1] == full[2]).all()


@pytest.mark.parametrize("name", ["blepharoplasty", "malar_augmentation", "rhytidectomy"])
def test_two_sides_never_meet_across_the_midline(name: str, face: FaceLandmarks) -> None:
    full = mask_of(name, face).full()
    middle = face.points[[10, 151, 9, 8, 168, 6, 195, 4, 164, 17, 199], :2].round().astype(int)
    assert full[middle[:, 1], middle[:, 0]].max() <= 4
    assert (full[:, :310] > 0).any()
    assert (full[:, 330:] > 0).any()


@pytest.mark.parametrize("px_per_mm", [1.0, 2.6, 9.0])
@pytest.mark.parametrize("name", ["blepharoplasty", "malar_augmentation", "rhytidectomy"])
def test_the_mask_of_two_sides_is_in_two_pieces(name: str, px_per_mm: float) -> None:
    mask = mask_of(name, canonical_face(px_per_mm=px_per_mm, size=round(250 * px_per_mm)))
    full = mask.full()
    middle = (full.shape[1] - 1) // 2
    assert (full[:, middle : middle + 2] == 0).all()
    # At the nodes too, where the folds of one side are told from those of the other.
    centre = mask.grid.nodes[:, 0].reshape(mask.grid.shape)
    nearest = np.abs(centre - (full.shape[1] - 1) / 2) < mask.grid.step
    assert (mask.coverage[nearest] == 0).all()


@pytest.mark.parametrize("name", photo_procedure_names())
def test_anchors_are_a_ring_around_each_part(name: str, face: FaceLandmarks) -> None:
    parts = procedure(name).mask
    spans = [part.span for part in parts]
    whole, joined, apart = (spans.count(each) for each in ("whole", "joined", "per_side"))
    # The jowls of a facelift meet below the chin: a point of each lies within the other.
    within = {"rhytidectomy": 1}.get(name, 0)
    both = 8 * (whole + joined) + 2 * (4 * apart - within)
    assert len(mask_of(name, face).anchors) == both
    assert len(mask_of(name, face, side="left").anchors) == 8 * whole + 4 * (joined + apart)


def test_a_joined_mask_covers_the_midline_only_when_both_sides_are_treated(
    face: FaceLandmarks,
) -> None:
    glabella = face.points[[151, 9], :2]
    assert (mask_of("brow_lift", face).at(glabella) == 1.0).all()
    assert (mask_of("brow_lift", face, side="left").at(glabella) == 0.0).all()


def test_no_anchor_of_one_procedure_pins_what_another_moves(face: FaceLandmarks) -> None:
    plan = make_plan(photo_procedure_names(), face, intensity=60)
    mask = surgical_mask(plan, face, deform(plan, face))
    assert len(mask.anchors) >= 12
    assert (mask.at(mask.anchors) == 0.0).all()
    alone = [mask_of(name, face).anchors for name in photo_procedure_names()]
    within = mask.at(np.concatenate(alone))
    assert (within > 0.99).any()  # where they would have been
    kept = {tuple(point) for point in mask.anchors.tolist()}
    assert kept <= {tuple(point) for anchors in alone for point in anchors.tolist()}


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", ["blepharoplasty", "brow_lift", "malar_augmentation"])
def test_a_one_sided_plan_has_a_one_sided_mask(name: str, side: Side, face: FaceLandmarks) -> None:
    full = mask_of(name, face, side=side).full()
    picture_left, picture_right = (full[:, :318] > 0).any(), (full[:, 322:] > 0).any()
    # The patient's left is on the right of the picture.
    assert (picture_right, picture_left) == ((True, False) if side == "left" else (False, True))


@pytest.mark.parametrize("name", photo_procedure_names())
def test_the_mask_of_mirrored_landmarks_is_the_mirrored_mask(name: str) -> None:
    face = canonical_face(yaw=8, roll=-6, px_per_mm=1.0, size=260)
    first = mask_of(name, mirrored_face(mirrored_face(face)))
    second = mask_of(name, mirrored_face(face))
    assert (first.grid.shape, first.grid.step) == (second.grid.shape, second.grid.step)
    assert (first.grid.x, first.grid.y) == (260 - second.grid.x - second.grid.width, second.grid.y)
    difference = first.full().astype(int) - second.full()[:, ::-1].astype(int)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("name", photo_procedure_names())
def test_the_mask_grows_with_the_photo(name: str, face: FaceLandmarks) -> None:
    small, large = mask_of(name, face), mask_of(name, enlarged_face(face, 4.0))
    shares = [m.full().mean() / 255.0 for m in (small, large)]
    assert shares[1] == pytest.approx(shares[0], rel=0.02)
    assert max(large.grid.shape) <= 160


@pytest.mark.parametrize("name", ["blepharoplasty", "brow_lift"])
def test_the_eyeball_is_outside_the_mask(name: str, face: FaceLandmarks) -> None:
    mask = mask_of(name, face, intensity=100)
    opening = face.points[list(LIDS_RIGHT), :2]
    assert mask.at(opening.mean(axis=0)[None])[0] < 0.02
    deep = mask.grid.nodes.astype(np.float64)
    inner = polygon_distance(deep.astype(np.float32), opening) * face.scale.mm_per_px
    assert (mask.at(deep[inner > 2.9]) == 0.0).all()
    assert mask.at(deep[inner > 2.0]).max() < 0.3
    assert "eyeball" in mask.limits


def test_bells_palsy_closes_the_mask_on_that_side(face: FaceLandmarks) -> None:
    for side, sign in (("left", 1), ("right", -1)):
        flags = ClinicalFlags(bells_palsy=True, bells_palsy_side=side)
        for name in photo_procedure_names():
            mask = mask_of(name, face, flags)
            palsied = face.points[:, :2][sides() == sign]
            beyond = np.abs(palsied[:, 0] - 319.5) * face.scale.mm_per_px > 5.5
            assert (mask.at(palsied[beyond]) == 0.0).all()
            assert mask.full().max() == 255


def test_keloid_prone_skin_keeps_half_with_a_soft_edge(face: FaceLandmarks) -> None:
    flags = ClinicalFlags(keloid_prone=True, keloid_regions=["chin"])
    limit = mask_of("mentoplasty", face, flags).limits["keloid"]
    plain = mask_of("mentoplasty", face)
    assert "keloid" not in plain.limits
    limited = mask_of("mentoplasty", face, flags)
    nodes = limited.grid.nodes
    distance = np.max([polygon_distance(nodes, p) for p in keloid_polygons(flags, face)], axis=0)
    distance_mm = distance.reshape(limit.shape) * face.scale.mm_per_px
    assert limit.min() == pytest.approx(KELOID_FACTOR, abs=1e-6)
    assert np.allclose(limit[distance_mm > 4.0], 0.5, atol=0.01)
    assert np.allclose(limit[distance_mm < -13.0], 1.0, atol=0.01)
    # One standard deviation inside its widened border, 84 % of the protection is left.
    at_border = limit[np.abs(distance_mm) < 0.3]
    assert at_border.mean() == pytest.approx(1.0 - 0.5 * 0.84, abs=0.04)
    share = limited.share[plain.share == 1.0]
    assert np.allclose(share, limit[plain.share == 1.0], atol=1 / 255)


def test_vitiligo_leaves_three_tenths_in_the_patch(face: FaceLandmarks) -> None:
    patch = np.zeros((640, 640), np.float32)
    x, y = face.points[199, :2].round().astype(int)
    patch[y - 12 : y + 13, x - 12 : x + 13] = 1.0
    found = FaceMap(patch, np.eye(2, 3))
    flags = ClinicalFlags(vitiligo=True)
    mask = mask_of("mentoplasty", face, flags, vitiligo=found)
    assert mask.at(face.points[[199], :2])[0] == pytest.approx(0.3, abs=1 / 255)
    plain = mask_of("mentoplasty", face, flags)
    far = np.array([[x + 40.0, y]])
    assert mask.at(far) == pytest.approx(plain.at(far), abs=1e-6)


def test_nothing_moves_at_a_spectacle_frame(face: FaceLandmarks) -> None:
    bar = np.zeros((640, 640), np.float32)
    y = int(face.points[6, 1])
    bar[y - 4 : y + 5, 200:440] = 1.0
    mask = mask_of("rhinoplasty", face, frames=FaceMap(bar, np.eye(2, 3)))
    assert (mask.full()[y - 3 : y + 4, 210:430] == 0).all()
    assert mask.at(face.points[[4], :2])[0] == 1.0
    assert "glasses" in mask.limits


def open_mouth(face: FaceLandmarks, gap_mm: float) -> FaceLandmarks:
    points = face.points.copy()
    lower = [95, 88, 178, 87, 14, 317, 402, 318, 324]
    points[lower, 1] += gap_mm / face.scale.mm_per_px - (points[14, 1] - points[13, 1])
    return face.with_points(points)


def test_teeth_are_seen_when_the_lips_part(face: FaceLandmarks) -> None:
    assert not teeth_visible(open_mouth(face, 1.0))
    assert teeth_visible(open_mouth(face, 2.0))


def test_visible_teeth_stay_still_under_a_lip_lift(face: FaceLandmarks) -> None:
    smiling = open_mouth(face, 8.0)
    mask = mask_of("lip_lift", smiling, intensity=100)
    assert "teeth" in mask.limits
    middle = smiling.points[[13, 14], :2].mean(axis=0)
    assert mask.at(middle[None])[0] == 0.0
    assert "teeth" not in mask_of("lip_lift", open_mouth(face, 0.0)).limits


def test_teeth_move_as_one_with_the_upper_jaw(face: FaceLandmarks) -> None:
    smiling = open_mouth(face, 8.0)
    plan = make_plan("orthognathic", smiling, effects={"maxilla": 4.0})
    found = deform(plan, smiling)
    mask = surgical_mask(plan, smiling, found)
    assert mask.teeth is not None
    assert "teeth" not in mask.limits
    middle = smiling.points[[13, 14], :2].mean(axis=0)
    assert mask.grid.sample(mask.teeth, middle[None])[0] == pytest.approx(1.0)


def test_the_blend_mask_wanders_only_inside(face: FaceLandmarks) -> None:
    mask = mask_of("rhinoplasty", face)
    full = mask.full()
    blended = blend_mask(mask, 3)
    assert blended.shape == full.shape
    assert blended.dtype == np.float32
    assert (blended[full == 0] == 0).all()
    assert 0.0 <= blended.min() <= blended.max() <= 1.0
    assert (blended == blend_mask(mask, 3)).all()
    assert (blended != blend_mask(mask, 4)).any()
    assert np.abs(blended - full / 255.0).max() > 0.05
    assert blended.mean() == pytest.approx(full.mean() / 255.0, rel=0.05)
    with pytest.raises(ParameterError, match="negative"):
        blend_mask(mask, -1)


@pytest.mark.parametrize("shift", [(-500.0, 0.0), (0.0, 900.0), (-250.0, -200.0)])
def test_a_face_at_or_beyond_the_border_does_no_harm(
    shift: tuple[float, float], face: FaceLandmarks
) -> None:
    moved = face.with_points(face.points + np.array([*shift, 0.0]))
    for name in ("rhinoplasty", "rhytidectomy"):
        mask = mask_of(name, moved)
        full = mask.full()
        assert full.shape == (640, 640)
        x, y = np.meshgrid(np.arange(640), np.arange(640))
        pixels = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64)
        assert np.abs(mask.at(pixels) * 255 - full.ravel()).max() <= 1
