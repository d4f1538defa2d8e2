"""Application: the real service, driven through its public verbs, in process, on a simulated clock.

    begin     import the facts and the history, train, publish a first snapshot
    pages     compose every page at its visit's own time, then log them all, in the order of the visits
    record    happenings as actions, checked and stored like anyone's
    until     follow the log every so many simulated hours, train every so many simulated days; a snapshot is published
              when `until` is called the next time, that of a new release twelve hours later or when the next one is
              due, as if they took so long to make

Pages may be composed by processes of their own; nobody writes meanwhile, a profile always goes to the same process, and
only the first process writes, so the log holds the same bytes however many there are. Releases and snapshots are then
made by one more process, beside the pages.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

import msgspec
import numpy as np

from playbill.app import Playbill
from playbill.errors import InputError, PlaybillError
from playbill.events import DAY, HOUR, Impression, Sendable
from playbill.loops import offline
from playbill.loops.nearline import Nearline
from playbill.settings import Settings, load
from playbill.simulation.service import Happenings, Numbers, Pages, Visits
from playbill.simulation.telling import Ask, Teller

BATCH = 20_000
"""Happenings recorded with one commit: their objects are gone before the next ones are made."""

TRAINING_TAKES = 12 * HOUR
"""A new release is published so much later, unless another snapshot is due before."""

SHAPE = (10, 20)
"""Rows and columns of a page, as large as a screen that somebody scrolls through."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What keeps numpy from starting threads in a process that composes pages."""

PARTS = ("begin", "pages", "record", "nearline", "train")
"""What `Counters.seconds` tells apart: what the first process worked at or waited for."""


class Moment:
    """What time it is in the world, and the id that the next page gets. Both are set, never read from a machine."""

    def __init__(self) -> None:
        self.now = 0  # ms
        self.page = ""

    def clock(self) -> int:
        """The clock of a `Playbill`."""
        return self.now

    def id(self) -> str:
        """The ids of a `Playbill`."""
        return self.page


class Timer:
    """Rings every so many ms from its start on; however late somebody asks, once."""

    def __init__(self, every: int) -> None:
        """every: ms. 0: it never rings."""
        self._every, self._next = every, 0

    def start(self, now: int) -> None:
        """Count from now (ms) on."""
        self._next = now + self._every

    def rings(self, now: int) -> bool:
        """Whether it has rung since somebody asked. now: ms."""
        if not self._every or now < self._next:
            return False
        self._next += self._every * ((now - self._next) // self._every + 1)
        return True


@dataclass
class Counters:
    """What was done, and how long it took."""

    pages: int = 0
    events: int = 0
    snapshots: int = 0
    releases: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))  # by part

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add the time that passes to a part."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[part] += time.perf_counter() - begun


class Application:
    """A `Service` (see `simulation.service`) that is a real `Playbill` in a folder of its own."""

    def __init__(
        self, home: Path, title_ids: Sequence[str], profile_ids: Sequence[str], countries: Sequence[str],
        title_names: Sequence[str], settings: Settings | None = None, processes: int = 1,
        shape: tuple[int, int] = SHAPE, snapshot_hours: float = 12.0, train_days: float = 7.0,
        progress: offline.Progress = lambda _, __: None,
    ) -> None:  # fmt: skip
        """Open a service in an empty folder.

        title_ids, title_names, profile_ids, countries: by their numbers in the world. settings: by default those of the
        folder. processes: how many compose pages; 1: this one. train_days: 0: never after the beginning.
        Raises InputError for a number that is out of range, and where the folder's log is not empty.
        """
        if processes < 1 or snapshot_hours <= 0 or train_days < 0:
            raise InputError(
                f"processes: {processes}, snapshot_hours: {snapshot_hours}, train_days: {train_days}. "
                "Give at least one process, hours above 0, and days of 0 (never) or more."
            )
        self.counters = Counters()
        self._teller = Teller(title_ids, title_names, profile_ids, countries)
        self._moment, self._shape, self._progress = Moment(), shape, progress
        settings = settings or load(home)
        self._service = Playbill(home, settings=settings, clock=self._moment.clock, ids=self._moment.id)
        if self._service.log.end():
            self._service.close()
            raise InputError(f"{home} holds a service already. Give a simulated world an empty folder.")
        self._crew = Crew(home, settings, shape, processes) if processes > 1 else None
        self._nearline: Nearline = self._service.nearline()
        self._beside = Beside(home, settings) if processes > 1 else None
        self._drafted: Callable[[], str] | None = None  # the name of the snapshot that is being made
        self._ready = 0  # ms; from then on it may be waited for
        self._snapshots, self._trainings = Timer(round(snapshot_hours * HOUR)), Timer(round(train_days * DAY))

    @property
    def service(self) -> Playbill:
        """The service itself, for whoever looks at what the run left."""
        return self._service

    def begin(self, facts: Sequence[Sendable], history: Happenings | None, now: int) -> None:
        """See `Service.begin`. Raises InputError."""
        self._moment.now = now
        with self.counters.timed("begin"):
            self._progress("importing", 0.0)
            columns = self._teller.columns(history) if history is not None and len(history) else None
            self.counters.events += self._service.import_(facts, columns)
        self._progress("training", 0.5)
        self._draft(now, train=True)
        with self.counters.timed("train"):
            self._publish()
        self._snapshots.start(now)
        self._trainings.start(now)

    def pages(self, visits: Visits) -> Pages:
        """See `Service.pages`."""
        with self.counters.timed("pages"):
            asks = self._teller.asks(visits)
            if self._crew is None:
                impressions = compose(self._service, self._moment, self._shape, asks)
            else:
                impressions = self._crew.compose(asks, visits.profile)
            self._log(impressions)
            self.counters.pages += len(impressions)
            return self._teller.pages(impressions, self._shape)

    def record(self, happened: Happenings, now: int) -> None:
        """See `Service.record`."""
        self._moment.now = now
        with self.counters.timed("record"):
            for first in range(0, len(happened), BATCH):
                some = happened.take(np.arange(first, min(first + BATCH, len(happened))))
                self.counters.events += self._service.record(self._teller.actions(some))

    def tell(self, facts: Sequence[Sendable], now: int) -> None:
        """See `Service.tell`."""
        self._moment.now = now
        with self.counters.timed("record"):
            self.counters.events += self._service.record(facts)

    def until(self, now: int) -> None:
        """See `Service.until`: at most one training or snapshot, however much time has passed."""
        self._moment.now = now
        publish, train = self._snapshots.rings(now), self._trainings.rings(now)
        if publish or train or now >= self._ready:
            with self.counters.timed("nearline"):
                self._publish()
        if publish or train:
            self._draft(now, train)

    def close(self) -> None:
        """See `Service.close`."""
        try:
            self._publish()
        finally:
            for beside in (self._crew, self._beside):
                if beside is not None:
                    beside.close()
            self._service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _draft(self, now: int, train: bool) -> None:
        """Make a snapshot of the log up to here, of a newly trained release if so wished; beside, if there is who."""
        self.counters.releases += train
        self._ready = now + (TRAINING_TAKES if train else 0)
        until = self._service.log.end()
        if self._beside is not None:
            self._drafted = self._beside.draft(now, until, train)
        else:
            with self.counters.timed("train" if train else "nearline"):
                name = draft(self._service, self._nearline, now, until, train)
            self._drafted = lambda: name

    def _publish(self) -> None:
        """Publish the snapshot that was being made, if there is one."""
        if self._drafted is not None:
            name, self._drafted = self._drafted(), None
            self._nearline.publish(name)
            self.counters.snapshots += 1

    def _log(self, impressions: Sequence[Impression]) -> None:
        """Log pages as served, each at its own time, and wait until the last is durable."""
        logged = []
        for impression in impressions:
            self._moment.now = impression.at
            logged.append(self._service.serve(impression))
        for done in logged:
            done.result()


def compose(service: Playbill, moment: Moment, shape: tuple[int, int], asks: Sequence[Ask]) -> list[Impression]:
    """The pages asked for, each at its own time, in order. Nothing is logged."""
    impressions = []
    for ask in asks:
        moment.now, moment.page = ask.at, ask.page
        served = service.homepage(ask.profile, shape=shape, session=ask.session, device=ask.device, country=ask.country)
        impressions.append(served.impression)
    return impressions


def draft(service: Playbill, nearline: Nearline, now: int, until: int, train: bool) -> str:
    """Make the snapshot of the log up to a place for a moment (ms), not current yet, and return its name.

    train: of a release that is trained on the same log first. As `Playbill.train` does, but with the follower that is
    there already: a new one would read the whole log again.
    """
    if train:
        settings = service.settings
        release = offline.train(
            service.log, now, service.releases.root, settings.training.seed, settings.linear, settings.blend,
            lambda _, __: None, nearline, until,
        )  # fmt: skip
        service.releases.publish(release.name)
        service.releases.keep(settings.training.keep)
    snapshot = nearline.draft(now, until)
    assert snapshot is not None, "there is a release from the beginning on"
    return snapshot.id


# Processes that compose pages -----------------------------------------------------------------------------------------


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes started meanwhile inherit, before they import numpy, that it is to keep to one thread."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update({name: value or "1" for name, value in before.items()})
    try:
        yield
    finally:
        for name in (name for name, value in before.items() if value is None):
            del os.environ[name]


class Crew:
    """Processes that compose pages, started with the first ones asked for."""

    def __init__(self, home: Path, settings: Settings, shape: tuple[int, int], processes: int) -> None:
        self._given, self._processes = (home, settings, shape), processes
        self._lines: list[Connection] = []
        self._hands: list[multiprocessing.process.BaseProcess] = []

    def compose(self, asks: Sequence[Ask], profile: Numbers) -> list[Impression]:
        """The pages asked for, in order. profile (v,): mostly decides which process composes a page.

        Each gets as many pages; one that composed for a profile before need not read of it again.
        """
        if not self._lines:
            self._start()
        by_process = np.argsort(profile % self._processes, kind="stable")
        shares = [share.tolist() for share in np.array_split(by_process, self._processes)]
        for line, share in zip(self._lines, shares, strict=True):
            line.send_bytes(_encode([asks[place] for place in share]))
        composed: dict[int, Impression] = {}
        for line, share in zip(self._lines, shares, strict=True):
            try:
                composed.update(zip(share, _impressions.decode(line.recv_bytes()), strict=True))
            except (EOFError, OSError) as ended:
                raise PlaybillError("A process that composes pages has ended. Its error stands above.") from ended
        return [composed[place] for place in range(len(asks))]

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        for number in range(self._processes):
            here, there = context.Pipe()
            hand = context.Process(target=_work, args=(*self._given, there), name=f"pages {number + 1}", daemon=True)
            with _one_thread():
                hand.start()
            there.close()  # so that the line ends with the process
            self._lines.append(here)
            self._hands.append(hand)

    def close(self) -> None:
        """End the processes, and wait for them."""
        for line in self._lines:
            line.close()
        for hand in self._hands:
            hand.join()


class Beside:
    """A process that trains, follows the log and makes snapshots, while others compose pages."""

    def __init__(self, home: Path, settings: Settings) -> None:
        context = multiprocessing.get_context("spawn")  # as many threads as here: a release may depend on that
        self._line, there = context.Pipe()
        self._hand = context.Process(target=_follow, args=(home, settings, there), name="nearline", daemon=True)
        self._hand.start()
        there.close()

    def draft(self, at: int, until: int, train: bool) -> Callable[[], str]:
        """Begin what the function `draft` does; what comes back waits for the name of the snapshot."""
        self._line.send_bytes(_encode((at, until, train)))

        def name() -> str:
            try:
                return self._line.recv_bytes().decode()
            except (EOFError, OSError) as ended:
                raise PlaybillError("The process that makes snapshots has ended. Its error stands above.") from ended

        return name

    def close(self) -> None:
        """End the process, and wait for it."""
        self._line.close()
        self._hand.join()


def _follow(home: Path, settings: Settings, line: Connection) -> None:
    """A process that makes snapshots until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Playbill(home, settings=settings) as service:
        nearline = service.nearline()
        while True:
            try:
                at, until, train = msgspec.msgpack.decode(line.recv_bytes(), type=tuple[int, int, bool])
            except EOFError:
                return
            line.send_bytes(draft(service, nearline, at, until, train).encode())


_encode = msgspec.msgpack.encode
_asks, _impressions = msgspec.msgpack.Decoder(list[Ask]), msgspec.msgpack.Decoder(list[Impression])


def _work(home: Path, settings: Settings, shape: tuple[int, int], line: Connection) -> None:
    """A process that composes pages until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first one ends the others
    moment = Moment()
    with Playbill(home, settings=settings, clock=moment.clock, ids=moment.id) as service:
        service.snapshot().warm()
        gc.collect()
        gc.freeze()  # the catalogue stays
        gc.set_threshold(50_000, 20, 50)  # a page makes thousands of objects and no cycles
        while True:
            try:
                asked = line.recv_bytes()
            except EOFError:
                return
            line.send_bytes(_encode(compose(service, moment, shape, _asks.decode(asked))))
