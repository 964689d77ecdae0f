"""Grain laid anew where the skin is stretched: the pixels of browser and server."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from live_faces import LiveFace, open_live_page, png, simulated
from playwright.sync_api import Page

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.manipulation.prepared import PreparedFace


@pytest.fixture(scope="module")
def grainy(faces: dict[str, LiveFace]) -> LiveFace:
    """A photo of nothing but grain, each pixel for itself."""
    face = faces["astronaut"]
    # As fine as photos are whose grain shows.
    large = cv2.resize(face.prepared.image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    landmarks = face.pipeline.prepare(large).landmarks
    shape = large.shape
    noise = np.random.default_rng(7).normal(0.0, 6.0, (*shape[:2], 1))
    picture = np.clip(np.rint(np.array([190.0, 150.0, 130.0]) + noise), 0, 255).astype(np.uint8)
    prepared = PreparedFace(picture, landmarks)
    return replace(face, prepared=prepared, photo=face.site.put("grainy.png", png(picture)))


def test_the_pixels_are_the_servers_to_one_level(grainy: LiveFace, live_page: Page) -> None:
    plan = grainy.plan("brow_lift", 100)
    result = grainy.simulated(plan)
    stretched = result.displacement_field.warp(grainy.prepared.image, result.surgical_mask.carried)
    expected = result.image.astype(int)
    anew = np.abs(expected - stretched).max(axis=2) > 3
    assert np.count_nonzero(anew) > 200  # there is something to compare
    if not live_page.url.startswith(grainy.site.url):
        open_live_page(live_page, grainy.site, "en")
    model = kind_of(grainy.prepared).live_model(plan, ClinicalFlags(), light=False)
    path = grainy.site.put("grain.bin", model.encode())
    given = {"photo": grainy.photo, "facts": grainy.facts, "model": path}
    live_page.evaluate("given => show(given)", given)
    grainy.set_values(live_page, plan)
    away = np.abs(simulated(live_page, grainy) - expected).max(axis=2)
    assert np.percentile(away[anew], 90) <= 1
    assert away[result.surgical_mask.full() == 0].max() == 0
