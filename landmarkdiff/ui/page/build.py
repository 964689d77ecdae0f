"""The page: a head with the simulation statement, and the tabs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from landmarkdiff.texts import Texts, languages
from landmarkdiff.ui.page.client_config import client_config
from landmarkdiff.ui.page.theme import make_theme, styles
from landmarkdiff.ui.server.isolation import import_gradio
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.ui.templates import Templates

__all__ = ["build_page", "mount_page"]

_TEMPLATES = Templates()


def mount_page(language: str, services: AppServices, tabs: Sequence[Tab]) -> FastAPI:
    """Return an application that serves the page of one language below ``/<language>``."""
    gr = import_gradio()
    texts = Texts.load(language)
    root = services.settings.root_path
    addresses = [*styles(), *(address for tab in tabs for address in tab.styles)]
    blocks = build_page(texts, services, tabs)
    app: FastAPI = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        blocks,
        path=f"/{language}",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=0,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=make_theme(),
        head=_TEMPLATES.render(
            "meta.html",
            texts,
            styles=[f"{root}{one}" for one in addresses],
            of_editors=[tab.name for tab in tabs if tab.for_editors],
        ),
    )
    opened = app.router.lifespan_context

    @asynccontextmanager
    async def without_queue(app: FastAPI) -> AsyncIterator[Any]:
        async with opened(app) as state:
            # The page has no event that could wait in Gradio's queue, which looks for one a
            # thousand times a second as long as the app runs.
            blocks._queue.close()
            yield state

    app.router.lifespan_context = without_queue
    return app


def build_page(texts: Texts, services: AppServices, tabs: Sequence[Tab]) -> Any:
    """Build the page in one language, a :class:`gradio.Blocks`.

    Everything in it is HTML that our own scripts bring to life: Gradio draws the frame and the
    bar of tabs, and hides the tabs that are not selected.
    """
    import gradio as gr

    root = services.settings.root_path
    header = _TEMPLATES.render(
        "header.html",
        texts,
        config=client_config(texts, services, tabs),
        languages=languages(),
        logins=services.logins,
        root=root,
    )
    title = f"{texts('app.title')} – {texts('app.subtitle')}"
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True) as blocks:
        _html(header, f"{root}/ld/static/header.js", "ld-head")
        with gr.Tabs(elem_id="ld-tabs", selected=tabs[0].name):
            for tab in tabs:
                label = texts(f"tab.{tab.area}")
                with gr.Tab(label, id=tab.name, elem_id=f"ld-tab-{tab.name}"):
                    script = f"{root}{tab.address}{tab.name}.js"
                    _html(tab.page(texts, services), script, f"ld-{tab.name}")
    return blocks


def _html(html: str, script: str, name: str) -> None:
    """Put HTML on the page; ``mount(element)`` of the script is called once it is there.

    As a value, it is shown as it is; a template would be filled in by Gradio.
    """
    import gradio as gr

    gr.HTML(
        html,
        js_on_load=f"import('{script}').then((module) => module.mount(element));",
        apply_default_css=False,
        elem_id=name,
    )
