"""Tab 5 in a real browser: five photos that sort themselves, the guided camera, one plan in all."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from chromium import CHROMIUM, CHROMIUM_ARGUMENTS, new_page
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from running_app import Served, add_photo, go_to_tab
from turned_heads import VIEW_OF, turned_head
from visits import SCHEMES, faults, show_in

from landmarkdiff import weights
from landmarkdiff.photo.manifest import read_manifest

#: Frames of the camera's film for each pose, at 30 a second.
POSE_FRAMES = 120


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Files of the head turned by so many degrees; their names say nothing of it."""
    folder = tmp_path_factory.mktemp("heads")
    shuffled = (45, -80, 0, 80, -45)
    files = {}
    for number, yaw in enumerate(shuffled):
        files[yaw] = folder / f"photo-{number}.png"
        files[yaw].write_bytes(turned_head(yaw))
    return files


@pytest.fixture
def tab(page: Page, app: Served) -> Page:
    """The fifth tab, open and ready."""
    open_tab(page, app)
    return page


def open_tab(page: Page, app: Served) -> None:
    page.goto(f"{app.url}/en/")
    page.wait_for_selector(".ld-intake-start")
    go_to_tab(page, "Multiple angles")
    page.wait_for_selector(".ld-place")


def place(page: Page, name: str) -> Locator:
    return page.locator(f'[data-place="{name}"]')


def wait_for(page: Page, count: int) -> None:
    page.wait_for_selector(f'.ld-views[data-count="{count}"]:not(.ld-working)')


def upload(page: Page, *files: Path) -> None:
    page.set_input_files(".ld-views-bar input[type=file]", [str(file) for file in files])


def status(page: Page) -> Locator:
    return page.locator(".ld-views > .ld-status-row .ld-status")


def apply(page: Page) -> None:
    page.get_by_role("button", name="Apply the plan to all views").click()
    page.wait_for_selector(".ld-views:not(.ld-working) .ld-view-pair")


def test_the_whole_job(tab: Page, app: Served, heads: dict[int, Path]) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    first, *others = heads.values()
    upload(tab, first)
    upload(tab, *others)  # those that are chosen while one is read come after it
    wait_for(tab, 5)
    expect(status(tab)).to_have_text("The photos were sorted by the measured turn of the head.")
    for yaw, name in VIEW_OF.items():
        card = place(tab, name)
        expect(card).to_have_attribute("data-state", "good")
        assert card.locator("img").evaluate("image => image.decode().then(() => true)")
        if abs(yaw) < 60:
            shown = card.get_by_text("Turned by").inner_text()
            measured = int(shown.split("°")[0].split()[-1].replace("−", "-"))
            assert measured == pytest.approx(yaw, abs=6)
        else:
            expect(card).to_contain_text("shown without a simulation")
    tab.locator(".ld-views-choice select").select_option("rhinoplasty")
    tab.locator(".ld-views-choice input[type=range]").fill("90")
    apply(tab)
    pairs = tab.locator(".ld-view-pair")
    titles = ["Left profile", "Left three-quarter", "Frontal", "Right three-quarter"]
    assert pairs.locator("h3").all_inner_texts() == [*titles, "Right profile"]
    results = [pair.get_attribute("data-result") for pair in pairs.all()]
    assert results == ["refused", "simulated", "simulated", "simulated", "refused"]
    expect(pairs.first).to_contain_text("no simulation in this view")
    expect(pairs.nth(2)).to_contain_text("After")
    # The word stands once, over the one in the picture.
    assert pairs.nth(2).inner_text().upper().count("SIMULATION") == 1
    expect(tab.locator(".ld-view-results")).to_contain_text("Rhinoplasty (Intensity 90 %)")
    before, after = (pixels_of(tab, pairs.nth(2).locator("img").nth(n)) for n in (0, 1))
    change = np.abs(after.astype(int) - before.astype(int)).max(axis=2)
    assert (change[250:560, 150:430] > 20).sum() > 500
    assert after[680:715, 440:570].min() < 60  # the label, on the backdrop
    with tab.expect_download() as gallery:
        tab.get_by_role("link", name="Gallery (PNG)").click()
    assert gallery.value.suggested_filename == "views-simulation.png"
    manifest = read_manifest(gallery.value.path())
    assert manifest is not None
    assert manifest["simulation"] is True
    tab.locator(".ld-views").get_by_label("Patient name (only in the file)").fill("Ana Pérez")
    with tab.expect_download() as report:
        tab.get_by_role("button", name="One PDF of all views").click()
    assert report.value.suggested_filename == "views-simulation.pdf"
    assert report.value.path().read_bytes().startswith(b"%PDF-")
    expect(status(tab)).to_contain_text("views-simulation.pdf")
    assert {urlsplit(url).netloc for url in asked if url.startswith("http")} == {
        urlsplit(app.url).netloc
    }


def pixels_of(page: Page, image: Locator) -> np.ndarray[Any, Any]:
    source = image.get_attribute("src")
    data = page.evaluate(
        """async (address) => {
            const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
            let text = '';
            for (const one of bytes) text += String.fromCharCode(one);
            return btoa(text);
        }""",
        source,
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_one_photo_into_one_place(tab: Page, heads: dict[int, Path]) -> None:
    card = place(tab, "frontal")
    card.locator("input[type=file]").set_input_files(heads[45])
    wait_for(tab, 1)
    expect(card).to_have_attribute("data-state", "doubt")
    expect(card).to_contain_text("This photo does not fit the view")
    expect(card).to_contain_text("to the patient's right")
    card.locator("input[type=file]").set_input_files(heads[0])
    expect(card).to_have_attribute("data-state", "good")
    expect(card.get_by_role("button", name="Replace: Frontal")).to_be_visible()
    card.get_by_role("button", name="Remove: Frontal").focus()
    tab.keyboard.press("Enter")
    wait_for(tab, 0)
    expect(card).to_contain_text("missing")
    expect(card.locator("svg")).to_be_visible()
    # The keyboard stays where it was.
    assert (
        tab.evaluate("document.activeElement.closest('[data-place]')?.dataset.place") == "frontal"
    )


def test_a_misplaced_photo_is_moved_or_sorted(tab: Page, heads: dict[int, Path]) -> None:
    place(tab, "left_three_quarter").locator("input[type=file]").set_input_files(heads[0])
    wait_for(tab, 1)
    mover = place(tab, "left_three_quarter").get_by_label("Put into a view: Left three-quarter")
    mover.select_option("right_profile")
    expect(place(tab, "right_profile")).to_have_attribute("data-state", "doubt")
    tab.get_by_role("button", name="Sort by the measured turn").click()
    expect(place(tab, "frontal")).to_have_attribute("data-state", "good")
    expect(tab.get_by_role("button", name="Sort by the measured turn")).to_be_hidden()


DROP = """([element, files, kind]) => {
    const data = new DataTransfer();
    for (const text of files) {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], 'photo.png', { type: 'image/png' }));
    }
    const options = { bubbles: true, cancelable: true };
    element.dispatchEvent(kind === 'paste'
        ? new ClipboardEvent('paste', { ...options, clipboardData: data })
        : new DragEvent('drop', { ...options, dataTransfer: data }));
}"""


@pytest.mark.parametrize(
    ("kind", "onto", "found"),
    [
        ("drop", '[data-place="right_profile"]', "right_profile"),
        ("drop", ".ld-views-bar", "frontal"),
        ("paste", ".ld-views", "frontal"),
    ],
)
def test_photos_are_dropped_and_pasted(
    tab: Page, heads: dict[int, Path], kind: str, onto: str, found: str
) -> None:
    file = base64.b64encode(heads[0].read_bytes()).decode()
    element = tab.locator(onto).first.element_handle()
    tab.evaluate(DROP, [element, [file], kind])
    wait_for(tab, 1)
    expect(place(tab, found).locator("img")).to_be_visible()


def test_a_photo_without_a_face_waits_for_its_place(tab: Page, tmp_path: Path) -> None:
    Image.new("RGB", (400, 500), (120, 130, 140)).save(tmp_path / "wall.png")
    upload(tab, tmp_path / "wall.png")
    wait_for(tab, 1)
    loose = tab.locator("[data-loose]")
    expect(loose).to_contain_text("Nothing in this photo tells which view it is.")
    loose.get_by_label("Put into a view: View unknown").select_option("left_profile")
    expect(place(tab, "left_profile").locator("img")).to_be_visible()
    expect(loose).to_have_count(0)
    tab.get_by_role("button", name="Apply the plan to all views").click()
    expect(status(tab)).to_contain_text("The face mesh fits none of the photos")
    expect(status(tab)).to_have_class("ld-status ld-wrong")


def test_what_is_no_photo_gets_a_sentence_and_the_others_are_kept(
    browser: Browser, app: Served, heads: dict[int, Path], tmp_path: Path
) -> None:
    page = new_page(browser)  # the browser itself notes each answer that is an error
    open_tab(page, app)
    letter = tmp_path / "letter.png"
    letter.write_text("no picture, only words " * 20)
    upload(page, heads[0], letter, heads[45])
    wait_for(page, 2)
    expect(status(page)).to_have_class("ld-status ld-wrong")
    expect(status(page)).to_contain_text("letter.png: ")
    page.close()


def test_the_first_tabs_plan_goes_into_all_views(
    page: Page, app: Served, heads: dict[int, Path]
) -> None:
    page.goto(f"{app.url}/en/")
    page.wait_for_selector(".ld-intake-start")
    add_photo(page, weights.obtain("astronaut"))
    go_to_tab(page, "Multiple angles")
    page.wait_for_selector(".ld-place")
    plan = page.locator(".ld-views-plan")
    expect(plan).to_contain_text("The plan of the first tab is used: Rhinoplasty")
    expect(plan.locator("select")).to_be_hidden()
    # This tab is younger than the photo, and offers it all the same.
    offer = page.get_by_role("button", name="Add the photo of the first tab")
    expect(offer).to_be_visible()
    upload(page, heads[0], heads[45])
    wait_for(page, 2)
    apply(page)
    expect(page.locator(".ld-view-pair")).to_have_count(2)
    # Another photo in the first tab may be another patient.
    go_to_tab(page, "Single procedure")
    add_photo(page, weights.obtain("grace_hopper"))
    go_to_tab(page, "Multiple angles")
    wait_for(page, 0)
    expect(page.locator(".ld-view-pair")).to_have_count(0)
    # That photo is offered, and is not chosen from the disk again.
    offer.click()
    wait_for(page, 1)
    expect(place(page, "frontal").locator("img")).to_be_visible()
    expect(offer).to_be_hidden()


def test_the_work_can_be_stopped(tab: Page, heads: dict[int, Path]) -> None:
    upload(tab, heads[-45], heads[0], heads[45])
    wait_for(tab, 3)
    tab.get_by_role("button", name="Apply the plan to all views").click()
    tab.locator(".ld-work").get_by_role("button", name="Cancel").click()
    expect(status(tab)).to_have_text("Stopped. The last result is kept.")
    expect(tab.locator(".ld-view-pair")).to_have_count(0)
    apply(tab)
    expect(tab.locator(".ld-view-pair")).to_have_count(3)


def test_it_fits_and_can_be_read(browser: Browser, app: Served, heads: dict[int, Path]) -> None:
    page = new_page(browser)
    open_tab(page, app)
    upload(page, heads[0], heads[80])
    wait_for(page, 2)
    apply(page)
    for width in (390, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in SCHEMES:
            show_in(page, scheme)
            assert faults(page, ".ld-views") == []
    page.close()


# -- the camera --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head that looks ahead, then shows its left three-quarter view, again and again."""
    path = tmp_path_factory.mktemp("film") / "turning.mjpeg"
    frames = b""
    for yaw in (0, -45):
        head = np.asarray(Image.open(io.BytesIO(turned_head(yaw, 480))).convert("RGB"))
        scene = np.full((480, 640, 3), (178, 184, 190), np.uint8)
        scene[:, 80:560] = head
        frames += cv2.imencode(".jpg", scene[..., ::-1])[1].tobytes() * POSE_FRAMES
    path.write_bytes(frames)
    return path


@pytest.fixture
def filmed(browser: Browser, app: Served, film: Path) -> Iterator[Page]:
    """The fifth tab in a browser whose camera shows the film."""
    camera = browser.browser_type.launch(
        executable_path=str(CHROMIUM),
        args=[
            *CHROMIUM_ARGUMENTS,
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )
    page = new_page(camera)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    open_tab(page, app)
    page.evaluate(WATCH_HINTS)
    yield page
    camera.close()
    assert wrong == []


#: Notes when each hint was asked for, how many were under way, and how large its frame was.
WATCH_HINTS = """() => {
    window.hints = { times: [], most: 0, sizes: [], bytes: [] };
    let under = 0;
    const original = window.fetch;
    window.fetch = async (address, options) => {
        if (!String(address).includes('/ask/views/hint')) return original(address, options);
        window.hints.times.push(performance.now());
        under += 1;
        window.hints.most = Math.max(window.hints.most, under);
        const frame = await createImageBitmap(options.body);
        window.hints.sizes.push(Math.max(frame.width, frame.height));
        try {
            return await original(address, options);
        } finally {
            under -= 1;
        }
    };
}"""


def test_the_camera_guides_and_takes_the_pictures_by_itself(filmed: Page) -> None:
    filmed.locator(".ld-views-bar").get_by_role("button", name="Camera").click()
    guide = filmed.locator(".ld-guide")
    expect(guide).to_contain_text("View 1 of 5: Now: Frontal")
    expect(guide.get_by_label("Take the photo by itself when it fits")).to_be_checked()
    # As in a mirror, while the photo is not mirrored: the server would read the other side.
    expect(filmed.locator(".ld-camera:visible")).to_have_class(re.compile("ld-mirrored"))
    expect(place(filmed, "frontal")).to_have_attribute("data-state", "good")
    expect(guide).to_contain_text("View 2 of 5: Now: Left three-quarter")
    expect(place(filmed, "left_three_quarter")).to_have_attribute("data-state", "good")
    expect(guide).to_contain_text("Now: Left profile")
    expect(filmed.locator(".ld-guide-hint")).to_have_text(
        "Turn the head to the patient's right until only one eye shows."
    )
    hints = filmed.evaluate("window.hints")
    assert hints["most"] == 1
    assert np.diff(hints["times"]).min() >= 195  # at most five a second
    assert max(hints["sizes"]) <= 640
    go_to_tab(filmed, "Single procedure")
    # A camera that nobody sees does not run.
    filmed.wait_for_function("() => !document.querySelector('.ld-guide video').srcObject")


def test_the_camera_waits_for_the_button_when_told(filmed: Page) -> None:
    place(filmed, "right_profile").get_by_role("button", name="Camera").click()
    guide = filmed.locator(".ld-guide")
    expect(guide).to_contain_text("View 5 of 5: Now: Right profile")
    guide.get_by_label("Take the photo by itself when it fits").uncheck()
    guide.get_by_role("button", name="Skip this view").click()
    expect(guide).to_be_hidden()
    place(filmed, "frontal").get_by_role("button", name="Camera").click()
    expect(filmed.locator(".ld-guide-hint")).to_have_text("Good. Hold still.")
    # After a second of good hints it would have taken the photo by itself.
    good = filmed.evaluate("performance.now()")
    filmed.wait_for_function(
        "(since) => window.hints.times.filter((time) => time > since + 2000).length > 1", arg=good
    )
    assert filmed.locator(".ld-views").get_attribute("data-count") == "0"
    guide.get_by_role("button", name="Take photo").click()
    wait_for(filmed, 1)
    guide.get_by_role("button", name="Close").click()
    expect(guide).to_be_hidden()
    assert filmed.evaluate("document.querySelector('.ld-guide video').srcObject") is None


def test_a_missing_camera_is_said(tab: Page) -> None:
    tab.locator(".ld-views-bar").get_by_role("button", name="Camera").click()
    expect(status(tab)).to_contain_text("camera")
    expect(tab.locator(".ld-guide")).to_be_hidden()
