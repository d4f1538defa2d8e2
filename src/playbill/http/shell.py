"""The shell around every answer: bounded addresses, security headers, and no trace of a crash."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playbill.http.problems import Problems

LONGEST_PATH = 2_048
"""Bytes of a path as it was sent."""

LONGEST_QUERY = 32_768
"""Bytes of a query: a hundred excluded titles fit."""

SECURITY = (
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""Headers of every answer."""

log = logging.getLogger("playbill.http")


class Shell:
    """ASGI middleware: the outermost one."""

    def __init__(self, app: ASGIApp, problems: Problems) -> None:
        self._app, self._problems = app, problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sealed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *_missing(message["headers"])]
            await send(message)

        if len(scope["path"].encode()) > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
            await self._problems.answer(414, "The address is too long.")(scope, receive, sealed)
            return
        try:
            await self._app(scope, receive, sealed)
        except Exception:
            log.exception("A request failed.")
            if started:
                raise  # half an answer is out: the server must cut the connection
            await self._problems.answer(500, "Something went wrong here. It was logged.")(scope, receive, sealed)


def _missing(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Security headers, and that a browser asks again unless the answer says how long it holds."""
    cached = any(name.lower() == b"cache-control" for name, _ in headers)
    return [*SECURITY] if cached else [*SECURITY, (b"cache-control", b"no-cache")]
