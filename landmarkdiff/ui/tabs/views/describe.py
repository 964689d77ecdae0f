"""What the page is told about the views, in words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from landmarkdiff.configuration import Configuration
from landmarkdiff.inference.merged_notices import merged_notices
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Answer
from landmarkdiff.ui.server.case import Case, ViewPictures, ViewResults
from landmarkdiff.ui.server.modes import mode_note
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.tabs import tiles
from landmarkdiff.ui.tabs.views.gallery import kept_within, plan_in_words
from landmarkdiff.ui.tabs.views.person import PersonCard, person_card
from landmarkdiff.ui.tabs.views.photos import ViewPhotos
from landmarkdiff.workflows.output.pictures import FRAME_SIZE
from landmarkdiff.workflows.settings import ConsultationSettings
from landmarkdiff.workflows.view_corrections import takes_profile_points
from landmarkdiff.workflows.views import (
    EXPECTED_VIEWS,
    ExpectedView,
    ViewPhoto,
    judge_view,
)

__all__ = [
    "PhotoCard",
    "Place",
    "ResultCard",
    "Results",
    "ViewsAnswer",
    "describe",
    "of_all_views",
    "stage_text",
]


@dataclass(frozen=True)
class PhotoCard:
    """A photo of the set.

    Attributes
    ----------
    id, blob : str
        Its name, and its thumbnail.
    title, sentence : str
    yaw : float or None
        Measured turn of the head, degrees; None where it cannot be trusted.
    measured : str
        The same in words.
    accepted, simulated : bool
        Whether it fits its place, and whether it can carry a plan.
    notices : tuple of str
    points : bool
        Whether points of a profile can be placed in it.
    """

    id: str
    blob: str
    title: str
    sentence: str
    yaw: float | None
    measured: str
    accepted: bool = False
    simulated: bool = False
    notices: tuple[str, ...] = ()
    points: bool = False


@dataclass(frozen=True)
class Place:
    """One of the five places, and the photo in it."""

    place: str
    title: str
    expected: str
    view: PhotoCard | None


@dataclass(frozen=True)
class ResultCard:
    """One view before and after.

    Attributes
    ----------
    view, title : str
    before, after : str
        Blobs; ``after`` is empty where there is no simulation.
    layers : mapping of {"warp", "raw"} to str
        Blobs of what a painting came from.
    marks : tuple of str
    reason : str
        Why there is no simulation.
    notices : tuple of str
    label, label_place : str
        The word that is drawn into the simulation, and the style of the page's own over it.
    """

    view: str
    title: str
    before: str
    after: str
    layers: Mapping[str, str]
    marks: tuple[str, ...]
    reason: str
    notices: tuple[str, ...]
    label: str
    label_place: str


@dataclass(frozen=True)
class Results:
    """One plan in all views.

    Attributes
    ----------
    id : str
        Another for every run.
    title, kept : str
        The plan in words, and what of it lies at the ends of these photos' ranges; or empty.
    gallery : str
        A blob.
    views : tuple of ResultCard
    outdated : bool
        Whether the first tab plans something else by now.
    """

    id: str
    title: str
    kept: str
    gallery: str
    views: tuple[ResultCard, ...]
    outdated: bool


@dataclass(frozen=True)
class ViewsAnswer(Answer):
    """The whole state of the tab.

    Attributes
    ----------
    places : tuple of Place
    unplaced : tuple of PhotoCard
        Photos in which nothing tells the view.
    count : int
    unsorted : bool
        Whether sorting by the measured turn would change places.
    plan, mode : str
        The first tab's plan and the network that repaints, in words; empty without any.
    person : PersonCard
    head_of : str
        Names the photos and the plan that the head shows: another one where they are others.
    results : Results or None
    """

    places: tuple[Place, ...]
    unplaced: tuple[PhotoCard, ...]
    count: int
    unsorted: bool
    plan: str
    mode: str
    person: PersonCard
    head_of: str
    results: Results | None


def describe(
    session: Session, case: Case, texts: Texts, configuration: Configuration
) -> ViewsAnswer:
    """Return the whole state of the tab."""
    photos, confirmed = case.views.photos, case.views.confirmed
    # What it finds is kept with the photos: only a new one takes longer than a moment.
    person = person_card(photos, configuration, texts, confirmed=confirmed)
    with session.lock:
        views, settings = ViewPhotos(session, case), case.settings
        return ViewsAnswer(
            tuple(_place(views, expected, texts) for expected in EXPECTED_VIEWS),
            tuple(_unplaced(views, photo, texts) for photo in views.photos.unplaced),
            len(views.photos),
            views.unsorted,
            "" if settings is None else plan_in_words(settings, texts),
            mode_note(settings, texts),
            person,
            _head_of(views, settings),
            None if views.results is None else _results(views.results, settings, texts),
        )


def _head_of(views: ViewPhotos, settings: ConsultationSettings | None) -> str:
    """Names of the photos, and a sum of the points placed in them and of the first tab's plan."""
    photos = "+".join(sorted(views.stored(photo).name for _, photo in views.photos))
    plan = "" if settings is None else settings.model_dump_json(exclude={"annotations"})
    plan += "".join(str(photo.placed.to_dict()) for _, photo in views.photos)
    return f"{photos} {hashlib.sha256(plan.encode()).hexdigest()[:16]}"


def stage_text(texts: Texts, done: int, total: int, what: str) -> str:
    """Return the words for a stage of the work on all views."""
    area, _, name = what.partition(".")
    if area == "progress" and name:
        return texts(what)
    number = texts("progress.view", number=min(done + 1, total), count=total)
    return f"{number}: {texts.view(what)}" if what else number


def _place(views: ViewPhotos, expected: ExpectedView, texts: Texts) -> Place:
    low, high = expected.yaw - expected.tolerance, expected.yaw + expected.tolerance
    photo = views.photos.places.get(expected.name)
    return Place(
        expected.name,
        texts.view(expected.name),
        texts("views.expected_yaw", low=_degrees(low), high=_degrees(high)),
        None if photo is None else _placed(views, photo, expected, texts),
    )


def _placed(views: ViewPhotos, photo: ViewPhoto, expected: ExpectedView, texts: Texts) -> PhotoCard:
    verdict, stored = judge_view(photo, expected), views.stored(photo)
    yaw = photo.measured_yaw if verdict.simulated or not expected.profile else None
    return PhotoCard(
        stored.name,
        stored.blob,
        texts.view(expected.name),
        texts("views.accepted" if verdict.accepted else "views.refused"),
        yaw,
        _measured(yaw, texts),
        verdict.accepted,
        verdict.simulated,
        tuple(texts.notice(notice) for notice in verdict.notices),
        takes_profile_points(stored.found),
    )


def _unplaced(views: ViewPhotos, photo: ViewPhoto, texts: Texts) -> PhotoCard:
    stored, yaw = views.stored(photo), photo.measured_yaw
    return PhotoCard(
        stored.name,
        stored.blob,
        texts.view("unknown"),
        texts("views.unplaced"),
        yaw,
        _measured(yaw, texts),
        points=takes_profile_points(stored.found),
    )


def _measured(yaw: float | None, texts: Texts) -> str:
    return "" if yaw is None else texts("views.measured_yaw", degrees=_degrees(yaw))


def _degrees(value: float) -> str:
    return f"{round(value)}".replace("-", "\N{MINUS SIGN}")


def of_all_views(settings: ConsultationSettings) -> ConsultationSettings:
    """Return the first tab's settings without what they say of its photo alone."""
    return settings.model_copy(update={"nudges": {}, "profile_points": {}, "face": 0})


def _results(results: ViewResults, settings: ConsultationSettings | None, texts: Texts) -> Results:
    return Results(
        results.name,
        plan_in_words(results.carried, texts),
        kept_within(results.settings, results.carried, texts),
        results.gallery,
        tuple(_result(one, texts) for one in results.pictures),
        settings is not None and of_all_views(settings) != results.settings,
    )


def _result(pictures: ViewPictures, texts: Texts) -> ResultCard:
    refusal = pictures.refusal
    # Of a photo that is only shown, nothing has to be minded but the reason.
    notices = pictures.notices if refusal is None else ()
    return ResultCard(
        pictures.view,
        texts.view(pictures.view),
        pictures.before,
        pictures.after.get("final", ""),
        {name: pictures.after[name] for name in tiles.layers_of([pictures.after])},
        tiles.notice_marks(pictures.notices, texts),
        "" if refusal is None else texts.error(refusal),
        tuple(texts.notice(notice) for notice in merged_notices(notices)),
        pictures.label,
        tiles.over_label(pictures.label, FRAME_SIZE) if pictures.label else "",
    )
