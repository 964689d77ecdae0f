"""Eyes behind lids that move, as the browser draws them: as the server does."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, open_live_page, simulated
from playwright.sync_api import Page

from landmarkdiff.arrays import ImageArray
from landmarkdiff.manipulation.eyes import eye_layers
from landmarkdiff.manipulation.mouth import mouth_layer


def apart(first: ImageArray, second: ImageArray, face: LiveFace) -> list[float]:
    """Mean difference of two pictures in each eye's window, levels."""
    found = []
    for layer in eye_layers(face.prepared):
        box = layer.box(*face.prepared.image.shape[1::-1])
        found.append(float(np.abs(first[box].astype(int) - second[box]).mean()))
    return found


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize("effects", [{"blepharoplasty.mrd1": 1.0}, {"blepharoplasty.mrd1": -1.0}])
def test_the_browser_puts_eyes_behind_their_lids_as_the_server_does(
    portrait: str, effects: dict[str, float], faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces[portrait]
    plan = face.plan("blepharoplasty", 100, effects=effects)
    face.show(live_page, plan)
    face.set_values(live_page, plan)
    shown, server = simulated(live_page, face), face.simulated(plan).image
    # The browser interpolates linearly, the server cubically.
    own = apart(shown, server, face)
    assert max(own) < 2.0
    photo = face.prepared.image
    for x, y in np.rint(face.prepared.landmarks.points[[468, 473], :2]).astype(int):
        pupil = np.s_[y - 1 : y + 2, x - 1 : x + 2]
        assert np.abs(shown[pupil].astype(int) - photo[pupil]).max() <= 1
    if portrait == "astronaut":  # glasses hold the lids of the other
        alone = simulated(live_page, face, eyes=False)
        assert min(apart(alone, server, face)) > 1.8 * max(own)


def test_the_browser_leaves_teeth_behind_a_lip_as_the_server_does(
    faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces["astronaut"]
    plan = face.plan("lip_lift", 100, effects={"tooth_show": 2.5})
    face.show(live_page, plan)
    face.set_values(live_page, plan)
    shown, server = simulated(live_page, face), face.simulated(plan).image
    layer = mouth_layer(face.prepared)
    assert layer is not None
    box = layer.box(*face.prepared.image.shape[1::-1])
    own = np.abs(shown[box].astype(int) - server[box]).mean()
    assert own < 2.0  # the browser interpolates linearly, the server cubically
    upper, lower = face.prepared.landmarks.points[[13, 14], :2]
    x, y = np.rint((upper + lower) / 2.0).astype(int)
    teeth = np.s_[y - 1 : y + 2, x - 6 : x + 7]
    assert np.abs(shown[teeth].astype(int) - face.prepared.image[teeth]).max() <= 1
    alone = simulated(live_page, face, eyes=False)
    assert np.abs(alone[box].astype(int) - server[box]).mean() > 1.5 * own


def test_without_a_plan_the_eyes_are_the_photo(faces: dict[str, LiveFace], live_page: Page) -> None:
    face = faces["astronaut"]
    face.show(live_page, face.plan("blepharoplasty"))
    face.set_values(live_page, face.plan("blepharoplasty", 0))
    shown = simulated(live_page, face)
    assert np.abs(shown.astype(int) - face.prepared.image).max() <= 1


def test_eyes_come_back_after_the_context_was_lost(
    faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces["astronaut"]
    plan = face.plan("blepharoplasty", 100)
    face.show(live_page, plan)
    face.set_values(live_page, plan)
    before = simulated(live_page, face)
    live_page.evaluate(
        "window.loss = preview.picture.gl.getExtension('WEBGL_lose_context'); loss.loseContext()"
    )
    live_page.wait_for_function("events.some(([name]) => name === 'contextlost')")
    live_page.evaluate("loss.restoreContext()")
    live_page.wait_for_function("events.some(([name]) => name === 'contextrestored')")
    assert (simulated(live_page, face) == before).all()


def test_a_plan_that_reaches_no_eye_sends_none(faces: dict[str, LiveFace], live_page: Page) -> None:
    face = faces["astronaut"]
    # She smiles: what lies between her lips is in its reach.
    assert [each.side for each in face.model(face.plan("mentoplasty")).eyes] == ["mouth"]
    closed = faces["grace_hopper"]
    assert closed.model(closed.plan("mentoplasty")).eyes == ()
    assert [each.side for each in face.model(face.plan("brow_lift")).eyes] == ["right", "left"]
    open_live_page(live_page, face.site)
    closed.show(live_page, closed.plan("mentoplasty"))
    assert live_page.evaluate("preview.model.eyes.length") == 0
