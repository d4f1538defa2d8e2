"""The HTTP skin: the verbs of a service as routes. It translates, and decides nothing.

A page is composed inline, one at a time, and answered when its impression is durable; events are answered when they
are. Nothing is global: several services live in one process, each with its own app, key and metrics.
"""

from __future__ import annotations

import asyncio
import math
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from importlib import resources
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Query, Request
from fastapi import Path as InPath
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from playbill.app import Playbill
from playbill.errors import ReleaseError, UnknownTitle
from playbill.http import replies
from playbill.http.access import Access
from playbill.http.bodies import body_of, events_of
from playbill.http.metrics import MEDIA_TYPE, Metrics
from playbill.http.openapi import EVENTS, answers, describe
from playbill.http.problems import Problems
from playbill.http.shell import Shell
from playbill.http.wire import Encoder, profiles_bytes, version_of, why_bytes
from playbill.page.artwork import MOST_ARMS
from playbill.posters.poster import draw

STATIC = Path(str(resources.files("playbill.http"))) / "static"

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]+$"

Word = Annotated[str, Query(min_length=1, max_length=200, pattern=PRINTABLE)]
Profile = Annotated[str, InPath(min_length=1, max_length=200, description="A profile's id.")]
ProfileOf = Annotated[str, Query(min_length=1, max_length=200, description="The profile's id that asks.")]
TitleId = Annotated[str, InPath(min_length=1, max_length=200, description="A title's id.")]

PATIENCE = 0.02
"""Seconds for which a worker waits for a page to be logged before it turns to the next one. A commit takes a few
milliseconds; if the next page were composed meanwhile, this one would have to wait for all of that."""


class Routes:
    """What each route does. A service has one."""

    def __init__(self, service: Playbill) -> None:
        self._service = service
        self._encoder = Encoder(service.settings.page.notice)
        self.metrics = Metrics(self._snapshot_age)

    async def homepage(
        self,
        profile: Profile,
        rows: Annotated[int | None, Query(ge=1, le=60, description="Rows at most.")] = None,
        columns: Annotated[int | None, Query(ge=1, le=100, description="Titles a row at most.")] = None,
        device: Word | None = None,
        session: Word | None = None,
        surface: Word = "home",
        country: Annotated[str | None, Query(pattern="^[A-Z]{2}$", description="ISO 3166 alpha-2.")] = None,
        exclude: Annotated[list[Word] | None, Query(max_length=100, description="Titles to leave out.")] = None,
        cursor: Annotated[Word | None, Query(description="From an earlier chunk of the page, to go on.")] = None,
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
        logged = self._service.serve(served.impression)
        body = self._encoder.page(served)
        await durable(logged, PATIENCE)
        self.metrics.pages.observe(perf_counter() - began)
        return _json(body)

    async def events(self, request: Request) -> Response:
        """Take in events. The answer comes when they are durable; the same id again is harmless."""
        limits = self._service.settings.server
        events = events_of(await body_of(request, limits.largest_body), limits.largest_batch)
        accepted = await durable(self._service.submit(events))
        self.metrics.events.inc(accepted)
        return _json(msgspec.json.encode(replies.Taken(accepted, len(events))))

    async def title(self, title: TitleId, profile: ProfileOf) -> Response:
        """All there is to say about a title, if the profile may see it."""
        body = self._encoder.title(*self._service.title(title, profile))
        if body is None:
            raise UnknownTitle(f"There is no title {title!r} for the profile {profile!r}.")
        return _json(body)

    async def similar(
        self, title: TitleId, profile: ProfileOf, n: Annotated[int, Query(ge=1, le=200)] = 20
    ) -> Response:
        """Titles like one title, the closest first, of those that the profile may see."""
        return _json(self._encoder.similar(*self._service.similar(title, profile, n)))

    async def signup(
        self,
        profile: Profile,
        n: Annotated[int, Query(ge=1, le=50)] = 10,
        unknown: Annotated[
            list[Word] | None, Query(max_length=200, description="Titles that were asked about and are not known.")
        ] = None,
    ) -> Response:
        """Titles to ask a new member about, the most telling first. Answers are events: `rating` or `thumbs`."""
        return _json(self._encoder.similar(*self._service.signup(profile, n, unknown or ())))

    async def why(
        self, impression: Annotated[str, InPath(max_length=200)], slot: Annotated[int, InPath(ge=0, le=100_000)]
    ) -> Response:
        """Why a slot of a page that was served holds what it holds."""
        return _json(why_bytes(self._service.why(impression, slot)))

    async def profiles(
        self, start: Annotated[str, Query(max_length=200)] = "", n: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Response:
        """Described profiles from an id on, in the order of their ids; of each answer the made-up ones first."""
        until = self._service.log.end()
        ids = self._service.log.profiles(start, n)
        return _json(profiles_bytes(self._service.state(profile, until) for profile in ids))

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
        if not catalog.present[number]:
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

    async def live(self) -> Response:
        """Whether the process answers."""
        return _json(msgspec.json.encode(replies.Health("live")))

    async def ready(self) -> Response:
        """Whether pages can be made."""
        self._service.snapshot()
        return _json(msgspec.json.encode(replies.Health("ready")))

    async def scrape(self) -> Response:
        """Metrics for Prometheus."""
        return Response(self.metrics.text(), 200, {"cache-control": "no-store"}, MEDIA_TYPE)

    async def index(self) -> Response:
        """The web page."""
        return FileResponse(STATIC / "index.html")

    def _snapshot_age(self) -> float:
        try:
            return (self._service.clock() - self._service.snapshot().at) / 1000
        except ReleaseError:
            return math.nan


async def durable(done: Future[int], patience: float = 0.0) -> int:
    """Wait until something is durable. A caller that gives up does not take it back.

    patience: seconds for which everything else waits, too.
    """
    if patience:
        with suppress(TimeoutError):
            return done.result(patience)
    return await asyncio.shield(asyncio.wrap_future(done))


def make_app(service: Playbill, key: str) -> FastAPI:
    """The app of a service. It does not close the service. key: see `access.key_of`."""
    app = FastAPI(title="playbill", docs_url=None, redoc_url=None, openapi_url=None)
    routes = Routes(service)
    problems = Problems(routes.metrics.errors)
    problems.handle(app)
    _route(app, routes)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_middleware(Access, key=key, names=service.settings.server.names, problems=problems)
    app.add_middleware(Shell, problems=problems)
    return app


def _route(app: FastAPI, routes: Routes) -> None:
    def get(path: str, verb: Any, what: str, shape: str | None = None, media: str = "application/json") -> None:
        app.add_api_route(path, verb, response_class=Response, responses=answers(what, shape, media))

    get("/v1/homepage/{profile:path}", routes.homepage, "The page, as it was logged.", "Homepage")
    app.add_api_route(
        "/v1/events", routes.events, methods=["POST"], response_class=Response, openapi_extra=EVENTS,
        responses=answers("The events are durable.", "Taken"),
    )  # fmt: skip
    get("/v1/signup/{profile:path}", routes.signup, "The titles.", "Similar")
    get("/v1/titles/{title:path}/similar", routes.similar, "The titles.", "Similar")
    get("/v1/titles/{title:path}", routes.title, "The title.", "TitlePage")
    get("/v1/why/{impression}/{slot}", routes.why, "The explanation.", "Why")
    get("/v1/profiles", routes.profiles, "The profiles.", "Profiles")
    get("/v1/posters/{title:path}/{variant}.svg", routes.poster, "The picture.", media="image/svg+xml")
    get("/health/live", routes.live, "It lives.", "Health")
    get("/health/ready", routes.ready, "It is ready.", "Health")
    get("/metrics", routes.scrape, "The metrics.", media="text/plain")
    get("/", routes.index, "The web page.", media="text/html")

    @cache
    def description() -> bytes:
        return msgspec.json.encode(describe(app))

    async def openapi() -> Response:
        """This description."""
        return _json(description())

    get("/openapi.json", openapi, "OpenAPI 3.1.")


def _json(body: bytes) -> Response:
    return Response(body, 200, {"cache-control": "private, no-store"}, "application/json")
