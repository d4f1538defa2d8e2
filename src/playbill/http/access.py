"""Access: who may ask, from where.

One key opens a service. It lies in the file `key` of its folder, readable by its owner only, and is sent as `X-API-Key`
or `Authorization: Bearer`. A browser trades it once, at `/?key=`, for a cookie that is derived from it. The cookie
opens what a member's page needs; what changes the catalogue or the service itself needs the key, see `by_key`.
The `Host` header must be a name of the service, so that no other site can point its own name here (DNS rebinding), and
a browser's `Origin` must be the service itself wherever something is changed.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from playbill.errors import AccessDenied, KeyNeeded
from playbill.http.problems import Problems

FILE = "key"

LEAST = 32
"""Characters of a key, at least."""

OPEN = frozenset({"/health/live", "/health/ready"})
"""Paths that need no key."""

LOCAL = ("localhost", "127.0.0.1", "[::1]")
"""Names under which every service may be reached."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

BY_KEY = "playbill.by_key"
"""Where the scope of a request says whether it carries the key."""


def key_of(home: Path) -> str:
    """The key of the service in a folder; made at the first call. Raises AccessDenied if others could read it."""
    path = home / FILE
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    except FileExistsError:
        pass
    if path.stat().st_mode & 0o077:
        raise AccessDenied(f"{path} can be read by other users of this machine. Run: chmod 600 {path}")
    key = path.read_text("ascii").strip()
    if len(key) < LEAST:
        raise AccessDenied(f"{path} holds no key of at least {LEAST} characters. Delete it, and a new one is made.")
    return key


class Lock:
    """A key, and what opens with it. Comparisons take the same time whatever is sent.

    Raises AccessDenied for a key that could be guessed: an empty one would open to everyone.
    """

    def __init__(self, key: str) -> None:
        if len(key) < LEAST:
            raise AccessDenied(f"The key has {len(key)} characters. Give one of at least {LEAST}, as key_of does.")
        self._key = key.encode()
        self.cookie = f"playbill_{self._derive('name')[:8]}"  # its own name: cookies are shared between ports
        self.session = self._derive("session")

    def _derive(self, purpose: str) -> str:
        return hmac.digest(self._key, f"playbill cookie {purpose}".encode(), "sha256").hex()

    def opens(self, key: str) -> bool:
        """Whether this is the key."""
        return hmac.compare_digest(key.encode(), self._key)

    def has_key(self, headers: Headers) -> bool:
        """Whether a request carries the key."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else ""
        return self.opens(headers.get("x-api-key", "")) or self.opens(bearer)

    def has_cookie(self, headers: Headers) -> bool:
        """Whether a request carries the cookie that the key was traded for."""
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self.session.encode())


class Access:
    """ASGI middleware: lets through what carries the key and comes by a known name."""

    def __init__(self, app: ASGIApp, key: str, names: Sequence[str], problems: Problems) -> None:
        self._app, self._lock, self._problems = app, Lock(key), problems
        self._names = frozenset(name.lower() for name in (*LOCAL, *names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        answer = self._answer(scope) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        """What is answered at once, None for what may pass."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self._names:
            detail = "The Host header is not a name of this service. Add it to server.names in playbill.toml."
            return self._problems.answer(421, detail, "access_denied")
        origin = headers.get("origin")
        if scope["method"] not in SAFE and origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            detail = "The Origin header names another site. Only the service's own pages may change something."
            return self._problems.answer(403, detail, "access_denied")
        if scope["path"] in OPEN:
            return None
        if traded := self._trade(scope):
            return traded
        scope[BY_KEY] = self._lock.has_key(headers)
        if scope[BY_KEY] or self._lock.has_cookie(headers):
            return None
        detail = "The key is missing or wrong. Send it as X-API-Key, or open the address that playbill serve printed."
        return self._problems.answer(401, detail, "access_denied", {"www-authenticate": "Bearer"})

    def _trade(self, scope: Scope) -> Response | None:
        """The cookie for the key, where `/?key=` brings it; the address then no longer shows it."""
        if scope["path"] != "/" or scope["method"] != "GET":
            return None
        key = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]
        if not self._lock.opens(key):
            return None
        answer = RedirectResponse("/", 303)
        secure = scope["scheme"] == "https"
        answer.set_cookie(self._lock.cookie, self._lock.session, httponly=True, samesite="strict", secure=secure)
        return answer


def by_key(request: Request) -> None:
    """Raises KeyNeeded for a request that comes with the browser's cookie alone."""
    if not request.scope.get(BY_KEY):
        raise KeyNeeded("The browser's cookie does not open this. Send the key as X-API-Key, from the backend.")


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    name, _, port = host.lower().rpartition(":")
    return name if port.isdigit() and name else host.lower()
