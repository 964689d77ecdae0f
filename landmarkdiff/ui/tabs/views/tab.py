"""Tab 5: the five standard views, taken with the camera or sorted from files, with one plan."""

from __future__ import annotations

from html import escape

import gradio as gr

from landmarkdiff.ui.tabs.frame import Frame, module_call

__all__ = ["views_tab"]


def views_tab(frame: Frame) -> None:
    """Put the tab on the page.

    Everything in it is drawn by ``views.js``, which talks to
    :mod:`landmarkdiff.ui.tabs.views.routes`: photos and camera frames cannot go through
    Gradio's queue, and what is made of them comes back the same way.
    """
    label = escape(frame.texts("views.title"))
    gr.HTML(
        html_template=f'<div class="ld-views" role="group" aria-label="{label}"></div>',
        js_on_load=module_call("tabs/views/views.js", "mount(element)"),
        apply_default_css=False,
        elem_id="ld-multiview",
    )
