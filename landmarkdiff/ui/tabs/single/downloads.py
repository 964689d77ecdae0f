"""Files that a surgeon asks for: picture, plan, report, consultation. Made only then."""

from __future__ import annotations

import datetime
import gc

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.photo import draw_label, encode_png
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.sessions import Progress, Session
from landmarkdiff.ui.tabs.single.painting import PAINTED
from landmarkdiff.ui.tabs.single.studio import NoPhotoError, consultation_of
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.output.archive import SUFFIX, save_consultation
from landmarkdiff.workflows.output.records import manifest

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
    kind : {"picture", "warp", "raw", "final", "plan", "report", "consultation"}
        ``picture`` is the last result; ``warp``, ``raw`` and ``final`` are those of a painting.
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
    if kind in PAINTED:
        progress(0, 1, "progress.writing")
        data = _painted_png(prediction, consultation, kind)
        return _kept(session, data, "image/png", f"{stem}-simulation-{kind}.png")
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
        "there is no such download",
        value=kind,
        allowed="picture, warp, raw, final, plan, report, consultation",
    )


def _last(consultation: Consultation) -> Prediction:
    if consultation.prediction is None:
        raise NoPhotoError
    return consultation.prediction


def _painted_png(prediction: Prediction, consultation: Consultation, kind: str) -> bytes:
    """Return a picture of the last painting, labelled; its manifest says which one it is."""
    if not prediction.paints:
        raise ParameterError("the painting is outdated", fix="repaint the picture")
    labelled, _ = draw_label(
        getattr(prediction, PAINTED[kind]),
        mask=prediction.surgical_mask.full(),
        text=prediction.label,
    )
    facts = {**manifest(prediction, consultation.photo), "picture": kind}
    return encode_png(labelled, manifest=facts)


def _kept(session: Session, data: bytes, media_type: str, filename: str) -> tuple[str, str]:
    return session.blobs.put(data, media_type, filename), filename
