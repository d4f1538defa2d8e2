"""A diary: collects what visits do, kind by kind, and hands it on in order, numbered."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from playbill.events import Kind
from playbill.simulation.service import CODE, Happenings, Ints, Visits

_NONE: dict[str, Any] = {
    "title": -1, "value": np.nan, "watched": np.nan, "slot": -1, "slots": 0, "source": 0, "started": -1, "season": -1,
    "episode": -1, "autoplay": False,
}  # fmt: skip
_TYPES: dict[str, Any] = {
    "title": np.int32, "value": np.float32, "watched": np.float32, "slot": np.int32, "slots": np.int16,
    "source": np.int8, "started": np.int64, "season": np.int16, "episode": np.int16, "autoplay": np.bool_,
}  # fmt: skip


class Diary:
    """The happenings of v visits, as they are collected."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits
        self._parts: list[dict[str, Any]] = []
        self._plays = 0

    def add(self, kind: Kind, visit: Ints, at: Ints, play: Ints | None = None, **columns: Any) -> None:
        """One happening for each index in `visit`. play: numbers from `plays`, of the playback that it belongs to."""
        part = {"kind": np.full(len(visit), CODE[kind], np.int8), "visit": visit, "at": at}
        part["play"] = np.full(len(visit), -1, np.int64) if play is None else play
        for name, none in _NONE.items():
            part[name] = np.full(len(visit), columns.pop(name, none), _TYPES[name])
        assert not columns, f"unknown columns: {list(columns)}"
        self._parts.append(part)

    def plays(self, count: int) -> Ints:
        """New numbers for so many playbacks: the `play` of PLAY happenings and of those that belong to them."""
        numbers = np.arange(self._plays, self._plays + count)
        self._plays += count
        return numbers

    def happenings(self) -> Happenings:
        """All of it, ordered by visit and time; what was added first comes first within a moment."""
        columns = {name: np.concatenate([p[name] for p in self._parts]) for name in self._parts[0]}
        order = np.lexsort((columns["at"], columns["visit"]))
        columns = {name: column[order] for name, column in columns.items()}
        visit = columns["visit"]
        begins = np.r_[True, visit[1:] != visit[:-1]] if len(visit) else np.zeros(0, bool)
        place = np.arange(len(visit)) - np.maximum.accumulate(np.where(begins, np.arange(len(visit)), 0))
        play_place = np.full(self._plays + 1, -1, np.int64)  # the last entry stands for -1: no playback
        is_play = columns["kind"] == CODE[Kind.PLAY]
        play_place[columns["play"][is_play]] = place[is_play]
        v = self._visits
        columns |= {
            "due": columns["at"], "visit": v.number[visit], "part": v.part[visit], "place": place.astype(np.int16),
            "profile": v.profile[visit], "device": v.device[visit], "country": v.country[visit],
            "play": np.where(is_play, -1, play_place[columns["play"]]).astype(np.int16),
        }  # fmt: skip
        return Happenings(*(columns[f.name] for f in fields(Happenings)))
