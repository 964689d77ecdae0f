"""What the analysis asks and answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.analysis.tone import FITZPATRICK_TYPES
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.measurements import measurements_csv
from landmarkdiff.photo import Photo, encode_jpeg, encode_json, encode_png
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Job, Kind
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.analysis.drawing import draw
from landmarkdiff.ui.tabs.analysis.findings import describe
from landmarkdiff.ui.tabs.analysis.measurement_table import measurement_table
from landmarkdiff.ui.tabs.forms import FormQuestion, FormState, Parts, form_state, parts
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.ui.templates import Templates
from landmarkdiff.workflows.examine import Examination, analysis_record, examine_on
from landmarkdiff.workflows.painting import sums_of_models
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["TAB", "AnalysisQuestion", "analyse", "opened"]


#: Settings that decide what is measured.
_OF_FACE = {"face", "ipd_mm", "nudges", "profile_points"}


class AnalysisQuestion(FormQuestion):
    """The form: the Fitzpatrick type that the clinician has set, or nothing."""

    fitzpatrick: str = ""

    def subject(self, settings: ConsultationSettings) -> str:
        """Return equal text where the analysis would say the same."""
        face = settings.model_dump(mode="json", include=_OF_FACE)
        return json.dumps([face, self.fitzpatrick], sort_keys=True)


def opened(job: Job, question: AnalysisQuestion) -> FormState:
    """Let the page ask for the analysis, unless it shows it already."""
    settings = job.case.settings
    if settings is None:
        return FormState(None)
    current = question.filled and job.case.analysed == _subject(job, question, settings)
    return form_state(job, ask="" if current else "analyse", repaints=False)


def analyse(job: Job, question: AnalysisQuestion) -> Parts:
    """Examine the face as the first tab sees it: its calibration and its corrections."""
    consultation, texts = job.consultation, job.texts
    settings = consultation.settings
    examination = examine_on(
        consultation.photo,
        consultation.prepared(settings, job.pause),
        fitzpatrick=question.fitzpatrick or None,
        simulated=consultation.prediction,
        progress=job.progress,
    )
    found = _Found(examination, consultation.photo, texts)
    stem = consultation.photo.stem
    weights = sums_of_models(DEFAULT_MODE, job.services.configuration)
    record = analysis_record(consultation.photo, examination, weights)
    with job.files("analysis.chart") as put:
        files = AnalysisBlobs(
            chart=put(found.chart, "image/png", f"{stem}-measurements.png"),
            table=put(found.table, "text/csv", f"{stem}-measurements.csv"),
            data=put(encode_json(record), "application/json", f"{stem}-analysis.json"),
            face=put(found.face, "image/jpeg", f"{stem}-face.jpg") if found.face else "",
        )
        job.case.analysed = _subject(job, question, settings)
    findings = describe(examination, texts)
    return parts(
        job,
        measurements=TEMPLATES.render(
            "measurements.html",
            texts,
            blobs=job.blobs,
            files=files,
            notices=findings.notices,
            drawing=found.drawing,
            table=measurement_table(examination.measurements, texts, examination.stages),
        ),
        findings=TEMPLATES.render("findings.html", texts, findings=findings),
    )


@dataclass(frozen=True)
class AnalysisBlobs:
    """Ids of what the page shows and offers; ``face`` is empty of a profile."""

    chart: str
    table: str
    data: str
    face: str


class _Found:
    """An examination as files, and its drawing on the page; a profile has its chart alone."""

    def __init__(self, examination: Examination, photo: Photo, texts: Texts) -> None:
        self.chart = encode_png(examination.picture)
        self.table = measurements_csv(examination.measurements).encode("utf-8")
        self.drawing, self.face = None, b""
        if examination.profile is None:
            self.drawing = draw(photo.pixels, examination.face, examination.measurements, texts)
            self.face = encode_jpeg(self.drawing.face)


def _subject(job: Job, question: AnalysisQuestion, settings: ConsultationSettings) -> str:
    """Equal text where the analysis would say the same: of a profile it shows the plan, too."""
    subject = question.subject(settings)
    prediction = job.consultation.prediction
    if prediction is None or not isinstance(prediction.prepared, PreparedProfile):
        return subject
    return f"{subject} {prediction.plan.hash} {prediction.verified}"


def _form(_texts: Texts, _services: AppServices) -> Mapping[str, Any]:
    return {"parts": ("measurements", "findings"), "types": FITZPATRICK_TYPES}


TEMPLATES = Templates(Path(__file__).parent)
TAB = Tab(
    TEMPLATES,
    place=4,
    area="analysis",
    kinds=(
        Kind("open", AnalysisQuestion, opened, gated=False),
        Kind("analyse", AnalysisQuestion, analyse),
    ),
    values=_form,
)
