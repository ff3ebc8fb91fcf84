"""The outermost layer of every answer: request id, security headers, one log line, and no word about a defect."""

from __future__ import annotations

import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.limits import limit_headers
from hub.api.problems import answer_with, internal_problem
from hub.logs import places
from hub.store.ids import new_id

_log = structlog.get_logger("naru.api")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries."""


class Edge:
    """ASGI middleware around everything that the app does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began, status = new_id("req"), time.monotonic(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in (*HEADERS.items(), *limit_headers(scope).items()):
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller hears an id and the log no value
                _log.error("request_failed", error=type(error).__name__, at=places(error))
                if status:  # half an answer is out: breaking off is all that is left
                    raise RuntimeError("the answer broke off") from None
                await answer_with(internal_problem(request_id))(scope, receive, send_with_headers)
            _log.info("request", status=status, ms=round((time.monotonic() - began) * 1000, 1), **_what(scope))


def _what(scope: Scope) -> dict[str, str]:
    """Name the request by its route: a path that nobody expects may hold anything."""
    route = getattr(scope.get("route"), "path", "-")
    return {"method": scope["method"] if scope["method"] in _METHODS else "-", "route": route}
