"""What a plan does to a head, between and beyond its knots."""

from __future__ import annotations

import numpy as np
import pytest
from small_heads import nose_tip, rest_normals, small_head

from landmarkdiff.head.simulation import HeadEffect


def test_an_effect_is_linear_between_its_knots() -> None:
    displacement = np.array([[0.0, 0.0, -4.0], [1.0, 0.0, 0.0]])
    hump = HeadEffect.linear("a.b", value=-3.0, full=-4.0, displacement=displacement)
    assert hump.knots.tolist() == [-4.0, 0.0]
    assert hump.full == -4.0
    np.testing.assert_allclose(hump.at(-3.0), 0.75 * displacement)
    np.testing.assert_allclose(hump.at(2.0), -0.5 * displacement)
    assert not hump.at(0.0).any()


@pytest.mark.parametrize(("value", "full"), [(5.0, 12.0), (-1.0, -9.0), (0.0, 12.0)])
def test_the_end_of_the_band_is_on_the_side_of_the_plan(value: float, full: float) -> None:
    knots = np.array([-9.0, 0.0, 12.0])
    effect = HeadEffect("a.b", "deg", value, knots, np.zeros((3, 2, 3), np.float32))
    assert effect.full == full


def test_effects_add_up_and_the_plan_is_the_default() -> None:
    head = small_head()
    tip = nose_tip(head.surface)
    normal = rest_normals(head.surface)[tip]
    moved = head.displacement()
    np.testing.assert_allclose(moved[tip], 2.0 * normal, atol=1e-6)
    chin = head.surface.vertices[moved[:, 2].argmin()]
    assert chin[1] == pytest.approx(-85.0, abs=8.0)
    assert moved[:, 2].min() == pytest.approx(-3.0, abs=0.3)
    np.testing.assert_array_equal(head.displacement(head.planned), moved)
    np.testing.assert_array_equal(head.displacement({}), 0.0)
    both = head.displacement({"rhinoplasty.bridge": 1.0, "mentoplasty.chin": -3.0})
    np.testing.assert_allclose(both[tip], normal, atol=1e-6)
    np.testing.assert_allclose(head.simulated().vertices, head.surface.vertices + moved)


def test_a_rotation_follows_its_arc_within_a_hundredth_of_a_millimetre() -> None:
    head = small_head()
    tip = nose_tip(head.surface)
    for angle in (1.5, 4.5, -7.5):
        moved = head.displacement({"rhinoplasty.tip_rotation": angle})[tip]
        turn = np.radians(angle)
        arc = 20.0 * np.array([0.0, np.sin(turn), np.cos(turn) - 1.0])
        assert np.linalg.norm(moved - arc) < 0.01
