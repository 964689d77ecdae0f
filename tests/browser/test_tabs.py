"""Tabs 2 to 4 in a real browser: comparison, sweep and analysis of one photo."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from running_app import Served, add_photo, go_to_tab
from visits import SCHEMES, Visit, faults, show_in

from landmarkdiff import weights
from landmarkdiff.measurements import MEASUREMENT_NAMES
from landmarkdiff.photo.label import label_box
from landmarkdiff.photo.manifest import read_manifest
from landmarkdiff.procedures import photo_procedure_names

SIZE: ViewportSize = {"width": 1280, "height": 900}


def form_of(visit: Visit, tab: str) -> Locator:
    """Go to a tab and return it."""
    area = {"comparison": "compare"}.get(tab, tab)
    go_to_tab(visit.page, visit.texts(f"tab.{area}"))
    form = visit.page.locator(f"[data-tab={tab}]")
    expect(form).to_be_visible()
    return form


def ready(visit: Visit, tab: str) -> Locator:
    """Go to a tab that has a photo and return it."""
    form = form_of(visit, tab)
    expect(form).to_have_attribute("data-state", "ready")
    return form


def answer(form: Locator, button: str) -> None:
    """Click a button of a form and wait for its answer."""
    before = int(form.get_attribute("data-answered") or "0")
    form.get_by_role("button", name=button, exact=True).click()
    expect(form).to_have_attribute("data-answered", str(before + 1))
    expect(form.locator("form")).to_have_attribute("aria-busy", "false")


def loaded(part: Locator) -> list[int]:
    """Widths of the pictures of a part, once all are there."""
    part.page.wait_for_function(
        "(part) => [...part.querySelectorAll('img')].every((image) => image.complete)",
        arg=part.element_handle(),
    )
    found: list[int] = part.evaluate(
        "(part) => [...part.querySelectorAll('img')].map((image) => image.naturalWidth)"
    )
    return found


def saved(page: Page, link: Locator) -> tuple[str, bytes]:
    """Click a download link; return the file's name and content."""
    with page.expect_download() as waiting:
        link.click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


@pytest.fixture(scope="module")
def portrait() -> Path:
    return Path(weights.obtain("astronaut"))


#: What the forms hold, by tab: each field's value, or whether its box is checked.
HELD = """() => Object.fromEntries(
    [...document.querySelectorAll('.ld-form-tab')].map((tab) => [tab.dataset.tab,
        [...tab.querySelector('form').elements].map((field) =>
            field.type === 'checkbox' ? field.checked : field.value)]))"""

#: Forget the answers, as with another photo, and let the forms hold what they held.
HOLD = """async (held) => {
    (await import('/ld/static/events.js')).emit('photo');
    for (const [name, values] of Object.entries(held)) {
        const form = document.querySelector(`[data-tab="${name}"] form`);
        for (const [number, field] of [...form.elements].entries()) {
            if (field.type === 'checkbox') field.checked = values[number];
            else field.value = values[number];
            field.dispatchEvent(new Event('input', { bubbles: true }));
        }
    }
}"""


@pytest.fixture
def empty(browser: Browser, app: Served) -> Iterator[Visit]:
    visit = Visit(browser.new_context(viewport=SIZE), app.url)
    yield visit
    visit.end()


@pytest.fixture
def fresh(empty: Visit, portrait: Path) -> Visit:
    """A page with a photo, on which nobody has chosen anything yet."""
    add_photo(empty.page, portrait)
    return empty


@pytest.fixture(scope="module")
def opened(browser: Browser, app: Served, portrait: Path) -> Iterator[tuple[Visit, object]]:
    """A page with a photo, shared by this file, and what its forms hold at first."""
    visit = Visit(browser.new_context(viewport=SIZE), app.url)
    add_photo(visit.page, portrait)
    for tab in ("comparison", "sweep"):
        ready(visit, tab)
    held = visit.page.evaluate(HELD)
    yield visit, held
    visit.end()


@pytest.fixture
def visit(opened: tuple[Visit, object]) -> Iterator[Visit]:
    """The page as it is once its photo is there and each form was seen."""
    shared, held = opened
    shared.page.set_viewport_size(SIZE)
    shared.page.emulate_media(reduced_motion="no-preference")
    shared.page.mouse.move(0, 0)
    shared.reset()
    shared.page.evaluate(HOLD, held)
    yield shared
    shared.check()


def test_without_a_photo_a_sentence_and_the_way_to_the_first_tab(empty: Visit) -> None:
    for tab in ("comparison", "sweep", "analysis"):
        form = form_of(empty, tab)
        expect(form.get_by_text("Choose a photo first.")).to_be_visible()
        expect(form.locator("form")).to_be_hidden()
        form.get_by_role("button", name="Choose a photo").click()
        expect(empty.page.locator(".ld-intake-start")).to_be_visible()


def test_procedures_side_by_side(visit: Visit, tmp_path: Path) -> None:
    form = ready(visit, "comparison")
    run = form.get_by_role("button", name="Compare", exact=True)
    expect(form.get_by_role("checkbox", name="Rhinoplasty")).to_be_checked()
    expect(run).to_be_disabled()
    expect(form.get_by_text("Choose at least two procedures.")).to_be_visible()
    form.get_by_role("spinbutton", name="Subnasal lip lift: Intensity").fill("85")
    form.get_by_role("spinbutton", name="Subnasal lip lift: Intensity").press("Tab")
    # To set an intensity is to choose.
    expect(form.get_by_role("checkbox", name="Subnasal lip lift")).to_be_checked()
    expect(form.get_by_role("slider", name="Subnasal lip lift: Intensity")).to_have_value("85")
    answer(form, "Compare")
    gallery = form.locator("[data-part=gallery]")
    figures = gallery.locator("figure")
    expect(figures).to_have_count(2)
    expect(figures.nth(0)).to_contain_text("Intensity 85")
    expect(figures.nth(1)).to_contain_text("Rhinoplasty")
    assert set(loaded(gallery)) == {560}
    # The word stands once: the page's own covers the one that is drawn into the picture.
    for tile in gallery.locator("a.ld-swap[data-whole]").all():
        expect(tile.locator(".ld-label")).to_have_text(["SIMULATION"])
    boxes = [figure.locator("img").first.bounding_box() for figure in figures.all()]
    assert len({(round(box["width"]), round(box["height"])) for box in boxes if box}) == 1
    name, data = saved(visit.page, gallery.get_by_role("link", name="Gallery (PNG)"))
    assert name == "astronaut-compare.png"
    (tmp_path / name).write_bytes(data)
    manifest = read_manifest(tmp_path / name)
    assert manifest is not None
    assert [panel["procedure"] for panel in manifest["panels"]] == ["lip_lift", "rhinoplasty"]


def test_holding_a_button_shows_the_photo_instead(visit: Visit) -> None:
    form = ready(visit, "comparison")
    form.get_by_role("checkbox", name="Brow lift").check()
    answer(form, "Compare")
    photos = form.locator("[data-part=gallery] .ld-swap-before")
    hold = form.get_by_role("button", name="Hold to see before")
    expect(photos.first).to_be_hidden()
    hold.hover()
    visit.page.mouse.down()
    expect(photos.first).to_be_visible()
    expect(hold).to_have_attribute("aria-pressed", "true")
    visit.page.mouse.move(5, 5)
    visit.page.mouse.up()
    expect(photos.first).to_be_hidden()
    hold.focus()
    visit.page.keyboard.down(" ")
    expect(photos.last).to_be_visible()
    visit.page.keyboard.up(" ")
    expect(photos.last).to_be_hidden()


def test_the_outline_and_blinking_are_switched_on_and_off(visit: Visit) -> None:
    form = ready(visit, "comparison")
    form.get_by_role("checkbox", name="Brow lift").check()
    answer(form, "Compare")
    gallery = form.locator("[data-part=gallery]")
    outline, photo = gallery.locator(".ld-outline").first, gallery.locator(".ld-swap-before").first
    look = gallery.get_by_role("button", name="Where to look")
    expect(look).to_have_attribute("aria-pressed", "true")
    expect(outline).to_be_visible()
    look.click()
    expect(outline).to_be_hidden()
    blink = gallery.get_by_role("button", name="Blink")
    expect(photo).to_be_hidden()
    blink.click()
    expect(blink).to_have_attribute("aria-pressed", "true")
    for _ in range(2):
        expect(photo).to_be_visible()
        expect(photo).to_be_hidden()
    blink.click()
    expect(blink).to_have_attribute("aria-pressed", "false")
    expect(photo).to_be_hidden()
    # As a link in a tab of its own it leads to the whole face.
    link = gallery.locator("a.ld-swap").last
    assert link.get_attribute("href") != link.locator("img").first.get_attribute("src")
    # Who asks for less motion is not offered it, and what blinks stops.
    blink.click()
    visit.page.emulate_media(reduced_motion="reduce")
    expect(blink).to_be_hidden()
    expect(gallery.locator("[data-blink]")).to_have_attribute("aria-pressed", "false")
    expect(photo).to_be_hidden()


TRANSFORMS = """() => [...document.querySelectorAll('.ld-large-pane img')]
    .map((image) => image.style.transform)"""


def assert_covered(dialog: Locator) -> None:
    """Check that the one word in sight is the page's own, over what is seen of the drawn one."""
    pane = dialog.locator(".ld-large-pane").last
    own = pane.get_by_text("SIMULATION")
    expect(own).to_be_visible()
    box, room, shown = (corners(one) for one in (own, pane, pane.locator("img")))
    size = pane.locator("img").evaluate("(image) => [image.naturalWidth, image.naturalHeight]")
    drawn = label_box((size[0], size[1]), "bottom-right")
    for axis in (0, 1):
        scale = (shown[axis + 2] - shown[axis]) / size[axis]
        inside = room[axis], room[axis + 2]
        first = shown[axis] + scale * drawn[axis]
        ends = np.clip([first, first + scale * drawn[axis + 2]], *inside)
        assert box[axis] <= ends[0] + 1 and box[axis + 2] >= ends[1] - 1
        assert box[axis] >= inside[0] - 1 and box[axis + 2] <= inside[1] + 1


def corners(element: Locator) -> tuple[float, float, float, float]:
    """Where an element begins and ends: left, top, right, bottom."""
    box = element.bounding_box()
    assert box
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def faults_in_both(page: Page) -> list[str]:
    """What is found of the large pictures, in light and in dark."""
    found: list[str] = []
    for scheme in SCHEMES:
        show_in(page, scheme)
        found += faults(page, ".ld-large")
    return found


def test_pictures_open_large_and_are_zoomed_and_moved_together(visit: Visit) -> None:
    page, form = visit.page, ready(visit, "comparison")
    form.get_by_role("checkbox", name="Brow lift").check()
    answer(form, "Compare")
    links = form.locator("[data-part=gallery] a.ld-swap")
    links.first.click()
    dialog = page.get_by_role("dialog", name="Show large")
    expect(dialog).to_have_attribute("data-shown", "0")
    expect(dialog.get_by_role("status")).to_contain_text("(1/2)")
    panes = [pane.bounding_box() for pane in dialog.locator(".ld-large-pane").all()]
    tile = links.first.locator("img").first.bounding_box()
    assert tile and all(pane and pane["height"] > 1.3 * tile["height"] for pane in panes)
    # It stands in the picture, and so once: the page's own word covers it.
    assert_covered(dialog)
    before, after = page.evaluate(TRANSFORMS)
    assert before == after
    left, top, right, bottom = corners(dialog.locator(".ld-large-pane").nth(1))
    middle = (left + right) / 2, (top + bottom) / 2
    page.mouse.move(*middle)
    page.mouse.wheel(0, -600)
    page.wait_for_function(f"(first) => ({TRANSFORMS})()[0] !== first", arg=before)
    page.mouse.down()
    page.mouse.move(middle[0] + 50, middle[1] + 30, steps=3)
    page.mouse.up()
    page.keyboard.press("ArrowDown")
    zoomed = page.evaluate(TRANSFORMS)
    assert zoomed[0] == zoomed[1] != before
    assert_covered(dialog)  # or stands at the edge, where the picture's own is out of sight
    # Held, both sides show the photo.
    sources = "[...document.querySelectorAll('.ld-large-pane img')].map((image) => image.src)"
    first = page.evaluate(sources)
    assert first[0] != first[1]
    page.keyboard.down("b")
    assert page.evaluate(sources) == [first[0], first[0]]
    expect(dialog.get_by_text("SIMULATION")).to_be_hidden()
    page.keyboard.up("b")
    assert page.evaluate(sources) == first
    # The next picture stands in the same view; the whole face in its own.
    dialog.get_by_role("button", name="Next picture").click()
    expect(dialog).to_have_attribute("data-shown", "1")
    assert page.evaluate(TRANSFORMS) == zoomed
    assert page.evaluate(sources)[1] not in first
    expect(dialog.get_by_role("button", name="Next picture")).to_be_disabled()
    dialog.get_by_role("button", name="Show the whole face").click()
    page.wait_for_function(f"(zoomed) => ({TRANSFORMS})()[0] !== zoomed", arg=zoomed[0])
    shown = page.evaluate(sources)
    assert shown[1].endswith(str(links.last.get_attribute("data-whole")))
    for _ in range(8):  # until the drawn word has left the pane, by and by
        assert_covered(dialog)
        page.keyboard.press("ArrowUp")
        page.keyboard.press("+")
    assert faults_in_both(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_combined_plan_goes_to_the_first_tab(fresh: Visit) -> None:
    form = ready(fresh, "comparison")
    form.get_by_role("slider", name="Subnasal lip lift: Intensity").focus()
    for _ in range(5):
        fresh.page.keyboard.press("ArrowRight")
    answer(form, "Combine into one plan")
    combined = form.locator("[data-part=combined]")
    assert set(loaded(combined)) == {560}
    expect(combined.locator("figcaption").last).to_contain_text(
        "Subnasal lip lift 65, Rhinoplasty 60"
    )
    expect(combined.get_by_role("table")).to_contain_text("Length of the upper lip")
    expect(combined.locator(".ld-notices")).to_contain_text("move the same landmarks")
    combined.get_by_role("button", name="Edit this plan").click()
    levels = fresh.page.locator(".ld-panel .ld-level")
    expect(levels).to_have_count(2)
    expect(levels.first).to_contain_text("65")
    fresh.settle()
    # And back: the other tabs follow it.
    sweep = ready(fresh, "sweep")
    expect(sweep.get_by_label("Procedure")).to_have_value("plan")
    sweep.get_by_role("slider", name="Steps").fill("3")
    answer(sweep, "Compute the sweep")
    expect(sweep.get_by_role("heading", name="Subnasal lip lift + Rhinoplasty")).to_be_visible()
    expect(sweep.locator("figure")).to_have_count(3)


def test_cancel_stops_and_keeps_the_last_result(visit: Visit) -> None:
    form = ready(visit, "comparison")
    form.get_by_role("checkbox", name="Mentoplasty").check()
    answer(form, "Compare")
    gallery = form.locator("[data-part=gallery]")
    before = gallery.inner_html()
    form.get_by_role("button", name="All", exact=True).click()
    form.get_by_role("button", name="Compare", exact=True).click()
    status = form.locator("form .ld-status")
    expect(status).to_have_text(re.compile("Upper blepharoplasty|lift"))
    expect(form.get_by_role("progressbar")).to_be_visible()
    form.get_by_role("button", name="Cancel").click()
    expect(status).to_have_text("Stopped. The last result is kept.")
    expect(form.get_by_role("button", name="Cancel")).to_be_hidden()
    assert gallery.inner_html() == before
    answer(form, "Compare")
    expect(gallery.locator("figure")).to_have_count(len(photo_procedure_names()))


def test_an_error_is_a_sentence_beside_the_last_result(visit: Visit) -> None:
    form = ready(visit, "comparison")
    form.get_by_role("checkbox", name="Mentoplasty").check()
    answer(form, "Compare")
    slider = form.get_by_role("slider", name="Mentoplasty (chin): Intensity")
    slider.evaluate("(slider) => { slider.max = 300; slider.value = 250; }")
    form.get_by_role("button", name="Compare", exact=True).click()
    status = form.locator("form .ld-status")
    expect(status).to_contain_text("250")
    expect(status).to_have_class("ld-status ld-wrong")
    expect(form.locator("[data-part=gallery] figure")).to_have_count(2)


def test_a_sweep_plays_and_can_be_saved(visit: Visit) -> None:
    page, form = visit.page, ready(visit, "sweep")
    expect(form.get_by_label("Procedure")).to_have_value("rhinoplasty")
    form.get_by_label("Procedure").select_option("mentoplasty")
    steps = form.get_by_role("slider", name="Steps")
    steps.focus()
    page.keyboard.press("Home")
    expect(form.locator("output[for=ld-sweep-steps]")).to_have_text("3")
    page.keyboard.press("ArrowRight")
    answer(form, "Compute the sweep")
    gallery = form.locator("[data-part=gallery]")
    captions = gallery.locator("figure strong")
    expect(captions).to_have_text(["Intensity 0", "Intensity 33", "Intensity 67", "Intensity 100"])
    expect(gallery.locator("figcaption").last).to_contain_text("largest movement")
    assert set(loaded(gallery)) == {560}
    player = gallery.locator("[data-player]")
    said = player.locator("output")
    for level in (33, 100, 0):
        expect(said).to_contain_text(f"Intensity {level},")
    player.get_by_role("button", name="Pause").click()
    slider = player.get_by_role("slider", name="Intensity")
    slider.focus()
    page.keyboard.press("End")
    expect(said).to_contain_text("Intensity 100,")
    expect(player.locator("img.ld-now")).to_have_count(1)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("Intensity 67,")
    player.get_by_role("button", name="Play").click()
    expect(said).to_contain_text("Intensity 100,")
    player.get_by_role("button", name="Pause").click()
    # The pictures are there: playing asks for nothing. That the page is alive it says by the clock.
    assert [url for url in asked if not url.endswith("/alive")] == []
    for kind in ("GIF", "WebP"):
        name, data = saved(page, gallery.get_by_role("link", name=kind))
        assert name == f"astronaut-sweep-mentoplasty.{kind.lower()}"
        with Image.open(io.BytesIO(data)) as animation:
            frames = sum(1 for _ in ImageSequence.Iterator(animation))
            assert (animation.format, frames) == (kind.upper(), 6)


def test_nothing_plays_for_who_wants_less_motion(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    form = ready(visit, "sweep")
    answer(form, "Compute the sweep")
    player = form.locator("[data-player]")
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    expect(player).to_have_attribute("data-playing", "false")


def test_the_analysis_runs_by_itself_and_once(fresh: Visit) -> None:
    form = ready(fresh, "analysis")
    expect(form).to_have_attribute("data-answered", "1")
    findings = form.locator("[data-part=findings]")
    expect(findings).to_contain_text("Type I, from the photo")
    expect(findings).to_contain_text("Frontal")
    expect(findings).to_contain_text("No quality problem was found.")
    measurements = form.locator("[data-part=measurements]")
    table = measurements.get_by_role("table").first
    expect(table.get_by_role("row").nth(1)).to_contain_text("Intercanthal width")
    expect(table).to_contain_text("within the range")
    expect(measurements).to_contain_text("They are not a goal.")
    assert loaded(measurements)[0] > 100
    go_to_tab(fresh.page, "Comparison")
    ready(fresh, "analysis")
    expect(form).to_have_attribute("data-opened", "2")
    expect(form).to_have_attribute("data-answered", "1")
    form.get_by_label("Set the Fitzpatrick type").select_option("IV")
    expect(findings).to_contain_text("Type IV, set by the clinician")


#: A place on a line beside its middle, where others cross it, in the window.
PLACE_ON_LINE = """(line) => {
  const place = line.getPointAtLength(0.12 * line.getTotalLength());
  const { x, y } = place.matrixTransform(line.getScreenCTM());
  return [x, y];
}"""


def test_a_measurement_is_pointed_at_in_the_table_and_on_the_face(visit: Visit) -> None:
    form = ready(visit, "analysis")
    drawn = form.locator(".ld-drawn-face")
    expect(drawn).to_be_visible()
    number = MEASUREMENT_NAMES.index("mouth_width") + 1
    line, row = (form.locator(f"[data-{kind}='{number}']") for kind in ("number", "row"))
    button = row.get_by_role("button", name="Show on the photo: Mouth width")
    expect(line).not_to_have_class(re.compile("ld-pointed"))
    button.focus()
    visit.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(line).to_have_class(re.compile("ld-pointed"))
    expect(form.locator(".ld-drawn-face .ld-pointed")).to_have_count(1)
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    # On the face the line is hovered, and its row stands out.
    visit.page.mouse.move(0, 0)
    drawn.scroll_into_view_if_needed()
    x, y = line.locator(".ld-line").evaluate(PLACE_ON_LINE)
    visit.page.mouse.move(x, y)
    expect(row).to_have_class(re.compile("ld-pointed"))
    layers = form.get_by_role("group", name="Lines on the photo")
    for title, name, shown in (("Thirds", "thirds", False), ("Nose", "nose", True)):
        group = form.locator(f"[data-lines={name}]")
        expect(group).to_be_visible() if shown else expect(group).to_be_hidden()
        layers.get_by_label(title, exact=True).set_checked(not shown)
        expect(group).to_be_hidden() if shown else expect(group).to_be_visible()


def test_results_go_with_their_photo(fresh: Visit) -> None:
    page, form = fresh.page, ready(fresh, "comparison")
    form.get_by_role("checkbox", name="Brow lift").check()
    answer(form, "Compare")
    analysis = ready(fresh, "analysis")
    expect(analysis).to_have_attribute("data-answered", "1")
    analysis.get_by_label("Set the Fitzpatrick type").select_option("VI")
    expect(analysis.locator("[data-part=findings]")).to_contain_text("Type VI")
    go_to_tab(page, "Single procedure")
    add_photo(page, Path(weights.obtain("grace_hopper")))
    form = ready(fresh, "comparison")
    expect(form.locator("[data-part=gallery]")).to_be_hidden()
    expect(form.locator("figure")).to_have_count(0)
    # What was chosen stays; what was said of the other patient does not.
    expect(form.get_by_role("checkbox", name="Brow lift")).to_be_checked()
    analysis = ready(fresh, "analysis")
    expect(analysis.locator("[data-part=findings]")).to_contain_text("Type III, from the photo")
    expect(analysis.get_by_label("Set the Fitzpatrick type")).to_have_value("")


#: Widths in pixels, each in light or in dark.
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (390, "light"),
    (768, "dark"),
    (1440, "light"),
)


def usable(page: Page, within: str | None = None) -> None:
    """Whatever the width and the scheme, nothing is cut off and axe-core finds no fault."""
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        show_in(page, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults(page, within) == []


def test_every_width_and_scheme_can_be_used(browser: Browser, app: Served, portrait: Path) -> None:
    visit = Visit(browser.new_context(), app.url, "de")
    add_photo(visit.page, portrait)
    buttons = (("comparison", "compare.run"), ("comparison", "compare.combine"))
    for tab, button in (*buttons, ("sweep", "sweep.run")):
        form = ready(visit, tab)
        if tab == "comparison":
            form.locator("#ld-compare-mentoplasty").check()
        answer(form, visit.texts(button))
        # What stands around the tabs is the same for all of them.
        usable(visit.page, None if button == "compare.run" else f"[data-tab={tab}]")
    form = ready(visit, "analysis")
    expect(form).to_have_attribute("data-answered", "1")
    usable(visit.page, "[data-tab=analysis]")
    visit.end()
