"""The demo: the shipped films and ratings and some made-up households; its clock starts where they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from playbill.app import Playbill
from playbill.cli.progress import Bars
from playbill.errors import ReleaseError
from playbill.settings import FILE, Settings, load

NOTICE = (
    "Films from Wikidata (CC0), ratings from MovieTweetings (MIT), synopses from Wikipedia (CC BY-SA 4.0). "
    "Households and series are made up, and the posters are drawn."
)


def prepare(home: Path, console: Console) -> Settings:
    """Import the shipped data and train, unless that was done before. Returns the demo's settings."""
    from playbill.data import shipped

    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (home / FILE).exists():
        as_of = datetime.fromtimestamp(shipped.as_of() / 1000, UTC)
        since = datetime.now(UTC)
        (home / FILE).write_text(
            "# The shipped data ends here; the service's clock starts there and runs on.\n"
            f'[clock]\nas_of = {as_of.isoformat()}\nsince = {since.isoformat()}\n\n[page]\nnotice = "{NOTICE}"\n',
            "utf-8",
        )
    with Bars() as bars, Playbill(home) as service:
        if service.log.end() == 0:
            bars("reading the shipped films and ratings", 0.0)
            batch = shipped.events()
            bars("importing them", 0.1)
            new = service.import_(batch.facts, batch.actions)
            console.print(f"Imported {new:,} events.")
        try:
            service.snapshot()
        except ReleaseError:  # none yet, or one by another version
            name = service.train(lambda what, share: bars(what, 0.3 + 0.7 * share))
            console.print(f"Trained release {name}.")
    return load(home)


def serve_until_stopped(
    home: Path, settings: Settings, port: int | None, workers: int | None, console: Console, requests: bool = True
) -> None:
    """Serve a service's pages and print the address, with the key in it once. requests: log each of them."""
    from playbill.http.serve import serve

    server = replace(settings.server, port=port or settings.server.port, workers=workers or settings.server.workers)

    def ready(url: str) -> None:
        console.print(f"Ready: {url}", markup=False, soft_wrap=True)
        console.print("The key in it becomes a cookie at the first visit. Stop with Ctrl-C.")

    serve(home, replace(settings, server=server), ready, requests)
