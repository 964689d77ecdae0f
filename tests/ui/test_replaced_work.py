"""Work that nobody waits for: replaced by the page's next question, or cancelled."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import waiting
from asking import OWNER, Line, Page
from event_loops import run_in_thread

from landmarkdiff.errors import WorkCancelled
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Job, stage_text
from landmarkdiff.ui.server.ask_route import AnswerLines
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import SessionStore
from landmarkdiff.workflows.settings import MOST_NUDGES, ConsultationSettings

#: As many points put right as a plan may have.
MANY = {"nudges": dict.fromkeys(range(MOST_NUDGES), (0.0, 1.0))}


def test_the_next_question_of_a_slot_takes_the_place_of_the_last() -> None:
    session = SessionStore().open(OWNER)
    first, head = session.replace("plan"), session.replace("head")
    first()
    second = session.replace("plan")
    with pytest.raises(WorkCancelled):
        first()
    second()
    head()
    # Another page of the same owner has slots of its own.
    other = SessionStore().open(OWNER)
    other.replace("plan")
    second()


def test_a_late_result_does_not_take_the_place_of_the_next_one(services: AppServices) -> None:
    """Both were computed, and the first comes to its file last."""
    session = services.store.open(OWNER)
    texts = Texts.load("en")
    first, second = (
        Job(services, session, session.case, texts, lambda *_: None, lambda _: None, newest)
        for newest in (session.replace("head"), session.replace("head"))
    )
    with second.files("views.head") as put:
        shown = put(b"head", "application/octet-stream", "head.bin")
    with pytest.raises(WorkCancelled), first.files("views.head"):
        pytest.fail("it was let in")
    assert session.blobs.in_slot("views.head") == (shown,)
    assert session.blobs.get(shown).data == b"head"


def test_a_page_computes_one_plan_at_a_time(page: Page, services: AppServices) -> None:
    """Two questions whose connections are both still there, as behind a proxy."""
    with ThreadPoolExecutor(2) as threads:
        with page.session.lock:  # as another piece of work holds it
            first = threads.submit(page.ask, "single/warp", **MANY)
            waiting.until(lambda: services.work.load == (1, 0))
            second = threads.submit(page.ask, "single/warp", procedures=["lip_lift"])
            waiting.until(lambda: services.work.load == (2, 0))
        (*_, ended), (*_, drawn) = first.result(), second.result()
    assert ended["code"] == "WorkCancelled"
    assert drawn["answer"]["values"]
    assert all(key.startswith("lip_lift.") for key in drawn["answer"]["values"])
    assert page.consultation.settings.procedures == ("lip_lift",)
    assert not page.consultation.settings.nudges


def test_putting_right_ends_where_nobody_waits(page: Page) -> None:
    """In the middle: the same landmarks would have taken the whole of it."""
    settings = ConsultationSettings(**MANY)
    looks = []

    def pause() -> None:
        looks.append(0)
        if len(looks) == 5:
            raise WorkCancelled

    for work in (page.consultation.prepared, page.consultation.live_model):
        looks.clear()
        with pytest.raises(WorkCancelled):
            work(settings, pause)
        assert len(looks) == 5
    looks.clear()
    with pytest.raises(WorkCancelled):
        page.consultation.simulate(settings, lambda *_: pause())
    assert len(looks) == 5


def test_fitting_a_head_ends_where_nobody_waits(page: Page) -> None:
    looks = []

    def pause() -> None:
        looks.append(0)
        if len(looks) == 3:  # the camera's rounds are over, the shape's have begun
            raise WorkCancelled

    with pytest.raises(WorkCancelled):
        page.consultation.head(page.consultation.settings, pause)
    assert len(looks) == 3


def test_cancel_ends_work_that_waits_for_the_page(page: Page, services: AppServices) -> None:
    with page.session.lock:
        lines = page.answering("single/warp", **json.loads(json.dumps(MANY)))
        thread = ThreadPoolExecutor(1)
        first = thread.submit(next, lines, None)
        waiting.until(lambda: services.work.load[0] == 1)
        page.session.stop()
    assert (first.result() or {}).get("code") == "WorkCancelled"
    thread.shutdown()
    waiting.until(lambda: services.work.load == (0, 0))
    assert not page.consultation.settings.nudges


@pytest.mark.parametrize(
    ("last", "kept"), [({"answer": 1}, 64), ({"code": "WorkCancelled"}, 0)], ids=["slow", "stopped"]
)
def test_what_a_page_does_not_read_is_not_kept(last: Line, kept: int) -> None:
    async def read() -> list[Line]:
        lines = AnswerLines(Texts.load("en"), stage_text)

        async def work() -> None:
            for number in range(1000):
                lines.add({"share": number})
            lines.add(last)

        lines.follow(work())
        return [line async for line in lines]

    assert run_in_thread(read()) == [{"share": number} for number in range(1000 - kept, 1000)] + [
        last
    ]
