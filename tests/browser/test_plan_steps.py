"""The steps of a consultation by name, and two plans side by side."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from visits import SCHEMES, Visit, faults, show_in

from landmarkdiff.workflows.output.archive import read_consultation

TIP, BRIDGE = "rhinoplasty.tip_rotation", "rhinoplasty.alar_base_width"


@pytest.fixture
def visit(with_photo: Visit) -> Visit:
    """The shared page with its section of steps open."""
    section(with_photo).evaluate("(details) => { details.open = true; }")
    return with_photo


def section(visit: Visit) -> Locator:
    return visit.page.locator("[data-section=steps]")


def names(visit: Visit) -> list[str]:
    return section(visit).locator("ol button").all_inner_texts()


def change(visit: Visit, changes: str) -> None:
    visit.tab(f"tab.change({{ ...tab.settings, ...{changes} }}, {{ structural: true }})")
    visit.settle()


def test_steps_have_names_and_can_be_gone_back_to(visit: Visit) -> None:
    change(visit, f"{{ effects: {{ '{TIP}': 4.9 }} }}")
    change(visit, "{ intensity: { rhinoplasty: 70 } }")
    change(visit, "{ side: 'left' }")
    assert names(visit)[1:] == ["Tip rotation 4.9°", "Intensity 70 %", "Side: left"]
    current = section(visit).locator("[aria-current=step]")
    expect(current).to_have_text("Side: left")
    section(visit).get_by_role("button", name="Tip rotation 4.9°").click()
    visit.settle()
    expect(current).to_have_text("Tip rotation 4.9°")
    expect(current).to_be_focused()
    assert visit.settings["effects"] == {TIP: 4.9}
    assert (visit.settings["intensity"], visit.settings["side"]) == ({"rhinoplasty": 60}, "both")
    assert len(names(visit)) == 4  # those that come after are still there
    visit.page.get_by_role("button", name="Redo").click()
    visit.settle()
    expect(current).to_have_text("Intensity 70 %")


def test_two_plans_stand_side_by_side(visit: Visit) -> None:
    buttons = section(visit)
    change(visit, f"{{ effects: {{ '{TIP}': 2 }} }}")
    buttons.get_by_role("button", name="Keep as plan A").click()
    expect(buttons).to_contain_text("Tip rotation 2.0°")
    change(visit, f"{{ effects: {{ '{TIP}': 8 }} }}")
    buttons.get_by_role("button", name="Compare A and B").click()
    pair = visit.page.locator(".ld-plan-pair")
    labels = pair.locator(".ld-label:not(.ld-label-over)")
    expect(labels).to_have_text(["Plan A", "Plan B"])
    pictures = pair.locator("img[data-layer=final]")
    expect(pictures).to_have_count(2)
    visit.page.wait_for_function(
        "[...document.querySelectorAll('.ld-plan-pair img')].every((one) => one.naturalWidth > 300)"
    )
    # Both are reached, and the page's word covers the one that is drawn in each.
    visit.page.wait_for_function(
        "() => document.querySelector('.ld-plan-pair').getBoundingClientRect().bottom"
        " <= innerHeight + 1"
    )
    ends = """(link) => [".ld-label-over", "img[data-layer=final]"].map((one) =>
        link.querySelector(one).getBoundingClientRect().bottom)"""
    for link in pair.locator("a").all():
        over, picture = link.evaluate(ends)
        assert picture - 40 < over <= picture + 1
    assert difference(visit) > 30  # of 255, where the plans are farthest apart
    for scheme in SCHEMES:
        show_in(visit.page, scheme)
        assert faults(visit.page, ".ld-plan-pair") == []
    pictures.last.click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog.locator(".ld-label:not(.ld-label-over)")).to_have_text(["Plan A", "Plan B"])
    expect(dialog).to_have_attribute("data-shown", "0")
    visit.page.keyboard.press("Escape")
    buttons.get_by_role("button", name="Swap A and B").click()
    visit.settle()
    assert visit.settings["effects"] == {TIP: 2}
    assert visit.tab("tab.plans.kept.effects") == {TIP: 8}
    expect(pair).to_be_hidden()  # what was compared is not what the plans are now


def difference(visit: Visit) -> float:
    """How far the two pictures are apart at most, levels."""
    found: float = visit.page.evaluate(
        """() => {
            const images = [...document.querySelectorAll('.ld-plan-pair img[data-layer=final]')];
            const [a, b] = images.map((image) => {
                const pen = new OffscreenCanvas(200, 200).getContext('2d');
                pen.drawImage(image, 0, 0, 200, 200);
                return pen.getImageData(0, 0, 200, 200).data;
            });
            return a.reduce((most, level, at) => Math.max(most, Math.abs(level - b[at])), 0);
        }"""
    )
    return found


def test_steps_and_plan_a_are_kept_with_the_consultation(visit: Visit, tmp_path: Path) -> None:
    change(visit, f"{{ effects: {{ '{TIP}': 2 }} }}")
    visit.tab("tab.plans.keepPlan()")
    change(visit, f"{{ effects: {{ '{TIP}': 2, '{BRIDGE}': -1 }} }}")
    with visit.page.expect_download() as saving:
        visit.tab("tab.consultations.saveOpenly()")
    file = tmp_path / "consultation.landmarkdiff"
    saving.value.save_as(file)
    saved = read_consultation(file.read_bytes())
    assert saved.history.kept is not None
    assert saved.history.kept.effects == {TIP: 2.0}
    assert [one.effects for one in saved.history.past] == [{}, {TIP: 2.0}]
    before = visit.tab("tab.history.steps()")
    change(visit, "{ side: 'left' }")
    visit.page.set_input_files(".ld-bar input[type=file]", file)
    visit.settle()
    assert visit.tab("tab.history.steps()") == before
    assert visit.tab("tab.plans.kept.effects") == {TIP: 2}
