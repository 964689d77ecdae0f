"""Logging in and roles in a real browser: a provider on another site, what a viewer is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from chromium import new_page
from loopback_provider import CLIENT, SECRET, LoopbackProvider, loopback_provider
from playwright.sync_api import Browser, BrowserContext, expect
from running_app import Served, add_photo, free_port, serving
from visits import Visit, faults, new_context

from landmarkdiff import weights
from landmarkdiff.photo import read_photo
from landmarkdiff.ui.server.auth import CALLBACK
from landmarkdiff.ui.server.oidc_settings import SECRET_VARIABLE
from landmarkdiff.ui.server.passwords import add_user
from landmarkdiff.workflows.gesture_settings import GestureSettings
from landmarkdiff.workflows.output.archive import save_consultation
from landmarkdiff.workflows.settings import ConsultationSettings

PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture(scope="module")
def there() -> Iterator[LoopbackProvider]:
    with loopback_provider("127.0.0.2") as running:
        yield running


@pytest.fixture(scope="module")
def app(there: LoopbackProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with a user of each kind, as a clinic starts it behind its own name."""
    folder = tmp_path_factory.mktemp("clinic")
    add_user(folder / "users.txt", "viewer", PASSWORD, ["view"])
    add_user(folder / "users.txt", "boss", PASSWORD, ["admin"])
    port = free_port()
    settings = {
        "issuer": there.issuer,
        "client_id": CLIENT,
        "redirect_uri": f"http://127.0.0.1:{port}{CALLBACK}",
        "groups": {"surgeons": ["edit", "export"]},
        "title": "Clinic ID",
    }
    (folder / "oidc.yaml").write_text(yaml.safe_dump(settings))
    program = ["-m", "landmarkdiff", "app", "--no-browser", "--port", str(port)]
    files = ["--auth-file", str(folder / "users.txt"), "--oidc", str(folder / "oidc.yaml")]
    log = ["--audit-log", str(folder / "audit.jsonl")]
    environment = {SECRET_VARIABLE: SECRET}
    with serving(*files, *log, environment=environment, program=lambda _: program) as served:
        yield Served(f"http://127.0.0.1:{port}", served.process, served.log)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = new_context(browser, locale="en-GB")
    yield made
    made.close()


def log_in(context: BrowserContext, app: Served, name: str) -> None:
    page = new_page(context)
    page.goto(f"{app.url}/login")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    expect(page).to_have_url(f"{app.url}/en/")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_page_has_no_faults(browser: Browser, app: Served, scheme: str) -> None:
    context = browser.new_context(locale="en-GB", color_scheme=scheme)  # type: ignore[arg-type]
    page = new_page(context)
    page.goto(f"{app.url}/login")
    expect(page.get_by_role("link", name="Sign in with Clinic ID")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("User name").fill("viewer")
    page.get_by_label("Password").fill("a wrong password")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
    assert faults(page) == []
    context.close()


def test_a_provider_on_another_site_logs_in_and_out(
    context: BrowserContext, app: Served, there: LoopbackProvider
) -> None:
    """With a browser's own rules of cookies, forms and origins between the two sites."""
    page = new_page(context)
    page.goto(f"{app.url}/en/")
    expect(page).to_have_url(f"{app.url}/login")
    page.get_by_role("link", name="Sign in with Clinic ID").click()
    expect(page).to_have_url(re.compile(rf"^{re.escape(there.issuer)}/authorize\?"))
    page.get_by_role("link", name="That is me").click()
    expect(page).to_have_url(f"{app.url}/en/")
    page.wait_for_selector(".ld-intake-start")
    cookies = {cookie["name"]: cookie for cookie in context.cookies(app.url)}
    assert [cookie["sameSite"] for cookie in cookies.values()] == ["Strict"]
    expect(page.locator("html")).to_have_attribute("data-roles", "edit export view")
    page.locator("header form button").click()
    expect(page).to_have_title("Logged out")
    assert page.url.startswith(f"{there.issuer}/logout?client_id={CLIENT}&id_token_hint=ey")
    page.goto(f"{app.url}/en/")
    expect(page).to_have_url(f"{app.url}/login")


def test_a_viewer_sees_a_photo_and_nothing_to_change_or_save(
    context: BrowserContext, app: Served, tmp_path: Path
) -> None:
    log_in(context, app, "viewer")
    visit = Visit(context, app.url)
    page = visit.page
    expect(page.locator("html")).to_have_attribute("data-roles", "view")
    add_photo(page, Path(weights.obtain("astronaut")))
    visit.settle()
    expect(page.locator(".ld-single canvas").first).to_be_visible()
    expect(page.locator("[data-results] table")).to_be_visible()
    for hidden in (
        ".ld-panel[aria-label]", "[data-downloads]", "#ld-tab-comparison-button",
        "#ld-tab-sweep-button", "header a[download]",
    ):  # fmt: skip
        assert page.locator(hidden).count() > 0, hidden
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator("#ld-tab-analysis-button")).to_be_visible()
    # Another photo after it: again with its own plan.
    add_photo(page, Path(weights.obtain("grace_hopper")))
    visit.settle()
    visit.tab("tab.showPatient()")
    expect(page.get_by_role("button", name="Leave patient view")).to_be_focused()
    visit.tab("tab.patient.toggle(false)")
    # Of a consultation its expression, too, which nobody here can take back.
    page.set_input_files(".ld-bar input[type=file]", smiling(tmp_path))
    gesture = page.locator(".ld-gesture")
    expect(gesture.locator("figcaption")).to_contain_text("expression: happy, 33 %")
    expect(gesture.locator("img[data-layer=final]").last).to_be_visible()
    expect(gesture.locator("button").last).to_be_hidden()
    assert faults(page, ".ld-gesture") == []
    visit.settle()
    visit.end()


def smiling(folder: Path) -> Path:
    """A consultation with an expression beside its plan."""
    gesture = GestureSettings(expression="happy", strength=0.33)
    settings = ConsultationSettings(intensity={"rhinoplasty": 60}, gesture=gesture)
    file = folder / "smiling.landmarkdiff"
    file.write_bytes(save_consultation(read_photo(weights.obtain("astronaut")), settings))
    return file


def test_an_administrator_reads_the_log_and_sees_no_photo(
    context: BrowserContext, app: Served
) -> None:
    log_in(context, app, "boss")
    page = new_page(context)
    page.goto(f"{app.url}/en/")
    expect(page.locator("#ld-tabs")).to_be_hidden()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Audit log").click()
    assert waiting.value.suggested_filename == "audit.jsonl"
    text = Path(waiting.value.path()).read_text("utf-8")
    assert '"event": "login", "user": "boss"' in text
    # On a phone, too, every control of the head can be reached.
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/fr/")
    expect(page.locator(".ld-head-tools [data-needs=admin]")).to_be_visible()
    boxes = [control.bounding_box() for control in page.locator(".ld-head-tools > *").all()]
    assert len(boxes) == 4
    assert all(box is not None and box["x"] + box["width"] <= 390 for box in boxes)
