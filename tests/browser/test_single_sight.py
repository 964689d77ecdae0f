"""Tab 1: the picture stays in sight while a slider moves, on a desk, a tablet and a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from visits import Visit


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (820, 1180), (390, 844), (844, 390)])
def test_the_picture_stays_in_sight_at_the_last_slider(
    with_photo: Visit, width: int, height: int
) -> None:
    page = with_photo.page
    page.set_viewport_size({"width": width, "height": height})
    with_photo.reset()  # or another test's plan would still replace the sliders
    page.evaluate(
        "document.querySelectorAll('.ld-panel details').forEach((part) => { part.open = true; })"
    )
    slider = page.locator(".ld-panel input[type=range]").last
    slider.evaluate("(slider) => slider.scrollIntoView({ block: 'end' })")
    # The whole picture is in the window, and the slider below or beside it.
    page.wait_for_function(
        """() => {
          const sliders = [...document.querySelectorAll('.ld-panel input[type=range]')];
          const slider = sliders.at(-1).getBoundingClientRect();
          const stage = document.querySelector('.ld-live-stage').getBoundingClientRect();
          const viewer = document.querySelector('.ld-viewer').getBoundingClientRect();
          const apart = slider.top >= viewer.bottom - 1 || slider.left >= viewer.right - 1;
          return stage.top >= -1 && stage.bottom <= innerHeight + 1 && stage.height > 100
            && slider.bottom <= innerHeight + 1 && apart;
        }"""
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Going back by the Tab key, nothing that has the focus hides below the picture.
    first = page.get_by_label("Procedure", exact=True)
    for start in (page.locator(".ld-panel input[type=range]:enabled").last, first):
        start.focus()
        for _ in range(6):
            page.keyboard.press("Shift+Tab")
            assert page.evaluate(
                """() => {
                  const own = document.activeElement.getBoundingClientRect();
                  const picture = document.querySelector('.ld-picture').getBoundingClientRect();
                  return document.activeElement.closest('.ld-viewer')
                    || own.top >= picture.bottom - 1 || own.left >= picture.right - 1;
                }"""
            )


def test_the_view_opens_on_what_the_plan_changes(with_photo: Visit) -> None:
    page = with_photo.page
    page.set_viewport_size({"width": 1440, "height": 900})
    with_photo.reset()
    for procedure in ("mentoplasty", "brow_lift"):
        page.get_by_label("Procedure", exact=True).select_option(procedure)
        with_photo.settle()
        found = with_photo.tab(
            """(() => {
              const { view } = tab.preview;
              const [pane] = view.panes();
              const { changed, region, face } = tab.header.boxes;
              const at = (x, y) => view.toStage({ x, y }, pane);
              const first = at(changed.x, changed.y);
              const last = at(changed.x + changed.width, changed.y + changed.height);
              return {
                home: view.atHome,
                inside: first.x > 0 && first.y > 0 && last.x < pane.width && last.y < pane.height,
                left: first.x,
                line: tab.preview.divider * pane.width,
                part: region.height / face.height,
              };
            })()"""
        )
        assert found["home"]
        assert found["inside"]
        assert found["line"] < found["left"]
        assert found["part"] < 0.9
    # The patient is shown both faces.
    page.get_by_role("button", name="Patient view").click()
    assert with_photo.tab("tab.preview.mode") == "side"
    page.keyboard.press("Escape")
    assert with_photo.tab("tab.preview.mode") == "divider"


def test_escape_closes_the_loupe_before_the_patient_view(with_photo: Visit) -> None:
    page = with_photo.page
    page.get_by_role("button", name="Patient view").click()
    dialog = page.get_by_role("dialog", name="Patient view")
    dialog.get_by_role("button", name="Loupe").click()
    lens = dialog.locator(".ld-live-lens")
    expect(lens).to_be_visible()
    page.keyboard.press("Escape")
    expect(lens).to_be_hidden()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
