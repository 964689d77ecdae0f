"""Teeth and tongue stay behind lips that move; a closed mouth has no layer."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from landmarkdiff.manipulation.mouth import layers_behind, mouth_layer, mouth_outline
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.verification.mouth import check_mouth

TOOTH_SHOW = {"tooth_show": 2.5}


@pytest.fixture(scope="module")
def smiling(pipeline, astronaut):
    """The astronaut, who smiles, at 0.5 mm per pixel."""
    part = astronaut[30:300, 120:330]
    return pipeline.prepare(cv2.resize(part, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC))


@pytest.fixture(scope="module")
def lifted(pipeline, smiling):
    end = make_plan("lip_lift", smiling.landmarks).effects[0].effect.band.high
    effects = TOOTH_SHOW | {"lip_length": end}
    return pipeline.generate(smiling, "lip_lift", 100, effects=effects, light=False)


def teeth_of(face):
    """Rows and columns of the middle of the upper teeth."""
    upper, lower = face.landmarks.points[[13, 14], :2]
    px = 1.0 / face.landmarks.scale.mm_per_px
    x, top = int(upper[0]), int(upper[1] + 1.5 * px)
    return np.s_[top : int(lower[1] - 1.0 * px), int(x - 12 * px) : int(x + 12 * px)]


def test_the_lip_is_raised_and_the_teeth_are_not(smiling, lifted):
    show = lifted.effect("tooth_show")
    assert show.factor > 0.95
    assert show.applied == pytest.approx(2.5, abs=0.1)
    assert show.achieved == pytest.approx(2.5, abs=0.25)
    assert lifted.check.mouth.still
    assert lifted.check.mouth.area_mm2 > 150.0
    assert lifted.to_dict()["mouth"]["still"] is True
    part = teeth_of(smiling)
    # Pixel for pixel, to what two roundings make: no tooth has another shape.
    apart = np.abs(lifted.image[part].astype(int) - smiling.image[part])
    assert apart.max() <= 2


@pytest.mark.parametrize("line", [(0, 13), (37, 82), (267, 312)])
def test_the_edge_rises_by_the_tooth_show_and_the_red_unrolls_evenly(line, smiling, lifted):
    border, edge = smiling.landmarks.points[list(line), :2]
    shares = np.linspace(0.0, 1.0, 7)[:, None]
    points = (1.0 - shares) * border + shares * edge
    moved = lifted.displacement_field.forward(points) - points
    rise = -moved[:, 1] * smiling.landmarks.scale.mm_per_px
    show = lifted.plan.effects[1].effect.landmarks
    assert rise[-1] == pytest.approx(2.5 * show[{13: 12, 82: 38, 312: 268}[line[1]]], abs=0.1)
    even = np.linspace(rise[0], rise[-1], 7)
    assert np.abs(rise - even).max() < 0.15 * rise[0]


def test_without_a_tooth_show_the_edge_stays(pipeline, smiling):
    result = pipeline.generate(smiling, "lip_lift", 100, verify=False)
    edge = smiling.landmarks.points[[13, 82, 312], :2]
    moved = result.displacement_field.forward(edge) - edge
    assert np.abs(moved).max() * smiling.landmarks.scale.mm_per_px < 0.1
    assert "teeth_stay" not in {notice.code for notice in result.notices}


def test_it_is_said_that_what_is_uncovered_is_continued(pipeline, smiling, lifted):
    assert "teeth_stay" in {notice.code for notice in lifted.notices}
    chin = pipeline.generate(smiling, "mentoplasty", 60, verify=False)
    assert "teeth_stay" not in {notice.code for notice in chin.notices}


def test_what_is_said_of_teeth_holds_beyond_the_band_too(pipeline, smiling, lifted):
    """A tooth show that was unlocked uncovers more than is known, and the notice says how much."""
    far = pipeline.generate(
        smiling, "lip_lift", 100, effects={"tooth_show": 4.0}, unlock=True, verify=False
    )
    said = [
        {notice.code: notice for notice in result.notices}["teeth_stay"].params["mm"]
        for result in (lifted, far)
    ]
    assert said == [2.5, pytest.approx(4.0, abs=0.2)]


def test_a_picture_whose_teeth_moved_is_not_still(smiling, lifted):
    layer, outline = mouth_layer(smiling), mouth_outline(smiling)
    field = lifted.displacement_field
    still = replace(field, displacement=np.zeros_like(field.displacement))
    moved = np.roll(smiling.image, 2, axis=0)
    mm = smiling.landmarks.scale.mm_per_px
    assert check_mouth(smiling.image, smiling.image, layer, outline, still, mm).changed == 0.0
    assert not check_mouth(smiling.image, moved, layer, outline, still, mm).still


def test_without_values_the_photo_stays_bit_for_bit(pipeline, smiling):
    result = pipeline.generate(smiling, "lip_lift", 0, effects={"tooth_show": 0.0})
    assert (result.image == smiling.image).all()


def test_teeth_that_an_effect_moves_are_no_layer(pipeline, smiling):
    forward = {"orthognathic.maxilla": 5.0}
    result = pipeline.generate(smiling, "orthognathic", 60, effects=forward, verify=False)
    assert result.surgical_mask.teeth is not None
    assert all(each.side != "mouth" for each in layers_behind(smiling, result.surgical_mask))


def test_a_closed_mouth_has_no_layer(pipeline, prepared_portraits):
    closed = prepared_portraits["grace_hopper"]
    assert mouth_layer(closed) is None
    result = pipeline.generate(closed, "lip_lift", 60, verify=False)
    assert all(each.side != "mouth" for each in layers_behind(closed, result.surgical_mask))
    assert "teeth" not in result.surgical_mask.limits


def test_the_edge_of_the_lip_is_where_its_colour_begins(smiling):
    """White teeth are drawn up to 1 mm above the landmarks: the outline goes there."""
    mm = smiling.landmarks.scale.mm_per_px
    ring = smiling.landmarks.points[[82, 13, 312], :2]
    picture = np.full_like(smiling.image, (150, 80, 85))
    edge = ring[:, 1].mean() - 1.0 / mm
    picture[round(edge) :] = (235, 230, 220)
    drawn = replace(smiling, image=picture, _found={})
    outline = mouth_outline(drawn)
    middle = np.abs(outline[:, 0] - ring[1, 0]) < 3.0 / mm
    top = outline[middle & (outline[:, 1] < ring[1, 1] + 1.0 / mm)]
    assert len(top) > 3
    assert np.abs(top[:, 1] - edge).max() * mm < 0.8


def test_on_closed_lips_a_tooth_show_moves_nothing_and_says_so(pipeline, grace_hopper):
    face = pipeline.prepare(grace_hopper)
    alone = pipeline.generate(face, "lip_lift", 60)
    asked = pipeline.generate(face, "lip_lift", 60, effects={"tooth_show": 2.0})
    # What it asks is nothing; sums that are longer by zeros may be added up in another order.
    moved, still = asked.warp.deformation.displacement, alone.warp.deformation.displacement
    assert np.abs(moved - still).max() < 1e-9  # mm
    assert np.abs(asked.image.astype(int) - alone.image).max() <= 1
    show = asked.effect("tooth_show")
    assert (show.applied, show.achieved, show.reason) == (0.0, None, "lips_closed")
    lip = alone.effect("lip_length").applied
    assert asked.effect("lip_length").applied == pytest.approx(lip, abs=1e-4)
    assert "mouth_closed" in {notice.code for notice in asked.notices}
    assert "tooth_show: the lips are closed" in str(asked.shown.notice)
    assert asked.shown.share < alone.shown.share


LIP, TOOTH, GUM, DARK = (150, 80, 85), (235, 230, 220), (200, 130, 130), (60, 35, 35)


def drawn_mouth(face, *, shadow_mm=0.0, gum_mm=0.0, columns=False):
    """The smile drawn anew: a lip, its shadow, gum and a white tooth; ``columns`` of tooth reach
    the lip. With the row of the lip's edge, and pixels per mm."""
    px = 1.0 / face.landmarks.scale.mm_per_px
    edge = round(face.landmarks.points[[82, 13, 312], 1].max())
    picture = np.full_like(face.image, TOOTH)
    picture[:edge] = LIP
    picture[edge : edge + round(gum_mm * px)] = GUM
    if columns:
        across = (np.arange(picture.shape[1]) / (5.0 * px)).astype(int) % 2 == 0
        picture[edge:, across] = TOOTH
    picture[edge : edge + round(shadow_mm * px)] = DARK
    return replace(face, image=picture, _found={}), edge, px


def in_layer(face, values, row):
    """What a layer has in a row of the photo, within 4 mm of the middle."""
    window = mouth_layer(face).window
    middle = face.landmarks.points[13, 0]
    x = middle + np.linspace(-4.0, 4.0, 17) / face.landmarks.scale.mm_per_px
    columns = np.rint((x - window.x) / window.step).astype(int)
    return values[round((row - window.y) / window.step), columns].astype(float)


@pytest.mark.parametrize("shadow_mm", [0.0, 0.8])
def test_the_shadow_of_a_lip_goes_with_it(shadow_mm, smiling):
    """Left behind, it would lie as a dark band over the teeth that the lip uncovers."""
    face, edge, px = drawn_mouth(smiling, shadow_mm=shadow_mm)
    layer = mouth_layer(face)
    behind = in_layer(face, layer.colours, edge - 1.5 * px)
    assert behind.mean(axis=1).min() > 170
    beside = in_layer(face, layer.matte, edge + 0.6 * px)
    assert (beside < 60).all() if shadow_mm else (beside > 150).mean() > 0.7
    assert (in_layer(face, layer.matte, edge + 2.5 * px) == 255).all()


def test_teeth_end_in_gum_where_gum_is_seen(smiling):
    face, edge, px = drawn_mouth(smiling, gum_mm=2.0, columns=True)
    behind = in_layer(face, mouth_layer(face).colours, edge - 2.0 * px)
    assert np.abs(behind - GUM).max() < 20
    without, edge, px = drawn_mouth(smiling)
    behind = in_layer(without, mouth_layer(without).colours, edge - 2.0 * px)
    assert np.abs(behind - TOOTH).max() < 20
