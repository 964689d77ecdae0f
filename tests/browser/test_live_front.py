"""What lies in front of the face, as the browser draws it: as the server does."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, simulated
from playwright.sync_api import Page

from landmarkdiff.manipulation.front import front_layer


@pytest.mark.parametrize(("procedure", "bent"), [("rhinoplasty", 8), ("brow_lift", 60)])
def test_the_browser_moves_the_face_behind_a_frame_as_the_server_does(
    procedure: str, bent: int, faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces["grace_hopper"]
    plan = face.plan(procedure, 100)
    face.show(live_page, plan)
    face.set_values(live_page, plan)
    server, shown = face.simulated(plan).image, simulated(live_page, face)
    photo = face.prepared.image
    layer = front_layer(face.prepared)
    assert layer is not None
    frame = layer.whole(photo)
    assert frame.sum() > 500
    # The frame is the photo's own, in both; drawn without the layer it bends.
    assert (server[frame] == photo[frame]).all()
    assert np.abs(shown[frame].astype(int) - photo[frame]).max() <= 1
    alone = simulated(live_page, face, eyes=False)
    assert np.abs(alone[frame].astype(int) - photo[frame]).max() >= bent
    # Beside it the browser interpolates a photo of 0.8 mm per pixel linearly, the server cubically.
    assert np.quantile(np.abs(shown.astype(int) - server), 0.99) <= 2.0


def test_a_face_with_nothing_in_front_sends_no_layer(
    faces: dict[str, LiveFace], live_page: Page
) -> None:
    assert faces["astronaut"].model(faces["astronaut"].plan("brow_lift")).front is None
    face = faces["grace_hopper"]
    assert face.model(face.plan("mentoplasty")).front is None  # her glasses are out of its reach
    face.show(live_page, face.plan("mentoplasty"))
    assert live_page.evaluate("preview.model.front") is None
