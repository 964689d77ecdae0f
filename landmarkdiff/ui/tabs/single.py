"""Tab 1: one photo, one plan; the preview follows the sliders, the checks follow at rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from landmarkdiff.errors import LandmarkDiffError, ParameterError
from landmarkdiff.ui import markup
from landmarkdiff.ui.downloads import make_download
from landmarkdiff.ui.studio import Studio, consultation_of
from landmarkdiff.ui.tabs.frame import Frame, module_call, reply
from landmarkdiff.workflows.pictures import label_text

__all__ = ["single_tab"]


def single_tab(frame: Frame) -> None:
    """Put the tab's components on the page and connect them."""
    texts = frame.texts
    gr.HTML(
        html_template='<div class="ld-studio"></div>',
        js_on_load=module_call("studio.js", "mount(element)"),
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
            "watch('value', () => import('/ld/static/bus.js').then(({ emit }) => "
            "props.value && emit('reply', JSON.parse(props.value))));"
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

    def answered(event: gr.EventData, token: str, request: gr.Request) -> Any:
        question = event._data or {}
        if question.get("kind") == "consultation":
            return gr.skip(), gr.skip(), download("consultation", token, "", "", request)
        return refreshed(question, token, request)

    def refreshed(question: dict[str, Any], token: str, request: gr.Request) -> Any:
        number = question.get("number")
        try:
            with frame.work(token, request) as (session, progress):
                studio = frame.services.studio
                if not isinstance(studio, Studio) or not isinstance(question.get("settings"), dict):
                    raise ParameterError("the request is not understood")
                done = studio.refresh(session, question["settings"], progress)
                photo = consultation_of(session).photo
        except LandmarkDiffError as error:
            said = reply(kind="refresh", number=number, error=frame.sentence(error))
            return gr.skip(), gr.skip(), said
        prediction = done.prediction
        table = markup.effects_table(prediction, texts)
        warnings = markup.warning_list((*photo.notices, *prediction.notices), texts)
        said = reply(
            kind="refresh",
            number=number,
            picture=done.picture,
            label=label_text(prediction),
            sentence=texts("check.outside", count=prediction.outside_mask_changed_pixels or 0),
        )
        return warnings + table, markup.strip(token, done.steps, texts), said

    def download(kind: str, token: str, patient: str, surgeon: str, request: gr.Request) -> str:
        try:
            with frame.work(token, request) as (session, progress):
                blob, filename = make_download(
                    kind, session, texts, progress, patient=patient, clinician=surgeon
                )
        except LandmarkDiffError as error:
            return reply(kind="download", error=frame.sentence(error))
        return reply(kind="download", blob=blob, filename=filename)

    ask.ask(
        answered,
        inputs=[frame.token],
        outputs=[results, strip, answer],
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
    )

    def on_click(kind: str) -> Callable[..., str]:
        def clicked(token: str, patient: str, surgeon: str, request: gr.Request) -> str:
            return download(kind, token, patient, surgeon, request)

        return clicked

    for kind, button in buttons.items():
        button.click(
            on_click(kind),
            inputs=[frame.token, patient, surgeon],
            outputs=[answer],
            show_progress="minimal",
            api_visibility="private",
        )
