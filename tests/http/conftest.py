"""A small service, trained, and a client in the same process."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from playbill.app import Playbill
from playbill.events import DAY, MINUTE, Action, Artwork, Episode, Kind, ProfileSet, Title, TitleSet
from playbill.http.server import make_app
from playbill.settings import Server, Settings

NOW = 1_700_000_000_000
KEY = "a-key-that-is-only-used-in-these-tests-0"
GENRES = ("Drama", "Comedy", "Horror", "Western")


def titles() -> list[Title]:
    """t0 to t99: four genres in turn; t98 is a series with a picture of its own, t99 is for adults."""
    films = [
        Title(
            f"t{i}",
            f"Film {i}",
            year=1960 + i % 50,
            genres=(GENRES[i % 4],),
            directors=(f"Director {i % 8}",),
            countries=("France",),
            maturity="PG" if i % 5 else "R",
            runtime=6_000.0,
            synopsis=f"What happens in film {i}. " * 30,
        )
        for i in range(98)
    ]
    series = Title(
        "t98", "The Series", kind="series", genres=("Drama",), maturity="PG", runtime=3_000.0,
        episodes=tuple(Episode(1, n) for n in range(1, 5)),
        artworks=(Artwork("a", "https://pictures.example/a.jpg"), Artwork("b", "https://pictures.example/b.jpg")),
    )  # fmt: skip
    return [*films, series, Title("t99", "For adults", genres=("Horror",), maturity="NC-17", runtime=6_000.0)]


def ratings() -> list[Action]:
    """m0 to m39 each rate twelve films of one genre, and a film of the next."""
    rated = [(m, (m % 4 + 4 * (m + j)) % 96) for m in range(40) for j in range(12)]
    rated += [(m, (m % 4 + 1 + 4 * m) % 96) for m in range(40)]
    return [
        Action(f"r{i}", f"m{m}", Kind.RATING, NOW - 20 * DAY + i * MINUTE, title=f"t{t}", value=8.0)
        for i, (m, t) in enumerate(dict.fromkeys(rated))
    ]


def fill(service: Playbill) -> None:
    """Titles, ratings, six described profiles; `ada` has begun t0 and an episode of the series."""
    service.record([TitleSet(f"set-{title.id}", NOW - 100 * DAY, title) for title in titles()])
    service.record(ratings())
    service.record(
        [
            *(ProfileSet(f"p-m{i}", f"m{i}", NOW - 30 * DAY, "house 1", f"Member {i}") for i in (1, 6, 7, 8)),
            ProfileSet("p2", "ada", NOW - 30 * DAY, "house 2", "Ada", made_up=True),
            ProfileSet("p3", "kid", NOW - 30 * DAY, "house 2", "Kid", kids=True, ceiling=8, made_up=True),
            Action("a1", "ada", Kind.PROGRESS, NOW - DAY, title="t0", value=2_400.0),
            Action("a2", "ada", Kind.COMPLETE, NOW - DAY, title="t98", season=1, episode=2, value=3_000.0),
            *(Action(f"b{t}", "ada", Kind.RATING, NOW - 2 * DAY, title=f"t{t}", value=9.0) for t in range(4, 60, 4)),
        ]
    )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playbill]:
    """A trained service. Tests of a module share it, so they use members of their own for what they change."""
    settings = Settings(server=Server(names=("films.example",), largest_body=200_000, largest_batch=100))
    home = tmp_path_factory.mktemp("service")
    with Playbill(home, settings=settings, clock=lambda: NOW) as service:
        fill(service)
        service.train()
        yield service


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a trained service that nobody has open."""
    with Playbill(tmp_path, clock=lambda: NOW) as service:
        fill(service)
        service.train()
    return tmp_path


@pytest.fixture(scope="module")
def app(service: Playbill) -> FastAPI:
    """Its app."""
    return make_app(service, KEY)


Call = Callable[..., httpx.Response]


def caller(app: FastAPI, **client: object) -> Call:
    """Calls an app: caller(app)("GET", "/v1/profiles")."""

    async def once(method: str, url: str, **rest: object) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", **client) as to:  # type: ignore[arg-type]
            return await to.request(method, url, **rest)  # type: ignore[arg-type]

    return lambda method, url, **rest: asyncio.run(once(method, url, **rest))


@pytest.fixture(scope="module")
def call(app: FastAPI) -> Call:
    """Calls the app with the key."""
    return caller(app, headers={"X-API-Key": KEY})


@pytest.fixture(scope="session")
def calls() -> Callable[[FastAPI], Call]:
    """Makes callers with the key, for apps of a test's own."""
    return lambda app: caller(app, headers={"X-API-Key": KEY})


@pytest.fixture(scope="module")
def stranger(app: FastAPI) -> Call:
    """Calls the app without a key."""
    return caller(app)
