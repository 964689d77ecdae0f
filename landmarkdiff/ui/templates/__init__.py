"""HTML by Jinja2: whatever a template is given is escaped."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from landmarkdiff.texts import Texts

__all__ = ["SHARED", "Templates", "blob_address"]

#: What several tabs use, and the login page.
SHARED = Path(__file__).parent


def blob_address(folder: str, blob: str, *, download: bool = False) -> str:
    """Return the address of a session's blob, of those below ``folder``."""
    return f"{folder}{blob}{'?download=1' if download else ''}"


class Templates:
    """The templates of a folder, which may use the shared ones.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path = SHARED) -> None:
        self.folder = folder
        self._environment = Environment(
            loader=FileSystemLoader([folder, SHARED]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # The order in which zones, procedures and modes are offered has a meaning.
        self._environment.policies["json.dumps_kwargs"] = {"sort_keys": False}

    def render(self, name: str, texts: Texts, *, blobs: str = "", **values: Any) -> str:
        """Return a template as HTML.

        Parameters
        ----------
        name : str
        texts : Texts
            Known to the template as ``t``.
        blobs : str
            Address below which the session's blobs lie; ``blob(name)`` gives that of one.
        **values
            What else the template shows.
        """
        blob = partial(blob_address, blobs)
        return self._environment.get_template(name).render(t=texts, blob=blob, **values)
