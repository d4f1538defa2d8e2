"""The routes of operators: catalogue, editors' rules, bulk imports. They need the key; the cookie does not open them.

What takes long is done beside the pages, one at a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from fastapi import Path as InPath
from fastapi import Query, Request
from starlette.responses import Response

from playbill.app import Playbill
from playbill.checks import MOST_EDITED
from playbill.errors import InputError, UnknownRule, nearest, shorten
from playbill.events import EditorialSet, Sendable, TakenDown, Title, TitleRemoved, TitleSet
from playbill.http import replies
from playbill.http.answer import apart, document, durable, taken
from playbill.http.bodies import body_of, file_of, part_of, titles_of
from playbill.http.member import TitleId, Word
from playbill.http.metrics import Metrics
from playbill.loops.sync import NAMED
from playbill.rows import ROWS

T = TypeVar("T")

KINDS = tuple(row.kind for row in ROWS)
"""Kinds of rows that titles can be pinned in."""

RuleName = Annotated[str, InPath(min_length=1, max_length=200, description="The editor's name for it.")]
By = Annotated[Word, Query(description="Who asks for it.")]


class Operator:
    """What each route of operators does. A service has one."""

    def __init__(self, service: Playbill, metrics: Metrics, beside: Executor) -> None:
        """beside: where it is done what takes long."""
        self._service, self._metrics, self._beside = service, metrics, beside

    # The catalogue ---------------------------------------------------------------------------------------------------

    async def set_title(self, request: Request, title: TitleId) -> Response:
        """Describe a title as it is from now on, or a new one. Pages have it from the next snapshot."""
        said: Title = part_of(await self._body(request), "TitleBody", id=title)
        return await self._say(TitleSet(*await self._stamp(title, new=True), said))

    async def remove_title(self, title: TitleId) -> Response:
        """Take a title out of the catalogue. No page shows it from the next request on."""
        return await self._say(TitleRemoved(*await self._stamp(title), title))

    async def take_down(self, request: Request, title: TitleId) -> Response:
        """Never show a title from the next request on, until that is lifted. A feed does not lift it."""
        event_id, at = await self._stamp(title)
        down: TakenDown = part_of(await self._body(request), "TakeDownBody", id=event_id, at=at, title=title)
        return await self._say(down)

    async def lift(self, title: TitleId) -> Response:
        """Lift a take-down. Pages show the title again from the next snapshot."""
        return await self._say(TakenDown(*await self._stamp(title), title, lifted=True))

    async def sync(
        self,
        request: Request,
        apply: Annotated[bool, Query(description="Change the catalogue; else only say what would change.")] = False,
        confirm: Annotated[str | None, Query(max_length=40, description="vanished:N, as a question asks.")] = None,
    ) -> Response:
        """Compare a whole feed of titles with the catalogue, and make the catalogue what the feed says: all of it or
        nothing. Where too many titles vanished from the feed, nothing changes unless that is confirmed."""
        body = await body_of(request, self._service.settings.server.largest_import)
        diff = await self._apart(lambda: self._service.sync(titles_of(body), apply, confirm))
        parts = {name: getattr(diff, name) for name in ("added", "changed", "vanished")}
        counts = (len(diff.added), len(diff.changed), len(diff.vanished), len(diff.unchanged))
        first = {name: ids[:NAMED] for name, ids in parts.items()}
        return document(msgspec.json.encode(replies.Diff(*counts, diff.applied, diff.question, first)))

    # Editors ---------------------------------------------------------------------------------------------------------

    async def rules(self) -> Response:
        """The editors' rules that hold now or will, by name."""
        rules = await self._apart(self._service.editorial)
        return document(msgspec.json.encode(replies.Rules(list(rules))))

    async def set_rule(self, request: Request, rule: RuleName) -> Response:
        """Set a rule; the same name again replaces it. Pages follow it from the next snapshot, until it ends."""
        event_id, at = self._service.stamp()
        said: EditorialSet = part_of(await self._body(request), "EditorialBody", id=event_id, at=at, rule=rule)
        if said.row is not None and said.row not in KINDS:
            raise InputError(f"row: {shorten(said.row)} is no kind of row.{nearest(said.row, KINDS)}")
        for title in said.titles[:MOST_EDITED]:
            await self._stamp(title)
        return await self._say(said)

    async def withdraw(self, rule: RuleName, by: By, reason: Word | None = None) -> Response:
        """Withdraw a rule before it ends."""
        standing = await self._apart(self._service.editorial)
        held = next((r for r in standing if r.rule == rule), None)
        if held is None:
            raise UnknownRule(f"There is no rule {rule!r} that holds now or will. See GET /v1/editorial.")
        event_id, at = self._service.stamp()
        return await self._say(replace(held, id=event_id, at=at, by=by, reason=reason or "", withdrawn=True))

    async def edits(self, n: Annotated[int, Query(ge=1, le=1_000, description="How many at most.")] = 100) -> Response:
        """Everything editors ever said, newest first: who, when, what and why."""
        said = await self._apart(self._service.edits)
        return document(msgspec.json.encode(replies.Rules(said[:n])))

    # Imports ---------------------------------------------------------------------------------------------------------

    async def import_events(self, request: Request) -> Response:
        """Take in what members did, a JSON object a line, all or nothing; columns as `playbill import events` has."""
        return await self._import(request, "events")

    async def import_impressions(self, request: Request) -> Response:
        """Take in pages that another service showed, a JSON object a line, all or nothing."""
        return await self._import(request, "impressions")

    async def _import(self, request: Request, name: str) -> Response:
        with tempfile.TemporaryDirectory(prefix="playbill-import-") as folder:
            path = Path(folder) / "body.jsonl"
            await file_of(request, self._service.settings.server.largest_import, path)
            accepted, received = await self._apart(lambda: self._read(name, path))
        self._metrics.events.inc(accepted)
        return taken(accepted, received)

    def _read(self, name: str, path: Path) -> tuple[int, int]:
        if not path.stat().st_size:
            raise InputError("The body is empty. Send a JSON object a line.")
        from playbill.exchange import FORMATS  # opens duckdb, which no worker needs otherwise

        batch = FORMATS[name]().read(path, self._service.clock(), lambda *_: None)
        return self._service.import_(batch.facts, batch.actions), len(batch)

    # Inside ----------------------------------------------------------------------------------------------------------

    async def _stamp(self, title: str, new: bool = False) -> tuple[str, int]:
        return await self._apart(lambda: self._service.stamp_for(title, new))

    async def _body(self, request: Request) -> bytes:
        return await body_of(request, self._service.settings.server.largest_body)

    async def _say(self, event: Sendable) -> Response:
        return taken(await durable(self._service.submit([event])), 1)

    async def _apart(self, work: Callable[[], T]) -> T:
        return await apart(self._beside, work)
