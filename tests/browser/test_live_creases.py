"""Folds that soften: the browser's numbers and pixels against the server's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_folds import with_fold
from live_faces import LiveFace, handed, open_live_page, png, simulated, values
from playwright.sync_api import Page

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.creases import folds_of_effects
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan

DEPTH = 0.3


@pytest.fixture(scope="module")
def folded(faces: dict[str, LiveFace]) -> LiveFace:
    """A photo without detail but for two folds."""
    face = faces["astronaut"]
    landmarks = face.prepared.landmarks
    picture = smooth(face)
    for side in ("right", "left"):
        picture = with_fold(picture, landmarks, DEPTH, side=side)
    return replace(face, prepared=PreparedFace(picture, landmarks))


def smooth(face: LiveFace) -> ImageArray:
    """A photo on which all ways to resample agree."""
    return np.full(face.prepared.image.shape, (190, 150, 130), np.uint8)


def shown(face: LiveFace, page: Page, plan: SurgicalPlan) -> ImageArray:
    """A smooth photo through the live model of a plan on the folded one: (H, W, 3) uint8."""
    if not page.url.startswith(face.site.url):
        open_live_page(page, face.site, "en")
    model = kind_of(face.prepared).live_model(plan, ClinicalFlags(), light=False)
    path = face.site.put("creases.bin", model.encode())
    photo = face.site.put("creases.png", png(smooth(face)))
    page.evaluate("given => show(given)", {"photo": photo, "facts": face.facts, "model": path})
    face.set_values(page, plan)
    return simulated(page, face, eyes=False)


@pytest.mark.parametrize(
    ("intensity", "effects"),
    [(0.0, {"nasolabial_fold": -60.0}), (100.0, {}), (60.0, {"nasolabial_fold": -30.0})],
)
def test_the_pixels_are_the_servers_to_one_level(
    intensity: float,
    effects: dict[str, float],
    folded: LiveFace,
    live_page: Page,
) -> None:
    prepared = folded.prepared
    plan = make_plan("rhytidectomy", prepared.landmarks, intensity=intensity, effects=dict(effects))
    result = folded.simulated(plan)
    softening = result.warp.softening
    assert softening is not None
    photo = smooth(folded)
    moved = result.displacement_field.warp(photo, result.surgical_mask.carried)
    expected = softening.applied(moved).astype(int)
    away = np.abs(shown(folded, live_page, plan) - expected).max(axis=2)
    changed = np.abs(expected - photo).max(axis=2)
    assert changed.max() > 4  # there is something to compare
    assert np.percentile(away[changed > 1], 99) <= 1
    assert away[result.surgical_mask.full() == 0].max() == 0


def test_the_numbers_are_the_servers(folded: LiveFace, live_page: Page) -> None:
    plan = make_plan("rhytidectomy", folded.prepared.landmarks, intensity=80)
    folds = folds_of_effects(folded.prepared, plan, ClinicalFlags())
    assert folds is not None
    shown(folded, live_page, plan)
    shares = live_page.evaluate(
        "values => preview.model.creases.folds.map("
        "(each) => preview.model.creases.share(each, values))",
        values(plan),
    )
    expected = [each.share(values(plan)) for each in folds.folds]
    assert shares == pytest.approx(expected, abs=1e-6)
    assert max(expected) > 0.1
    live_page.evaluate(
        "async values => handOver(preview.model.creases.added(values).cells)", values(plan)
    )
    found = np.frombuffer(handed(live_page), "<f4")
    whole = folds.added(values(plan)) / 255.0
    assert found.reshape(-1, 4)[:, :3].sum() == pytest.approx(float(whole.sum()), rel=1e-3)
    assert found.max() == pytest.approx(float(whole.max()), abs=1e-4)
