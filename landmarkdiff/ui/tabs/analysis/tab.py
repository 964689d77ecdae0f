"""What the analysis asks and answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landmarkdiff.analysis.tone import FITZPATRICK_TYPES
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.photo import encode_png
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Job, Kind
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.analysis.findings import describe
from landmarkdiff.ui.tabs.analysis.measurement_table import measurement_table
from landmarkdiff.ui.tabs.forms import FormQuestion, FormState, Parts, form_state, parts
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.ui.templates import Templates
from landmarkdiff.workflows.examine import examine_on
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
        consultation.prepared(settings),
        fitzpatrick=question.fitzpatrick or None,
        simulated=consultation.prediction,
        progress=job.progress,
    )
    picture = encode_png(examination.picture)
    with job.files("analysis.chart") as put:
        chart = put(picture, "image/png", f"{consultation.photo.stem}-measurements.png")
        job.case.analysed = _subject(job, question, settings)
    return parts(
        job,
        findings=TEMPLATES.render("findings.html", texts, findings=describe(examination, texts)),
        measurements=TEMPLATES.render(
            "measurements.html",
            texts,
            blobs=job.blobs,
            chart=chart,
            table=measurement_table(examination.measurements, texts, examination.stages),
        ),
    )


def _subject(job: Job, question: AnalysisQuestion, settings: ConsultationSettings) -> str:
    """Equal text where the analysis would say the same: of a profile it shows the plan, too."""
    subject = question.subject(settings)
    prediction = job.consultation.prediction
    if prediction is None or not isinstance(prediction.prepared, PreparedProfile):
        return subject
    return f"{subject} {prediction.plan.hash} {prediction.verified}"


def _form(_texts: Texts, _services: AppServices) -> Mapping[str, Any]:
    return {"parts": ("findings", "measurements"), "types": FITZPATRICK_TYPES}


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
