"""The session of a page, by routes of its own: opened, kept alive, stopped, closed; its files."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.ui.server.reloads import NOTES_BYTES
from landmarkdiff.ui.server.responses import (
    answering,
    blob_response,
    content_disposition,
    parse_object,
    read_body,
)
from landmarkdiff.ui.server.routes import Routes
from landmarkdiff.ui.server.services import AppServices, owner_of, roles_of

__all__ = ["session_router"]

#: In which a page that goes has told what it leaves.
_LEAVE_SECONDS = 5.0


def session_router(services: AppServices) -> Routes:
    """Return the routes under ``/ld/`` that compute nothing."""
    router = Routes("/ld")

    @router.get("/health")
    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    @router.post("/session")
    @answering
    async def open_session(request: Request) -> Response:
        owner = owner_of(request)
        left = services.reloads.arrive(owner, request.headers.get("x-left", ""))
        session, notes = left or (services.store.open(owner), b"")
        services.note("page opened", request)
        services.loader.start()  # while the photo is being chosen
        return JSONResponse(
            {
                "token": session.token,
                "idle_seconds": session.seconds_left,
                "roles": sorted(roles_of(request)),
                "left": parse_object(notes) if notes else None,
            }
        )

    @router.post("/session/{token}/leave")
    @answering
    async def leave_session(token: str, request: Request) -> Response:
        owner = owner_of(request)
        services.screens.end_of(token, owner)
        try:
            notes = await read_body(request, NOTES_BYTES, _LEAVE_SECONDS)
            parse_object(notes)  # the page that comes is told nothing else
        except (LandmarkDiffError, ClientDisconnect):
            services.store.close(token, owner)
            raise
        services.reloads.leave(token, owner, bytes(notes))
        return Response(status_code=204)

    @router.post("/session/{token}/close")
    @answering
    async def close_session(token: str, request: Request) -> Response:
        services.store.close(token, owner_of(request))
        return Response(status_code=204)

    _add_work(router, services)
    return router


def _add_work(router: Routes, services: AppServices) -> None:
    """Add the routes of a session that is open: kept alive, stopped, its files."""

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
        services.require("view", request, "blob")
        file = session.blobs.get(name)
        kind = "inline"
        if request.query_params.get("download"):
            kind = "attachment"
            services.require("export", request, file.media_type)
            services.note("file exported", request, file.media_type)
        disposition = content_disposition(kind, file.filename)
        return blob_response(session.blobs, name, {"Content-Disposition": disposition})
