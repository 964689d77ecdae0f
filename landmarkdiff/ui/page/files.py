"""What a browser needs before a page lives: one style sheet, and the modules of the first tab."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from pathlib import Path

from landmarkdiff.ui.tabs.tab import Tab

__all__ = ["STATIC", "STYLES_ADDRESS", "first_modules", "joined_styles"]

STATIC = Path(__file__).parents[1] / "static"
_ADDRESS = "/ld/static/"
STYLES_ADDRESS = f"{_ADDRESS}all.css"
_IMPORT = re.compile(r"""^(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|^import\s*"([^"]+)""", re.M)


def joined_styles(tabs: Sequence[Tab]) -> str:
    """Return the style sheets of the page and its tabs as one; ``page.css`` comes first."""
    shared = sorted(STATIC.rglob("*.css"), key=lambda path: (path.name != "page.css", path))
    sheets = [*shared, *(path for tab in tabs for path in sorted(tab.folder.glob("*.css")))]
    return "\n".join(path.read_text(encoding="utf-8") for path in sheets)


def first_modules(tabs: Sequence[Tab]) -> list[str]:
    """Return the addresses of all modules that the page's head and its first tab import.

    A browser that is told of them at once need not learn of each from another one.
    """
    folders = {tab.address: tab.folder for tab in tabs}
    found: dict[str, None] = {}
    ahead = [f"{_ADDRESS}header.js", f"{tabs[0].address}{tabs[0].name}.js"]
    while ahead:
        address = ahead.pop()
        if address in found:
            continue
        found[address] = None
        folder, name = posixpath.split(address)
        home = folders.get(f"{folder}/")
        path = STATIC / address.removeprefix(_ADDRESS) if home is None else home / name
        for first, second in _IMPORT.findall(path.read_text(encoding="utf-8")):
            ahead.append(posixpath.normpath(posixpath.join(folder, first or second)))
    return list(found)
