"""Tabs 2 to 4 in a real browser: comparison, sweep and analysis of one photo."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from running_app import Served, add_photo, go_to_tab

from landmarkdiff import weights
from landmarkdiff.photo.manifest import read_manifest
from landmarkdiff.texts import Texts

#: A computation may take so long on a busy machine, milliseconds.
PATIENCE = 60_000


class Visit:
    """A page with everything it asked for and complained about."""

    def __init__(self, page: Page, url: str, language: str = "en") -> None:
        self.page = page
        self.texts = Texts.load(language)
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        page.goto(f"{url}/{language}/")
        page.wait_for_selector(".ld-intake-start")

    def _heard(self, message: object) -> None:
        if getattr(message, "type", "") in ("error", "warning"):
            self.complaints.append(getattr(message, "text", ""))

    def desk(self, area: str) -> Locator:
        """Go to a tab and return its desk."""
        go_to_tab(self.page, self.texts(f"tab.{area}"))
        desk = self.page.locator(f"[data-area={area}]")
        expect(desk).to_be_visible()
        return desk

    def ready(self, area: str) -> Locator:
        """Go to a tab that has a photo and return its desk."""
        desk = self.desk(area)
        expect(desk).to_have_attribute("data-state", "ready")
        return desk


def answer(desk: Locator, button: str) -> None:
    """Click a button of a desk and wait for its answer."""
    before = desk.get_attribute("data-answered")
    desk.get_by_role("button", name=button, exact=True).click()
    expect(desk.locator("form")).to_have_attribute("aria-busy", "true")
    expect(desk.locator("form")).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
    assert desk.get_attribute("data-answered") != before


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


@pytest.fixture
def empty(browser: Browser, app: Served) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page(), app.url)
    yield visit
    context.close()
    assert visit.complaints == []
    assert visit.hosts == {urlsplit(app.url).netloc}


@pytest.fixture
def visit(empty: Visit, portrait: Path) -> Visit:
    add_photo(empty.page, portrait)
    return empty


def test_without_a_photo_a_sentence_and_the_way_to_the_first_tab(empty: Visit) -> None:
    for area in ("compare", "sweep", "analysis"):
        desk = empty.desk(area)
        expect(desk.get_by_text("Choose a photo first.")).to_be_visible()
        expect(desk.locator("form")).to_be_hidden()
        desk.get_by_role("button", name="Choose a photo").click()
        expect(empty.page.locator(".ld-intake-start")).to_be_visible()


def test_procedures_side_by_side(visit: Visit, tmp_path: Path) -> None:
    desk = visit.ready("compare")
    run = desk.get_by_role("button", name="Compare", exact=True)
    expect(desk.get_by_role("checkbox", name="Rhinoplasty")).to_be_checked()
    expect(run).to_be_disabled()
    expect(desk.get_by_text("Choose at least two procedures.")).to_be_visible()
    desk.get_by_role("spinbutton", name="Subnasal lip lift: Intensity").fill("85")
    desk.get_by_role("spinbutton", name="Subnasal lip lift: Intensity").press("Tab")
    # To set an intensity is to choose.
    expect(desk.get_by_role("checkbox", name="Subnasal lip lift")).to_be_checked()
    expect(desk.get_by_role("slider", name="Subnasal lip lift: Intensity")).to_have_value("85")
    answer(desk, "Compare")
    gallery = desk.locator("[data-part=gallery]")
    figures = gallery.locator("figure")
    expect(figures).to_have_count(3)
    expect(figures.nth(1)).to_contain_text("Intensity 85")
    expect(figures.nth(2)).to_contain_text("Rhinoplasty")
    assert set(loaded(gallery)) == {576}
    boxes = [figure.locator("img").first.bounding_box() for figure in figures.all()]
    assert len({(round(box["width"]), round(box["height"])) for box in boxes if box}) == 1
    name, data = saved(visit.page, gallery.get_by_role("link", name="Gallery (PNG)"))
    assert name == "astronaut-compare.png"
    (tmp_path / name).write_bytes(data)
    manifest = read_manifest(tmp_path / name)
    assert manifest is not None
    assert [panel["procedure"] for panel in manifest["panels"]] == ["lip_lift", "rhinoplasty"]


def test_holding_a_button_shows_the_photo_instead(visit: Visit) -> None:
    desk = visit.ready("compare")
    desk.get_by_role("checkbox", name="Brow lift").check()
    answer(desk, "Compare")
    photos = desk.locator("[data-part=gallery] .ld-swap-before")
    hold = desk.get_by_role("button", name="Hold to see before")
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


def test_a_combined_plan_goes_to_the_first_tab(visit: Visit) -> None:
    desk = visit.ready("compare")
    desk.get_by_role("slider", name="Subnasal lip lift: Intensity").focus()
    for _ in range(5):
        visit.page.keyboard.press("ArrowRight")
    answer(desk, "Combine into one plan")
    combined = desk.locator("[data-part=combined]")
    assert set(loaded(combined)) == {576}
    expect(combined.locator("figcaption").last).to_contain_text(
        "Subnasal lip lift 65, Rhinoplasty 60"
    )
    expect(combined.get_by_role("table")).to_contain_text("Length of the upper lip")
    expect(combined.locator(".ld-warnings")).to_contain_text("move the same landmarks")
    combined.get_by_role("button", name="Edit this plan").click()
    levels = visit.page.locator(".ld-panel .ld-level")
    expect(levels).to_have_count(2)
    expect(levels.first).to_contain_text("65")
    expect(visit.page.locator(".ld-stage .ld-busy")).to_be_hidden(timeout=PATIENCE)
    # And back: the other tabs follow it.
    sweep = visit.ready("sweep")
    expect(sweep.get_by_label("Procedure")).to_have_value("plan")
    sweep.get_by_role("slider", name="Steps").fill("3")
    answer(sweep, "Compute the sweep")
    expect(sweep.get_by_role("heading", name="Subnasal lip lift + Rhinoplasty")).to_be_visible()
    expect(sweep.locator("figure")).to_have_count(3)


def test_cancel_stops_and_keeps_the_last_result(visit: Visit) -> None:
    desk = visit.ready("compare")
    desk.get_by_role("checkbox", name="Mentoplasty").check()
    answer(desk, "Compare")
    gallery = desk.locator("[data-part=gallery]")
    before = gallery.inner_html()
    desk.get_by_role("button", name="All", exact=True).click()
    desk.get_by_role("button", name="Compare", exact=True).click()
    status = desk.locator("form .ld-status")
    expect(status).to_have_text(re.compile("Upper blepharoplasty|lift"))
    expect(desk.get_by_role("progressbar")).to_be_visible()
    desk.get_by_role("button", name="Cancel").click()
    expect(status).to_have_text("Stopped. The last result is kept.")
    expect(desk.get_by_role("button", name="Cancel")).to_be_hidden()
    assert gallery.inner_html() == before
    answer(desk, "Compare")
    expect(gallery.locator("figure")).to_have_count(9)


def test_an_error_is_a_sentence_beside_the_last_result(visit: Visit) -> None:
    desk = visit.ready("compare")
    desk.get_by_role("checkbox", name="Mentoplasty").check()
    answer(desk, "Compare")
    slider = desk.get_by_role("slider", name="Mentoplasty (chin): Intensity")
    slider.evaluate("(slider) => { slider.max = 300; slider.value = 250; }")
    desk.get_by_role("button", name="Compare", exact=True).click()
    status = desk.locator("form .ld-status")
    expect(status).to_contain_text("250")
    expect(status).to_have_class("ld-status ld-wrong")
    expect(desk.locator("[data-part=gallery] figure")).to_have_count(3)


def test_a_sweep_plays_and_can_be_saved(visit: Visit) -> None:
    page, desk = visit.page, visit.ready("sweep")
    expect(desk.get_by_label("Procedure")).to_have_value("rhinoplasty")
    desk.get_by_label("Procedure").select_option("mentoplasty")
    steps = desk.get_by_role("slider", name="Steps")
    steps.focus()
    page.keyboard.press("Home")
    expect(desk.locator("output[for=ld-sweep-steps]")).to_have_text("3")
    page.keyboard.press("ArrowRight")
    answer(desk, "Compute the sweep")
    gallery = desk.locator("[data-part=gallery]")
    captions = gallery.locator("figure strong")
    expect(captions).to_have_text(["Intensity 0", "Intensity 33", "Intensity 67", "Intensity 100"])
    expect(gallery.locator("figcaption").last).to_contain_text("largest movement")
    assert set(loaded(gallery)) == {576}
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
    assert asked == []  # the pictures are there; playing asks for nothing
    for kind in ("GIF", "WebP"):
        name, data = saved(page, gallery.get_by_role("link", name=kind))
        assert name == f"astronaut-sweep-mentoplasty.{kind.lower()}"
        with Image.open(io.BytesIO(data)) as animation:
            assert (animation.format, animation.n_frames) == (kind.upper(), 6)


def test_nothing_plays_for_who_wants_less_motion(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    desk = visit.ready("sweep")
    answer(desk, "Compute the sweep")
    player = desk.locator("[data-player]")
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    expect(player).to_have_attribute("data-playing", "false")


def test_the_analysis_runs_by_itself_and_once(visit: Visit) -> None:
    desk = visit.ready("analysis")
    expect(desk).to_have_attribute("data-answered", "2", timeout=PATIENCE)
    findings = desk.locator("[data-part=findings]")
    expect(findings).to_contain_text("Type I, from the photo")
    expect(findings).to_contain_text("Frontal")
    expect(findings).to_contain_text("No quality problem was found.")
    measurements = desk.locator("[data-part=measurements]")
    table = measurements.get_by_role("table")
    expect(table.get_by_role("row").nth(1)).to_contain_text("Intercanthal width")
    expect(table.get_by_role("row").nth(1)).to_contain_text("within the range")
    expect(measurements).to_contain_text("They are not a goal.")
    assert loaded(measurements)[0] > 1000
    go_to_tab(visit.page, "Comparison")
    visit.ready("analysis")
    expect(desk).to_have_attribute("data-number", "3")
    expect(desk).to_have_attribute("data-answered", "2")
    desk.get_by_label("Set the Fitzpatrick type").select_option("IV")
    expect(findings).to_contain_text("Type IV, set by the clinician", timeout=PATIENCE)


def test_results_go_with_their_photo(visit: Visit) -> None:
    page, desk = visit.page, visit.ready("compare")
    desk.get_by_role("checkbox", name="Brow lift").check()
    answer(desk, "Compare")
    analysis = visit.ready("analysis")
    expect(analysis).to_have_attribute("data-answered", "2", timeout=PATIENCE)
    analysis.get_by_label("Set the Fitzpatrick type").select_option("VI")
    expect(analysis.locator("[data-part=findings]")).to_contain_text("Type VI", timeout=PATIENCE)
    go_to_tab(page, "Single procedure")
    add_photo(page, Path(weights.obtain("grace_hopper")))
    desk = visit.ready("compare")
    expect(desk.locator("[data-part=gallery]")).to_be_hidden()
    expect(desk.locator("figure")).to_have_count(0)
    # What was chosen stays; what was said of the other patient does not.
    expect(desk.get_by_role("checkbox", name="Brow lift")).to_be_checked()
    analysis = visit.ready("analysis")
    expect(analysis.locator("[data-part=findings]")).to_contain_text(
        "Type III, from the photo", timeout=PATIENCE
    )
    expect(analysis.get_by_label("Set the Fitzpatrick type")).to_have_value("")


def faults(page: Page) -> list[str]:
    """What keeps people from using the page, as axe-core finds it."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['target']}"
        for fault in found
        for node in fault["nodes"]
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_every_width_and_scheme_can_be_used(
    browser: Browser, app: Served, portrait: Path, width: int
) -> None:
    scheme = "dark" if width == 768 else "light"
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    visit = Visit(context.new_page(), app.url, "de")
    add_photo(visit.page, portrait)
    for area, button in (("compare", "run"), ("compare", "combine"), ("sweep", "run")):
        desk = visit.ready(area)
        if area == "compare":
            desk.locator("#ld-compare-mentoplasty").check()
        answer(desk, visit.texts(f"{area}.{button}"))
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults(visit.page) == []
    desk = visit.ready("analysis")
    expect(desk).to_have_attribute("data-answered", "2", timeout=PATIENCE)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults(visit.page) == []
    context.close()
    assert visit.complaints == []
