"""The shell around every answer: bounded addresses, security headers, and no trace of a crash.

Nothing that a page loads leaves the service's own origin, but pictures from the origins that the operator listed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playbill.errors import SettingsError, shorten
from playbill.http.problems import Problems
from playbill.settings import ORIGIN

LONGEST_PATH = 2_048
"""Bytes of a path as it was sent."""

LONGEST_QUERY = 32_768
"""Bytes of a query: a hundred excluded titles fit."""


def security(hosts: Sequence[str] = ()) -> list[tuple[bytes, bytes]]:
    """The headers of every answer. hosts: origins that pictures may come from. Raises SettingsError for no origin."""
    for host in hosts:
        if not ORIGIN.fullmatch(host):
            raise SettingsError(
                f"server.artwork_hosts: {shorten(host)} is no origin. Write each as https://pictures.example, "
                "without a path."
            )
    pictures = f" img-src 'self' {' '.join(hosts)};" if hosts else ""
    policy = f"default-src 'self';{pictures} frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]


log = logging.getLogger("playbill.http")


class Shell:
    """ASGI middleware: nothing but what counts requests stands around it."""

    def __init__(self, app: ASGIApp, problems: Problems, hosts: Sequence[str] = ()) -> None:
        """hosts: origins that pictures may come from. Raises SettingsError."""
        self._app, self._problems, self._security = app, problems, security(hosts)

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
                message["headers"] = [*message["headers"], *self._missing(message["headers"])]
            await send(message)

        if len(scope["path"].encode()) > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
            await self._problems.answer(414, "The address is too long.")(scope, receive, sealed)
            return
        try:
            await self._app(scope, receive, sealed)
        except ClientDisconnect:
            return  # nobody is left to be answered
        except Exception:
            log.exception("A request failed.")
            if started:
                raise  # half an answer is out: the server must cut the connection
            await self._problems.answer(500, "Something went wrong here. It was logged.")(scope, receive, sealed)

    def _missing(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Security headers, and that a browser asks again unless the answer says how long it holds."""
        cached = any(name.lower() == b"cache-control" for name, _ in headers)
        return self._security if cached else [*self._security, (b"cache-control", b"no-cache")]
