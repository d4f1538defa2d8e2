"""The alive demo: simulated members use the shipped catalogue, in a time that runs faster, and their service is served.

    first process     serves, and prints the address
      nearline        publishes every other second
      workers         make pages, for the members and for whoever opens the address
      members         use the service over HTTP like everyone, and show what they do

All of them end with the first one. Its time stands still while it is not running.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import zip_longest
from multiprocessing.context import SpawnProcess
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from playbill.app import Playbill
from playbill.cli.demo import NOTICE, prepare
from playbill.errors import InputError, PlaybillError
from playbill.events import HOUR
from playbill.settings import FILE, Settings, load
from playbill.simulation.alive import LATELY, Alive, Scene, lively, profile_ids, profiles
from playbill.simulation.over_http import OverHTTP

HEADER = "# The alive demo. Simulated members live in this folder; the clock is set anew at each start."

SEED = 265
"""Of the members' luck. With this one everyone is drawn to animation on the first day, to adventures on the next."""

PUBLISH = 2.0
"""Seconds between snapshots, so that what the members do shows soon."""

REQUESTS = 20.0
"""Of the members, a second, at most: a person looks at the same service."""

STEP = 0.2
"""Seconds between two looks at who is due."""

LINE_EVERY = 5.0
"""Seconds between two lines where the output is not a terminal."""

GRACE = 10.0
"""Seconds that the members have to end."""


def demo_alive(
    home: Path, port: int | None, workers: int, members: int, speed: float, only_prepare: bool, console: Console
) -> None:
    """Prepare the demo in a folder of its own, serve it, and let members use it until interrupted."""
    settings = prepare_alive(home, speed, console)
    if only_prepare:
        return
    server = replace(settings.server, port=port or settings.server.port, workers=workers)
    try:
        serve_alive(home, replace(settings, server=server), members, console)
    finally:
        with Playbill(home, settings=settings) as service:
            set_clock(home, service.clock(), 1.0)


def prepare_alive(home: Path, speed: float, console: Console) -> Settings:
    """Import and train unless that was done before, and let time go on from where it stood. Returns the settings.

    Raises InputError for a folder that holds something else.
    """
    path = home / FILE
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (path.read_text("utf-8").startswith(HEADER) if path.exists() else not any(home.iterdir())):
        raise InputError(f"{home} holds something else, and simulated members would add to it. Use another --home.")
    set_clock(home, _last(home), 1.0)
    prepare(home, console)
    with Playbill(home) as service:
        now = service.clock()
    set_clock(home, now, speed)
    return load(home)


def set_clock(home: Path, now: int, speed: float) -> None:
    """Let the service's time be `now` (ms) and run from here on."""
    as_of, since = datetime.fromtimestamp(now / 1000, UTC), datetime.now(UTC)
    (home / FILE).write_text(
        f"{HEADER}\n[clock]\nas_of = {as_of.isoformat()}\nsince = {since.isoformat()}\nspeed = {float(speed)}\n\n"
        f'[nearline]\nevery_seconds = {PUBLISH}\n\n[page]\nnotice = "{NOTICE} Most who watch are simulated."\n',
        "utf-8",
    )


def _last(home: Path) -> int:
    """The moment (ms) at which the time of a folder stood last; the end of the data where nothing was imported yet."""
    from playbill.data import shipped

    if not (home / FILE).exists():
        return shipped.as_of()
    with Playbill(home) as service:
        events = max((at for _, _, at in service.log.counts().values()), default=0)
        snapshot = service.snapshots.current()
    return max(events, int(snapshot.rpartition("-")[2]) if snapshot else 0) or shipped.as_of()


def serve_alive(home: Path, settings: Settings, members: int, console: Console) -> None:
    """Serve a prepared service, with members in a process of their own, until SIGINT or SIGTERM."""
    from playbill.http.serve import serve

    hands: list[SpawnProcess] = []

    def ready(address: str) -> None:
        console.print(f"Ready: {address}", markup=False, soft_wrap=True)
        console.print(f"{members} simulated members begin to watch. Stop with Ctrl-C.")
        with _ignored(signal.SIGINT):  # the child begins like that, and so is not cut short before it can listen
            context = multiprocessing.get_context("spawn")
            hands.append(context.Process(target=live, args=(home, settings, address, members), name="members"))
            hands[0].start()

    try:
        serve(home, settings, ready, requests=False)  # their lines would run through the picture
    finally:
        for hand in hands:
            hand.terminate()
            hand.join(GRACE)
            if hand.is_alive():
                hand.kill()
                hand.join()


@contextmanager
def _ignored(number: signal.Signals) -> Iterator[None]:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


# In the process of the members ---------------------------------------------------------------------------------------


def live(home: Path, settings: Settings, address: str, members: int) -> None:
    """Let members use a service until this process is told to end, or the first one has ended."""
    _end_when_told()
    os.nice(5)
    try:
        with Playbill(home, settings=settings) as opened:
            snapshot, clock = opened.snapshot(), opened.clock
        catalog = snapshot.catalog
        world = lively(catalog.titles, snapshot.lately, members, SEED, clock())
        with OverHTTP(
            address, world.titles.ids, profile_ids(world), world.parameters.people.countries,
            [title.name for title in catalog.titles], prefix=f"{secrets.token_hex(4)}-", most=REQUESTS,
        ) as service, shown(Console()) as show:  # fmt: skip
            service.begin(profiles(world), None, clock())
            alive = Alive(world, service, clock)
            while True:
                show(alive.step())
                time.sleep(STEP)
    except PlaybillError as wrong:
        sys.stderr.write(f"playbill: {wrong}\n")
        sys.exit(2)


def _end_when_told() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))

    def end_with_parent() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_parent, name="playbill-orphan", daemon=True).start()


# What is seen --------------------------------------------------------------------------------------------------------


@contextmanager
def shown(console: Console) -> Iterator[Callable[[Scene], None]]:
    """How scenes are shown: in one place of a terminal, else in a line now and then."""
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4) as place:
            yield lambda scene: place.update(picture(scene))
        return
    last = 0.0

    def show(scene: Scene) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_EVERY:
            last = time.monotonic()
            for text in lines(scene):
                console.print(text, markup=False, highlight=False, soft_wrap=True)

    yield show


def picture(scene: Scene) -> Group:
    """A scene as a terminal shows it: what was done last, beside what rises."""
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True)
    for heading, ratio in (("", 5), (f"Rising in the last {LATELY // HOUR} hours", 3)):
        table.add_column(heading, ratio=ratio, no_wrap=True, overflow="ellipsis")
    for heading in ("plays", "before"):
        table.add_column(heading, justify="right", min_width=len(heading), no_wrap=True)
    rises = [(Text(rise.name), str(rise.plays), str(rise.before)) for rise in scene.rising]
    for said, rise in zip_longest(map(Text, scene.said), rises, fillvalue=None):
        table.add_row(said, *(rise or ()))
    return Group(Text(_state(scene), style="bold", no_wrap=True, overflow="ellipsis"), table)


def lines(scene: Scene) -> list[str]:
    """A scene as lines of text."""
    rising = ", ".join(f"{rise.name} {rise.plays} ({rise.before} before)" for rise in scene.rising)
    return [_state(scene), *([f"  rising: {rising}"] if rising else []), *(f"  {said}" for said in scene.said[-1:])]


def _state(scene: Scene) -> str:
    time_of = datetime.fromtimestamp(scene.now / 1000, UTC)
    return (
        f"{time_of:%a %d %b %Y, %H:%M} · {scene.watching} watching · {scene.plays:.0f} plays and "
        f"{scene.pages:.0f} pages a minute · {scene.events:,} events"
    )
