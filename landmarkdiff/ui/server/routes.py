"""Routes of the app: a path with its names, a method, and who answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["Handler", "Routes"]

#: Takes the names in its path as keywords, and ``request``.
Handler = Callable[..., Awaitable[Response]]


class Routes:
    """Routes that belong together.

    Parameters
    ----------
    prefix : str
        With which all their paths begin.

    Examples
    --------
    >>> routes = Routes("/ld")
    >>> @routes.get("/greet/{name}")
    ... async def greet(name: str, request: Request) -> Response:
    ...     return Response(f"Good day, {name}")
    >>> [(route.path, route.methods) for route in routes.all]
    [('/ld/greet/{name}', {'GET'})]
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.all: list[Route] = []

    def get(self, path: str) -> Callable[[Handler], Handler]:
        """Answer what asks for a path."""
        return self._add(path, "GET")

    def post(self, path: str) -> Callable[[Handler], Handler]:
        """Answer what is sent to a path."""
        return self._add(path, "POST")

    def _add(self, path: str, method: str) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            async def answer(request: Request) -> Response:
                named: dict[str, Any] = request.path_params
                return await handler(request=request, **named)

            route = Route(f"{self._prefix}{path}", answer, methods=[method])
            route.methods = {method}  # Starlette adds HEAD to GET
            self.all.append(route)
            return handler

        return add
