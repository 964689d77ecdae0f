"""What lies in front of a face stays; the face moves behind it as it does without it."""

from __future__ import annotations

import cv2
import drawn_covers as drawn
import numpy as np
import pytest
from drawn_frames import COLOURS, SHAPES, wearing

from landmarkdiff.manipulation.front import FILL_MM, front_layer
from landmarkdiff.manipulation.front.fill import continued
from landmarkdiff.manipulation.front.matte import matte_of

EDGE_MM = 3.0


@pytest.fixture(scope="module")
def photo(astronaut):
    """The astronaut at 0.5 mm per pixel."""
    part = astronaut[30:300, 120:330]
    return cv2.resize(part, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def bare(pipeline, photo):
    return pipeline.prepare(photo)


@pytest.fixture(scope="module")
def worn(pipeline, photo, bare):
    """The same with a black frame of 1.6 units, its share of each pixel, and the plans on it."""
    image, share = wearing(photo, bare.landmarks, COLOURS["black"], SHAPES["oval"])
    face = pipeline.prepare(image)
    results = {
        name: pipeline.generate(face, name, 100, light=False)
        for name in ("rhinoplasty", "brow_lift")
    }
    return face, share / 0.92, results


def test_the_matte_is_the_frame_that_was_drawn(worn):
    face, share, _ = worn
    layer = front_layer(face)
    assert [thing.what for thing in layer.things] == ["spectacles"]
    mm2 = face.landmarks.scale.mm_per_px**2
    assert layer.things[0].area_mm2 == pytest.approx(share.sum() * mm2, rel=0.12)
    matte = layer.opaque.over(*face.image.shape[1::-1])
    assert matte[share > 0.95].mean() > 0.95
    far = cv2.dilate((share > 0.02).astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
    assert matte[far].sum() * mm2 < 0.06 * layer.things[0].area_mm2


@pytest.mark.parametrize("procedure", ["rhinoplasty", "brow_lift"])
def test_a_frame_keeps_its_pixels_and_its_line(worn, procedure):
    face, share, results = worn
    result = results[procedure]
    assert result.check.front.still
    frame = share > 0.98
    assert (result.image[frame] == face.image[frame]).all(axis=1).mean() > 0.97
    # The dark line of the upper rims, column by column.
    found = []
    for image in (face.image, result.image):
        dark = np.clip(70.0 - image.mean(axis=2), 0.0, None) * (share > 0.2)
        eyes = int(face.landmarks.points[[468, 473], 1].min()) - 8
        dark[eyes:] = 0.0
        weight = dark.sum(axis=0)
        columns = weight > 60.0
        rows = np.arange(len(dark))[:, None]
        found.append((columns, (dark * rows).sum(axis=0) / np.maximum(weight, 1e-6)))
    both = found[0][0] & found[1][0]
    assert both.sum() > 80
    moved = np.abs(found[1][1] - found[0][1])[both] * face.landmarks.scale.mm_per_px
    assert np.sqrt((moved**2).mean()) <= 0.1
    assert np.quantile(moved, 0.9) <= 0.1


@pytest.mark.parametrize("procedure", ["rhinoplasty", "brow_lift"])
def test_behind_a_thin_frame_the_plan_is_carried_out_whole(pipeline, worn, bare, procedure):
    face, share, results = worn
    result = results[procedure]
    alone = pipeline.generate(bare, plan=result.plan, light=False, verify=False)
    assert all(effect.factor > 0.99 for effect in result.effects)
    assert result.check.front.given_way == {}
    measured = [effect for effect in result.effects if effect.achieved is not None]
    assert len(measured) >= 2
    for effect in measured:
        expected = effect.applied * effect.visible
        assert effect.achieved == pytest.approx(expected, abs=max(0.3, 0.08 * abs(expected)))
    # Beside the frame the picture is that of the face without it.
    reach = 2 * round(EDGE_MM / face.landmarks.scale.mm_per_px) + 1
    near = cv2.dilate((share > 0.0).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    near &= cv2.dilate((share > 0.01).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    apart = np.abs(result.image.astype(int) - alone.image).max(axis=2)[near]
    assert np.median(apart) <= 4.0
    assert np.quantile(apart, 0.95) <= 24.0
    if procedure == "brow_lift":  # which moves the brow past the frame
        moved = np.abs(face.image.astype(int) - alone.image).max(axis=2)[near]
        assert np.quantile(moved, 0.95) > 1.5 * np.quantile(apart, 0.95)


def test_a_wide_thing_holds_what_is_not_known_behind_it(pipeline, photo, bare):
    image = drawn.finger(photo, bare.landmarks)
    face = pipeline.prepare(image)
    result = pipeline.generate(face, "rhinoplasty", 100, light=False)
    layer = result.warp.front
    assert [thing.what for thing in layer.things] == ["thing"]
    core = layer.core("thing")
    rows, columns = np.nonzero(core.values)
    places = np.stack([columns, rows], axis=1) @ core.to_photo[:, :2].T + core.to_photo[:, 2]
    assert len(rows) > 50
    moved = np.hypot(*result.displacement_field.at(places).T) * face.landmarks.scale.mm_per_px
    assert np.quantile(moved, 0.9) < 0.2
    # Nothing comes out from farther in than the skin beside it is continued.
    edge = np.argwhere(layer.whole(face.image))[:, ::-1].astype(float)
    out = np.hypot(*result.displacement_field.at(edge).T) * face.landmarks.scale.mm_per_px
    assert out.max() <= FILL_MM
    assert result.check.front.still
    assert max(result.check.front.given_way.values()) > 0.05
    assert {"thing_in_front"} <= {notice.code for notice in result.notices}
    record = result.to_dict()["front"]
    assert set(record["areas_mm2"]) == {"thing"}
    assert record["continued_mm"] == FILL_MM


def test_without_a_plan_the_photo_stays_bit_for_bit(pipeline, worn):
    face, _, _ = worn
    result = pipeline.generate(face, "brow_lift", 0)
    assert (result.image == face.image).all()


def test_light_and_folds_change_the_face_and_not_the_frame(pipeline, worn):
    face, _, _ = worn
    warp = pipeline.generate(face, "rhytidectomy", 100, verify=False).warp
    assert warp.shading is not None and warp.softening is not None
    whole = warp.front.whole(face.image)
    assert (warp.warped[whole] == face.image[whole]).all()
    assert (warp.face[whole] != face.image[whole]).any()  # the face behind it has changed
    layer = (warp.front.opaque.over(*face.image.shape[1::-1]) > 0.0).astype(np.uint8)
    beside = cv2.dilate(layer, np.ones((15, 15), np.uint8)) == 0
    assert (warp.warped[beside] == warp.face[beside]).all()
    changed = (warp.face != face.image).any(axis=2)
    assert (changed & ~beside).any()


def test_nothing_in_front_is_no_layer(bare):
    assert front_layer(bare) is None


def test_a_layer_that_moved_is_not_still(worn):
    from landmarkdiff.verification.front import check_front

    face, _, results = worn
    layer = front_layer(face)
    moved = np.roll(results["rhinoplasty"].image, 2, axis=0)
    assert not check_front(face.image, moved, layer, ()).still


def test_what_is_continued_goes_over_from_side_to_side():
    """A strip of a ramp with grain: the ramp goes on, and so does the grain."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(60, 180, 120, dtype=np.float32)[:, None, None]
    picture = np.tile(ramp, (1, 90, 3)) + rng.normal(0, 4, (120, 90, 1)).astype(np.float32)
    known = np.ones((120, 90), bool)
    known[52:64] = False
    holed = np.where(known[..., None], picture, np.float32(0.0))
    filled = continued(holed, known, 3.0)
    assert (filled[known] == picture[known]).all()
    rest = filled[52:64] - ramp[52:64]
    assert np.abs(rest.mean(axis=1)).max() < 4.0
    assert 2.0 < rest.std() < 6.0


@pytest.mark.parametrize("skin", [(62, 44, 36), (198, 145, 112)])
def test_a_dark_rim_is_seen_on_dark_skin_though_its_temple_ends_before_a_wall(skin):
    cells_per_mm = 4.0
    rows, columns = np.indices((120, 320))
    pixels = np.empty((120, 320, 3), np.float32)
    pixels[:] = skin
    rim = (abs(rows - 60) < 9) & (columns >= 36)
    pixels[48:73, 16:36] = 240.0  # of the wall, where the face ends
    pixels[rim] = (25, 22, 20)
    # Skin that shines beside the rim.
    pixels[(abs(rows - 60) >= 9) & (abs(rows - 60) < 13)] += 16.0
    pixels += np.random.default_rng(3).normal(0.0, 2.0, pixels.shape).astype(np.float32)
    marked = (abs(rows - 60) < 13) & (columns >= 14) & (columns < 300)
    matte = matte_of(pixels, marked, np.zeros(rim.shape, bool), cells_per_mm)
    on_skin = (columns > 60) & (columns < 290)
    assert matte[rim & on_skin & (abs(rows - 60) < 7)].mean() > 0.95
    assert matte[(abs(rows - 60) > 11) & on_skin].mean() < 0.05
