"""What the page is told about the views: facts and sentences, ready for JSON."""

from __future__ import annotations

from typing import Any

from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.modes import mode_note
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.tabs.tiles import LAYERS, painting_marks
from landmarkdiff.ui.tabs.views.gallery import plan_words
from landmarkdiff.ui.tabs.views.photos import SessionViews, ViewResults, ViewTile
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.views import (
    EXPECTED_VIEWS,
    ExpectedView,
    ViewPhoto,
    judge_view,
)

__all__ = ["describe_views", "stage_words"]


def describe_views(session: Session, texts: Texts) -> dict[str, Any]:
    """Return the whole state of the tab: places, photos without one, plan, results."""
    with session.lock:
        views = SessionViews.of(session)
        consultation = session.consultation
        planned = consultation.settings if isinstance(consultation, Consultation) else None
        return {
            "places": [_place(views, view, texts) for view in EXPECTED_VIEWS],
            "unplaced": [_unplaced(views, photo, texts) for photo in views.views.unplaced],
            "count": len(views.views),
            "unsorted": views.unsorted,
            "plan": None if planned is None else plan_words(planned, texts),
            "mode": mode_note(planned, texts),
            "results": None if views.results is None else _results(views.results, texts),
        }


def stage_words(texts: Texts, done: int, total: int, what: str) -> str:
    """Return the words for a stage of the work on all views."""
    area, _, name = what.partition(".")
    if area == "progress" and name:
        return texts(what)
    number = texts("progress.view", number=min(done + 1, total), count=total)
    return f"{number}: {texts.view(what)}" if what else number


def _place(views: SessionViews, expected: ExpectedView, texts: Texts) -> dict[str, Any]:
    low, high = expected.yaw - expected.tolerance, expected.yaw + expected.tolerance
    photo = views.views.places.get(expected.name)
    return {
        "place": expected.name,
        "title": texts.view(expected.name),
        "expected": texts("views.expected_yaw", low=_degrees(low), high=_degrees(high)),
        "view": None if photo is None else _placed(views, photo, expected, texts),
    }


def _placed(
    views: SessionViews, photo: ViewPhoto, expected: ExpectedView, texts: Texts
) -> dict[str, Any]:
    verdict = judge_view(photo, expected)
    sentences = [texts.notice(notice) for notice in verdict.notices]
    said = texts("views.accepted" if verdict.accepted else "views.refused")
    return {
        **_photo(views, photo, texts, trusted=verdict.simulated or not expected.profile),
        "accepted": verdict.accepted,
        "simulated": verdict.simulated,
        "sentence": said,
        "remarks": sentences,
    }


def _unplaced(views: SessionViews, photo: ViewPhoto, texts: Texts) -> dict[str, Any]:
    title, sentence = texts.view("unknown"), texts("views.unplaced")
    return {**_photo(views, photo, texts), "title": title, "sentence": sentence}


def _photo(
    views: SessionViews, photo: ViewPhoto, texts: Texts, *, trusted: bool = True
) -> dict[str, Any]:
    kept, yaw = views.kept(photo), photo.measured_yaw if trusted else None
    measured = "" if yaw is None else texts("views.measured_yaw", degrees=_degrees(yaw))
    return {"id": kept.name, "blob": kept.blob, "yaw": yaw, "measured": measured}


def _degrees(value: float) -> str:
    return f"{round(value)}".replace("-", "\N{MINUS SIGN}")


def _results(results: ViewResults, texts: Texts) -> dict[str, Any]:
    return {
        "id": results.name,
        "title": plan_words(results.settings, texts),
        "gallery": results.gallery,
        "views": [_tile(tile, texts) for tile in results.tiles],
    }


def _tile(tile: ViewTile, texts: Texts) -> dict[str, Any]:
    return {
        "view": tile.view,
        "title": texts.view(tile.view),
        "before": tile.before,
        "after": tile.after or None,
        "layers": {name: blob for name in LAYERS if (blob := getattr(tile, name))},
        "marks": painting_marks((notice.code for notice in tile.notices), texts),
        "reason": "" if tile.refusal is None else texts.error(tile.refusal),
        # Of a photo that is only shown, nothing has to be minded but the reason.
        "notices": [texts.notice(notice) for notice in tile.notices if tile.refusal is None],
    }
