"""The page: a head with the simulation statement, five tabs, and what connects them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from landmarkdiff.texts import Texts, languages
from landmarkdiff.ui.page.client_config import encoded_facts, page_facts
from landmarkdiff.ui.page.pages import Page
from landmarkdiff.ui.page.theme import STYLES, make_theme
from landmarkdiff.ui.tabs.analysis.tab import analysis_tab
from landmarkdiff.ui.tabs.comparison.tab import comparison_tab
from landmarkdiff.ui.tabs.frame import Frame, module_call
from landmarkdiff.ui.tabs.single.tab import single_tab
from landmarkdiff.ui.tabs.sweep.tab import sweep_tab
from landmarkdiff.ui.tabs.views.tab import views_tab

if TYPE_CHECKING:
    from landmarkdiff.ui.server.services import AppServices

__all__ = ["build_page"]

#: Each tab's key and the function that fills it, in their order on the page.
TABS = (
    ("single", single_tab),
    ("compare", comparison_tab),
    ("sweep", sweep_tab),
    ("analysis", analysis_tab),
    ("views", views_tab),
)


def build_page(language: str, services: AppServices) -> Page:
    """Build the page of one language.

    Parameters
    ----------
    language : str
        Key of :func:`landmarkdiff.texts.languages`.
    services : AppServices
    """
    texts = Texts.load(language)
    with gr.Blocks(
        title=f"{texts('app.title')} – {texts('app.subtitle')}",
        analytics_enabled=False,
        fill_width=True,
    ) as blocks:
        gr.HTML(
            html_template=_head(
                texts,
                encoded_facts(page_facts(texts, services)),
                sign_out=services.logins,
            ),
            js_on_load=module_call("header.js", "mount(element)"),
            apply_default_css=False,
            elem_id="ld-head",
        )
        token = gr.Textbox(visible=False)
        with gr.Tabs(elem_id="ld-tabs", selected=TABS[0][0]) as tabs:
            frame = Frame(language, texts, services, token, tabs)
            for key, fill in TABS:
                with gr.Tab(texts(f"tab.{key}"), id=key, elem_id=f"ld-tab-{key}"):
                    fill(frame)
        blocks.load(
            None,
            outputs=[token],
            js="async () => (await import('/ld/static/session.js')).token()",
            api_visibility="private",
        )
    blocks.queue(default_concurrency_limit=None, max_size=8 * services.settings.queue + 64)
    return Page(blocks, theme=make_theme(), head=_meta(texts))


def _meta(texts: Texts) -> str:
    sheets = "".join(f'<link rel="stylesheet" href="/ld/static/{name}">' for name in STYLES)
    return (
        f'{sheets}<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f'<meta name="description" content="{escape(texts("app.subtitle"))}">'
    )


def _head(texts: Texts, facts: str, *, sign_out: bool) -> str:
    options = "".join(
        f'<option value="{code}"{" selected" if code == texts.language else ""}>'
        f"{escape(language.name)}</option>"
        for code, language in languages().items()
    )
    themes = "".join(
        f'<option value="{name}">{escape(texts(f"app.theme_{name}"))}</option>'
        for name in ("system", "light", "dark")
    )
    statements = "".join(f"<span>{escape(sentence)}</span>" for sentence in texts.statements)
    unreviewed = (
        ""
        if texts.facts.reviewed
        else f'<p class="ld-hint ld-small">{escape(texts("app.unreviewed"))}</p>'
    )
    leave = (
        '<form method="post" action="/logout"><button class="ld-button">'
        f"{escape(texts('app.logout'))}</button></form>"
        if sign_out
        else ""
    )
    return (
        f'<header class="ld-head" data-facts="{facts}">'
        f'<div class="ld-brand"><h1>{escape(texts("app.title"))}</h1>'
        f'<p class="ld-statement">{statements}</p>{unreviewed}</div>'
        '<div class="ld-head-tools">'
        f'<label><span class="ld-visually-hidden">{escape(texts("app.language"))}</span>'
        f'<select class="ld-select" data-language>{options}</select></label>'
        f'<label><span class="ld-visually-hidden">{escape(texts("app.theme"))}</span>'
        f'<select class="ld-select" data-theme>{themes}</select></label>'
        f"{leave}</div></header>"
    )
