"""Photo and plan outlive the page: reload, back, another language, the server's end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from running_app import Served, add_photo, free_port, serving
from visits import SCHEMES, Visit, faults, new_context, show_in, visiting

TIP = "rhinoplasty.tip_rotation"


@pytest.fixture(scope="module")
def shared(browser: Browser, app: Served, portrait: Path) -> Iterator[Visit]:
    with visiting(browser, app.url, portrait) as visit:
        yield visit


@pytest.fixture
def visit(shared: Visit) -> Iterator[Visit]:
    """The page with a plan of one effect by hand, and one step back."""
    shared.reset()
    set_tip(shared, 3.5)
    yield shared
    shared.check()


def set_tip(visit: Visit, degrees: float) -> None:
    effects = {TIP: degrees}
    visit.tab("tab.change({ ...tab.settings, effects: values[0] })", effects)
    visit.settle()


def arrived(visit: Visit) -> None:
    """Wait until another page shows a photo, and its server has checked it."""
    visit.page.wait_for_selector(".ld-single.ld-has-photo[data-checks]")
    visit.settle()


def at_rest(visit: Visit) -> np.ndarray[Any, Any]:
    """What the middle of the canvas shows once it shows the same twice."""
    last = visit.drawn(200)
    for _ in range(50):
        now = visit.drawn(200)
        if (now == last).all():
            return now
        last = now
    raise AssertionError("the picture does not come to rest")


def steps(visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = visit.tab("tab.history.steps()")
    return found


def test_a_reload_loses_nothing_and_writes_nothing_of_it(visit: Visit) -> None:
    visit.tab("tab.plans.keepPlan()")
    before = steps(visit)
    drawn = []
    for _ in range(2):  # the first also frames the picture anew, whatever was looked at before
        visit.page.reload()
        arrived(visit)
        assert steps(visit) == before
        assert visit.tab("tab.plans.kept") == before["present"]
        drawn.append(at_rest(visit))
    assert abs(drawn[1] - drawn[0]).mean() < 1.0
    # What browsers may write down names nothing, and is gone.
    held = visit.page.evaluate("[JSON.stringify(sessionStorage), JSON.stringify(history.state)]")
    assert json.loads(held[0]) == {}
    assert "tip" not in held[1]
    visit.page.keyboard.press("Control+z")
    visit.settle()
    assert visit.settings["effects"] == {}


def test_steps_made_by_words_keep_their_names(visit: Visit) -> None:
    field = visit.page.get_by_role("textbox", name=visit.texts("words.title"), exact=True)
    field.fill("half of that")
    with visit.page.expect_response("**/ask/single/words"):
        field.press("Enter")
    visit.tab("await tab.plans.words.asked")
    visit.settle()
    before = visit.page.locator(".ld-step-list button").all_text_contents()
    assert before[-1] == "half of that"
    visit.page.reload()
    arrived(visit)
    expect(visit.page.locator(".ld-step-list button")).to_have_text(before)


def test_a_session_that_is_over_goes_on_with_a_copy_of_the_photo(visit: Visit) -> None:
    visit.expected.append("404")  # the browser itself notes each answer that is an error
    visit.page.reload()
    arrived(visit)
    visit.tab("(window.tab = tab, null)")
    visit.page.wait_for_function("() => tab.resuming.file !== null")
    before = steps(visit)
    session = "(await import('/ld/static/session.js'))"
    visit.tab(
        f"await fetch(`/ld/session/${{await {session}.token()}}/close`, {{ method: 'POST' }})"
    )
    visit.tab("tab.change({ ...tab.settings, side: 'right' })")
    offer = visit.page.locator(".ld-go-on[role=alert]")
    expect(offer).to_be_visible()
    size = visit.page.viewport_size
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.page.locator("[data-section=mode] > summary").evaluate(
        "(one) => one.scrollIntoView({ block: 'end' })"
    )
    expect(offer).to_be_in_viewport(ratio=1)
    if size:
        visit.page.set_viewport_size(size)
    offer.get_by_role("button", name="Go on").click()
    expect(offer).to_be_hidden()
    visit.settle()
    after = steps(visit)
    assert after["past"] == [*before["past"], before["present"]]
    expect(visit.page.locator("[data-results] tbody tr")).not_to_have_count(0)


def test_another_language_and_back_lose_nothing(visit: Visit) -> None:
    before = steps(visit)
    visit.page.locator("[data-language]").select_option("de")
    visit.page.wait_for_url("**/de/")
    arrived(visit)
    assert steps(visit) == before
    expect(visit.page.locator("html")).to_have_attribute("lang", "de")
    visit.page.go_back()
    visit.page.wait_for_url("**/en/")
    arrived(visit)
    assert steps(visit) == before


def test_the_page_asks_only_where_something_would_be_lost(visit: Visit) -> None:
    asked = """() => {
        const event = new Event('beforeunload', { cancelable: true });
        return !window.dispatchEvent(event);
    }"""
    assert visit.page.evaluate(asked)
    with visit.page.expect_download():
        visit.tab("tab.consultations.saveOpenly()")
    visit.page.wait_for_function("(script) => !eval(script)()", arg=asked)
    set_tip(visit, 2.5)
    assert visit.page.evaluate(asked)


def test_a_closed_page_is_forgotten_at_once(browser: Browser, app: Served) -> None:
    visit = Visit(new_context(browser), app.url)
    session = "(await import('/ld/static/session.js'))"
    token = visit.tab(f"await {session}.token()")
    request = visit.context.request
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": app.url}
    alive = f"{app.url}/ld/session/{token}/alive"
    assert request.post(alive, headers=headers).status == 200
    held = "{ notes: () => ({}), unsaved: () => false }"
    visit.tab(f"(await import('/ld/static/leaving.js')).hold('test', {held})")
    visit.context.new_page()  # without another one the browser would go too
    visit.page.close(run_before_unload=True)
    for _ in range(1000):
        if request.post(alive, headers=headers).status == 404:
            break
    else:
        pytest.fail("the session of a closed page is still there")
    visit.context.close()


@pytest.mark.timeout(900)  # it starts the app twice, which takes minutes on a busy machine
def test_the_page_goes_on_after_a_step_back_and_the_end_of_the_server(
    browser: Browser, portrait: Path
) -> None:
    port = str(free_port())
    program = ["-m", "landmarkdiff", "app", "--no-browser", "--port", port]
    address = f"http://127.0.0.1:{port}"
    with serving(program=lambda _: program) as first:
        visit = Visit(new_context(browser), address)
        visit.expected = ["ERR_CONNECTION_REFUSED", "404"]
        add_photo(visit.page, portrait)
        set_tip(visit, 3.5)
        before = steps(visit)
        visit.page.go_back()  # the first step stays in the page
        expect(visit.page.locator(".ld-stage .ld-status")).to_contain_text("once more")
        first.process.kill()
        first.process.wait()
        visit.tab("tab.change({ ...tab.settings, side: 'left' })")
        expect(visit.page.locator(".ld-stage .ld-status")).to_contain_text("does not answer")
    with serving(program=lambda _: program):
        offer = visit.page.locator(".ld-go-on[role=alert]")
        expect(offer).to_be_visible()
        expect(offer).to_contain_text("still holds the photo and the plan")
        for scheme in SCHEMES:
            show_in(visit.page, scheme)
            assert faults(visit.page, ".ld-go-on[role=alert]") == []
        # Nobody is told to choose a photo again that the page still holds.
        status = visit.page.locator(".ld-stage .ld-status")
        expect(status).to_have_text(visit.texts("session.gone"))
        offer.get_by_role("button", name="Go on").click()
        expect(offer).to_be_hidden()
        expect(status).to_have_text("")
        visit.settle()
        after = steps(visit)
        assert after["past"] == [*before["past"], before["present"]]
        assert visit.settings["side"] == "left"
        expect(visit.page.locator("[data-results] tbody tr")).not_to_have_count(0)
        visit.end()
