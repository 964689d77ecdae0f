"""Files that a surgeon asks for: picture, plan, report, consultation. Made only then."""

from __future__ import annotations

import datetime
import gc

from landmarkdiff.errors import ParameterError
from landmarkdiff.prediction import Prediction
from landmarkdiff.texts import Texts
from landmarkdiff.ui.sessions import Progress, Session
from landmarkdiff.ui.studio import NoPhotoError, consultation_of
from landmarkdiff.workflows.archive import SUFFIX, save_consultation
from landmarkdiff.workflows.consultation import Consultation

__all__ = ["make_download"]


def make_download(
    kind: str,
    session: Session,
    texts: Texts,
    progress: Progress,
    *,
    patient: str = "",
    clinician: str = "",
) -> tuple[str, str]:
    """Make a file of the session's consultation and keep it for the page.

    Parameters
    ----------
    kind : {"picture", "plan", "report", "consultation"}
    session : Session
    texts : Texts
        Language of the report.
    progress : callable
    patient, clinician : str
        Go into the report and nowhere else.

    Returns
    -------
    blob, filename : str

    Raises
    ------
    LandmarkDiffError
    """
    consultation = consultation_of(session)
    stem = consultation.photo.stem
    if kind == "consultation":
        progress(0, 1, "progress.writing")
        data = save_consultation(consultation.photo, consultation.settings)
        return _kept(session, data, "application/zip", f"{stem}{SUFFIX}")
    prediction = _last(consultation)
    if kind == "picture":
        progress(0, 1, "progress.writing")
        data = consultation.labelled_png(prediction)
        return _kept(session, data, "image/png", f"{stem}-simulation.png")
    if kind == "plan":
        data = prediction.plan.to_json().encode()
        return _kept(session, data, "application/json", f"{stem}-plan.json")
    if kind == "report":
        from landmarkdiff.report import ReportDetails, ReportView, write_report

        progress(0, 1, "progress.report")
        details = ReportDetails(
            date=datetime.date.today(),  # the clinic's own calendar day
            patient=patient.strip(),
            clinician=clinician.strip(),
        )
        data = write_report([ReportView(prediction)], details, texts)
        # The layout's tables refer to each other in circles and hold the pictures meanwhile.
        gc.collect()
        return _kept(session, data, "application/pdf", f"{stem}-simulation.pdf")
    raise ParameterError(
        "there is no such download", value=kind, allowed="picture, plan, report, consultation"
    )


def _last(consultation: Consultation) -> Prediction:
    if consultation.prediction is None:
        raise NoPhotoError
    return consultation.prediction


def _kept(session: Session, data: bytes, media_type: str, filename: str) -> tuple[str, str]:
    return session.blobs.put(data, media_type, filename), filename
