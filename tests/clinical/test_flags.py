import json

import numpy as np
import pytest

from landmarkdiff.clinical import (
    KELOID_BLUR_SIGMA_MM,
    KELOID_ZONES,
    VITILIGO_MIN_AREA_MM2,
    ClinicalFlags,
    keloid_polygons,
    palsied_points,
    parse_flags,
)
from landmarkdiff.errors import ClinicalFlagError
from landmarkdiff.landmarks.face import FaceLandmarks, Pose, Scale
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, topology


def canonical_face(px_per_mm: float = 2.0) -> FaceLandmarks:
    """The canonical mesh, seen from the front, the iris points at the eye centres."""
    mesh = topology()
    vertices = mesh.vertices_mm
    eyes = [vertices[[33, 133]].mean(axis=0)] * 5 + [vertices[[263, 362]].mean(axis=0)] * 5
    points = np.concatenate([vertices, eyes]) * (1.0, -1.0, -1.0) * px_per_mm + (200, 250, 0)
    pose = Pose(np.eye(3), 0.0, 0.0, 0.0, 0.0, px_per_mm)
    return FaceLandmarks(points, 400, 500, pose, Scale(1 / px_per_mm, 0.04, "iris"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ClinicalFlags()),
        (["vitiligo"], ClinicalFlags(vitiligo=True)),
        (["bells-palsy=left"], ClinicalFlags(bells_palsy=True, bells_palsy_side="left")),
        (["Bells_Palsy=RIGHT"], ClinicalFlags(bells_palsy=True, bells_palsy_side="right")),
        (
            ["keloid=nose,jawline", "keloid=nose, upper-lip"],
            ClinicalFlags(keloid_prone=True, keloid_regions=("nose", "jawline", "upper_lip")),
        ),
        (
            ["vitiligo", "bells-palsy=left", "keloid=nose", "ehlers-danlos"],
            ClinicalFlags(True, True, "left", True, ("nose",), True),
        ),
    ],
)
def test_words_give_flags(words, expected):
    flags = parse_flags(words)
    assert flags == expected
    assert bool(flags) is bool(words)
    assert ClinicalFlags.from_dict(json.loads(json.dumps(flags.to_dict()))) == flags


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["psoriasis"], "a clinical flag is unknown (got psoriasis); allowed: vitiligo, "),
        (["bells-palsy"], "Bell's palsy needs the affected side; allowed: left, right"),
        (["bells-palsy=both"], "the side of Bell's palsy is unknown (got both)"),
        (["bells-palsy=left", "bells-palsy=right"], "for both sides"),
        (["keloid"], "needs at least one region; allowed: nose, jawline, chin"),
        (["keloid="], "needs at least one region"),
        (["keloid=ear"], "a keloid region is unknown (got ear); allowed: nose, jawline, chin"),
        (["vitiligo=yes"], "the clinical flag vitiligo takes no value (got vitiligo=yes)"),
    ],
)
def test_wrong_words_are_refused(words, message):
    with pytest.raises(ClinicalFlagError) as error:
        parse_flags(words)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bells_palsy_side": "left"}, "although the palsy itself is not (got left)"),
        ({"keloid_regions": ["nose"]}, "not marked as keloid-prone (got nose)"),
        ({"keloid_prone": True, "keloid_regions": "nose"}, "one text instead of a list"),
        ({"vitiligo": "yes"}, "vitiligo is not a truth value (got yes)"),
        ({"eczema": True}, "a clinical flag is unknown (got eczema); allowed: vitiligo, "),
    ],
)
def test_contradictory_records_are_refused(fields, message):
    with pytest.raises(ClinicalFlagError) as error:
        ClinicalFlags.from_dict(fields)
    assert message in str(error.value)


def test_sizes_of_the_original_in_millimetres():
    # 10 px and 200 px² of a portrait in which 300 px are 140 mm.
    assert KELOID_BLUR_SIGMA_MM == 4.7
    assert VITILIGO_MIN_AREA_MM2 == 43.6


@pytest.mark.parametrize(("side", "sign"), [("left", 1), ("right", -1)])
def test_palsied_points_are_the_patients_side(side, sign):
    still = palsied_points(ClinicalFlags(bells_palsy=True, bells_palsy_side=side))
    vertices = topology().vertices_mm
    # x of the canonical mesh grows toward the patient's left.
    assert (sign * vertices[still[:468], 0] > 0).all()
    assert (sign * vertices[~still[:468], 0] < 1e-3).all()
    assert still.sum() == 225
    assert not still[topology().midline].any()
    assert still[473] == (side == "left")
    assert still[468] == (side == "right")


def test_no_palsy_keeps_nothing_still():
    assert not palsied_points(ClinicalFlags(vitiligo=True)).any()


def test_every_zone_names_anatomical_groups():
    assert {name for names in KELOID_ZONES.values() for name in names} <= set(ANATOMICAL_GROUPS)


@pytest.mark.parametrize("zone", sorted(KELOID_ZONES))
def test_zones_are_one_hull_per_side(zone):
    import cv2

    face = canonical_face()
    flags = ClinicalFlags(keloid_prone=True, keloid_regions=[zone])
    right, left = keloid_polygons(flags, face)
    assert right[:, 0].max() <= 200.5  # patient's right is on the left of a frontal picture
    assert left[:, 0].min() >= 199.5
    areas = [cv2.contourArea(hull.astype(np.float32)) / 4 for hull in (right, left)]  # mm²
    assert areas[0] == pytest.approx(areas[1], rel=0.01)
    assert 200 < areas[0] < 2700


def test_zones_contain_their_landmarks():
    import cv2

    face = canonical_face()
    for zone, inside in {"nose": 220, "forehead": 69, "cheeks": 50, "jawline": 150}.items():
        right, _ = keloid_polygons(ClinicalFlags(keloid_prone=True, keloid_regions=[zone]), face)
        point = tuple(float(value) for value in face.points[inside, :2])
        assert cv2.pointPolygonTest(right.astype(np.float32), point, False) >= 0, zone


def test_no_zones_without_keloid():
    assert keloid_polygons(ClinicalFlags(), canonical_face()) == []
