"""The browser's warp equals the server's: what the canvas draws, read back, within 0.1 mm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from live_faces import LiveFace, blob, drawn, on_pixels, values
from live_viewer import settle
from numpy.typing import NDArray
from playwright.sync_api import Page

from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.plan import SurgicalPlan

#: Millimetres; a person's own tremor while smiling is ten times that.
LIMIT_MM = 0.1


def error_mm(face: LiveFace, plan: SurgicalPlan, shown: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distance of two displacements where the mask lets the plan act, mm."""
    server, acting = on_pixels(face.simulated(plan))
    away = np.hypot(*(shown - server)[acting].T).astype(np.float64)
    return away * face.prepared.landmarks.scale.mm_per_px


def compare(face: LiveFace, plan: SurgicalPlan, page: Page, what: str) -> float:
    face.set_values(page, plan)
    shown, _ = drawn(page)
    error = error_mm(face, plan, shown)
    print(
        f"{face.name:13} {what:44} median {np.median(error):.4f}"
        f"  p99 {np.percentile(error, 99):.4f}  worst {error.max():.4f} mm"
    )
    return float(np.percentile(error, 99))


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize(
    "procedure", ["rhinoplasty", "rhytidectomy", "blepharoplasty", "orthognathic"]
)
def test_every_intensity(
    portrait: str, procedure: str, faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces[portrait]
    face.show(live_page, face.plan(procedure))
    for intensity in (0, 30, 60, 80, 100):
        plan = face.plan(procedure, intensity)
        assert compare(face, plan, live_page, f"{procedure} {intensity} %") < LIMIT_MM


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
def test_two_effects_by_their_own_sliders(
    portrait: str, faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces[portrait]
    face.show(live_page, face.plan("rhinoplasty"))
    still = {item.key: 0.0 for item in face.plan("rhinoplasty").effects}
    own = {"rhinoplasty.tip_rotation": 7.0, "rhinoplasty.dorsal_hump": -1.3}
    plan = face.plan("rhinoplasty", 60, effects={**still, **own})
    assert {key for key, value in values(plan).items() if value} == set(own)
    assert compare(face, plan, live_page, "tip rotation 7 deg with dorsal hump -1.3 mm") < LIMIT_MM
    alone = [
        face.plan("rhinoplasty", 60, effects={**still, key: value}) for key, value in own.items()
    ]
    parts = [on_pixels(face.simulated(each))[0] for each in alone]
    together, acting = on_pixels(face.simulated(plan))
    summed = np.hypot(*(sum(parts) - together)[acting].T) * face.prepared.landmarks.scale.mm_per_px
    print(f"{face.name:13} sum of the single fields: worst {summed.max():.3f} mm off")


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize(
    "procedures", [("rhytidectomy", "brow_lift"), ("rhinoplasty", "mentoplasty")]
)
def test_two_procedures_in_one_plan(
    portrait: str, procedures: tuple[str, str], faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces[portrait]
    face.show(live_page, face.plan(procedures))
    for first, second in ((60, 60), (100, 30), (0, 80)):
        plan = face.plan(procedures, {procedures[0]: first, procedures[1]: second})
        assert compare(face, plan, live_page, f"{procedures} {first}, {second} %") < LIMIT_MM


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
def test_negative_and_unlocked_values(
    portrait: str, faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces[portrait]
    face.show(live_page, face.plan("rhinoplasty"))
    for wanted in (
        {"rhinoplasty.tip_rotation": -8.0},
        {"rhinoplasty.tip_rotation": -4.0, "rhinoplasty.tip_width": 1.2},
        {"rhinoplasty.dorsal_hump": -5.5, "rhinoplasty.tip_width": -4.0},
    ):
        plan = face.plan("rhinoplasty", 60, effects=wanted, unlock=True)
        assert compare(face, plan, live_page, f"unlocked {list(wanted.values())}") < LIMIT_MM
    # Eyes that do not lie behind their lids, as those that glasses cross.
    rigid = PreparedFace(face.prepared.image, face.prepared.landmarks)
    rigid.once("eyes", tuple)
    face = replace(face, prepared=rigid)
    face.show(live_page, face.plan("blepharoplasty"))
    closing = face.plan("blepharoplasty", 0, effects={"blepharoplasty.mrd1": -1.0}, unlock=True)
    model = face.model(closing)
    assert any(effect.coverage is not None for effect in model.effects)
    assert compare(face, closing, live_page, "lids that close, the mask with them") < LIMIT_MM


def test_visible_teeth_move_as_one_piece(faces: dict[str, LiveFace], live_page: Page) -> None:
    face = faces["astronaut"]  # she smiles
    plan = face.plan("orthognathic", 60, effects={"orthognathic.maxilla": 5.0})
    assert face.model(plan).teeth is not None
    face.show(live_page, plan)
    assert compare(face, plan, live_page, "upper jaw forward, with the teeth") < LIMIT_MM


@pytest.mark.parametrize(
    ("portrait", "procedure", "far"),
    [
        ("astronaut", ("rhinoplasty", "lip_lift"), {"rhinoplasty.tip_rotation": 17.0}),
        ("astronaut", ("rhinoplasty", "brow_lift"), {"rhinoplasty.tip_rotation": 17.0}),
        ("astronaut", "rhinoplasty", {"rhinoplasty.tip_rotation": 17.0}),
        ("grace_hopper", "rhinoplasty", {"rhinoplasty.tip_rotation": -9.0}),
        ("grace_hopper", "rhytidectomy", {"rhytidectomy.jowl_lift": 15.0}),
        ("astronaut", "brow_lift", {"brow_lift.lateral_brow": 14.0}),
    ],
)
def test_a_warp_that_is_made_smaller_so_as_not_to_fold(
    portrait: str,
    procedure: str | tuple[str, ...],
    far: dict[str, float],
    faces: dict[str, LiveFace],
    live_page: Page,
) -> None:
    face = faces[portrait]
    plan = face.plan(procedure, 100, effects=far, unlock=True)
    server = face.simulated(plan)
    face.show(live_page, plan)
    what = f"made smaller to {server.fold_factor:.3f}, {procedure}"
    assert compare(face, plan, live_page, what) < LIMIT_MM
    factor = pytest.approx(server.fold_factor, abs=1e-3)
    assert live_page.evaluate("preview.stats().foldFactor") == factor
    assert server.fold_factor < 0.96


@pytest.mark.parametrize("procedure", ["rhinoplasty", "rhytidectomy", "blepharoplasty"])
def test_a_canvas_that_does_not_warp_fails(
    procedure: str, faces: dict[str, LiveFace], live_page: Page
) -> None:
    for face in faces.values():
        face.show(live_page, face.plan(procedure))
        plan = face.plan(procedure, 30)
        face.set_values(live_page, plan)
        live_page.evaluate("preview.flush()")
        live_page.evaluate("preview.picture.setField(null, null)")
        shown, _ = drawn(live_page)
        # What is left is the float noise of the photo itself.
        assert np.abs(shown).max() < 1e-3
        assert np.percentile(error_mm(face, plan, shown), 99) > LIMIT_MM


def test_the_mesh_of_a_moving_slider_is_as_near(
    faces: dict[str, LiveFace], live_page: Page
) -> None:
    """While the slider moves, a cell has two triangles in place of four."""
    face = faces["grace_hopper"]
    face.show(live_page, face.plan("rhytidectomy"))
    plan = face.plan("rhytidectomy", 100)
    face.set_values(live_page, plan)
    live_page.evaluate("preview.flush()")
    quick, _ = drawn(live_page, quick=True)
    error = error_mm(face, plan, quick)
    print(f"two triangles: p99 {np.percentile(error, 99):.4f}, worst {error.max():.4f} mm")
    assert np.percentile(error, 99) < LIMIT_MM
    fine, _ = drawn(live_page)
    assert error_mm(face, plan, fine).max() < error.max()


def test_after_a_lost_context(faces: dict[str, LiveFace], live_page: Page) -> None:
    face = faces["astronaut"]
    face.show(live_page, face.plan("rhytidectomy"))
    face.set_values(live_page, face.plan("rhytidectomy", 30))
    assert compare(face, face.plan("rhytidectomy", 30), live_page, "before the loss") < LIMIT_MM
    live_page.evaluate(
        "window.loss = preview.picture.gl.getExtension('WEBGL_lose_context'); loss.loseContext()"
    )
    live_page.wait_for_function("events.some(([name]) => name === 'contextlost')")
    frames = live_page.evaluate("preview.stats().frames")
    plan = face.plan("rhytidectomy", 80)
    face.set_values(live_page, plan)
    live_page.evaluate("frames(20)")
    assert live_page.evaluate("preview.stats().frames") == frames
    live_page.evaluate("loss.restoreContext()")
    live_page.wait_for_function("events.some(([name]) => name === 'contextrestored')")
    live_page.wait_for_function(f"preview.stats().frames > {frames}")
    assert compare(face, plan, live_page, "after the loss") < LIMIT_MM
    assert canvas_likeness(face, plan, live_page) > 55.0


def canvas_likeness(face: LiveFace, plan: SurgicalPlan, page: Page) -> float:
    """Peak signal-to-noise ratio of the visible canvas to the server's picture, decibels.

    The canvas shows the photo pixel for pixel; the label's corner is left out.
    """
    height, width = face.prepared.image.shape[:2]
    page.evaluate(
        """size => {
          const stage = preview.stage.style;
          [stage.flex, stage.width, stage.height, stage.maxHeight] =
            ["none", `${size[0]}px`, `${size[1]}px`, "none"];
          preview.setMode("after");
        }""",
        [width, height],
    )
    settle(page)
    stats = page.evaluate("preview.stats()")
    assert (stats["width"], stats["height"]) == (width, height)
    shown = blob(page)
    server = face.simulated(plan).image
    page.evaluate("preview.setMode('divider')")
    error = (shown.astype(np.float64) - server)[48:]
    return float(10 * np.log10(255.0**2 / np.mean(error**2)))


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
def test_the_visible_picture_is_the_servers(
    portrait: str, faces: dict[str, LiveFace], live_page: Page
) -> None:
    """Not only the coordinates: the pixels on the screen are those of the server's picture."""
    face = faces[portrait]
    plan = face.plan("rhinoplasty", 100)
    face.show(live_page, plan)
    face.set_values(live_page, plan)
    likeness = canvas_likeness(face, plan, live_page)
    live_page.evaluate("preview.setValues({})")
    still = canvas_likeness(face, plan, live_page)
    print(f"{portrait}: {likeness:.1f} dB; without the warp {still:.1f} dB")
    # Linear against cubic interpolation is all that is left.
    assert likeness > 55.0
    assert still < likeness - 10.0
