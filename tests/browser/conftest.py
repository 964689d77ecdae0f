"""One Chromium for all browser tests, and a small server for pages, pictures and models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM, CHROMIUM_ARGUMENTS, new_page
from form_tabs import HELD, HOLD, ready
from live_faces import LiveFace, open_live_page
from live_viewer import settle
from loopback import Site
from playwright.sync_api import Browser, Page, sync_playwright
from running_app import Served, add_photo, serving
from turned_head_page import open_head, show_as_at_first
from visits import VIEW, Visit, new_context, visiting
from watched_page import VIEWPORT, fresh_page, watch

from landmarkdiff import weights
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.texts import Texts, languages
from landmarkdiff.ui.page.client_config import AREAS


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once for the session."""
    if not CHROMIUM.exists():
        pytest.skip(f"the browser tests drive {CHROMIUM}, which is not installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=CHROMIUM_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The server, for the session."""
    started = Site()
    for language in languages():
        texts = Texts.load(language)
        config = {"locale": texts.html_language, "texts": texts.table([*AREAS, "live", "head"])}
        started.put(f"config-{language}.txt", json.dumps(config).encode())
    yield started
    started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; an error in its console, or a page error, fails the test at its end."""
    with fresh_page(browser) as page:
        yield page


@pytest.fixture(scope="session")
def faces(
    pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace], site: Site
) -> dict[str, LiveFace]:
    """Both portraits on the site."""
    return {
        name: LiveFace.on(site, pipeline, name, prepared)
        for name, prepared in prepared_portraits.items()
    }


@pytest.fixture(scope="session")
def shared_page(browser: Browser, site: Site) -> tuple[Page, list[str]]:
    """The page of the live preview, loaded once for the session, and its errors."""
    page = new_page(browser.new_context(viewport=VIEWPORT))
    wrong = watch(page)
    open_live_page(page, site)
    return page, wrong


@pytest.fixture
def live_page(shared_page: tuple[Page, list[str]]) -> Iterator[Page]:
    """The page of the live preview, without a preview; errors fail the test at its end."""
    page, wrong = shared_page
    page.set_viewport_size(VIEWPORT)
    page.mouse.move(0, 0)
    page.evaluate("document.body.classList.remove('dark'); window.preview?.destroy()")
    yield page
    assert wrong == []


@pytest.fixture(scope="session")
def shared_head(browser: Browser, site: Site) -> tuple[Page, list[str]]:
    """The page with the small head, loaded once for the session, and its errors."""
    page = new_page(browser.new_context(viewport=VIEWPORT))
    wrong = watch(page)
    open_head(page, site)
    return page, wrong


@pytest.fixture
def head_page(shared_head: tuple[Page, list[str]]) -> Iterator[Page]:
    """The small head as it is at first; errors fail the test at its end."""
    page, wrong = shared_head
    page.set_viewport_size(VIEWPORT)
    show_as_at_first(page)
    yield page
    assert wrong == []


@pytest.fixture
def face(faces: dict[str, LiveFace]) -> LiveFace:
    """Grace Hopper, prepared for the live preview."""
    return faces["grace_hopper"]


@pytest.fixture
def viewer(live_page: Page, face: LiveFace) -> Page:
    """The preview with a rhinoplasty at 100 %, at rest."""
    plan = face.plan("rhinoplasty", 100)
    face.show(live_page, plan)
    face.set_values(live_page, plan)
    settle(live_page)
    return live_page


@pytest.fixture(scope="session")
def own_presets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which that app keeps a surgeon's own presets; not there at first."""
    return tmp_path_factory.mktemp("config") / "landmarkdiff" / "presets.json"


@pytest.fixture(scope="session")
def app(own_presets: Path) -> Iterator[Served]:
    """The app as a user starts it, once for the session."""
    with serving(environment={"XDG_CONFIG_HOME": str(own_presets.parents[1])}) as served:
        yield served


@pytest.fixture(scope="session")
def portrait() -> Path:
    """The photo that most visits open."""
    return Path(weights.obtain("astronaut"))


@pytest.fixture
def empty(browser: Browser, app: Served) -> Iterator[Visit]:
    """A page of the app without a photo."""
    visit = Visit(new_context(browser), app.url)
    yield visit
    visit.end()


@pytest.fixture
def fresh(empty: Visit, portrait: Path) -> Visit:
    """A page with a photo, on which nobody has chosen anything but the typical change."""
    add_photo(empty.page, portrait)
    return empty


@pytest.fixture(scope="session")
def shared_visit(browser: Browser, app: Served, portrait: Path) -> Iterator[Visit]:
    """A page with a photo and the typical change, opened once; no other tab than the first is."""
    with visiting(browser, app.url, portrait) as visit:
        yield visit


@pytest.fixture
def with_photo(shared_visit: Visit) -> Iterator[Visit]:
    """The shared page as it is once its photo is there; what it complains of fails the test."""
    put_back(shared_visit)
    yield shared_visit
    shared_visit.check()


@pytest.fixture(scope="session")
def shared_forms(browser: Browser, app: Served, portrait: Path) -> Iterator[tuple[Visit, object]]:
    """A page with a photo and its tabs, opened once, and what its forms hold at first."""
    with visiting(browser, app.url, portrait) as visit:
        for tab in ("comparison", "sweep"):
            ready(visit, tab)
        yield visit, visit.page.evaluate(HELD)


@pytest.fixture
def with_forms(shared_forms: tuple[Visit, object]) -> Iterator[Visit]:
    """The shared page whose forms hold what they hold at first, and no answers."""
    visit, held = shared_forms
    put_back(visit)
    visit.page.evaluate(HOLD, held)
    yield visit
    visit.check()


def put_back(visit: Visit) -> None:
    """Let a shared page be what it was when it was opened."""
    visit.page.set_viewport_size(VIEW)
    visit.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    visit.page.mouse.move(0, 0)
    visit.reset()
