"""The lines over the red of the upper lip."""

from __future__ import annotations

from landmarkdiff.landmarks import ANATOMICAL_GROUPS
from landmarkdiff.landmarks.topology import LANDMARK_LINES, mirror_points, topology
from landmarkdiff.landmarks.upper_lip import upper_lip_lines


def test_every_line_leads_inward_from_the_border_over_the_red_to_the_edge() -> None:
    forward = topology().vertices_mm[:, 2]  # the red turns into the mouth
    groups = ("vermilion_upper_border", "lip_body_upper", "lip_inner_upper")
    borders, body, edges = (set(ANATOMICAL_GROUPS[name].points) for name in groups)
    for border, red, edge in upper_lip_lines():
        assert border in borders and edge in edges and body.issuperset(red)
        way = forward[[border, *red, edge]].tolist()
        assert way == sorted(way, reverse=True)


def test_both_sides_have_the_same_lines() -> None:
    mirrored = {
        (*mirror_points([border]), *mirror_points(red), *mirror_points([edge]))
        for border, red, edge in upper_lip_lines()
    }
    assert mirrored == {(border, *red, edge) for border, red, edge in upper_lip_lines()}
    assert len(mirrored) == 7


def test_the_rings_of_the_lips_lie_point_for_point_beside_each_other() -> None:
    outer, inner = LANDMARK_LINES["outer_lips"], LANDMARK_LINES["inner_lips"]
    assert (len(outer), len(set(outer))) == (len(inner), 20)
    beside = dict(zip(outer, inner, strict=True))
    assert all(beside[line.border] == line.edge for line in upper_lip_lines())
