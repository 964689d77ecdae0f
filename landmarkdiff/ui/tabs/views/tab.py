"""What the fifth tab asks and answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.photo import PhotoLimits
from landmarkdiff.profile import ProfileCorrections
from landmarkdiff.ui.server.ask import (
    PHOTO,
    Answer,
    Empty,
    FileAnswer,
    Job,
    Kind,
    Question,
    UploadRule,
    always,
)
from landmarkdiff.ui.server.case import Case
from landmarkdiff.ui.tabs.heads import HeadFormat
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.ui.tabs.views.describe import ViewsAnswer, describe, of_all_views, stage_text
from landmarkdiff.ui.tabs.views.gallery import make_gallery, make_report
from landmarkdiff.ui.tabs.views.head import ViewsHeadAnswer, file_of_views_head, views_head
from landmarkdiff.ui.tabs.views.person import one_person_in_words
from landmarkdiff.ui.tabs.views.photos import ViewPhotos
from landmarkdiff.ui.tabs.views.profile_points import (
    ProfileAnswer,
    ProfilePoints,
    place_points,
    show_profile,
)
from landmarkdiff.ui.templates import Templates
from landmarkdiff.workflows.guidance import hint_for
from landmarkdiff.workflows.settings import MOST_PROFILE_POINTS, ConsultationSettings
from landmarkdiff.workflows.view_persons import person_record
from landmarkdiff.workflows.views import expected_view

__all__ = ["FRAME_BYTES", "FRAME_SIDE", "TAB", "plan_settings"]

#: A frame of the camera that is looked at for a hint, pixels.
FRAME_SIDE = 640
FRAME_BYTES = 512 * 1024
FRAME = UploadRule(seconds=10.0, max_bytes=FRAME_BYTES)


class AddQuestion(Question):
    """A photo by the name of its file, and the place it is for."""

    name: str = ""
    place: str | None = None


class HintQuestion(Question):
    """The place that the camera is to take a photo for."""

    place: str


class PhotoQuestion(Question):
    """A photo of the set, by its id."""

    photo: str


class MoveQuestion(PhotoQuestion):
    """Where a photo of the set is to go."""

    place: str


class PointsQuestion(PhotoQuestion):
    """Points of a photo's profile that a hand has placed, pixels; none of them undoes all."""

    points: dict[str, tuple[float, float]] = Field(
        default_factory=dict, max_length=MOST_PROFILE_POINTS
    )


class ConfirmQuestion(Question):
    """The surgeon's word on photos that may show two people."""

    one_person: bool


class PlanQuestion(Question):
    """A procedure and its intensity, used where the first tab has no photo."""

    procedure: str = ""
    intensity: float | None = None


class HeadFileQuestion(PlanQuestion):
    """Which file of the head."""

    file: HeadFormat


class ReportQuestion(Question):
    """Names for the report; they go nowhere else."""

    patient: str = ""
    surgeon: str = ""


@dataclass(frozen=True)
class HintAnswer(Answer):
    """What the person in front of the camera should do."""

    ok: bool
    code: str
    text: str


def _state(job: Job, _question: Question | None = None) -> ViewsAnswer:
    return describe(job.session, job.case, job.texts, job.services.configuration)


def _add(job: Job, question: AddQuestion) -> ViewsAnswer:
    if question.place is not None:
        expected_view(question.place)
    photo = job.photo(question.name)
    job.progress(1, 2, "progress.landmarks")
    ViewPhotos(job.session, job.case).add(job.services.pipeline, photo, question.place)
    return _state(job)


def _hint(job: Job, question: HintQuestion) -> HintAnswer:
    expected = expected_view(question.place)
    photo = job.photo("", PhotoLimits(3 * FRAME_SIDE**2, FRAME_BYTES))
    hint = hint_for(photo.pixels, expected)
    return HintAnswer(hint.ok, hint.code, job.texts(hint.key, **hint.params))


def _move(job: Job, question: MoveQuestion) -> ViewsAnswer:
    ViewPhotos(job.session, job.case).move(question.photo, question.place)
    return _state(job)


def _remove(job: Job, question: PhotoQuestion) -> ViewsAnswer:
    ViewPhotos(job.session, job.case).remove(question.photo)
    return _state(job)


def _sort(job: Job, _question: Empty) -> ViewsAnswer:
    ViewPhotos(job.session, job.case).sort()
    return _state(job)


def _clear(job: Job, _question: Empty) -> ViewsAnswer:
    ViewPhotos(job.session, job.case).clear()
    return _state(job)


def _confirm(job: Job, question: ConfirmQuestion) -> ViewsAnswer:
    ViewPhotos(job.session, job.case).confirm(one_person=question.one_person)
    return _state(job)


def _profile(job: Job, question: PhotoQuestion) -> ProfileAnswer:
    return show_profile(job, question.photo)


def _place_points(job: Job, question: PointsQuestion) -> ProfilePoints:
    return place_points(job, question.photo, ProfileCorrections(question.points))


def _apply(job: Job, question: PlanQuestion) -> ViewsAnswer:
    settings = plan_settings(job.case, question)
    if settings.changes_nothing:  # five times the photo beside itself
        raise ParameterError("plan_untouched")
    views = ViewPhotos(job.session, job.case)
    photos = views.photos
    person = views.require_one_person(job.services.configuration)
    every = [photo for _, photo in photos]
    told = person_record(person, every, photos, confirmed=views.confirmed)
    views.keep(photos, settings, make_gallery(job, photos, settings, told))
    return _state(job)


def _head(job: Job, question: PlanQuestion) -> ViewsHeadAnswer:
    return views_head(job, plan_settings(job.case, question))


def _head_file(job: Job, question: HeadFileQuestion) -> FileAnswer:
    return file_of_views_head(job, plan_settings(job.case, question), question.file)


def _report(job: Job, question: ReportQuestion) -> FileAnswer:
    views, filename = ViewPhotos(job.session, job.case), "views-simulation.pdf"
    results = views.results
    if results is None:
        raise ParameterError("views_not_simulated")
    person = views.require_one_person(job.services.configuration)
    data = make_report(
        job,
        views.photos,
        results.settings,
        one_person=one_person_in_words(person, views.photos, job.texts, confirmed=views.confirmed),
        patient=question.patient,
        clinician=question.surgeon,
    )
    job.progress(1, 1, "progress.done")
    return FileAnswer(job.session.blobs.put(data, "application/pdf", filename), filename)


def plan_settings(case: Case, question: PlanQuestion) -> ConsultationSettings:
    """Return whose plan all views are to show: the first tab's, or a procedure chosen here.

    What the first tab's settings say of its photo alone, nudges and the number of the face, is
    left out.

    Raises
    ------
    ParameterError
    """
    if case.settings is not None:
        return of_all_views(case.settings)
    if not question.procedure:
        raise ParameterError("no_procedure")
    intensity = {} if question.intensity is None else {question.procedure: question.intensity}
    return ConsultationSettings(procedures=(question.procedure,), intensity=intensity)


def _chooses(case: Case, _question: PlanQuestion) -> bool:
    """Whether the plan is chosen in this tab: the first one has none."""
    return case.settings is None


def _mode_of_results(case: Case, _question: ReportQuestion) -> str:
    results = case.views.results
    return DEFAULT_MODE if results is None else results.settings.mode


TAB = Tab(
    Templates(Path(__file__).parent),
    place=5,
    area="views",
    kinds=(
        Kind("state", Empty, _state, gated=False),
        Kind("add", AddQuestion, _add, upload=PHOTO),
        Kind("hint", HintQuestion, _hint, upload=FRAME),
        Kind("move", MoveQuestion, _move, gated=False),
        Kind("remove", PhotoQuestion, _remove),  # the others may have to be compared anew
        Kind("confirm", ConfirmQuestion, _confirm, gated=False, edits=always),
        Kind("profile", PhotoQuestion, _profile),
        Kind("points", PointsQuestion, _place_points, edits=always, slot="views points"),
        Kind("sort", Empty, _sort, gated=False),
        Kind("clear", Empty, _clear, gated=False),
        Kind(
            "apply",
            PlanQuestion,
            _apply,
            mode=lambda case, question: plan_settings(case, question).mode,
            edits=_chooses,
            stage=stage_text,
        ),
        Kind("head", PlanQuestion, _head, edits=_chooses, slot="views head"),
        Kind("head_file", HeadFileQuestion, _head_file, exports=True, edits=_chooses),
        Kind(
            "report",
            ReportQuestion,
            _report,
            mode=_mode_of_results,
            exports=True,
            stage=stage_text,
        ),
    ),
    script_areas=(
        "views",
        "head",
        "live",
        "paint",
        "download",
        "consultation",
        "single",
        "landmark",
    ),
)
