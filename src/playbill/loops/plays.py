"""From the log to `Interactions`: one entry per play and rating, with what was undone, reset or forgotten left out.

Takes batches of log columns as they come; the result depends on the log only, not on where the batches were cut.
The strengths are those of `viewer.strength`, so that training and serving mean the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playbill.catalog import Catalog
from playbill.events import PLAY_SOURCES, PLAYBACK, Kind
from playbill.interactions import Interactions
from playbill.slate import Bools, Floats
from playbill.state import DISLIKED_TO, LIKED_FROM
from playbill.store.store import Columns

KINDS = (*PLAYBACK, Kind.RATING, Kind.THUMBS, Kind.UNDO, Kind.RESET, Kind.REMOVE_FROM_HISTORY)
"""The kinds that `Plays` wants to see."""


class Plays:
    """Collects plays and ratings as columns. Memory: about 30 bytes an entry, and its id."""

    def __init__(self) -> None:
        self._profiles: dict[str, int] = {}
        self._titles: dict[str, int] = {}
        self._entries: dict[tuple[int, str], int] = {}  # (profile, play id) -> entry
        self._ids: list[str] = []  # per entry: id of its play or rating
        self._profile, self._title, self._at = array("i"), array("i"), array("q")
        self._position, self._done, self._dropped, self._row = array("f"), array("b"), array("b"), array("b")
        self._thumbs: list[tuple[int, int, int, str, float, bool]] = []  # (profile, title, at, id, thumb, a rating)
        self._undone: set[tuple[int, str]] = set()  # (profile, event id): nobody undoes what others did
        self._reset: dict[int, int] = {}  # profile -> at
        self._forgotten: list[tuple[int, int, int, str]] = []  # (profile, title, at, id)

    def take(self, columns: Columns) -> None:
        """Take in a batch of `EventLog.scan`."""
        names = ("id", "kind", "profile", "at", "title", "value", "source", "rest")
        for event_id, kind, profile, at, title, value, source, rest in zip(*(columns[n] for n in names), strict=True):
            p = self._profiles.setdefault(profile, len(self._profiles))
            if kind == Kind.UNDO:
                self._undone.add((p, rest.get("target", "")))
            elif kind == Kind.RESET:
                self._reset[p] = max(self._reset.get(p, at), at)
            elif title is not None:
                t = self._titles.setdefault(title, len(self._titles))
                self._take_of_title(event_id, kind, p, t, at, value or 0.0, source, rest)

    def _take_of_title(
        self,
        event_id: str,
        kind: str,
        p: int,
        t: int,
        at: int,
        value: float,
        source: str | None,
        rest: Mapping[str, Any],
    ) -> None:
        if kind == Kind.REMOVE_FROM_HISTORY:
            self._forgotten.append((p, t, at, event_id))
        elif kind == Kind.THUMBS:
            self._thumbs.append((p, t, at, event_id, value, False))
        elif kind == Kind.RATING:
            thumb = 1.0 if value >= LIKED_FROM else -1.0 if value <= DISLIKED_TO else 0.0
            self._thumbs.append((p, t, at, event_id, thumb, True))
            self._done[self._entry(p, t, event_id, at)] = 1
        else:
            e = self._entry(p, t, rest.get("play") or event_id, at)
            self._at[e] = max(self._at[e], at)
            self._position[e] = max(self._position[e], value)
            self._done[e] |= kind == Kind.COMPLETE
            self._dropped[e] |= kind == Kind.ABANDON
            self._row[e] |= rest.get("autoplay", False) or (source is not None and source not in PLAY_SOURCES)

    def _entry(self, p: int, t: int, play: str, at: int) -> int:
        """The entry of a play, made if it is new."""
        entry = self._entries.setdefault((p, play), len(self._ids))
        if entry == len(self._ids):
            self._ids.append(play)
            for column, value in ((self._profile, p), (self._title, t), (self._at, at), (self._position, 0.0)):
                column.append(value)  # type: ignore[arg-type]
            for flags in (self._done, self._dropped, self._row):
                flags.append(0)
        return entry

    def interactions(self, catalog: Catalog) -> Interactions:
        """All that holds now, in title numbers of the catalogue; titles it does not know are left out."""
        profile, title, at = (np.array(c) for c in (self._profile, self._title, self._at))
        number = np.array([catalog.index.get(t, -1) for t in self._titles], np.int32)
        kept = (
            np.flatnonzero(self._standing(profile, title, at) & (number[title] >= 0)) if len(at) else np.zeros(0, int)
        )
        runtime = catalog.runtime[number[title[kept]]] if len(kept) else np.zeros(0, np.float32)
        return Interactions(
            tuple(self._profiles),
            len(catalog),
            profile[kept].astype(np.int32),
            number[title[kept]] if len(kept) else np.zeros(0, np.int32),
            at[kept].astype(np.int64),
            self._strength(kept, profile[kept], title[kept], runtime),
            np.array(self._row, bool)[kept],
        )

    def _standing(self, profile: NDArray[Any], title: NDArray[Any], at: NDArray[Any]) -> Bools:
        """(e,) which entries were neither undone nor reset nor removed from history."""
        stands = np.ones(len(at), bool)
        if self._undone:
            pairs = zip(profile.tolist(), self._ids, strict=True)
            stands &= np.array([pair not in self._undone for pair in pairs], bool)
        if self._reset:
            reset = np.full(len(self._profiles), -1, np.int64)
            reset[list(self._reset)] = list(self._reset.values())
            stands &= at > reset[profile]
        for p, t, until, event_id in self._forgotten:
            if (p, event_id) not in self._undone:
                stands &= ~((profile == p) & (title == t) & (at <= until))
        return stands

    def _strength(
        self, kept: NDArray[Any], profile: NDArray[Any], title: NDArray[Any], runtime: NDArray[Any]
    ) -> Floats:
        """(k,) `viewer.strength` of the kept entries, with what holds now for their profile and title.

        A pair that was ever completed or rated is watched whole; else it is the share of this play, halved if dropped.
        """
        pair = profile.astype(np.int64) << 32 | title
        done = np.isin(pair, pair[np.array(self._done, bool)[kept]])
        position = np.array(self._position, np.float64)[kept]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(runtime > 0, np.minimum(position / runtime, 1.0), 0.5)
        share = np.where(position > 0, share, 0.0) * np.where(np.array(self._dropped, bool)[kept], 0.5, 1.0)
        share = np.where(done, 1.0, share)
        thumb = self._thumb(pair)
        return np.where(thumb < 0, -1.0, np.where(thumb >= 2, 1.5, np.where(thumb > 0, np.maximum(share, 1.0), share)))

    def _thumb(self, pair: NDArray[np.int64]) -> Floats:
        """(k,) the thumb that holds now for each pair; a rating counts where no thumb was given."""
        said: dict[tuple[bool, int], float] = {}
        forgotten = {
            (p, t): at for p, t, at, i in sorted(self._forgotten, key=lambda f: f[2:]) if (p, i) not in self._undone
        }
        for p, t, at, i, value, rated in sorted(self._thumbs, key=lambda m: m[2:4]):
            gone = rated and at <= forgotten.get((p, t), -1)
            if (p, i) not in self._undone and at > self._reset.get(p, -1) and not gone:
                said[rated, p << 32 | t] = value
        return np.array([said.get((False, k)) or said.get((True, k), 0.0) for k in pair.tolist()], np.float64)
