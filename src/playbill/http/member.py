"""The routes of members: what their page asks for, with the key or with the browser's cookie."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from time import perf_counter
from typing import Annotated

import msgspec
from fastapi import Path as InPath
from fastapi import Query, Request
from starlette.responses import Response

from playbill.app import Playbill
from playbill.errors import UnknownTitle
from playbill.events import Action, ControlSet, Kind, ProfileSet, kind_of
from playbill.http import replies, words
from playbill.http.access import BY_KEY
from playbill.http.answer import PATIENCE, apart, document, durable, taken
from playbill.http.bodies import body_of, events_of, members_own, part_of
from playbill.http.metrics import Metrics
from playbill.http.wire import Encoder, described, profiles_bytes, version_of, why_bytes
from playbill.page.artwork import MOST_ARMS
from playbill.posters.poster import draw
from playbill.viewer import CONTROLS

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]+$"

Word = Annotated[str, Query(min_length=1, max_length=200, pattern=PRINTABLE)]
Profile = Annotated[str, InPath(min_length=1, max_length=200, description="A profile's id.")]
ProfileOf = Annotated[str, Query(min_length=1, max_length=200, description="The profile's id that asks.")]
TitleId = Annotated[str, InPath(min_length=1, max_length=200, description="A title's id.")]
Exclude = Annotated[list[Word] | None, Query(max_length=100, description="Titles to leave out.")]
Language = Annotated[
    str | None,
    Query(max_length=35, pattern="^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$",
          description="Of headings and reasons; else as Accept-Language and the profile say."),
]  # fmt: skip


class Member:
    """What each route of members does. A service has one."""

    def __init__(self, service: Playbill, metrics: Metrics, beside: Executor) -> None:
        """beside: where it is done what takes long."""
        self._service, self._metrics, self._beside = service, metrics, beside
        self._encoder = Encoder(service.settings.page.notice)

    # What is shown ---------------------------------------------------------------------------------------------------

    async def homepage(
        self,
        request: Request,
        profile: Profile,
        rows: Annotated[int | None, Query(ge=1, le=60, description="Rows at most.")] = None,
        columns: Annotated[int | None, Query(ge=1, le=100, description="Titles a row at most.")] = None,
        device: Word | None = None,
        session: Word | None = None,
        surface: Word = "home",
        country: Annotated[str | None, Query(pattern="^[A-Z]{2}$", description="ISO 3166 alpha-2.")] = None,
        exclude: Exclude = None,
        cursor: Annotated[Word | None, Query(description="From an earlier chunk of the page, to go on.")] = None,
        language: Language = None,
    ) -> Response:
        """Compose a member's page, or the next chunk of it, and log it."""
        began, page = perf_counter(), self._service.settings.page
        served = self._service.homepage(
            profile,
            shape=(rows or page.rows, columns or page.columns),
            session=session,
            cursor=cursor,
            device=device,
            country=country,
            surface=surface,
            exclude=exclude or (),
        )
        spoken = _language(request, language, served.page.viewer.request.state.profile)
        logged = self._service.serve(served.impression)
        body = self._encoder.page(served, spoken)
        await durable(logged, PATIENCE)
        self._metrics.served(surface, perf_counter() - began)
        return document(body)

    async def why(
        self,
        request: Request,
        impression: Annotated[str, InPath(max_length=200)],
        slot: Annotated[int, InPath(ge=0, le=100_000)],
        language: Language = None,
    ) -> Response:
        """Why a slot of a page that was served holds what it holds."""
        why = self._service.why(impression, slot)
        profile = self._service.impression(impression).profile
        said = self._service.state(profile, self._service.log.end()).profile
        return document(why_bytes(why, _language(request, language, said)))

    async def title(self, title: TitleId, profile: ProfileOf) -> Response:
        """All there is to say about a title, if the profile may see it."""
        body = self._encoder.title(*self._service.title(title, profile))
        if body is None:
            raise UnknownTitle(f"There is no title {title!r}.")
        return document(body)

    async def similar(
        self, title: TitleId, profile: ProfileOf, n: Annotated[int, Query(ge=1, le=200)] = 20, exclude: Exclude = None
    ) -> Response:
        """Titles like one title, the closest first, of those that the profile may see."""
        return document(self._encoder.similar(*self._service.similar(title, profile, n, exclude or ())))

    async def search(
        self,
        profile: Profile,
        q: Annotated[Word, Query(description="A name or its beginning, of a title, a person or a genre.")],
        n: Annotated[int, Query(ge=1, le=100)] = 20,
        exclude: Exclude = None,
    ) -> Response:
        """Titles that a query names, of those that the profile may see; the closest ones where it names none."""
        return document(self._encoder.found(q, *self._service.search(q, profile, n, exclude or ())))

    async def next(
        self,
        profile: Profile,
        title: Annotated[Word | None, Query(description="The title that ends; else what was played last.")] = None,
        exclude: Exclude = None,
    ) -> Response:
        """What follows: the next episode of a series, else three titles."""
        return document(self._encoder.next(*self._service.next(profile, title, exclude or ())))

    async def signup(
        self,
        profile: Profile,
        n: Annotated[int, Query(ge=1, le=50)] = 10,
        unknown: Annotated[
            list[Word] | None, Query(max_length=200, description="Titles that were asked about and are not known.")
        ] = None,
    ) -> Response:
        """Titles to ask a new member about, the most telling first. Answers are events: `rating` or `thumbs`."""
        return document(self._encoder.similar(*self._service.signup(profile, n, unknown or ())))

    async def poster(
        self,
        request: Request,
        title: TitleId,
        variant: Annotated[int, InPath(ge=0, lt=MOST_ARMS)],
        v: Annotated[
            str | None, Query(max_length=64, description="Of the picture; with it, it holds for ever.")
        ] = None,
    ) -> Response:
        """A title's picture, drawn."""
        number, catalog = self._service.number(title), self._service.snapshot().catalog
        if not catalog.present[number] or title in self._service.denied():
            raise UnknownTitle(f"The title {title!r} is no longer in the catalogue.")
        known = catalog.titles[number]
        version = version_of(known)
        headers = {
            "etag": f'"{version}-{variant}"',
            "cache-control": "private, max-age=31536000, immutable" if v == version else "private, no-cache",
        }
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
        return Response(draw(known, variant), 200, headers, "image/svg+xml")

    # What is said ----------------------------------------------------------------------------------------------------

    async def events(self, request: Request) -> Response:
        """Take in events. The answer comes when they are durable; the same id again is harmless.

        With the browser's cookie: what members do, profiles and controls only.
        """
        limits = self._service.settings.server
        events = events_of(await body_of(request, limits.largest_body), limits.largest_batch)
        if not request.scope.get(BY_KEY):
            members_own(events)
        accepted = await durable(self._service.submit(events))
        self._metrics.took(map(kind_of, events), accepted)
        return taken(accepted, len(events))

    async def profiles(
        self, start: Annotated[str, Query(max_length=200)] = "", n: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Response:
        """Described profiles from an id on, in the order of their ids; of each answer the made-up ones first."""
        until = self._service.log.end()
        ids = self._service.log.profiles(start, n)
        return document(profiles_bytes(self._service.state(profile, until) for profile in ids))

    async def describe(self, request: Request, profile: Profile) -> Response:
        """Describe a profile as it is from now on; a new one comes to be."""
        event_id, at = self._service.stamp()
        said: ProfileSet = part_of(await self._body(request), "ProfileBody", id=event_id, profile=profile, at=at)
        await durable(self._service.submit([said]))
        return document(msgspec.json.encode(described(said)))

    async def forget(self, profile: Profile) -> Response:
        """Erase a profile for good, with everything that was ever said of it."""
        gone = await apart(self._beside, lambda: self._service.forget(profile))
        return document(msgspec.json.encode(replies.Forgotten(gone.profile, gone.events, gone.at, gone.remains)))

    async def history(
        self,
        profile: Profile,
        n: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=220, description="From the part before, to go on.")] = None,
    ) -> Response:
        """What a member played and said of titles, latest first."""
        return document(self._encoder.history(*self._service.history(profile, n, cursor)))

    async def controls(self, profile: Profile) -> Response:
        """The member's own controls, as they are."""
        said = self._service.state(profile, self._service.log.end()).controls
        each = [
            replies.Control(name, said[name][2] if name in said else values[0], values)
            for name, values in CONTROLS.items()
        ]
        return document(msgspec.json.encode(replies.Controls(each)))

    async def control(
        self, request: Request, profile: Profile, control: Annotated[str, InPath(min_length=1, max_length=60)]
    ) -> Response:
        """Set a control. It holds from the next request on."""
        self._service.state(profile, self._service.log.end())
        event_id, at = self._service.stamp()
        body = await self._body(request)
        said: ControlSet = part_of(body, "ControlBody", id=event_id, profile=profile, at=at, control=control)
        await durable(self._service.submit([said]))
        return await self.controls(profile)

    async def reset(self, profile: Profile) -> Response:
        """Forget what a member did up to now. The profile and its controls stay."""
        self._service.state(profile, self._service.log.end())
        event_id, at = self._service.stamp()
        return await self._took(self._service.submit([Action(event_id, profile, Kind.RESET, at)]))

    async def export(self, profile: Profile) -> Response:
        """Everything that is held of a profile, as a file."""
        *events, derived = self._service.export(profile)
        body = msgspec.json.encode(replies.Export(profile, self._service.clock(), events, derived))
        return document(body, {"content-disposition": 'attachment; filename="profile.json"'})

    async def _body(self, request: Request) -> bytes:
        return await body_of(request, self._service.settings.server.largest_body)

    async def _took(self, done: Future[int]) -> Response:
        return taken(await durable(done), 1)


def _language(request: Request, asked: str | None, profile: ProfileSet | None) -> str:
    """The language to answer in: asked for, else the browser's, else the profile's, else English."""
    languages: Sequence[str] = profile.languages if profile else ()
    return words.language_of(asked, request.headers.get("accept-language"), languages)
