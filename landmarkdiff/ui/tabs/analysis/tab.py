"""Tab 4: what the photo shows of the face, and how well."""

from __future__ import annotations

import json
from html import escape

from landmarkdiff.analysis.tone import FITZPATRICK_TYPES
from landmarkdiff.photo import encode_png
from landmarkdiff.texts import Texts
from landmarkdiff.ui.page import markup
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.tabs import tiles
from landmarkdiff.ui.tabs.analysis import findings
from landmarkdiff.ui.tabs.forms import Answer, Desk, Question, mount_desk, shelf
from landmarkdiff.ui.tabs.frame import Frame
from landmarkdiff.ui.tabs.single.studio import consultation_of
from landmarkdiff.workflows.examine import examine_on
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["AnalysisTab", "analysis_tab"]


def analysis_tab(frame: Frame) -> None:
    """Put the tab's components on the page and connect them."""
    mount_desk(frame, AnalysisTab(frame.texts).desk)


class AnalysisTab:
    """The tab in one language.

    Attributes
    ----------
    desk : Desk
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.desk = Desk(
            area="analysis",
            controls=self._controls(),
            parts=("findings", "measurements"),
            opened=self.opened,
            works={"analyse": self.analyse},
        )

    def opened(self, session: Session, question: Question) -> Answer:
        """Let the page ask for the analysis, unless it shows it already."""
        wanted = _key(consultation_of(session).settings, question)
        current = question.filled and session.state.get("analysis.key") == wanted
        return {} if current else {"ask": "analyse"}

    def analyse(self, session: Session, question: Question, telling: Telling) -> Answer:
        """Examine the face as the first tab sees it: its calibration and its corrections."""
        consultation = consultation_of(session)
        settings = consultation.settings
        found = examine_on(
            consultation.photo,
            consultation.prepared(settings),
            fitzpatrick=question.word("fitzpatrick") or None,
            progress=telling.progress,
        )
        chart = encode_png(found.picture)
        with shelf(session, consultation, "analysis.blobs") as put:
            blob = put(chart, "image/png", f"{consultation.photo.stem}-measurements.png")
            session.state["analysis.key"] = _key(settings, question)
        texts, token = self._texts, session.token
        address = markup.blob_address(token, blob)
        download = tiles.download_link(token, blob, texts("analysis.drawn_alt"))
        drawn = texts("analysis.drawn_alt")
        return {
            "parts": {
                "findings": findings.cards(found, texts),
                "measurements": (
                    tiles.part_head(texts("analysis.measurements"), download)
                    + markup.hint(texts("analysis.norm_hint"))
                    + '<div class="ld-measures"><div class="ld-chart">'
                    + markup.figure(address, drawn, drawn)
                    + "</div><div>"
                    + findings.measurement_tables(found.measurements, texts)
                    + "</div></div>"
                ),
            }
        }

    def _controls(self) -> str:
        texts = self._texts
        kinds = "".join(
            f'<option value="{kind}">{escape(texts("analysis.fitzpatrick_type", type=kind))}'
            "</option>"
            for kind in FITZPATRICK_TYPES
        )
        return (
            '<div class="ld-field-row">'
            f"<label>{escape(texts('analysis.fitzpatrick_override'))}"
            '<select class="ld-select" name="fitzpatrick" data-of-photo'
            ' data-ask-on-change="analyse"><option value="">'
            f"{escape(texts('analysis.fitzpatrick_from_photo'))}</option>{kinds}</select></label>"
            '<button type="button" class="ld-button" data-ask="analyse">'
            f"{escape(texts('analysis.run'))}</button></div>"
        )


def _key(settings: ConsultationSettings, question: Question) -> str:
    """Return equal text where the analysis would say the same."""
    facts = settings.model_dump(mode="json", include={"face", "ipd_mm", "nudges"})
    return json.dumps([facts, question.word("fitzpatrick")], sort_keys=True)
