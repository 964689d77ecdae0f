"""Tab 2 in a real browser: procedures side by side, and all of them as one plan."""

from __future__ import annotations

import re
from pathlib import Path

from form_tabs import answer, loaded, ready, saved
from playwright.sync_api import expect
from visits import Visit

from landmarkdiff.photo.manifest import read_manifest
from landmarkdiff.procedures import photo_procedure_names


def test_procedures_side_by_side(with_forms: Visit, tmp_path: Path) -> None:
    form = ready(with_forms, "comparison")
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
    name, data = saved(with_forms.page, gallery.get_by_role("link", name="Gallery (PNG)"))
    assert name == "astronaut-compare.png"
    (tmp_path / name).write_bytes(data)
    manifest = read_manifest(tmp_path / name)
    assert manifest is not None
    assert [panel["procedure"] for panel in manifest["panels"]] == ["lip_lift", "rhinoplasty"]


def test_holding_a_button_shows_the_photo_instead(with_forms: Visit) -> None:
    form = ready(with_forms, "comparison")
    form.get_by_role("checkbox", name="Brow lift").check()
    answer(form, "Compare")
    photos = form.locator("[data-part=gallery] .ld-swap-before")
    hold = form.get_by_role("button", name="Hold to see before")
    expect(photos.first).to_be_hidden()
    hold.hover()
    with_forms.page.mouse.down()
    expect(photos.first).to_be_visible()
    expect(hold).to_have_attribute("aria-pressed", "true")
    with_forms.page.mouse.move(5, 5)
    with_forms.page.mouse.up()
    expect(photos.first).to_be_hidden()
    hold.focus()
    with_forms.page.keyboard.down(" ")
    expect(photos.last).to_be_visible()
    with_forms.page.keyboard.up(" ")
    expect(photos.last).to_be_hidden()


def test_the_outline_and_blinking_are_switched_on_and_off(with_forms: Visit) -> None:
    form = ready(with_forms, "comparison")
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
    with_forms.page.emulate_media(reduced_motion="reduce")
    expect(blink).to_be_hidden()
    expect(gallery.locator("[data-blink]")).to_have_attribute("aria-pressed", "false")
    expect(photo).to_be_hidden()


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


def test_cancel_stops_and_keeps_the_last_result(with_forms: Visit) -> None:
    form = ready(with_forms, "comparison")
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


def test_an_error_is_a_sentence_beside_the_last_result(with_forms: Visit) -> None:
    form = ready(with_forms, "comparison")
    form.get_by_role("checkbox", name="Mentoplasty").check()
    answer(form, "Compare")
    slider = form.get_by_role("slider", name="Mentoplasty (chin): Intensity")
    slider.evaluate("(slider) => { slider.max = 300; slider.value = 250; }")
    form.get_by_role("button", name="Compare", exact=True).click()
    status = form.locator("form .ld-status")
    expect(status).to_contain_text("250")
    expect(status).to_have_class("ld-status ld-wrong")
    expect(form.locator("[data-part=gallery] figure")).to_have_count(2)
