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

__all__ = ["ScriptsAndStyles", "TaggedFiles", "tagged"]


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
        kind = guess_type(full_path)[0] or "text/plain"
        # Read once, for its tag and for the browser: a page asks for 170 files.
        return tagged(Path(full_path).read_bytes(), kind, scope, status_code)


def tagged(content: bytes, media_type: str, scope: Scope, status_code: int = 200) -> Response:
    """Return content with a tag of its own, or that the browser's own copy holds."""
    response = Response(content, status_code, media_type=media_type)
    response.headers["etag"] = f'"{hashlib.sha256(content).hexdigest()}"'
    held = Headers(scope=scope).get("if-none-match", "")
    if response.headers["etag"] in (tag.strip().removeprefix("W/") for tag in held.split(",")):
        return NotModifiedResponse(response.headers)
    return response


class ScriptsAndStyles(TaggedFiles):
    """Serves the ``.js`` and ``.css`` files of a folder; for browsers it holds nothing else."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or 404."""
        if PurePosixPath(path).suffix not in {".js", ".css"}:
            raise HTTPException(404)
        return await super().get_response(path, scope)
