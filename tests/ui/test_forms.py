"""Questions and answers of the tabs that are forms, and of pages without a photo."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from asking import OWNER, Page, photo_of

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import WorkCancelled
from landmarkdiff.texts import Texts, languages
from landmarkdiff.ui.server.case import Case
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.registry import find_tabs

FORMS = ("comparison", "sweep", "analysis")


@pytest.mark.parametrize("tab", FORMS)
def test_a_form_is_opened_by_the_mark_of_its_case(
    services: AppServices, astronaut: ImageArray, tmp_path: Path, tab: str
) -> None:
    page = Page(services)
    assert page.answer(f"{tab}/open")["photo"] is None
    page.open_photo(photo_of(astronaut, tmp_path))
    first = page.answer(f"{tab}/open")["photo"]
    assert first == page.session.case.mark
    assert page.answer(f"{tab}/open")["photo"] == first
    page.open_photo(page.consultation.photo)
    assert page.answer(f"{tab}/open")["photo"] != first


def test_a_slot_holds_the_last_result_only(
    services: AppServices, astronaut: ImageArray, tmp_path: Path
) -> None:
    page = Page(services)
    page.open_photo(photo_of(astronaut, tmp_path))
    for kind in ("compare", "combine"):
        fields = {"procedures": ["lip_lift", "rhinoplasty"]}
        page.answer(f"comparison/{kind}", **fields)
    stored = page.session.blobs.in_slot("comparison.combined")
    assert len(stored) == 4  # the face before and after, and close up
    page.answer("comparison/combine", **fields)
    again = page.session.blobs.in_slot("comparison.combined")
    assert len(again) == 4
    assert not set(stored) & set(again)
    # What the other button shows stays.
    assert len(page.session.blobs.in_slot("comparison.gallery")) == 8


def test_work_on_another_case_is_of_no_use(services: AppServices) -> None:
    session = services.store.open(OWNER)
    case = session.case
    session.require(case)
    session.begin(Case())
    with pytest.raises(WorkCancelled):
        session.require(case)


class Balance(HTMLParser):
    """Notes what is opened and not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"input", "img", "br", "meta", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("tab", find_tabs(), ids=lambda tab: tab.name)
def test_the_html_of_a_tab_is_whole(services: AppServices, language: str, tab: object) -> None:
    html = tab.page(Texts.load(language), services)  # type: ignore[attr-defined]
    balance = Balance()
    balance.feed(html)
    assert balance.open == []
    assert html.count("<form") == (1 if tab.name in FORMS else 0)  # type: ignore[attr-defined]
