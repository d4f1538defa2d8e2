"""Who is watching: what they ask for and may see, and what their state means in title numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from playbill.catalog import Catalog
from playbill.slate import Bools, Floats, Numbers
from playbill.state import MemberState, TitleFacts, facts_of

FINISHED = 0.95
"""Share of the runtime from which a play counts as finished: the credits roll."""


@dataclass(frozen=True, slots=True)
class Controls:
    """The member's own controls, with their defaults."""

    profiling: bool = True  # off: the page does not depend on what the member did, except what they refused
    artwork: bool = True  # off: pictures are not chosen for the member

    @staticmethod
    def of(state: MemberState) -> Controls:
        """The controls as last set."""
        said = {name: value for name, (_, _, value) in state.controls.items()}
        return Controls(said.get("profiling") != "off", said.get("artwork") != "off")


CONTROLS = {"profiling": ("on", "off"), "artwork": ("on", "off")}
"""Every control and the values it takes."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of an earlier page of the session, and the tiles of it that must keep their place."""

    index: int  # row number on that page
    kind: str
    key: str
    facts: tuple[tuple[str, str], ...]
    tiles: tuple[tuple[int, str], ...]  # (column, title id) that were viewed


@dataclass(frozen=True)
class Request:
    """Everything a page depends on besides the snapshot and the seed."""

    profile: str
    state: MemberState
    at: int
    shape: tuple[int, int] = (40, 40)  # rows, columns at most
    session: str | None = None
    shown: tuple[ShownRow, ...] = ()
    first_row: int = 0  # serve the page from this row on
    device: str | None = None
    country: str | None = None
    surface: str = "home"
    exclude: frozenset[str] = frozenset()  # titles the caller does not want
    denied: frozenset[str] = frozenset()  # titles taken down since the snapshot
    variants: tuple[tuple[str, str], ...] = ()
    known: Mapping[str, TitleFacts] | None = None  # facts of the state, where they were worked out before

    @cached_property
    def facts(self) -> Mapping[str, TitleFacts]:
        """What the member's state says of each title."""
        return facts_of(self.state) if self.known is None else self.known

    @property
    def ceiling(self) -> int:
        """Youngest age every title must be suitable for. A profile nobody described gets the strictest, and so does a
        children's profile for which nobody named one."""
        profile = self.state.profile
        if profile is None or (profile.kids and profile.ceiling is None):
            return 0
        return 1_000 if profile.ceiling is None else profile.ceiling

    @property
    def where(self) -> str | None:
        """The country the page is for: of the request, else of the profile."""
        return self.country or (self.state.profile.country if self.state.profile else None)


@dataclass(frozen=True)
class Viewer:
    """A request with what it means in title numbers. n: titles of the catalogue; h: titles the member dealt with.

    With profiling off the history is empty: the page cannot depend on it.
    """

    request: Request
    catalog: Catalog
    admitted: Bools = field(repr=False)  # (n,) may be shown at all; the gates made it

    @cached_property
    def controls(self) -> Controls:
        """The member's own controls."""
        return Controls.of(self.request.state)

    @cached_property
    def facts(self) -> tuple[TitleFacts, ...]:
        """Facts of known titles, latest first."""
        if not self.controls.profiling:
            return ()
        known = (f for f in self.request.facts.values() if f.title in self.catalog.index)
        return tuple(sorted(known, key=lambda f: (-f.last, f.title)))

    @cached_property
    def history(self) -> tuple[TitleFacts, ...]:
        """(h) facts of titles that were played, rated or thumbed, latest first."""
        return tuple(f for f in self.facts if f.watched or f.thumb)

    @cached_property
    def titles(self) -> Numbers:
        """(h,) numbers of the titles in `history`."""
        return np.array([self.catalog.index[f.title] for f in self.history], np.int32)

    @cached_property
    def weights(self) -> Floats:
        """(h,) how much each title of `history` says for others like it; see `strength`."""
        return np.array([strength(f, r) for f, r in zip(self.history, self._runtimes, strict=True)], np.float64)

    @cached_property
    def seen(self) -> Bools:
        """(n,) already dealt with: not a discovery."""
        seen = np.zeros(len(self.catalog), bool)
        seen[self.titles] = True
        return seen

    @cached_property
    def resumable(self) -> tuple[TitleFacts, ...]:
        """Started, not finished, not abandoned, latest first."""
        done = zip(self.history, self._over, strict=True)
        return tuple(f for f, over in done if f.started and not f.abandoned and not over)

    @cached_property
    def finished(self) -> tuple[TitleFacts, ...]:
        """Watched to the end, latest first."""
        return tuple(f for f, over in zip(self.history, self._over, strict=True) if over)

    @cached_property
    def listed(self) -> tuple[TitleFacts, ...]:
        """On the member's list, last put there first."""
        return tuple(sorted((f for f in self.facts if f.listed is not None), key=lambda f: (-(f.listed or 0), f.title)))

    @cached_property
    def _over(self) -> list[bool]:
        """(h) which titles of `history` were watched to the end."""
        columns = zip(self.history, self.catalog.series[self.titles].tolist(), self._runtimes, strict=True)
        return [
            facts.done and next_episode(self.catalog, facts) is None
            if series and facts.started
            else facts.completed or share_watched(facts, runtime) >= FINISHED
            for facts, series, runtime in columns
        ]

    @cached_property
    def _runtimes(self) -> list[float]:
        """(h) seconds, NaN where not known."""
        return list[float](self.catalog.runtime[self.titles].tolist())


def next_episode(catalog: Catalog, facts: TitleFacts) -> tuple[int, int] | None:
    """(season, number) to play next of a series: the episode after the latest one, None after the last."""
    episodes = catalog.titles[catalog.index[facts.title]].episodes
    current = (1 if facts.season is None else facts.season, 1 if facts.episode is None else facts.episode)
    return min((later for e in episodes if (later := (e.season, e.number)) > current), default=None)


def share_watched(facts: TitleFacts, runtime: float) -> float:
    """Share of the runtime that was watched, 0 to 1; one half where the runtime is not known."""
    return 1.0 if facts.completed else share_reached(facts.position, runtime)


def share_reached(position: float, runtime: float) -> float:
    """Share of the runtime at a position (both in seconds), 0 to 1; one half where the runtime is not known."""
    if not position:
        return 0.0
    return min(1.0, position / runtime) if runtime > 0 else 0.5


def strength(facts: TitleFacts, runtime: float) -> float:
    """How much a title says for others like it: 0 to 1.5, or -1 for one the member disliked.

    A title watched to the end counts 1, a part of it that part, an abandoned one half of its part;
    a thumb up makes it at least 1, two thumbs up 1.5.
    """
    if facts.thumb < 0:
        return -1.0
    part = share_watched(facts, runtime) * (0.5 if facts.abandoned else 1.0)
    return 1.5 if facts.thumb >= 2 else max(part, 1.0) if facts.thumb else part
