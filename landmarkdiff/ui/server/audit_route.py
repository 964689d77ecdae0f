"""The audit log as a file, for whoever has the role ``admin``."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from landmarkdiff.ui.server.responses import answering, content_disposition
from landmarkdiff.ui.server.routes import Routes
from landmarkdiff.ui.server.services import AppServices

__all__ = ["audit_router"]

#: One file at most; the older ones lie beside it on the server.
_MOST_BYTES = 1 << 21


def audit_router(services: AppServices) -> Routes:
    """Return ``/ld/audit``: the newest file of the log, lines of JSON."""
    router = Routes()

    @router.get("/ld/audit")
    @answering
    async def audit(request: Request) -> Response:
        services.require("admin", request, "audit")
        services.note("log read", request)
        try:
            data = await asyncio.to_thread(_read, services.audit.path)
        except OSError:  # taken away by whoever administers the machine
            data = b""
        disposition = content_disposition("attachment", "audit.jsonl")
        headers = {"Content-Disposition": disposition}
        return Response(data, media_type="application/x-ndjson", headers=headers)

    return router


def _read(path: Path | None) -> bytes:
    """The newest file; nothing where no log is kept."""
    if path is None:
        return b""
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)
