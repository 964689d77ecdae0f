"""Tab 1 where a value set by hand comes to lie beyond its range: it follows, and that is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect
from running_app import add_photo
from visits import Visit

from landmarkdiff import weights

#: Its range is a share of the width of the face.
WIDTH = "rhinoplasty.alar_base_width"
#: The end of its range on the photo that is shown.
END = "tab.header.outline.find((one) => one.key === values[0]).band.high"


def set_to_the_end(visit: Visit) -> float:
    end: float = visit.tab(END, WIDTH)
    field = visit.page.locator(f"[data-key='{WIDTH}'] input[type=number]")
    field.fill(str(end))
    visit.page.keyboard.press("Tab")
    visit.settle()
    return end


def said_of(visit: Visit, value: float) -> str:
    effect = f"Alar base width {value:.1f} mm"
    return visit.texts("single.kept_within", effects=effect)


def test_a_value_follows_the_scale_of_its_photo(with_photo: Visit) -> None:
    page = with_photo.page
    status = page.locator(".ld-stage .ld-status")
    page.locator(".ld-panel summary", has_text=with_photo.texts("scale.title")).click()
    field = page.get_by_label(with_photo.texts("scale.ipd"))
    field.fill("70")
    field.press("Tab")
    with_photo.settle()
    first = set_to_the_end(with_photo)
    before = with_photo.tab("tab.preview.photo.mmPerPx")
    steps = with_photo.tab("tab.history.past.length")
    field.fill("55")
    field.press("Tab")
    with_photo.settle()
    # The picture is measured by the new scale, and the plan lies within its ranges.
    assert with_photo.tab("tab.preview.photo.mmPerPx") == pytest.approx(before * 55 / 70)
    end = with_photo.tab(END, WIDTH)
    assert end == pytest.approx(first * 55 / 70, rel=1e-3)
    assert with_photo.settings["effects"] == {WIDTH: end}
    assert with_photo.tab("tab.preview.values[values[0]]", WIDTH) == pytest.approx(end)
    expect(status).to_have_text(said_of(with_photo, end))
    assert with_photo.tab("tab.standing.outdated") is False
    # It came with the scale, and goes with it.
    assert with_photo.tab("tab.history.past.length") == steps + 1
    page.get_by_role("button", name=with_photo.texts("single.undo")).click()
    with_photo.settle()
    assert with_photo.settings["effects"][WIDTH] == pytest.approx(first, abs=1e-3)
    expect(status).to_have_text("")


def test_what_is_locked_again_comes_back_into_its_range(with_photo: Visit) -> None:
    end = with_photo.tab(END, WIDTH)
    with_photo.tab(
        """(tab.change({
            ...tab.settings,
            unlock: true,
            effects: { [values[0]]: values[1] },
            intensity: { rhinoplasty: 185 },
        }), null)""",
        WIDTH,
        2 * end,
    )
    with_photo.settle()
    assert with_photo.values[WIDTH] == 2 * end
    with_photo.page.get_by_label(with_photo.texts("single.unlock")).uncheck()
    with_photo.settle()
    assert with_photo.settings["effects"] == {WIDTH: end}
    assert with_photo.settings["intensity"] == {"rhinoplasty": 100}
    moved = f"{with_photo.texts('single.intensity')} 100 %, Alar base width {end:.1f} mm"
    expect(with_photo.page.locator(".ld-stage .ld-status")).to_have_text(
        with_photo.texts("single.kept_within", effects=moved)
    )


def test_a_plan_that_is_kept_lies_within_the_ranges_of_the_next_face(
    empty: Visit, portrait: Path
) -> None:
    page = empty.page
    add_photo(page, Path(weights.obtain("grace_hopper")))
    first = set_to_the_end(empty)
    add_photo(page, portrait, typical=False)
    empty.settle()
    end = empty.tab(END, WIDTH)
    status = page.locator(".ld-stage .ld-status")
    # It has less room.
    assert abs(end) < 0.99 * abs(first)
    expect(status).to_have_text(f"{empty.texts('photo.plan_kept')} {said_of(empty, end)}")
    assert empty.settings["effects"] == {WIDTH: end}
