"""A page's picture on another screen: the routes of the page that shows, and of who looks.

``/ld/{token}/screen`` and what is below it are the page's own. ``/screen`` is for the other device,
which needs no login but a code: a form for it, then a page that draws what is shown. The cookie
that the code gives opens ``/screen/state``, ``/screen/file/…``, the page and its scripts, and
nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args
from urllib.parse import parse_qs

from pydantic import ValidationError
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import NoPhotoError
from landmarkdiff.ui.server.attempts import Guesses
from landmarkdiff.ui.server.auth import Browsers
from landmarkdiff.ui.server.blobs import UnknownBlobError
from landmarkdiff.ui.server.responses import (
    MalformedRequestError,
    answering,
    blob_response,
    choose_language,
    parse_object,
    read_body,
)
from landmarkdiff.ui.server.routes import Routes
from landmarkdiff.ui.server.screen_state import FileKind, ScreenState
from landmarkdiff.ui.server.screens import CODE_SECONDS, NEEDED, ScreenOverError, Screens
from landmarkdiff.ui.server.security import screen_policy
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.templates import Templates

__all__ = ["Onlookers", "screen_router"]

#: What a page shows: some dozens of values and pushes by hand.
_STATE_BYTES, _STATE_SECONDS = 32 * 1024, 10.0
_FORM_BYTES, _FIELDS = 1024, 4
_KINDS: tuple[FileKind, ...] = get_args(FileKind)
#: Texts that the page of a screen needs.
_AREAS = ("common", "live", "screen")
_TEMPLATES = Templates()


@dataclass(frozen=True)
class Onlookers:
    """Knows the screens that look by their cookies.

    Attributes
    ----------
    screens : Screens
    cookies : Browsers
        Of the screens, not of the browsers that log in.
    """

    screens: Screens
    cookies: Browsers

    def key(self, request: HTTPConnection) -> str:
        """Return the key that a request shows, ``""`` where it was not given in this run."""
        value = request.cookies.get(self.cookies.name, "")
        return value if self.cookies.is_ours(value) else ""

    def admits(self, request: HTTPConnection) -> bool:
        """Tell whether a request comes from a screen that looks at something."""
        try:
            self.screens.seen_by(self.key(request))
        except ScreenOverError:
            return False
        return True


def screen_router(services: AppServices, onlookers: Onlookers) -> Routes:
    """Return all routes."""
    router = Routes()
    _add_showing(router, services)
    _add_joining(router, services, onlookers)
    _add_looking(router, services, onlookers)
    return router


def _add_showing(router: Routes, services: AppServices) -> None:
    screens = services.screens

    @router.post("/ld/{token}/screen")
    @answering
    async def show(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        for role in NEEDED:
            services.require(role, request, "screen")
        if session.case.consultation is None:
            raise NoPhotoError
        code = screens.offer(session, choose_language(request))
        services.note("screen shown", request)
        return JSONResponse({"code": code, "seconds": CODE_SECONDS})

    @router.post("/ld/{token}/screen/state")
    @answering
    async def state(token: str, request: Request) -> Response:
        session = services.session(token, request)
        try:
            screens.count_state(session.token)
            body = await read_body(request, _STATE_BYTES, _STATE_SECONDS)
            said = ScreenState.model_validate(parse_object(body))
            shown = screens.update(session.token, said)
        except ValidationError:
            raise MalformedRequestError from None
        except ScreenOverError:  # nothing is wrong: it ended with the photo, say
            return JSONResponse({"over": True})
        return JSONResponse({"screens": screens.looking(shown), "number": shown.number})

    @router.post("/ld/{token}/screen/end")
    @answering
    async def end(token: str, request: Request) -> Response:
        screens.end(services.session(token, request).token)
        return Response(status_code=204)


def _add_joining(router: Routes, services: AppServices, onlookers: Onlookers) -> None:
    screens, cookies = onlookers.screens, onlookers.cookies
    root = services.settings.root_path
    guesses = Guesses()

    def form(request: HTTPConnection, said: str | None, status: int = 200) -> HTMLResponse:
        texts = Texts.load(choose_language(request))
        page = _TEMPLATES.render("screen_code.html", texts, root=root, said=said)
        return HTMLResponse(page, status)

    @router.get("/screen")
    async def look(request: Request) -> Response:
        try:
            shown = screens.seen_by(onlookers.key(request))
        except ScreenOverError:
            ended = "screen.ended" if "ended" in request.query_params else None
            return form(request, ended)
        texts = Texts.load(shown.language)
        config = {
            "language": texts.language,
            "locale": texts.html_language,
            "texts": texts.table(_AREAS),
        }
        page = _TEMPLATES.render("screen.html", texts, root=root, config=config)
        return HTMLResponse(page, headers={"Content-Security-Policy": screen_policy()})

    @router.post("/screen")
    async def join(request: Request) -> Response:
        try:
            typed = await _read_code(request)
        except LandmarkDiffError:
            return form(request, "screen.wrong", 400)
        address = request.client.host if request.client else ""
        wait = guesses.begin(address)
        if wait > 0:
            answer = form(request, "screen.too_many", 429)
            answer.headers["Retry-After"] = str(int(wait) + 1)
            return answer
        key = cookies.new()
        if not screens.join(typed, key, address):
            services.audit.note("screen refused", "", address)
            return form(request, "screen.wrong", 401)
        guesses.succeeded(address)
        screens.leave(onlookers.key(request))
        return RedirectResponse(f"{root}/screen", 303, {"Set-Cookie": cookies.header(key)})


def _add_looking(router: Routes, services: AppServices, onlookers: Onlookers) -> None:
    screens = onlookers.screens

    @router.get("/screen/state")
    @answering
    async def follow(request: Request) -> Response:
        after = request.query_params.get("after", "")
        number = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else -1
        shown = await screens.wait(onlookers.key(request), number)
        if shown is None or shown.state is None:
            return Response(status_code=204)
        return JSONResponse({"number": shown.number, "state": shown.state.model_dump()})

    @router.get("/screen/file/{kind}/{name}")
    @answering
    async def file(kind: str, name: str, request: Request) -> Response:
        shown = screens.count(onlookers.key(request))
        known = next((one for one in _KINDS if one == kind), None)
        if known is None:
            raise UnknownBlobError
        # Without the file's name: it may be a patient's.
        return blob_response(shown.session.blobs, shown.require(known, name))


async def _read_code(request: Request) -> str:
    body = (await read_body(request, _FORM_BYTES, 10.0)).decode("utf-8", "replace")
    try:
        return parse_qs(body, max_num_fields=_FIELDS).get("code", [""])[0]
    except ValueError:
        raise MalformedRequestError from None
