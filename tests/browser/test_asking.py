"""How the page asks the server: what fails, what is over, what is given up, and a tab more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from running_app import Served, go_to_tab, serving
from visits import Visit, new_context, visiting

from landmarkdiff.ui.server.settings import AppSettings

SMALL_APP = Path(__file__).parents[1] / "ui" / "small_app.py"


@pytest.fixture(scope="module")
def six_tabs() -> Iterator[Served]:
    """The app with one tab more, which a folder of the tests brings."""
    with serving(program=lambda port: [str(SMALL_APP), json.dumps({"port": port})]) as served:
        yield served


@pytest.fixture(scope="module")
def visit(browser: Browser, six_tabs: Served, portrait: Path) -> Iterator[Visit]:
    """A page with a photo."""
    with visiting(browser, six_tabs.url, portrait) as visit:
        yield visit


def test_a_sixth_tab_is_one_folder_more(visit: Visit) -> None:
    visit.page.locator("#ld-tab-probe-button").click()
    probe = visit.page.locator(".ld-probe")
    # What the server told its script once, asked of the server and put back.
    expect(probe).to_have_text(f"en with {AppSettings().workers} workers")
    expect(probe).to_have_css("font-weight", "600")


#: Two pieces of work at once; what the page shows and says of them.
TWICE = """async () => {
    const { Work } = await import('/ld/static/work.js');
    const shown = [];
    const notified = [];
    const work = new Work((stage) => shown.push(stage), (...words) => notified.push(words));
    const older = work.run((ask) => ask('probe/endless'));
    const newer = work.run((ask) => ask('probe/echo', { text: 'newer' }));
    const answers = [await older, await newer];
    return { answers, busy: work.busy, last: shown.at(-1), notified };
}"""


def test_newer_work_gives_up_the_older(visit: Visit) -> None:
    result = visit.page.evaluate(TWICE)
    older, newer = result["answers"]
    assert older is None
    assert newer["text"] == "newer"
    assert (result["busy"], result["last"], result["notified"]) == (False, None, [])


#: Work that is stopped once its first stage was shown.
STOPPED = """async () => {
    const { Work } = await import('/ld/static/work.js');
    const notified = [];
    let begun;
    const first = new Promise((resolve) => { begun = resolve; });
    const show = (stage) => stage && begun(stage.text);
    const work = new Work(show, (...words) => notified.push(words));
    const running = work.run((ask) => ask('probe/endless'));
    const text = await first;
    work.stop();
    await running;
    return { text, busy: work.busy, notified };
}"""


def test_stopping_is_said_and_done(visit: Visit) -> None:
    result = visit.page.evaluate(STOPPED)
    texts = visit.texts
    assert result["text"] == texts("progress.simulate")
    assert result["busy"] is False
    sentences = [words[0] for words in result["notified"]]
    assert sentences == [texts("progress.cancelling"), texts("progress.cancelled")]


def test_an_error_nobody_foresaw_is_one_sentence(visit: Visit) -> None:
    message = visit.page.evaluate(
        """async () => {
            const { ask } = await import('/ld/static/ask.js');
            return ask('probe/explode', { text: 'Jane Doe' }).catch((error) => error.message);
        }"""
    )
    assert message == visit.texts("session.unexpected")


def test_without_the_server_a_sentence_says_what_to_do(visit: Visit) -> None:
    page = visit.page
    visit.expected.append("ERR_INTERNET")  # the browser itself notes what it could not reach
    go_to_tab(page, visit.texts("tab.compare"))
    form = page.locator("[data-tab=comparison]")
    expect(form).to_have_attribute("data-state", "ready")
    form.get_by_role("checkbox", name="Brow lift").check()
    visit.context.set_offline(True)
    form.get_by_role("button", name="Compare", exact=True).click()
    status = form.locator("form .ld-status")
    expect(status).to_have_text(visit.texts("app.offline"))
    expect(form.locator("form")).to_have_attribute("aria-busy", "false")
    visit.context.set_offline(False)
    form.get_by_role("button", name="Compare", exact=True).click()
    expect(form).to_have_attribute("data-answered", "1")


def test_a_session_that_is_over_is_said_in_every_tab(browser: Browser, six_tabs: Served) -> None:
    visit = Visit(new_context(browser), six_tabs.url)
    visit.expected.append("404")  # the browser itself notes each answer that is an error
    page = visit.page
    go_to_tab(page, visit.texts("tab.compare"))
    form = page.locator("[data-tab=comparison]")
    expect(form).to_have_attribute("data-state", "none")
    page.evaluate(
        """async () => {
            const { token } = await import('/ld/static/session.js');
            await fetch(`/ld/session/${await token()}/close`, { method: 'POST' });
        }"""
    )
    go_to_tab(page, visit.texts("tab.views"))
    over = visit.texts("session.expired")
    expect(page.locator(".ld-views .ld-status").first).to_have_text(over)
    go_to_tab(page, visit.texts("tab.single"))
    expect(page.locator(".ld-stage .ld-status")).to_have_text(over)
    go_to_tab(page, visit.texts("tab.compare"))
    expect(form.locator(".ld-form-none .ld-status")).to_have_text(over)
    visit.end()
