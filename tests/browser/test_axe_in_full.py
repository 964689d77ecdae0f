"""Axe-core finds nothing at all, not even what it calls minor, in any tab."""

from __future__ import annotations

from form_tabs import answer, form_of, ready
from playwright.sync_api import expect
from running_app import go_to_tab
from visits import Visit, faults


def test_the_consultation_is_without_a_finding(with_photo: Visit) -> None:
    page = with_photo.page
    sections = page.locator("#ld-single details")
    sections.evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
    expect(page.get_by_role("toolbar", name=with_photo.texts("head.views"))).to_be_visible()
    assert faults(page, every=True) == []
    page.get_by_role("button", name=with_photo.texts("handout.other"), exact=True).click()
    assert faults(page, every=True) == []
    page.keyboard.press("Escape")
    with_photo.tab("tab.patient.toggle(true)")
    with_photo.settle()
    assert faults(page, every=True) == []


def test_the_other_tabs_are_without_a_finding(with_forms: Visit) -> None:
    page, texts = with_forms.page, with_forms.texts
    sweep = ready(with_forms, "sweep")
    answer(sweep, texts("sweep.run"))
    assert faults(page, every=True) == []
    sweep.locator("[data-part=gallery] a.ld-swap").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults(page, every=True) == []
    page.keyboard.press("Escape")
    ready(with_forms, "comparison")
    assert faults(page, every=True) == []
    expect(form_of(with_forms, "analysis")).to_have_attribute("data-answered", "1")
    assert faults(page, every=True) == []
    go_to_tab(page, texts("tab.views"))
    page.wait_for_selector(".ld-place")
    assert faults(page, every=True) == []
