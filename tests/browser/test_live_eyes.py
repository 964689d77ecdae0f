"""Eyes behind lids that move, as the browser draws them: as the server does."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, handed, open_live_page
from playwright.sync_api import Page

from landmarkdiff.arrays import ImageArray
from landmarkdiff.manipulation.eyes import eye_layers

DRAW = """async (eyes) => {
  preview.flush();
  const { picture, photo: { width, height } } = preview;
  const { gl } = picture;
  const target = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, target);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, width, height);
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target, 0);
  picture.textures.photo.chooseLevel(Math.max(width, height), false);
  picture.drawSimulation(picture.textures.photo, { width, height, scale: 1, eyes });
  const drawn = new Uint8Array(4 * width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, drawn);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  await handOver(drawn);
}"""


def simulated(page: Page, face: LiveFace, *, eyes: bool = True) -> ImageArray:
    """What the browser draws of the whole photo, one pixel for one: (H, W, 3)."""
    page.evaluate(DRAW, eyes)
    height, width = face.prepared.image.shape[:2]
    return np.frombuffer(handed(page), np.uint8).reshape(height, width, 4)[..., :3]


def apart(first: ImageArray, second: ImageArray, face: LiveFace) -> list[float]:
    """Mean difference of two pictures in each eye's window, levels."""
    found = []
    for layer in eye_layers(face.prepared):
        box = layer.box(*face.prepared.image.shape[1::-1])
        found.append(float(np.abs(first[box].astype(int) - second[box]).mean()))
    return found


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize("effects", [{}, {"blepharoplasty.mrd1": -1.0}])
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
    assert face.model(face.plan("mentoplasty")).eyes == ()
    assert [each.side for each in face.model(face.plan("brow_lift")).eyes] == ["right", "left"]
    open_live_page(live_page, face.site)
    face.show(live_page, face.plan("mentoplasty"))
    assert live_page.evaluate("preview.model.eyes.length") == 0
