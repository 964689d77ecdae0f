"""Files that browsers fetch: those of ``ui/static``, and the scripts and styles of the tabs."""

from __future__ import annotations

from pathlib import PurePosixPath

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["ScriptsAndStyles"]


class ScriptsAndStyles(StaticFiles):
    """Serves the ``.js`` and ``.css`` files of a folder; for browsers it holds nothing else."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or 404."""
        if PurePosixPath(path).suffix not in {".js", ".css"}:
            raise HTTPException(404)
        return await super().get_response(path, scope)
