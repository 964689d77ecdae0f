"""Tab 1 and what must not get mixed up: two patients, two changes at once, the patient's view."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Route, expect
from running_app import add_photo
from visits import Visit

from landmarkdiff import weights

FIRST, SECOND = "astronaut", "grace_hopper"


def test_no_step_back_leads_to_the_last_patient(fresh: Visit) -> None:
    page = fresh.page
    fresh.tab("tab.change({...tab.settings, ipd_mm: 70}, {structural: true})")
    fresh.settle()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    fresh.tab("tab.brush.set(true)")
    fresh.tab("tab.nudging.toggle()")
    page.get_by_role("button", name="Patient view").click()
    # What the patient is shown changes nothing of the plan.
    assert fresh.tab("tab.brush.on || tab.nudging.on") is False
    page.keyboard.press("Escape")
    fresh.settle()
    add_photo(page, Path(weights.obtain(SECOND)))
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert fresh.settings["ipd_mm"] is None
    # The plan stays, for a better photo of the same face, and that is said.
    assert fresh.settings["intensity"] == {"rhinoplasty": 60}
    status = page.locator(".ld-stage .ld-status")
    expect(status).to_have_text(fresh.texts("photo.plan_kept"))
    # An untouched plan is none.
    page.get_by_role("button", name="Reset", exact=True).click()
    fresh.settle()
    add_photo(page, Path(weights.obtain(FIRST)), typical=False)
    expect(status).to_have_text("")


def test_an_effect_that_was_overtaken_is_shown_all_the_same(with_photo: Visit) -> None:
    key = "rhinoplasty.tip_projection"
    assert (
        with_photo.tab("tab.header.outline.find((one) => one.key === values[0]).on", key) is False
    )
    with_photo.tab(
        """(() => {
            const effects = { ...tab.settings.effects, [values[0]]: 2 };
            tab.change({ ...tab.settings, effects }, { structural: true });
            tab.change({ ...tab.settings, intensity: { rhinoplasty: 40 } });
        })()""",
        key,
    )
    with_photo.settle()
    assert with_photo.tab("tab.header.outline.find((one) => one.key === values[0]).on", key) is True
    assert with_photo.values[key] == 2


def test_what_is_changed_while_a_photo_comes_goes_along_with_it(fresh: Visit) -> None:
    page, key = fresh.page, "rhinoplasty.alar_base_width"
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/ask/single/model*", hold)
    with page.expect_request("**/ask/single/model*"):
        page.set_input_files(".ld-stage input[type=file]:not([hidden] *)", weights.obtain(SECOND))
    # The program holds the second photo; what it draws may not be laid over the first.
    asked = len(fresh.requests)
    page.locator(f"[data-key='{key}'] input[type=number]").fill("-1.5")
    page.keyboard.press("Tab")
    assert fresh.values[key] == -1.5
    results = page.locator("#ld-single [data-results]")
    expect(results).not_to_be_empty()
    fresh.listen("#ld-single [data-results]")
    held[0].continue_()
    fresh.tab("(window.tab = tab, null)")
    page.wait_for_function(f"() => tab.photo.stem === '{SECOND}'")
    fresh.settle()
    # What was found of the first photo is gone before there is anything of the second.
    assert page.evaluate("said[0]") == ""
    kinds = [url.rpartition("/")[2] for url in fresh.requests[asked:] if "/ask/single/" in url]
    assert kinds == ["model", "warp", "check"]
    assert fresh.settings["effects"] == {key: -1.5}
    assert fresh.tab("tab.preview.values[values[0]]", key) == -1.5


def test_a_share_that_the_patient_is_shown_outlasts_the_next_model(with_photo: Visit) -> None:
    with_photo.tab("tab.patient.toggle(true)")
    with_photo.tab(
        """(() => {
            tab.change({ ...tab.settings, light: false }, { structural: true });
            tab.patient.slider.value = 50;
            tab.patient.slider.dispatchEvent(new Event('input'));
            tab.patient.slider.dispatchEvent(new Event('change'));
        })()"""
    )
    with_photo.settle()
    whole = with_photo.tab("tab.plan")
    assert with_photo.tab("tab.patient.slider.value") == "50"
    assert with_photo.tab("tab.preview.values") == pytest.approx(
        {key: value / 2 for key, value in whole.items()}, abs=1e-3
    )
    with_photo.page.keyboard.press("Escape")
    with_photo.settle()
    assert with_photo.tab("tab.preview.values") == whole


def test_a_photo_that_fails_half_way_leaves_the_shown_one_with_the_server(fresh: Visit) -> None:
    page = fresh.page
    before = fresh.drawn(200)
    broken = [True]

    def failing(route: Route) -> None:
        if broken:
            broken.clear()
            route.abort()
        else:
            route.continue_()

    fresh.expected.append("ERR_FAILED")
    page.route("**/ask/single/model*", failing)
    checks = page.locator(".ld-single").get_attribute("data-checks")
    page.set_input_files(".ld-stage input[type=file]:not([hidden] *)", weights.obtain(SECOND))
    # The photo that is shown was opened again, and its plan drawn and checked.
    page.wait_for_function(
        "(before) => document.querySelector('.ld-single').dataset.checks !== before", arg=checks
    )
    fresh.settle()
    assert fresh.tab("tab.photo.stem") == FIRST
    assert fresh.tab("tab.resuming.astray") is False
    assert abs(fresh.drawn(200) - before).mean() < 1.0


def test_a_file_that_is_no_photo_takes_nothing_of_a_change_that_was_under_way(
    fresh: Visit, tmp_path: Path
) -> None:
    page = fresh.page
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(Path(weights.obtain(SECOND)).read_bytes()[:2000])
    told = page.locator(".ld-told")
    expect(told).not_to_be_empty()
    page.route("**/ask/single/model*", lambda route: None, times=1)
    with page.expect_request("**/ask/single/model*"):
        fresh.tab("(tab.change({ ...tab.settings, ipd_mm: 70 }, { structural: true }), null)")
    fresh.tab("(window.tab = tab, null)")
    page.set_input_files(".ld-stage input[type=file]:not([hidden] *)", broken)
    page.wait_for_function("() => tab.header.scale.source === 'interpupillary_distance'")
    fresh.settle()
    # The picture is that of the new scale, and why there is no other photo still stands below it.
    status = page.locator(".ld-stage .ld-status")
    expect(status).to_contain_text("The JPEG file is damaged or incomplete (here: broken)")
    expect(status).to_have_class("ld-status ld-wrong")
    expect(told).not_to_be_empty()
    assert fresh.tab("tab.standing.outdated") is False
    assert fresh.tab("tab.photo.stem") == FIRST


@pytest.mark.parametrize("in_dialog", [False, True])
def test_what_is_asked_of_a_photo_that_goes_is_answered_in_words(
    fresh: Visit, in_dialog: bool
) -> None:
    page = fresh.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/ask/single/model*", hold, times=1)
    with page.expect_request("**/ask/single/model*"):
        page.set_input_files(".ld-stage input[type=file]:not([hidden] *)", weights.obtain(SECOND))
    if in_dialog:
        page.get_by_role("button", name=fresh.texts("handout.other")).click()
        page.get_by_role("dialog").get_by_role("button", name=fresh.texts("handout.png")).click()
        status = page.locator(".ld-handout [role=status]").first
    else:
        page.get_by_role("button", name=fresh.texts("handout.button"), exact=True).click()
        status = page.locator(".ld-stage .ld-status")
    asked = len(fresh.requests)
    held[0].continue_()
    expect(status).to_have_text(fresh.texts("photo.meanwhile"))
    fresh.settle()
    expect(status).to_have_text(fresh.texts("photo.meanwhile"))
    assert fresh.tab("tab.photo.stem") == SECOND
    assert not any(url.endswith("single/handout") for url in fresh.requests[asked:])
