"""Tab 3 in a real browser: the sweep of one procedure, played and saved."""

from __future__ import annotations

import io

from form_tabs import answer, loaded, ready, saved
from PIL import Image, ImageSequence
from playwright.sync_api import expect
from visits import Visit


def test_a_sweep_plays_and_can_be_saved(with_forms: Visit) -> None:
    page, form = with_forms.page, ready(with_forms, "sweep")
    expect(form.get_by_label("Procedure")).to_have_value("rhinoplasty")
    form.get_by_label("Procedure").select_option("mentoplasty")
    steps = form.get_by_role("slider", name="Steps")
    steps.focus()
    page.keyboard.press("Home")
    expect(form.locator("output[for=ld-sweep-steps]")).to_have_text("3")
    page.keyboard.press("ArrowRight")
    answer(form, "Compute the sweep")
    gallery = form.locator("[data-part=gallery]")
    captions = gallery.locator("figure strong")
    expect(captions).to_have_text(["Intensity 0", "Intensity 33", "Intensity 67", "Intensity 100"])
    expect(gallery.locator("figcaption").last).to_contain_text("largest movement")
    assert set(loaded(gallery)) == {560}
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
    # The pictures are there: playing asks for nothing. That the page is alive it says by the clock.
    assert [url for url in asked if not url.endswith("/alive")] == []
    for kind in ("GIF", "WebP"):
        name, data = saved(page, gallery.get_by_role("link", name=kind))
        assert name == f"astronaut-sweep-mentoplasty.{kind.lower()}"
        with Image.open(io.BytesIO(data)) as animation:
            frames = sum(1 for _ in ImageSequence.Iterator(animation))
            assert (animation.format, frames) == (kind.upper(), 6)


def test_nothing_plays_for_who_wants_less_motion(with_forms: Visit) -> None:
    with_forms.page.emulate_media(reduced_motion="reduce")
    form = ready(with_forms, "sweep")
    answer(form, "Compute the sweep")
    player = form.locator("[data-player]")
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    expect(player).to_have_attribute("data-playing", "false")
