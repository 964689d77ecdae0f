"""The session of a page, by routes of its own: opened, kept alive, stopped, closed; its files."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse, StreamingResponse

from landmarkdiff.ui.server.blobs import BlobStore
from landmarkdiff.ui.server.responses import answering, content_disposition
from landmarkdiff.ui.server.services import AppServices, owner_of

__all__ = ["session_router"]

#: A browser that does not read holds no more of a picture than this, bytes.
_PIECE = 1 << 16


def session_router(services: AppServices) -> APIRouter:
    """Return the routes under ``/ld/`` that compute nothing."""
    router = APIRouter(prefix="/ld")

    @router.get("/health")
    async def health() -> Response:
        return JSONResponse({"status": "ok"})

    @router.post("/session")
    @answering
    async def open_session(request: Request) -> Response:
        session = services.store.open(owner_of(request))
        services.note("page opened", request)
        return JSONResponse({"token": session.token, "idle_seconds": session.seconds_left})

    @router.post("/session/{token}/close")
    @answering
    async def close_session(token: str, request: Request) -> Response:
        services.store.close(token, owner_of(request))
        return Response(status_code=204)

    @router.post("/session/{token}/alive")
    @answering
    async def keep_session(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        return JSONResponse({"idle_seconds": session.seconds_left})

    @router.post("/{token}/cancel")
    @answering
    async def cancel(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        session.stop()
        return Response(status_code=204)

    @router.get("/{token}/blob/{name}")
    @answering
    async def blob(token: str, name: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        file = session.blobs.get(name)
        kind = "inline"
        if request.query_params.get("download"):
            kind = "attachment"
            services.note("file exported", request, file.media_type)
        headers = {
            "Content-Disposition": content_disposition(kind, file.filename),
            "Content-Length": str(len(file.data)),
        }
        pieces = _pieces(session.blobs, name)
        return StreamingResponse(pieces, media_type=file.media_type, headers=headers)

    return router


async def _pieces(blobs: BlobStore, name: str) -> AsyncIterator[bytes]:
    """Give a file piece by piece, looking for it each time: one that is forgotten is not kept."""
    start = 0
    while piece := blobs.get(name).data[start : start + _PIECE]:
        yield piece
        start += _PIECE
