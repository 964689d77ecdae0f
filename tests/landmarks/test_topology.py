from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.landmarks import ANATOMICAL_GROUPS, LANDMARK_REGIONS
from landmarkdiff.landmarks.topology import mirror_points, topology

SHAPE = topology()


def test_the_mirror_map_is_an_involution_of_all_478_points() -> None:
    assert np.array_equal(SHAPE.mirror[SHAPE.mirror], np.arange(478))


def test_the_mirror_map_carries_the_canonical_mesh_onto_itself() -> None:
    partner = SHAPE.mirror[:468]
    assert np.array_equal(SHAPE.vertices_mm[partner] * (-1, 1, 1), SHAPE.vertices_mm)
    triangles = {tuple(sorted(t)) for t in SHAPE.triangles.tolist()}
    assert {tuple(sorted(mirror_points(t))) for t in triangles} == triangles


def test_known_partners() -> None:
    assert mirror_points([33, 4, 468, 469, 470, 471, 472]) == [263, 4, 473, 476, 475, 474, 477]
    assert len(SHAPE.midline) == 28
    assert np.array_equal(SHAPE.vertices_mm[SHAPE.midline, 0], np.zeros(28))


def test_canonical_axes_are_those_of_the_face_frame() -> None:
    left_canthus, tip, forehead, chin = SHAPE.vertices_mm[[263, 4, 10, 152]]
    assert left_canthus[0] == pytest.approx(44.459, abs=0.001)
    assert forehead[1] > left_canthus[1] > tip[1] > chin[1]
    assert tip[2] > forehead[2]


def test_counts() -> None:
    assert SHAPE.triangles.shape == (898, 3)
    assert SHAPE.tiles.shape == (852, 3)
    assert SHAPE.edges.shape == (1322, 2)
    assert len(np.unique(SHAPE.edges, axis=0)) == 1322
    # 2,556 directed edges: each tile brings three.
    assert 3 * len(SHAPE.tiles) == 2556
    assert {name: len(edges) for name, edges in SHAPE.contours.items()} == {
        "FACE_OVAL": 36,
        "LEFT_EYE": 16,
        "LEFT_EYEBROW": 8,
        "LEFT_IRIS": 4,
        "LIPS": 40,
        "NOSE": 25,
        "RIGHT_EYE": 16,
        "RIGHT_EYEBROW": 8,
        "RIGHT_IRIS": 4,
    }
    assert len(SHAPE.blendshape_points) == 146
    assert len(SHAPE.blendshape_names) == 52


def test_tiles_and_edges_agree() -> None:
    sides = {tuple(sorted((t[i], t[i - 1]))) for t in SHAPE.tiles.tolist() for i in range(3)}
    assert sides == {tuple(edge) for edge in SHAPE.edges.tolist()}


def test_the_tessellation_is_mirrored_but_for_six_diagonals() -> None:
    edges = {tuple(edge) for edge in SHAPE.edges.tolist()}
    mirrored = {tuple(sorted(mirror_points(edge))) for edge in edges}
    assert len(edges - mirrored) == 6


def test_arrays_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        SHAPE.vertices_mm[0] = 0.0


def test_region_sizes() -> None:
    assert {name: len(points) for name, points in LANDMARK_REGIONS.items()} == {
        "jawline": 32,
        "left_eye": 16,
        "right_eye": 16,
        "left_eyebrow": 10,
        "right_eyebrow": 10,
        "nose": 24,
        "lips": 40,
        "left_iris": 5,
        "right_iris": 5,
        "face_oval": 36,
    }


@pytest.mark.parametrize("name", ["jawline", "nose", "lips", "face_oval"])
def test_middle_regions_are_their_own_mirror_image(name: str) -> None:
    points = LANDMARK_REGIONS[name]
    assert sorted(mirror_points(points)) == sorted(points)


@pytest.mark.parametrize("name", ["eye", "eyebrow", "iris"])
def test_paired_regions_mirror_each_other(name: str) -> None:
    right, left = LANDMARK_REGIONS[f"right_{name}"], LANDMARK_REGIONS[f"left_{name}"]
    assert sorted(mirror_points(right)) == sorted(left)


@pytest.mark.parametrize("name", sorted(ANATOMICAL_GROUPS))
def test_groups_are_mirror_closed_and_on_their_side(name: str) -> None:
    group = ANATOMICAL_GROUPS[name]
    assert list(group.left) == mirror_points(group.right)
    assert list(group.midline) == mirror_points(group.midline)
    assert len(set(group.points)) == len(group.points)
    assert (SHAPE.vertices_mm[list(group.right), 0] < 0).all()
    assert (SHAPE.vertices_mm[list(group.left), 0] > 0).all()


def test_groups_keep_their_anatomical_order() -> None:
    def height(name: str) -> float:
        return float(SHAPE.vertices_mm[list(ANATOMICAL_GROUPS[name].points), 1].mean())

    downward = [
        "brow_upper_border",
        "brow_lower_border",
        "upper_lid_margin",
        "lower_lid_margin",
        "lower_lid_cheek_junction",
        "subnasale",
        "vermilion_upper_border",
        "vermilion_lower_border",
        "labiomental_sulcus",
        "chin_pad",
        "chin_border",
    ]
    heights = [height(name) for name in downward]
    assert heights == sorted(heights, reverse=True)


def test_lazy_mappings_behave_as_mappings() -> None:
    assert len(ANATOMICAL_GROUPS) >= 35
    assert "nose" in LANDMARK_REGIONS
    assert "ear" not in LANDMARK_REGIONS
    assert repr(LANDMARK_REGIONS).startswith("{'jawline'")
