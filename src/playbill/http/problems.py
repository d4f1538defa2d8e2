"""Errors as answers: RFC 9457, application/problem+json, for everything that can go wrong, and counted by type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import Counter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from playbill.errors import (
    AccessDenied,
    InputError,
    KeyNeeded,
    PlaybillError,
    ReleaseError,
    StoreError,
    UnknownImpression,
    UnknownProfile,
    UnknownRule,
    UnknownTitle,
    shorten,
)

MEDIA_TYPE = "application/problem+json"

STATUSES: Mapping[type[PlaybillError], int] = {
    InputError: 422,
    UnknownProfile: 404,
    UnknownTitle: 404,
    UnknownImpression: 404,
    UnknownRule: 404,
    AccessDenied: 401,
    KeyNeeded: 403,
    StoreError: 503,
    ReleaseError: 503,
}
"""The status of each error; a subclass has that of its parent, anything else is a 500."""

RETRY_AFTER = 5
"""Seconds after which a client should try again what was answered 503."""


class Problem(msgspec.Struct):
    """What went wrong, as RFC 9457 section 3.1 describes it."""

    type: str  # urn:playbill:<error>, or about:blank where the status says it all
    title: str
    status: int
    detail: str


class Problems:
    """Turns errors into answers and counts them."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def handle(self, app: FastAPI) -> None:
        """Answer for every error that the routes of an app raise on purpose."""
        app.add_exception_handler(PlaybillError, self._of_error)
        app.add_exception_handler(HTTPException, self._of_status)
        app.add_exception_handler(RequestValidationError, self._of_parameters)

    def answer(
        self, status: int, detail: str, error: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The answer to one error. error: its name, such as unknown_title."""
        phrase = HTTPStatus(status).phrase
        name = error or phrase.lower().replace(" ", "_").replace("-", "_")
        self._counter.labels(name).inc()
        kind = f"urn:playbill:{error.replace('_', '-')}" if error else "about:blank"
        title = error.replace("_", " ").capitalize() if error else phrase
        body = msgspec.json.encode(Problem(kind, title, status, detail))
        extra = {"retry-after": str(RETRY_AFTER)} if status == 503 else {}
        return Response(body, status, {"cache-control": "no-store", **extra, **(headers or {})}, MEDIA_TYPE)

    async def _of_error(self, _: Request, error: Exception) -> Response:
        known = (cls for cls in type(error).__mro__ if cls in STATUSES)
        cls = next(known, None)
        if cls is None:
            return self.answer(500, "Something went wrong here. It was logged.")
        return self.answer(STATUSES[cls], str(error), _snake(type(error).__name__))

    async def _of_status(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        plain = error.detail == HTTPStatus(error.status_code).phrase
        detail = f"{request.method} {shorten(request.url.path, 200)} is not offered." if plain else error.detail
        return self.answer(error.status_code, detail, headers=error.headers)

    async def _of_parameters(self, _: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return self.answer(422, " ".join(_said(wrong) for wrong in error.errors()), "input_error")


def _said(wrong: Mapping[str, object]) -> str:
    """One sentence about one parameter."""
    location = wrong["loc"]
    assert isinstance(location, tuple)
    return f"{'.'.join(map(str, location[1:]))}: {wrong['msg']}, not {shorten(wrong['input'])}."


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
