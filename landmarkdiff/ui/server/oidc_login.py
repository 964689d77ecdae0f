"""``/login/oidc``: to the provider of logins, and back from it."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from typing import Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.attempts import Attempts
from landmarkdiff.ui.server.auth import CALLBACK, Browsers, Identity, Logins
from landmarkdiff.ui.server.login import LoginPage
from landmarkdiff.ui.server.oidc import FLOW_SECONDS, Flow, LoginRefused, Provider
from landmarkdiff.ui.server.responses import choose_language
from landmarkdiff.ui.server.routes import Routes
from landmarkdiff.ui.server.services import AppServices, owner_of
from landmarkdiff.ui.templates import Templates

__all__ = ["make_oidc_router"]

#: Longer than any code, state or address of a provider.
_MOST_LETTERS = 4096
#: Logins that have come back; one must not come back twice.
_MOST_USED = 1 << 14
_TEMPLATES = Templates()


def make_oidc_router(
    services: AppServices,
    provider: Provider,
    logins: Logins,
    browsers: Browsers,
    page: LoginPage,
) -> Routes:
    """Return the routes that lead to the provider and back.

    The way back is a link on another site, with which browsers send no strict cookie: a lax one
    of ten minutes has what belongs to this one login. The answer to it is a page that leads on,
    always to the app's own first page.
    """
    router = Routes()
    root = services.settings.root_path
    flows = _flow_cookies(services, browsers)
    attempts = Attempts()
    used = _UsedLogins(provider)

    @router.get("/login/oidc")
    async def leave(request: Request) -> Response:
        if owner_of(request).user:
            return RedirectResponse(f"{root}/", 303)
        flow = Flow.new(choose_language(request), provider.clock() + FLOW_SECONDS)
        try:
            address = await provider.address(flow)
        except LoginRefused as refused:
            return _complain(page, flow.language, refused)
        cookie = flows.header(flows.signed(flow.to_text()), max_age=int(FLOW_SECONDS))
        return RedirectResponse(address, 303, {"Set-Cookie": cookie})

    @router.get(CALLBACK)
    async def come_back(request: Request) -> Response:
        address = request.client.host if request.client else ""
        language = choose_language(request)
        over = flows.header("", max_age=0)
        try:
            flow = _flow_of(request, flows, provider)
            language = flow.language
            if attempts.begin(address, address) > 0:
                raise LoginRefused("session.too_many", "too many", 429)
            used.take(flow)
            identity = await _identity(request, provider, flow)
        except LoginRefused as refused:
            services.audit.note(_event_of(refused), "", address, f"oidc: {refused.reason}")
            answer = _complain(page, language, refused)
            answer.headers["Set-Cookie"] = over
            return answer
        attempts.succeeded(address, address)
        value = browsers.new()
        logins.add_identity(value, identity)
        services.audit.note("login", identity.user, address, "oidc")
        return _on_to_the_page(language, f"{root}/", browsers.header(value), over)

    return router


def _flow_cookies(services: AppServices, browsers: Browsers) -> Browsers:
    """The cookies of logins on their way, which come back from another site."""
    return Browsers(
        f"{browsers.plain_name}-login",
        secure=services.settings.secure,
        root_path=services.settings.root_path,
        same_site="Lax",
    )


def _event_of(refused: LoginRefused) -> Literal["login refused", "login failed"]:
    return "login refused" if refused.status == 429 else "login failed"


def _on_to_the_page(language: str, target: str, *cookies: str) -> Response:
    answer = HTMLResponse(_TEMPLATES.render("again.html", Texts.load(language), target=target))
    for cookie in cookies:
        answer.headers.append("Set-Cookie", cookie)
    return answer


async def _identity(request: Request, provider: Provider, flow: Flow) -> Identity:
    """Ask the provider who came back; LoginRefused where it says nobody."""
    code = request.query_params.get("code", "")
    if not code:
        raise LoginRefused("login.provider_refused", "refused there")
    return await provider.identify(flow, code, request.query_params.get("iss"))


def _complain(page: LoginPage, language: str, refused: LoginRefused) -> Response:
    return HTMLResponse(page.html(language, refused.complaint), refused.status)


def _flow_of(request: Request, flows: Browsers, provider: Provider) -> Flow:
    """Return the login that this browser began, if it is the one that comes back."""
    over = LoginRefused("login.start_again", "state", 400)
    value = request.cookies.get(flows.name, "")
    query = request.url.query
    if len(value) > _MOST_LETTERS or len(query) > 4 * _MOST_LETTERS or not flows.is_ours(value):
        raise over
    flow = Flow.from_text(value.partition(".")[0])
    state = request.query_params.get("state", "")
    if not hmac.compare_digest(state.encode(), flow.state.encode()):
        raise over
    if provider.clock() >= flow.until:
        raise over
    return flow


class _UsedLogins:
    """The logins that have come back, as long as they could come back again."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._states: OrderedDict[str, float] = OrderedDict()

    def take(self, flow: Flow) -> None:
        """Use a login; LoginRefused where it was used before."""
        now = self._provider.clock()
        while self._states and (
            next(iter(self._states.values())) <= now or len(self._states) >= _MOST_USED
        ):
            self._states.popitem(last=False)
        if flow.state in self._states:
            raise LoginRefused("login.start_again", "state used", 400)
        self._states[flow.state] = flow.until
