"""What the simulation changes, in colours: millimetres and light, as the field has them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from live_faces import LiveFace, blob, on_pixels, values
from live_viewer import STAGE, settle, state, without_webgl
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference import Prediction
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.procedures.plan import SurgicalPlan

#: The stops of both scales, from -1 to 1: ColorBrewer's RdBu and PuOr.
RED = [[33, 102, 172], [103, 169, 207], [247, 247, 247], [239, 138, 98], [178, 24, 43]]
ORANGE = [[94, 60, 153], [178, 171, 210], [247, 247, 247], [253, 184, 99], [230, 97, 1]]
GREY = np.array([0.299, 0.587, 0.114])


@pytest.fixture
def plan(face: LiveFace) -> SurgicalPlan:
    return face.plan("rhinoplasty", 100)


@pytest.fixture
def lit(live_page: Page, face: LiveFace, plan: SurgicalPlan) -> Page:
    """The simulation alone, with its light, large enough to be read."""
    show(live_page, face, plan, light=True)
    return live_page


def show(page: Page, face: LiveFace, plan: SurgicalPlan, *, light: bool) -> None:
    model = kind_of(face.prepared).live_model(plan, ClinicalFlags(), light=light)
    face.show(page)
    path = face.site.put(f"difference-{light}.bin", model.encode())
    given = {"photo": face.photo, "facts": face.facts, "model": path}
    page.evaluate("given => show(given)", given)
    face.set_values(page, plan)
    x, y = face.prepared.landmarks.points[4, :2].tolist()
    page.evaluate(
        "([x, y]) => { preview.setMode('after'); preview.view.move({ scale: 5, x, y }); }", [x, y]
    )
    settle(page)


def open_share(result: Prediction) -> FloatArray:
    """How much of each pixel of the photo is face, not spectacles: (H, W)."""
    height, width = result.before.shape[:2]
    front = result.warp.front
    if front is None:
        return np.ones((height, width))
    ys, xs = np.mgrid[:height, :width]
    points = np.stack([xs, ys], axis=2).reshape(-1, 2).astype(float)
    return np.asarray(1.0 - front.opaque.at(points).reshape(height, width))


def in_photo(page: Page, shape: tuple[int, ...]) -> FloatArray:
    """Places of the photo, pixels, that the pixels of the canvas show: (rows, columns, 2)."""
    scale, x, y, ratio = page.evaluate(
        """[preview.view.scale, preview.view.x, preview.view.y,
            preview.stats().width / preview.stage.clientWidth]"""
    )
    ys, xs = np.mgrid[: shape[0], : shape[1]]
    across = x + ((xs + 0.5) - shape[1] / 2) / (scale * ratio)
    down = y + ((ys + 0.5) - shape[0] / 2) / (scale * ratio)
    return np.stack([across, down], axis=2)


def tint(value: NDArray[np.floating], stops: list[list[int]], channel: int) -> FloatArray:
    """Red minus a channel of a value's colour over the picture: no gray of the photo is in it."""
    own = np.array(stops, float)[:, 0] - np.array(stops, float)[:, channel]
    cover = 0.8 * np.minimum(5 * np.abs(value), 1.0)
    return np.asarray(cover * np.interp(value, np.linspace(-1, 1, 5), own))


def test_the_colours_are_the_millimetres_of_the_servers_field(
    lit: Page, face: LiveFace, plan: SurgicalPlan
) -> None:
    lit.locator(STAGE).press("h")
    settle(lit)
    shown = blob(lit).astype(float)
    expect(lit.get_by_role("button", name="Movement in colours")).to_have_attribute(
        "aria-pressed", "true"
    )
    server = face.simulated(plan)
    moved, acting = on_pixels(server)
    mm = np.hypot(moved[..., 0], moved[..., 1]) * face.prepared.landmarks.scale.mm_per_px
    mm *= open_share(server)
    limit = next(end for end in (1, 2, 3, 4, 6, 8, 10) if end + 0.005 >= mm.max())
    legend = lit.locator(".ld-live-legend")
    expect(legend).to_contain_text("Movement in the picture, mm")
    expect(legend).to_contain_text(f"At most {mm.max():.1f} mm")
    expect(legend.locator(".ld-live-ends")).to_have_text(f"0{limit}")
    # Below the label and above the legend.
    seen = slice(60, -110)
    places = in_photo(lit, shown.shape)[seen].astype(np.float32)
    xs, ys = (np.ascontiguousarray(places[..., k]) for k in range(2))
    value = cv2.remap(np.ascontiguousarray(mm, np.float32), xs, ys, cv2.INTER_LINEAR)
    found = shown[seen, :, 0] - shown[seen, :, 1]
    assert value.max() > 0.95 * mm.max()
    wanted = tint(value / limit, RED, 1)
    error = np.abs(found - wanted)
    assert np.quantile(error, 0.999) < 4.0
    # Where one pixel moves far less than the next, as at her spectacles, it may lie between them.
    around = np.ones((3, 3), np.uint8)
    kink = cv2.dilate(wanted, around) - cv2.erode(wanted, around)
    assert (error - kink / 2).max() < 4.0
    # Where nothing moves there is no colour.
    near = np.rint(places).astype(int)
    still = ~acting[near[..., 1], near[..., 0]]
    assert still.sum() > 200
    assert np.abs(found[still]).max() <= 1.0


def test_the_colours_of_the_light_are_levels_of_brightness(
    lit: Page, face: LiveFace, plan: SurgicalPlan
) -> None:
    after = blob(lit).astype(float) @ GREY
    lit.locator(STAGE).press("l")
    settle(lit)
    shown = blob(lit).astype(float)
    low, high = lit.evaluate("preview.overlay.difference.levelRange")
    ends = lit.locator(".ld-live-ends").inner_text().split()
    limit = int(ends[-1])
    assert ends == [f"−{limit}", "0", f"+{limit}"]
    assert max(-low, high) <= limit
    expect(lit.locator(".ld-live-legend")).to_contain_text(
        f"From {round(low)} to {round(high)} levels"
    )
    show(lit, face, plan, light=False)
    levels = after - blob(lit).astype(float) @ GREY
    levels[:60] = levels[-110:] = 0
    shown[:60] = shown[-110:] = 0
    found = shown[..., 0] - shown[..., 2]
    # Read back from the colours; both pictures are rounded to whole levels in three channels.
    scale = np.linspace(-1, 1, 4001)
    read = limit * np.interp(found, tint(scale, ORANGE, 2), scale)
    error = np.abs(read - levels)
    assert np.quantile(error, 0.999) < 1.6
    assert error.max() < 3.0
    assert levels.max() > 3
    assert high == pytest.approx(levels.max(), abs=3)
    lit.evaluate("preview.looking.setColours('light')")
    settle(lit)
    expect(lit.locator(".ld-live-legend")).to_contain_text("The light is left as it was")


def test_the_scale_grows_and_does_not_shrink_while_it_is_shown(
    lit: Page, plan: SurgicalPlan
) -> None:
    def end() -> int:
        settle(lit)
        return int(lit.locator(".ld-live-ends span").last.inner_text())

    whole = values(plan)
    lit.evaluate("values => preview.setValues(values)", {k: v / 5 for k, v in whole.items()})
    lit.get_by_role("button", name="Movement in colours").click()
    small = end()
    lit.evaluate("values => preview.setValues(values)", whole)
    large = end()
    assert large > small
    lit.evaluate("values => preview.setValues(values)", {k: v / 5 for k, v in whole.items()})
    assert end() == large
    for _ in range(2):  # off, and on with a scale of its own
        lit.get_by_role("button", name="Movement in colours").click()
    assert end() == small


def test_the_photo_and_the_label_stay_as_they_are(lit: Page) -> None:
    lit.evaluate("preview.setMode('side')")
    settle(lit)
    plain = blob(lit)
    lit.locator(STAGE).press("h")
    settle(lit)
    expect(lit.get_by_role("status")).to_contain_text("Movement in colours. At most")
    shown = blob(lit)
    half = shown.shape[1] // 2 - 2
    assert np.array_equal(shown[:, :half], plain[:, :half])
    assert (shown[:, half + 4 :] != plain[:, half + 4 :]).mean() > 0.5
    # The word stands in the colours, too: white on dark.
    word = shown[12:34, -112:-12].astype(int)
    assert (word.min(axis=2) > 240).sum() > 100
    # The server's picture of the same values changes nothing: colours are of the field.
    lit.evaluate("preview.setResult(preview.photo.image, preview.values)")
    settle(lit)
    assert np.array_equal(blob(lit), shown)
    lit.locator(STAGE).press("h")
    settle(lit)
    assert state(lit, "looking.colours") is None
    expect(lit.locator(".ld-live-legend")).to_be_hidden()


def test_what_happens_at_a_place_is_what_the_field_says(
    lit: Page, face: LiveFace, plan: SurgicalPlan
) -> None:
    moved, _ = on_pixels(face.simulated(plan))
    scale = face.prepared.landmarks.scale.mm_per_px
    for x, y in face.prepared.landmarks.points[[4, 1, 195], :2].round().astype(int).tolist():
        found = lit.evaluate("([x, y]) => preview.looking.changeAt({ x, y })", [x, y])
        assert found["mm"] == pytest.approx(scale * np.hypot(*moved[y, x]), abs=0.05)
    assert lit.evaluate("preview.looking.changeAt({ x: 1, y: 1 })") == {"mm": 0, "levels": 0}


def test_without_webgl_the_page_says_that_there_are_no_colours(
    live_page: Page, face: LiveFace, plan: SurgicalPlan
) -> None:
    with without_webgl(live_page):
        face.show(live_page, plan)
    for name in ("Movement in colours", "Change of light in colours"):
        expect(live_page.get_by_role("button", name=name)).to_be_disabled()
    expect(live_page.locator(".ld-live-notice")).to_contain_text("in colours are not available")
    live_page.locator(STAGE).press("h")
    settle(live_page)
    assert state(live_page, "looking.colours") is None
    expect(live_page.get_by_role("status")).to_contain_text("in colours are not available")
