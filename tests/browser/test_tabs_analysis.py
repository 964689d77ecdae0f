"""Tab 4 in a real browser: the analysis of a photo, and its lines on the face."""

from __future__ import annotations

import re

from form_tabs import loaded, ready
from playwright.sync_api import expect
from running_app import go_to_tab
from visits import Visit

from landmarkdiff.measurements import MEASUREMENT_NAMES


def test_the_analysis_runs_by_itself_and_once(fresh: Visit) -> None:
    form = ready(fresh, "analysis")
    expect(form).to_have_attribute("data-answered", "1")
    findings = form.locator("[data-part=findings]")
    expect(findings).to_contain_text("Type I, from the photo")
    expect(findings).to_contain_text("Frontal")
    expect(findings).to_contain_text("No quality problem was found.")
    measurements = form.locator("[data-part=measurements]")
    table = measurements.get_by_role("table").first
    expect(table.get_by_role("row").nth(1)).to_contain_text("Intercanthal width")
    expect(table).to_contain_text("within the range")
    expect(measurements).to_contain_text("They are not a goal.")
    assert loaded(measurements)[0] > 100
    go_to_tab(fresh.page, "Comparison")
    ready(fresh, "analysis")
    expect(form).to_have_attribute("data-opened", "2")
    expect(form).to_have_attribute("data-answered", "1")
    form.get_by_label("Set the Fitzpatrick type").select_option("IV")
    expect(findings).to_contain_text("Type IV, set by the clinician")


#: A place on a line beside its middle, where others cross it, in the window.
PLACE_ON_LINE = """(line) => {
  const place = line.getPointAtLength(0.12 * line.getTotalLength());
  const { x, y } = place.matrixTransform(line.getScreenCTM());
  return [x, y];
}"""


def test_a_measurement_is_pointed_at_in_the_table_and_on_the_face(with_forms: Visit) -> None:
    form = ready(with_forms, "analysis")
    drawn = form.locator(".ld-drawn-face")
    expect(drawn).to_be_visible()
    number = MEASUREMENT_NAMES.index("mouth_width") + 1
    line, row = (form.locator(f"[data-{kind}='{number}']") for kind in ("number", "row"))
    button = row.get_by_role("button", name="Show on the photo: Mouth width")
    expect(line).not_to_have_class(re.compile("ld-pointed"))
    button.focus()
    with_forms.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(line).to_have_class(re.compile("ld-pointed"))
    expect(form.locator(".ld-drawn-face .ld-pointed")).to_have_count(1)
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    # On the face the line is hovered, and its row stands out.
    with_forms.page.mouse.move(0, 0)
    drawn.scroll_into_view_if_needed()
    x, y = line.locator(".ld-line").evaluate(PLACE_ON_LINE)
    with_forms.page.mouse.move(x, y)
    expect(row).to_have_class(re.compile("ld-pointed"))
    layers = form.get_by_role("group", name="Lines on the photo")
    for title, name, shown in (("Thirds", "thirds", False), ("Nose", "nose", True)):
        group = form.locator(f"[data-lines={name}]")
        expect(group).to_be_visible() if shown else expect(group).to_be_hidden()
        layers.get_by_label(title, exact=True).set_checked(not shown)
        expect(group).to_be_hidden() if shown else expect(group).to_be_visible()
