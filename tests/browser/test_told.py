"""Tab 1 on a plan: how much of it is shown, which way is more, and the patient's share of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from visits import Visit

PLANS: dict[str, dict[str, Any]] = {
    "typical": {"procedures": ["rhinoplasty"], "intensity": {"rhinoplasty": 60}, "effects": {}},
    "by hand": {
        "procedures": ["rhinoplasty"],
        "intensity": {"rhinoplasty": 0},
        "effects": {"rhinoplasty.tip_projection": 2.0, "rhinoplasty.tip_width": -1.0},
    },
    "beyond": {
        "procedures": ["rhinoplasty"],
        "intensity": {"rhinoplasty": 185},
        "effects": {},
        "unlock": True,
    },
}


def plan(with_photo: Visit, name: str) -> dict[str, float]:
    with_photo.tab("tab.change({...tab.settings, ...values[0]}, {structural: true})", PLANS[name])
    with_photo.settle()
    return with_photo.values


def slide(with_photo: Visit, slider: Any, value: float) -> None:
    """Move a slider and let it go, as a hand does."""
    slider.evaluate(
        """(one, value) => {
            one.value = value;
            one.dispatchEvent(new Event('input', { bubbles: true }));
            one.dispatchEvent(new Event('change', { bubbles: true }));
        }""",
        value,
    )
    with_photo.settle()


def test_the_sentence_is_that_of_the_picture_beside_it(with_photo: Visit) -> None:
    plan(with_photo, "typical")
    told = with_photo.page.locator(".ld-stage .ld-told")
    expect(told).to_contain_text("of the plan. ")
    expect(told).to_contain_text("look at the other views")
    expect(with_photo.page.locator(".ld-status").first).not_to_contain_text("plan")
    # What moves is another picture: nothing is said of it until it was measured.
    with_photo.tab("tab.effects.slideLevel('rhinoplasty', 100, false)")
    expect(told).to_have_text("")


def test_a_rising_intensity_moves_every_slider_to_the_right(with_photo: Visit) -> None:
    places = """[...document.querySelectorAll('input[data-effect]')].map((one) => {
        const share = (one.valueAsNumber - one.min) / (one.max - one.min);
        return [one.dataset.effect, one.dir === 'rtl' ? 1 - share : share];
    })"""
    for name in ("rhinoplasty", "orthognathic"):
        settings = {"procedures": [name], "intensity": {name: 0}, "effects": {}}
        with_photo.tab("tab.change({...tab.settings, ...values[0]}, {structural: true})", settings)
        with_photo.settle()
        before = dict(with_photo.page.evaluate(places))
        with_photo.tab(f"tab.effects.slideLevel('{name}', 100, false)")
        after = dict(with_photo.page.evaluate(places))
        assert len({key for key in after if after[key] > before[key] + 0.05}) >= 2
        assert {key for key in after if after[key] < before[key]} == set()


def test_the_ends_of_a_slider_are_named_and_the_keys_follow_them(with_photo: Visit) -> None:
    plan(with_photo, "typical")
    page = with_photo.page
    key = "rhinoplasty.alar_base_width"
    row = page.locator(f".ld-effect[data-key='{key}']")
    expect(row.locator(".ld-ends span")).to_have_text(["wider", "narrower"])
    left, right = (row.locator(".ld-ends span").nth(n).bounding_box()["x"] for n in (0, 1))
    assert left < right
    slider = row.locator("input[type=range]")
    for pressed, sign in (("ArrowRight", -1), ("ArrowUp", -1), ("ArrowLeft", 1), ("ArrowDown", 1)):
        before = with_photo.values[key]
        slider.press(pressed)
        assert 0 < sign * (with_photo.values[key] - before) < 0.1
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^-\d\.\d mm, narrower$"))
    slider.press("End")  # the far right: as much as the usual range allows
    low = with_photo.tab(f"tab.header.outline.find((one) => one.key === '{key}').band.high")
    assert with_photo.values[key] == pytest.approx(low, abs=0.05)  # a step of the slider
    with_photo.settle()
    words = page.locator(".ld-panel").inner_text() + page.locator("[data-results]").inner_text()
    assert "band" not in words.lower()
    assert "applied" not in words.lower()


@pytest.mark.parametrize("name", ["by hand", "beyond"])
def test_the_patient_s_slider_goes_from_the_photo_to_the_plan_and_back(
    with_photo: Visit, name: str
) -> None:
    whole = plan(with_photo, name)
    settings = with_photo.settings
    page = with_photo.page
    page.get_by_role("button", name="Patient view").click()
    slider = page.get_by_role("slider", name="How much?")
    expect(slider).to_have_value("100")
    slide(with_photo, slider, 0)
    assert set(with_photo.values.values()) == {0}
    assert set(with_photo.tab("tab.preview.values").values()) == {0}
    told = "Nothing is planned, so the picture is the photo."
    expect(page.locator(".ld-stage .ld-told")).to_have_text(told)
    slide(with_photo, slider, 40)
    assert with_photo.values == pytest.approx({k: 0.4 * v for k, v in whole.items()}, abs=1e-3)
    said = page.locator(".ld-patient-range")
    if name == "beyond":
        expect(said).to_have_text("The usual range ends at 40 % of the plan.")
        slide(with_photo, slider, 100)
        expect(said).to_have_text("Beyond the usual range, which ends at 40 % of the plan.")
    else:
        expect(said).to_have_text("All of it lies within the usual range.")
        slide(with_photo, slider, 100)
    assert with_photo.values == pytest.approx(whole)
    slide(with_photo, slider, 30)
    page.keyboard.press("Escape")
    with_photo.settle()
    # Looking changes nothing: the plan is what it was.
    assert with_photo.settings == settings
    assert with_photo.values == pytest.approx(whole)
