"""What a tab is: a folder with its Python, templates, scripts and styles, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Kind
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.templates import Templates

__all__ = ["Tab"]

Values = Callable[[Texts, AppServices], Mapping[str, Any]]


def _nothing(_texts: Texts, _services: AppServices) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Tab:
    """One tab of the page.

    Its folder holds ``page.html``, a module ``NAME.js`` whose ``mount(element)`` is called once
    the page shows it, and style sheets.

    Attributes
    ----------
    templates : Templates
        Of its folder, which names the tab.
    place : int
        Tabs stand in the order of their places.
    area : str
        Its area of the text table; ``tab.AREA`` is its title.
    kinds : tuple of Kind
        What its script asks.
    script_areas : tuple of str
        Areas of the text table that its script reads, beside those of the whole page.
    values : callable
        ``values(texts, services)`` is what ``page.html`` is given.
    config : callable
        ``config(texts, services)`` is what its script finds in the configuration of the page.
    for_editors : bool
        Whether there is nothing in it for whoever may not change the plan, so that it is hidden.
    """

    templates: Templates
    place: int
    area: str
    kinds: tuple[Kind[Any], ...]
    script_areas: tuple[str, ...] = ()
    values: Values = _nothing
    config: Values = _nothing
    for_editors: bool = False

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.templates.folder

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def address(self) -> str:
        """Where browsers find its scripts and styles, with a slash at the end."""
        return f"/ld/static/tabs/{self.name}/"

    def page(self, texts: Texts, services: AppServices) -> str:
        """Return its HTML before anything is asked."""
        values = self.values(texts, services)
        return self.templates.render("page.html", texts, tab=self, area=self.area, **values)
