"""Files that browsers fetch: those of ``ui/static``, and the scripts and styles of the tabs."""

from __future__ import annotations

import hashlib
import os
from mimetypes import guess_type
from pathlib import Path, PurePosixPath

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

__all__ = ["ScriptsAndStyles", "TaggedFiles"]


class TaggedFiles(StaticFiles):
    """Serves files with a tag of their content, by which browsers ask whether theirs still holds.

    Starlette makes the tag of time and size, and a reproducible build gives both alike to another
    version: a browser would then mix modules of the old one with modules of the new.
    """

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the file, or that the browser's own copy holds."""
        # Read once, for its tag and for the browser: a page asks for 190 files.
        content = Path(full_path).read_bytes()
        kind = guess_type(full_path)[0] or "text/plain"
        response = Response(content, status_code, media_type=kind)
        response.headers["etag"] = f'"{hashlib.sha256(content).hexdigest()}"'
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response


class ScriptsAndStyles(TaggedFiles):
    """Serves the ``.js`` and ``.css`` files of a folder; for browsers it holds nothing else."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or 404."""
        if PurePosixPath(path).suffix not in {".js", ".css"}:
            raise HTTPException(404)
        return await super().get_response(path, scope)
