"""Answers: what the routes of members and of operators share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import TypeVar

import msgspec
from starlette.responses import Response

from playbill.http import replies

T = TypeVar("T")

PATIENCE = 0.02
"""Seconds for which a worker waits for a page to be logged before it turns to the next one. A commit takes a few
milliseconds; if the next page were composed meanwhile, this one would have to wait for all of that."""


async def durable(done: Future[int], patience: float = 0.0) -> int:
    """Wait until something is durable. A caller that gives up does not take it back.

    patience: seconds for which everything else waits, too.
    """
    if patience:
        with suppress(TimeoutError):
            return done.result(patience)
    return await asyncio.shield(asyncio.wrap_future(done))


async def apart(beside: Executor, work: Callable[[], T]) -> T:
    """What takes long, done in a thread beside the pages."""
    return await asyncio.get_running_loop().run_in_executor(beside, work)


def document(body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON document about a member or the service: nobody else's to keep."""
    return Response(body, 200, {"cache-control": "private, no-store", **(headers or {})}, "application/json")


def taken(accepted: int, received: int) -> Response:
    """What became of events that were sent."""
    return document(msgspec.json.encode(replies.Taken(accepted, received)))
