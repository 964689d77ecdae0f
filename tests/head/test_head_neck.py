"""The open edge of the embedded head's neck."""

from __future__ import annotations

import numpy as np

from landmarkdiff.head import head_model
from landmarkdiff.head.shell import boundary_loops, neck_edge


def test_the_neck_ends_in_one_clean_round_without_a_spur() -> None:
    surface = head_model().surface()
    topology = surface.topology
    edge = neck_edge(surface)
    assert len(edge) == len(set(edge)) == 42
    assert edge in boundary_loops(topology.twin[topology.triangles])
    around = surface.vertices[edge]
    steps = np.linalg.norm(np.diff(around, axis=0, append=around[:1]), axis=1)
    assert steps.max() < 12.0  # mm; the spur was 20 mm long
    # Level: the height is that of a plane through the edge, within a few millimetres.
    plane = np.column_stack([around[:, [0, 2]], np.ones(len(around))])
    fitted = plane @ np.linalg.lstsq(plane, around[:, 1], rcond=None)[0]
    assert np.abs(around[:, 1] - fitted).max() < 6.0
    assert set(topology.twin[topology.mirror[edge]]) == set(edge)
    for members in topology.parts.values():
        assert np.isin(members, topology.triangles).all()
