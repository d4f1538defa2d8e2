"""The HTTP skin: the verbs of a service as routes. It translates, and decides nothing.

A page is composed inline, one at a time, and answered when its impression is durable; events are answered when they
are. Nothing is global: several services live in one process, each with its own app, key and metrics.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from fastapi import Depends, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from playbill.app import Playbill
from playbill.errors import ReleaseError
from playbill.http import replies
from playbill.http.access import Access, by_key
from playbill.http.answer import document
from playbill.http.member import Member
from playbill.http.metrics import MEDIA_TYPE, Metrics
from playbill.http.openapi import LINES, answers, body, describe
from playbill.http.operator import Operator
from playbill.http.problems import Problems
from playbill.http.shell import Shell
from playbill.http.watch import Watch

STATIC = Path(str(resources.files("playbill.http"))) / "static"


class Machine:
    """What machines and browsers ask for: health, metrics, the web page."""

    def __init__(self, service: Playbill) -> None:
        self._service = service
        self.metrics = Metrics(self._snapshot_age, service)

    async def live(self) -> Response:
        """Whether the process answers."""
        return document(msgspec.json.encode(replies.Health("live")))

    async def ready(self) -> Response:
        """Whether pages can be made."""
        self._service.snapshot()
        return document(msgspec.json.encode(replies.Health("ready")))

    async def scrape(self) -> Response:
        """Metrics for Prometheus."""
        return Response(self.metrics.text(), 200, {"cache-control": "no-store"}, MEDIA_TYPE)

    async def index(self) -> Response:
        """The web page."""
        return Response((STATIC / "index.html").read_bytes(), media_type="text/html")  # whole, whatever Range says

    def _snapshot_age(self) -> float:
        try:
            return (self._service.clock() - self._service.snapshot().at) / 1000
        except ReleaseError:
            return math.nan


def make_app(service: Playbill, key: str) -> FastAPI:
    """The app of a service. It does not close the service. key: see `access.key_of`. Raises SettingsError."""
    app = FastAPI(title="playbill", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    machine = Machine(service)
    problems = Problems(machine.metrics.errors)
    problems.handle(app)
    server = service.settings.server
    beside = ThreadPoolExecutor(1, "playbill-beside")  # one: two Python-bound threads would hold pages up for longer
    _members(partial(_route, app), Member(service, machine.metrics, beside))
    _operators(partial(_route, app, dependencies=[Depends(by_key)]), Operator(service, machine.metrics, beside))
    _machines(partial(_route, app), machine, app)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_middleware(Access, key=key, names=server.names, problems=problems)
    app.add_middleware(Shell, problems=problems, hosts=server.artwork_hosts)
    app.add_middleware(Watch, metrics=machine.metrics)
    return app


Route = Callable[..., None]
"""route(method and path, verb, what the answer is, its shape, what else describes the route)"""


def _route(
    app: FastAPI, where: str, verb: Any, what: str, shape: str | None = None, media: str = "application/json",
    **more: Any,
) -> None:  # fmt: skip
    method, path = where.split(" ")
    app.add_api_route(
        path, verb, methods=[method], response_class=Response, responses=answers(what, shape, media), **more
    )


def _members(route: Route, member: Member) -> None:
    """The first route that fits an address takes it: those with words behind an id come before the id alone."""
    events = body("One event, or a list of them.", "Events")
    route("GET /v1/homepage/{profile:path}", member.homepage, "The page, as it was logged.", "Homepage")
    route("POST /v1/events", member.events, "The events are durable.", "Taken", openapi_extra=events)
    route("GET /v1/signup/{profile:path}", member.signup, "The titles.", "Similar")
    route("GET /v1/search/{profile:path}", member.search, "What was found.", "Found")
    route("GET /v1/next/{profile:path}", member.next, "What follows.", "Next")
    route("GET /v1/titles/{title:path}/similar", member.similar, "The titles.", "Similar")
    route("GET /v1/titles/{title:path}", member.title, "The title.", "TitlePage")
    route("GET /v1/why/{impression}/{slot}", member.why, "The explanation.", "Why")
    route("GET /v1/profiles", member.profiles, "The profiles.", "Profiles")
    route("GET /v1/profiles/{profile:path}/history", member.history, "The history.", "History")
    route("GET /v1/profiles/{profile:path}/controls", member.controls, "The controls.", "Controls")
    control = body("The value.", "ControlBody")
    route(
        "PUT /v1/profiles/{profile:path}/controls/{control}", member.control, "The controls, as they are now.",
        "Controls", openapi_extra=control,
    )  # fmt: skip
    route("GET /v1/profiles/{profile:path}/export", member.export, "What is held.", "Export")
    route("POST /v1/profiles/{profile:path}/reset", member.reset, "It is durable.", "Taken")
    profile = body("The profile.", "ProfileBody")
    route(
        "PUT /v1/profiles/{profile:path}", member.describe, "The profile, as it is now.", "Described",
        openapi_extra=profile,
    )  # fmt: skip
    route("DELETE /v1/profiles/{profile:path}", member.forget, "It is erased.", "Forgotten")
    route("GET /v1/posters/{title:path}/{variant}.svg", member.poster, "The picture.", media="image/svg+xml")


def _operators(route: Route, operator: Operator) -> None:
    durable, lines = "It is durable.", (LINES,)
    reason = body("Why.", "TakeDownBody", required=False)
    route("POST /v1/titles/{title:path}/take-down", operator.take_down, durable, "Taken", openapi_extra=reason)
    route("DELETE /v1/titles/{title:path}/take-down", operator.lift, durable, "Taken")
    title = body("The title, without its id.", "TitleBody")
    route("PUT /v1/titles/{title:path}", operator.set_title, durable, "Taken", openapi_extra=title)
    route("DELETE /v1/titles/{title:path}", operator.remove_title, durable, "Taken")
    feed = body("The whole feed: a list of titles, or one a line.", "Titles", ("application/json", LINES))
    route("POST /v1/catalogue/sync", operator.sync, "What changes.", "Diff", openapi_extra=feed)
    route("GET /v1/editorial", operator.rules, "The rules.", "Rules")
    route("GET /v1/editorial/log", operator.edits, "What was said.", "Rules")
    rule = body("The rule.", "EditorialBody")
    route("PUT /v1/editorial/{rule}", operator.set_rule, durable, "Taken", openapi_extra=rule)
    route("DELETE /v1/editorial/{rule}", operator.withdraw, durable, "Taken")
    events = body("An event a line.", "Events", lines)
    route("POST /v1/import/events", operator.import_events, durable, "Taken", openapi_extra=events)
    pages = body("A page a line.", "Events", lines)
    route("POST /v1/import/impressions", operator.import_impressions, durable, "Taken", openapi_extra=pages)


def _machines(route: Route, machine: Machine, app: FastAPI) -> None:
    route("GET /health/live", machine.live, "It lives.", "Health")
    route("GET /health/ready", machine.ready, "It is ready.", "Health")
    route("GET /metrics", machine.scrape, "The metrics.", media="text/plain")
    route("GET /", machine.index, "The web page.", media="text/html")

    @cache
    def description() -> bytes:
        return msgspec.json.encode(describe(app))

    async def openapi() -> Response:
        """This description."""
        return document(description())

    route("GET /openapi.json", openapi, "OpenAPI 3.1.")
