"""A consultation under a passphrase: saved by the page, asked for, opened."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect
from running_app import Served, add_photo
from visits import SCHEMES, Visit, faults, new_context, show_in

from landmarkdiff import weights
from landmarkdiff.workflows.output.encryption import is_encrypted

TIP = "rhinoplasty.tip_rotation"
WORDS = "a quiet consultation"


def test_a_consultation_is_saved_and_opened_under_a_passphrase(
    browser: Browser, app: Served, tmp_path: Path
) -> None:
    visit = Visit(new_context(browser), app.url)
    page = visit.page
    add_photo(page, Path(weights.obtain("astronaut")))
    visit.tab("tab.change({ ...tab.settings, effects: values[0] })", {TIP: 2})
    visit.settle()
    form = page.locator(".ld-consultations")
    page.locator("[data-section=consultation] > summary").click()
    form.get_by_label("Passphrase", exact=True).fill(WORDS)
    form.get_by_label("The passphrase again").fill(WORDS[:-1])
    save = form.get_by_role("button", name="Save under a passphrase")
    save.click()
    expect(form.get_by_role("status")).to_have_text("The two passphrases differ.")
    form.get_by_label("The passphrase again").fill(WORDS)
    for scheme in SCHEMES:
        show_in(page, scheme)
        assert faults(page, ".ld-consultations") == []
    with page.expect_download() as saving:
        save.click()
    file = tmp_path / "consultation.landmarkdiff"
    saving.value.save_as(file)
    assert is_encrypted(file.read_bytes())
    expect(form.get_by_label("Passphrase", exact=True)).to_have_value("")
    before = visit.tab("tab.history.steps()")
    visit.tab("tab.change({ ...tab.settings, effects: {} })")
    visit.settle()
    page.set_input_files(".ld-bar input[type=file]", file)
    lock = page.get_by_role("group", name="This consultation is under a passphrase.")
    key = lock.get_by_label("Passphrase")
    expect(key).to_be_focused()
    assert faults(page, ".ld-go-on:not([hidden])") == []
    key.fill("another passphrase")
    key.press("Enter")
    expect(lock).to_contain_text("not the passphrase")
    assert visit.settings["effects"] == {}  # what was there is there
    key.fill(WORDS)
    key.press("Enter")
    expect(lock).to_be_hidden()
    visit.settle()
    assert visit.tab("tab.history.steps()") == before
    visit.end()
