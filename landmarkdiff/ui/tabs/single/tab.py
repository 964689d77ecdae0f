"""Tab 1: one photo, one plan; the preview follows the sliders, the checks follow at rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from landmarkdiff.errors import LandmarkDiffError, ParameterError
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.ui.page import markup
from landmarkdiff.ui.tabs.frame import Frame, module_call, reply
from landmarkdiff.ui.tabs.single.downloads import make_download
from landmarkdiff.ui.tabs.single.painting import PAINTED
from landmarkdiff.ui.tabs.single.studio import Studio, consultation_of
from landmarkdiff.workflows.consultation import shows_its_plan

__all__ = ["single_tab"]


class _Answers:
    """What the server answers to the page's questions, see ``static/bus.js``."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.texts = frame.texts

    @property
    def studio(self) -> Studio:
        studio = self.frame.services.studio
        if not isinstance(studio, Studio):
            raise ParameterError("the app runs without its studio")
        return studio

    def answer(self, event: gr.EventData, token: str, request: gr.Request) -> Any:
        """Answer a question with (results, strip, reply)."""
        question = event._data or {}
        kind = question.get("kind")
        if kind == "refresh":
            return gr.skip(), gr.skip(), self.refreshed(question, token, request)
        if kind == "check":
            return self.checked(question, token, request)
        if kind in ("consultation", *PAINTED):
            return gr.skip(), gr.skip(), self.download(kind, token, "", "", request)
        return gr.skip(), gr.skip(), gr.skip()

    def refreshed(self, question: dict[str, Any], token: str, request: gr.Request) -> str:
        number, settings = question.get("number"), question.get("settings")
        try:
            if not isinstance(settings, dict):
                raise ParameterError("the request is not understood")
            with self.frame.work(token, request) as (session, progress):
                prediction, picture = self.studio.refresh(session, settings, progress)
        except LandmarkDiffError as error:
            return reply(kind="refresh", number=number, error=self.frame.sentence(error))
        return reply(
            kind="refresh",
            number=number,
            picture=picture,
            label=prediction.label,
            values={item.key: item.value for item in prediction.plan.effects},
        )

    def checked(self, question: dict[str, Any], token: str, request: gr.Request) -> Any:
        number = question.get("number")
        try:
            with self.frame.work(token, request) as (session, progress):
                done = self.studio.check(session, progress)
                photo = consultation_of(session).photo
        except LandmarkDiffError as error:
            said = reply(kind="check", number=number, error=self.frame.sentence(error))
            return gr.skip(), gr.skip(), said
        prediction = done.prediction
        notices = (*photo.notices, *prediction.notices)
        results = markup.warning_list(notices, self.texts)
        results += markup.effects_table(prediction, self.texts)
        sentence = self.texts(_verdict(prediction))
        said = reply(kind="check", number=number, sentence=sentence, sharper=done.sharper)
        return results, markup.strip(token, done.steps, self.texts), said

    def download(
        self, kind: str, token: str, patient: str, surgeon: str, request: gr.Request
    ) -> str:
        """Make a file and answer where it is."""
        try:
            with self.frame.work(token, request) as (session, progress):
                blob, filename = make_download(
                    kind, session, self.texts, progress, patient=patient, clinician=surgeon
                )
        except LandmarkDiffError as error:
            return reply(kind="download", error=self.frame.sentence(error))
        return reply(kind="download", blob=blob, filename=filename)

    def on_click(self, kind: str) -> Callable[..., str]:
        """Return the handler of a download's button."""

        def clicked(token: str, patient: str, surgeon: str, request: gr.Request) -> str:
            return self.download(kind, token, patient, surgeon, request)

        return clicked


def _verdict(prediction: Prediction) -> str:
    """Key of the sentence that says whether a picture shows its plan."""
    if prediction.guard.refused:
        return "paint.refused"
    return "check.passed" if shows_its_plan(prediction) else "check.differs"


def single_tab(frame: Frame) -> None:
    """Put the tab's components on the page and connect them."""
    texts, answers = frame.texts, _Answers(frame)
    gr.HTML(
        html_template='<div class="ld-studio"></div>',
        js_on_load=module_call("tabs/single/single.js", "mount(element)"),
        apply_default_css=False,
        elem_id="ld-single",
    )
    ask = gr.HTML(
        html_template="<span></span>",
        js_on_load=(
            "import('/ld/static/bus.js').then(({ on }) => "
            "on('ask', (question) => trigger('ask', question)));"
        ),
        apply_default_css=False,
        elem_classes="ld-bridge",
    )
    answer = gr.HTML(
        html_template="<span></span>",
        js_on_load=(
            "watch('value', () => import('/ld/static/bus.js').then(({ deliver }) => "
            "deliver(props.value)));"
        ),
        apply_default_css=False,
        elem_classes="ld-bridge",
    )
    results = gr.HTML(apply_default_css=False, elem_id="ld-results")
    with gr.Accordion(texts("strip.title"), open=False, elem_id="ld-strip"):
        strip = gr.HTML(markup.hint(texts("photo.needed")), apply_default_css=False)
    with gr.Accordion(texts("download.title"), open=False, elem_id="ld-downloads"):
        with gr.Row():
            patient = gr.Textbox(label=texts("consultation.patient_name"), max_lines=1)
            surgeon = gr.Textbox(label=texts("consultation.surgeon_name"), max_lines=1)
        with gr.Row():
            buttons = {
                kind: gr.Button(texts(f"download.{kind}"), elem_id=f"ld-download-{kind}")
                for kind in ("picture", "plan", "report")
            }
    ask.ask(
        answers.answer,
        inputs=[frame.token],
        outputs=[results, strip, answer],
        trigger_mode="multiple",  # the page itself keeps one question under way
        show_progress="hidden",
        api_visibility="private",
    )
    for kind, button in buttons.items():
        button.click(
            answers.on_click(kind),
            inputs=[frame.token, patient, surgeon],
            outputs=[answer],
            show_progress="minimal",
            api_visibility="private",
        )
