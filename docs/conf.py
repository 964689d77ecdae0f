"""The site of the documentation: `make docs` builds it, and a warning is an error.

Pages that stand elsewhere or come from the code are written before the others are read, and git
ignores them: one for each room of the package, the quickstart notebook, and two files of the root.
"""

from __future__ import annotations

import json
import os
import pkgutil
import re
import sys
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))

import landmarkdiff  # noqa: E402
from landmarkdiff import arrays  # noqa: E402

project = "LandmarkDiff"
author = "The LandmarkDiff developers"
version = release = landmarkdiff.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
root_doc = "index"
myst_heading_anchors = 4

autodoc_member_order = "groupwise"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True, "imported-members": True}
autodoc_type_aliases = {name: name for name in arrays.__all__}
numpydoc_show_class_members = False  # autodoc lists them
add_module_names = False
maximum_signature_line_length = 80
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"LandmarkDiff {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False

#: Rooms that are not for import from outside.
PRIVATE = {"__main__", "arrays", "cli", "data_files", "ui"}
#: Files that stand outside `docs/`, and their pages.
GUESTS = {
    ROOT / "examples" / "quickstart.ipynb": DOCS / "start" / "quickstart.md",
    ROOT / "CONTRIBUTING.md": DOCS / "how-to" / "contributing.md",
    ROOT / "CHANGELOG.md": DOCS / "reference" / "changes.md",
}


def moved_links(text: str, home: Path, new_home: Path) -> str:
    """Return a text with its relative links as they read from another folder.

    A link to a file that has a page of its own goes to that page.
    """

    def moved(link: re.Match[str]) -> str:
        if "://" in link[1] or not link[1]:
            return link[0]
        place = (home / link[1]).resolve()
        return f"]({os.path.relpath(GUESTS.get(place, place), new_home)}{link[2] or ''})"

    return re.sub(r"\]\(([^)#\s]*)(#[^)\s]*)?\)", moved, text)


def of_notebook(text: str) -> str:
    """Return a notebook as Markdown: its texts, and its code as blocks."""
    parts = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    return "\n\n".join(parts) + "\n"


def write_guests() -> None:
    """Write the pages of the files that stand outside."""
    for file, page in GUESTS.items():
        text = file.read_text(encoding="utf-8")
        text = of_notebook(text) if file.suffix == ".ipynb" else text
        page.write_text(moved_links(text, file.parent, page.parent), encoding="utf-8")


def write_rooms() -> None:
    """Write a page for each public room of the package."""
    folder = DOCS / "reference" / "api"
    folder.mkdir(exist_ok=True)
    for module in pkgutil.iter_modules(landmarkdiff.__path__):
        name = f"landmarkdiff.{module.name}"
        if module.name not in PRIVATE and hasattr(import_module(name), "__all__"):
            title = f"{module.name}\n{'=' * len(module.name)}"
            text = f"{title}\n\n``import {name}``\n\n.. automodule:: {name}\n"
            (folder / f"{module.name}.rst").write_text(text, encoding="utf-8")


def link_guests(app: Sphinx, docname: str, source: list[str]) -> None:
    """Let links to the files outside lead to their pages."""
    folder = (DOCS / docname).parent
    source[0] = moved_links(source[0], folder, folder)


def short_arrays(*event: object) -> tuple[str | None, str | None]:
    """Return a signature in which arrays read as they are written in the code."""

    def short(text: object) -> str | None:
        long = r"~?[\w.]*ndarray\[tuple\[~?[\w.]*Any, \.\.\.\], ~?[\w.]*dtype\[~?[\w.]*?(\w+)\]\]"
        return re.sub(long, r"NDArray[\1]", text) if isinstance(text, str) else None

    *_, arguments, returned = event
    return short(arguments), short(returned)


def setup(app: Sphinx) -> None:
    """Register what happens when the site is built."""
    write_guests()
    write_rooms()
    app.connect("source-read", link_guests)
    app.connect("autodoc-process-signature", short_arrays, priority=400)
