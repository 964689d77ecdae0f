"""The panel of tab 1 is built anew after each change, but not under a hand that is at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Route, expect
from running_app import Served
from visits import Visit, visiting

TIP, ALAR = "rhinoplasty.tip_rotation", "rhinoplasty.alar_base_width"


@pytest.fixture(scope="module")
def shared(browser: Browser, app: Served, portrait: Path) -> Iterator[Visit]:
    with visiting(browser, app.url, portrait) as visit:
        yield visit


@pytest.fixture
def visit(shared: Visit) -> Iterator[Visit]:
    shared.reset()
    for name in ("scale", "flags", "steps"):
        section(shared, name).evaluate("(details) => { details.open = true; }")
    yield shared
    shared.check()


def section(visit: Visit, name: str) -> Locator:
    return visit.page.locator(f"#ld-single [data-section={name}]")


def eye_distance(visit: Visit) -> Locator:
    return section(visit, "scale").locator("input[type=number]")


def field(visit: Visit, key: str) -> Locator:
    return visit.page.locator(f"[data-key='{key}'] input[type=number]")


def press(visit: Visit, control: Locator, along: float = 0.0) -> None:
    """Press a control and let it go, as far along as that; the change of a field comes between."""
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    assert box
    x, y = box["x"] + min(box["width"] / 2, 20), box["y"] + box["height"] / 2
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
    )
    if along:
        visit.page.mouse.move(x + along, y, steps=3)
    visit.page.mouse.up()


def test_a_control_that_is_pressed_while_a_field_still_holds_a_value_hears_it(
    visit: Visit,
) -> None:
    page = visit.page
    eye_distance(visit).fill("64")
    button = page.get_by_role("button", name=visit.texts("landmark.nudge"), exact=True)
    press(visit, button)
    visit.settle()
    assert (visit.settings["ipd_mm"], visit.tab("tab.nudging.on")) == (64, True)
    visit.tab("tab.nudging.toggle()")
    eye_distance(visit).fill("65")
    press(visit, section(visit, "flags").get_by_role("checkbox").first)
    visit.settle()
    assert (visit.settings["ipd_mm"], visit.settings["flags"]) == (65, {"vitiligo": True})
    field(visit, ALAR).fill("-1.6")
    press(visit, page.locator("[data-key='rhinoplasty.tip_width'] input[type=checkbox]"))
    visit.settle()
    assert visit.settings["effects"] == {ALAR: -1.6, "rhinoplasty.tip_width": "off"}
    field(visit, ALAR).fill("-1.2")
    press(visit, page.locator("[data-procedure=rhinoplasty]"), along=80)
    visit.settle()
    assert visit.settings["effects"][ALAR] == -1.2
    assert 20 < visit.settings["intensity"]["rhinoplasty"] < 60
    # A step that the change has made unreachable is not gone to.
    page.get_by_role("button", name="Undo").click()
    visit.settle()
    field(visit, ALAR).fill("-1.3")
    press(visit, section(visit, "steps").locator("ol button").last)
    visit.settle()
    assert visit.settings["effects"][ALAR] == -1.3
    expect(section(visit, "steps").locator("[aria-current=step]")).to_have_text(
        "Alar base width -1.3 mm"
    )
    field(visit, ALAR).fill("-1.4")
    press(visit, section(visit, "steps").locator("ol button").first)
    visit.settle()
    assert visit.settings["effects"] == {}
    assert visit.tab("tab.history.future.length") > 0


@pytest.mark.parametrize("typed", ["scale", ALAR])
def test_what_is_typed_outlasts_the_next_model(visit: Visit, typed: str) -> None:
    page = visit.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/ask/single/model*", hold, times=1)
    with page.expect_request("**/ask/single/model*"):
        visit.tab("(tab.change({ ...tab.settings, light: false }, { structural: true }), null)")
    entry = eye_distance(visit) if typed == "scale" else field(visit, typed)
    entry.press("ControlOrMeta+a")
    entry.press_sequentially("6" if typed == "scale" else "-2")
    held[0].continue_()
    visit.settle()
    expect(entry).to_be_focused()
    # The rest is typed behind it, and only the whole is taken over.
    page.keyboard.type("4" if typed == "scale" else ".1")
    assert visit.tab("tab.history.past.length") == 1
    page.keyboard.press("Enter")
    visit.settle()
    taken = visit.settings["ipd_mm"] if typed == "scale" else visit.settings["effects"][typed]
    assert taken == (64 if typed == "scale" else -2.1)
    expect(entry).to_be_focused()
