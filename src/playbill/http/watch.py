"""What is known of every request: its route's template, method, status and time. Counted, and told as a line each.

The template stands for the address: `/v1/homepage/{profile}`, whoever's page it is.
"""

from __future__ import annotations

import logging
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playbill.http.metrics import Metrics

NONE = "none"
"""Stands for the route of what has none: unknown paths, and what was refused before it came so far."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Others are "other": a client may send any word."""

QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Routes that machines ask all day long: told only when they do not succeed."""

GONE = 499
"""The status of a request whose client left before the answer began."""


class Watch:
    """ASGI middleware: the outermost one. log: where each request is told; by default `playbill.requests`."""

    def __init__(self, app: ASGIApp, metrics: Metrics, log: logging.Logger | None = None) -> None:
        self._app, self._metrics = app, metrics
        self._log = log or logging.getLogger("playbill.requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), GONE

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        except Exception:
            status = 500
            raise
        finally:
            self._tell(scope, status, perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = template(scope), scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.request(method, route, status, seconds)
        level = logging.WARNING if status >= 500 else logging.DEBUG if route in QUIET and status < 400 else logging.INFO
        if self._log.isEnabledFor(level):
            facts = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000, 2)}
            self._log.log(level, "request", extra=facts)


def template(scope: Scope) -> str:
    """The template of the route that took a request, such as `/v1/homepage/{profile}`; of a mounted folder its name,
    such as `/static`; "none" if nothing did."""
    return str(getattr(scope.get("route"), "path_format", None) or scope.get("root_path") or NONE)
