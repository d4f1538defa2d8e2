"""Nearline: follows the log, settles what was viewed, lets policies learn, and publishes snapshots.

There is one such process. A snapshot is a pure function of (release, log up to a place, moment): `snapshot_at` makes
the same one from nothing, which is how a page is replayed.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from playbill.bandits.empirical_bayes import EmpiricalBayes
from playbill.catalog import Catalog, TitleFold
from playbill.editorial import Editorial, EditorialFold
from playbill.errors import ReleaseError
from playbill.events import EditorialSet, Kind, TakenDown, TitleRemoved, TitleSet
from playbill.interactions import Interactions
from playbill.loops.plays import KINDS, Plays
from playbill.loops.releases import Shelf
from playbill.loops.settle import COUNTED, Rewards, Settler, learn_from
from playbill.models.model import Arrays
from playbill.models.trending import Trend
from playbill.page.artwork import MOST_ARMS
from playbill.snapshot import Release, Snapshot, snapshot_of
from playbill.store.store import EventLog

SETTLED_FROM = ("title_set", "impression", Kind.VIEW, *COUNTED)
"""The kinds that settlement looks at."""


class Titles:
    """The catalogue as of a place in the log, frozen anew only when a title event came; and the rules of editors."""

    def __init__(self) -> None:
        self.seq = 0
        self._fold = TitleFold()
        self._catalog: Catalog | None = None
        self._rules = EditorialFold()

    def follow(self, log: EventLog, until: int) -> None:
        """Take in title and editorial events up to a place."""
        for _, event in log.catalogue(self.seq, until):
            if isinstance(event, EditorialSet):
                self._rules.apply(event)
                continue
            assert isinstance(event, TitleSet | TitleRemoved | TakenDown)
            self._fold.apply(event)
            self._catalog = None
        self.seq = max(self.seq, until)

    @property
    def catalog(self) -> Catalog:
        """The catalogue."""
        if self._catalog is None:
            self._catalog = self._fold.catalog()
        return self._catalog

    @property
    def denied(self) -> frozenset[str]:
        """Ids removed or taken down."""
        return self._fold.denied

    @property
    def editorial(self) -> Editorial:
        """The rules of editors."""
        return self._rules.editorial


class Follower:
    """Everything that snapshots are made of, as of a place in the log."""

    def __init__(self, rewards: Rewards) -> None:
        self._rewards = rewards
        self._erased = 0  # place of the latest erasure that is known here
        self._begin()

    def _begin(self) -> None:
        """Hold nothing yet."""
        self.seq = 0
        self._titles = Titles()
        self._plays = Plays()
        self._settler = Settler(self._rewards)
        self._artwork = EmpiricalBayes()
        self._served = False

    def follow(self, log: EventLog, until: int) -> None:
        """Take in the log up to a place; from its beginning where a profile was erased since, so that nothing of it
        stays here."""
        if (erased := log.erased()) > self._erased:
            self._erased = erased
            self._begin()
        self._titles.follow(log, until)
        for columns in log.scan(KINDS, self.seq, until):
            self._plays.take(columns)
        self._settle(log, until)
        self.seq = max(self.seq, until)

    def _settle(self, log: EventLog, until: int) -> None:
        """Let the settler follow, from the first page on: before it nothing can count."""
        if not self._served:
            first = log.first("impression", self.seq, until)
            for _, event in log.catalogue(self.seq, until if first is None else first - 1):
                self._settler.take(event)
            if first is None:
                return
            self._served = True
            self.seq = first - 1
        for _, event in log.read(self.seq, until, kinds=SETTLED_FROM):
            self._settler.take(event)

    def columns(self) -> tuple[Catalog, Interactions]:
        """The catalogue and the interactions of the log so far: what models are trained on."""
        return self._titles.catalog, self._plays.interactions(self._titles.catalog)

    def snapshot(self, release: Release, at: int) -> Snapshot:
        """The snapshot of this place at a moment (ms). Moments only move on."""
        catalog = self._titles.catalog
        learn_from(self._settler.close(at), self._artwork, catalog.index, MOST_ARMS)
        interactions = self._plays.interactions(catalog)
        return snapshot_of(
            release, self.seq, at, catalog, self._titles.denied, interactions, self._artwork.arrays(),
            self._titles.editorial,
        )  # fmt: skip


def snapshot_at(log: EventLog, release: Release, seq: int, at: int, rewards: Rewards) -> Snapshot:
    """The snapshot of a release and the log up to `seq` as of `at` (ms), made from nothing."""
    follower = Follower(rewards)
    follower.follow(log, seq)
    return follower.snapshot(release, at)


def write(snapshot: Snapshot, root: Path) -> Path:
    """Write what moved since the release into a folder named after the snapshot, whole or not at all."""
    folder, draft = root / snapshot.id, root / ".draft"
    if not folder.exists():
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        arrays = {"popular": snapshot.popular, "lately": snapshot.lately, **_named("trend", snapshot.trend.arrays())}
        for name, values in (arrays | _named("artwork", snapshot.artwork.arrays())).items():
            np.save(draft / f"{name}.npy", values, allow_pickle=False)
        draft.rename(folder)
    return folder


def _named(prefix: str, arrays: Arrays) -> dict[str, Any]:
    return {f"{prefix}.{name}": values for name, values in arrays.items()}


def read(folder: Path, release: Release, titles: Titles, log: EventLog) -> Snapshot:
    """A published snapshot. `titles` is brought to its place in the log. Raises ReleaseError."""
    try:
        release_id, seq, at = folder.name.split("-")
        arrays = {file.name.removesuffix(".npy"): np.load(file, allow_pickle=False) for file in folder.glob("*.npy")}
        popular, lately = arrays["popular"], arrays["lately"]
    except (OSError, ValueError, KeyError) as failed:
        raise ReleaseError(
            f"The snapshot at {folder} cannot be read: {failed}. The next one will replace it."
        ) from failed
    if release_id != release.id:
        raise ReleaseError(f"The snapshot at {folder} belongs to release {release_id}, not to {release.id}.")
    titles.follow(log, int(seq))
    of = {k: {n.partition(".")[2]: v for n, v in arrays.items() if n.startswith(k + ".")} for k in ("trend", "artwork")}
    return Snapshot(
        release, int(seq), int(at), titles.catalog, titles.denied, popular, lately,
        Trend.of(of["trend"]), EmpiricalBayes.of(of["artwork"]), titles.editorial,
    )  # fmt: skip


class Nearline:
    """The one process that follows the log and publishes snapshots."""

    def __init__(self, log: EventLog, releases: Shelf, snapshots: Shelf, rewards: Rewards, kept: int = 60) -> None:
        self._log, self._releases, self._snapshots, self._kept = log, releases, snapshots, kept
        self._follower = Follower(rewards)

    def step(self, at: int) -> Snapshot | None:
        """Follow the log to its end and publish a snapshot for the moment `at` (ms). None before the first release."""
        self._log.scrub(patience=0)  # what an erasure could not overwrite, because a reader held on to it
        snapshot = self.draft(at, self._log.end())
        if snapshot is not None:
            self.publish(snapshot.id)
        return snapshot

    def columns(self, until: int) -> tuple[Catalog, Interactions]:
        """Follow the log up to a place, and return what models are trained on there; see `offline.columns_of`."""
        self._follower.follow(self._log, until)
        return self._follower.columns()

    def draft(self, at: int, until: int) -> Snapshot | None:
        """Follow the log up to a place and write the snapshot for the moment `at` (ms). It is not current yet."""
        name = self._releases.current()
        if name is None:
            return None
        self._follower.follow(self._log, until)
        snapshot = self._follower.snapshot(Release.read(self._releases.root / name), at)
        write(snapshot, self._snapshots.root)
        return snapshot

    def publish(self, name: str) -> None:
        """Make a snapshot that was written the current one."""
        self._snapshots.publish(name)
        self._snapshots.keep(self._kept)
