"""The shell of the page: the package's own, or one that Gradio renders now.

Gradio takes longer to import than all the rest of the app, and nothing of it runs once its page is
rendered: the page has no event that Gradio would answer. So the package carries the shell as
Gradio rendered it (``scripts/make_shell.py``), and Gradio itself is imported only where another
version of it is installed, whose scripts have other names.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from landmarkdiff.ui.page.shell import Shell

__all__ = ["SHELL_FILE", "gradio_assets", "load_shell"]

SHELL_FILE = Path(__file__).with_name("shell.json")


def load_shell(tabs: Sequence[str]) -> Shell:
    """Return the shell for these tabs: the package's, or one that Gradio renders now."""
    carried = _carried()
    if (carried.gradio, carried.tabs) == (version("gradio"), tuple(tabs)):
        return carried
    return _rendered(tuple(tabs))


@cache
def _carried() -> Shell:
    return Shell.from_dict(json.loads(SHELL_FILE.read_text(encoding="utf-8")))


@cache
def _rendered(tabs: tuple[str, ...]) -> Shell:
    from landmarkdiff.ui.page.render_shell import render_shell

    return render_shell(tabs)


def gradio_assets() -> Path:
    """Return the folder of Gradio's own scripts and styles; nothing is imported."""
    spec = find_spec("gradio")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("gradio")
    return Path(spec.origin).parent / "templates" / "frontend" / "assets"
