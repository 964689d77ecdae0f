"""The page: a head with the simulation statement, and the tabs."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.texts import Texts, languages
from landmarkdiff.ui.page.client_config import client_config
from landmarkdiff.ui.page.files import STYLES_ADDRESS, first_modules
from landmarkdiff.ui.page.shell import slot
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.tabs.tab import Tab
from landmarkdiff.ui.templates import Templates

__all__ = ["page_slots"]

_TEMPLATES = Templates()


def page_slots(language: str, services: AppServices, tabs: Sequence[Tab]) -> dict[str, str]:
    """Return what fills the shell of a page in one language, all but its root.

    Returns
    -------
    dict of str to str
        By the slots of :func:`~landmarkdiff.ui.page.shell.slot`.
    """
    texts = Texts.load(language)
    root = services.settings.root_path
    header = _TEMPLATES.render(
        "header.html",
        texts,
        config=client_config(texts, services, tabs),
        languages=languages(),
        logins=services.logins,
        root=root,
    )
    head = _TEMPLATES.render(
        "meta.html",
        texts,
        styles=f"{root}{STYLES_ADDRESS}",
        of_editors=[tab.name for tab in tabs if tab.for_editors],
    )
    ahead = _TEMPLATES.render(
        "ahead.html",
        texts,
        styles=f"{root}{STYLES_ADDRESS}",
        modules=[f"{root}{one}" for one in first_modules(tabs)],
    )
    slots = {
        slot("ahead"): ahead,
        slot("title"): f"{texts('app.title')} – {texts('app.subtitle')}",
        slot("head"): head,
        slot("html", "head"): header,
        slot("script", "head"): _mount(f"{root}/ld/static/header.js"),
    }
    for tab in tabs:
        slots[slot("label", tab.name)] = texts(f"tab.{tab.area}")
        slots[slot("html", tab.name)] = tab.page(texts, services)
        slots[slot("script", tab.name)] = _mount(f"{root}{tab.address}{tab.name}.js")
    return slots


def _mount(script: str) -> str:
    """Return what Gradio runs once an element is there: ``mount(element)`` of our script."""
    return f"import('{script}').then((module) => module.mount(element));"
