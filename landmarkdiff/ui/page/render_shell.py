"""Gradio at work: the page's frame and bar of tabs, rendered once."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI

from landmarkdiff.ui.page.shell import Shell, slot
from landmarkdiff.ui.page.theme import make_theme
from landmarkdiff.ui.server.isolation import import_gradio

__all__ = ["render_shell"]

_CONFIG = "window.gradio_config = "


def render_shell(tabs: Sequence[str]) -> Shell:
    """Let Gradio render a page with these tabs, in a loop and a thread of its own.

    Parameters
    ----------
    tabs : sequence of str
        Names of the tabs, the one that is open first.
    """
    gr = import_gradio()
    rendered: list[tuple[str, str]] = []
    # Gradio opens event loops where none runs, and never closes them.
    thread = threading.Thread(target=lambda: rendered.append(asyncio.run(_render(tabs))))
    thread.start()
    thread.join()
    page, theme = rendered[0]
    before, _, rest = page.partition(_CONFIG)
    config, length = json.JSONDecoder().raw_decode(rest)
    # Neither says anything to a page that asks Gradio nothing; both differ from run to run or
    # from machine to machine.
    config["app_id"] = 0
    for component in config["components"]:
        component["component_class_id"] = component["type"]
    config["root"] = slot("root")
    return Shell(gr.__version__, tuple(tabs), before + _CONFIG, config, rest[length:], theme)


def _build(tabs: Sequence[str]) -> Any:
    """Build the page, a :class:`gradio.Blocks`.

    Everything in it is HTML that our own scripts bring to life: Gradio draws the frame and the
    bar of tabs, and hides the tabs that are not selected.
    """
    import gradio as gr

    with gr.Blocks(title=slot("title"), analytics_enabled=False, fill_width=True) as blocks:
        _html("head")
        with gr.Tabs(elem_id="ld-tabs", selected=tabs[0]):
            for name in tabs:
                with gr.Tab(slot("label", name), id=name, elem_id=f"ld-tab-{name}"):
                    _html(name)
    return blocks


def _html(name: str) -> None:
    """Put HTML on the page; the script in ``js_on_load`` runs once it is there.

    As a value, it is shown as it is; a template would be filled in by Gradio.
    """
    import gradio as gr

    gr.HTML(
        slot("html", name),
        js_on_load=slot("script", name),
        apply_default_css=False,
        elem_id=f"ld-{name}",
    )


async def _render(tabs: Sequence[str]) -> tuple[str, str]:
    """Return the page and the theme's style sheet."""
    import gradio as gr

    blocks = _build(tabs)
    app: FastAPI = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        blocks,
        path="/page",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=0,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=make_theme(),
        head=slot("head"),
    )
    return await _answer(app, "/page/"), await _answer(app, "/page/theme.css")


async def _answer(app: FastAPI, path: str) -> str:
    """Return the body of what an application answers to a browser."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
    }
    body = bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return body.decode()
