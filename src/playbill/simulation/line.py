"""Line: the connection of simulated members to one service, kept alive, and opened anew where it breaks.

An answer that may be a better one a moment later is asked for again; every other refusal is an error that quotes it.
Only services of this machine are called unless that is allowed.
"""

from __future__ import annotations

import ipaddress
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NoReturn
from urllib.parse import SplitResult, parse_qs, urlsplit

import msgspec

from playbill.errors import AccessDenied, InputError, PlaybillError, UnknownProfile, shorten

PATIENCE = 8.0
"""Seconds for which a service that does not answer is asked again."""

TIMEOUT = 30.0
"""Seconds for which one answer is waited for."""

WAIT = 0.2
"""Seconds between two such attempts."""

AGAIN = 503
"""Status of what may work a moment later."""


class _Problem(msgspec.Struct):
    type: str = ""
    detail: str = ""


class TooLarge(PlaybillError):
    """The service takes no request of this size."""


class Line:
    """A connection to one service."""

    def __init__(self, address: str, key: str | None, most: float, patience: float, allow_remote: bool) -> None:
        """See `OverHTTP`."""
        parts = _parts(address)
        self._connection = _connection(parts, allow_remote)
        key = key or parse_qs(parts.query).get("key", [""])[0]
        if not key:
            raise InputError(f"{parts.netloc}: the key is missing. Give the whole address that playbill serve printed.")
        self.name = f"{parts.scheme}://{parts.netloc}"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._between, self._patience = 1 / most if most else 0.0, patience
        self._next = 0.0  # seconds: no request before

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The body of the answer. What can be answered a moment later is asked again.

        Raises AccessDenied, UnknownProfile, InputError, TooLarge or PlaybillError, each with what to do.
        """
        end = time.monotonic() + self._patience
        while True:
            self._pause()
            try:
                self._connection.request(method, path, body, self._headers)
                answer = self._connection.getresponse()
                status, said = answer.status, answer.read()
            except (OSError, HTTPException) as failed:
                self._connection.close()  # the next request opens it again
                if time.monotonic() > end:
                    raise PlaybillError(
                        f"{self.name} does not answer: {failed or type(failed).__name__}. Is it running? Start it: "
                        "playbill serve"
                    ) from failed
            else:
                if status == 200:
                    return said
                if status != AGAIN or time.monotonic() > end:
                    self._refuse(status, said)
            time.sleep(WAIT)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _pause(self) -> None:
        """Hold back to so many requests a second."""
        now = time.monotonic()
        time.sleep(max(0.0, self._next - now))
        self._next = max(self._next, now) + self._between

    def _refuse(self, status: int, body: bytes) -> NoReturn:
        """Raise what an answer says that is none."""
        try:
            problem = msgspec.json.decode(body, type=_Problem)
        except msgspec.MsgspecError:
            problem = _Problem()
        said = f"{self.name} answered {status}: {problem.detail or 'nothing more'}"
        if status in (401, 403, 421):
            raise AccessDenied(said)
        if problem.type.endswith(":unknown-profile"):
            raise UnknownProfile(f"{said} Tell the service of its profiles first, as `begin` does.")
        if status == 413:
            raise TooLarge(said)
        raise InputError(said) if status == 422 else PlaybillError(said)


def _parts(address: str) -> SplitResult:
    """The parts of an address, the host and the port among them. Raises InputError."""
    try:
        parts = urlsplit(address)
        complete = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as wrong:
        raise InputError(f"address: {shorten(address)} cannot be used: {wrong}.") from wrong
    if not complete:
        raise InputError(f"address: {shorten(address)} is no address. Give one such as http://127.0.0.1:8517.")
    return parts


def _connection(parts: SplitResult, allow_remote: bool) -> HTTPConnection:
    """A connection to an address, not open yet. Raises InputError for one that must not be called."""
    host = parts.hostname or ""
    if not allow_remote and not _is_here(host):
        raise InputError(
            f"address: {host} is not this machine. Simulated members belong into no service that real ones use; if it "
            "is one for such things, give allow_remote=True."
        )
    return (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(host, parts.port, timeout=TIMEOUT)


def _is_here(host: str) -> bool:
    """Whether an address is a loopback one. Names other than localhost are not looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
