"""What changes about persons while they watch: tastes, satisfaction, what is begun and finished. The hidden state.

Memory is bounded by persons, whatever the number of days: about 4 * d + 4 * FINISHED + 100 bytes a person.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playbill.events import DAY
from playbill.simulation.members import Members
from playbill.simulation.parameters import Staying
from playbill.simulation.service import Ints, Numbers, Single
from playbill.slate import Bools, Floats

BEGUN = 4
"""Titles that a person has begun and remembers."""

FINISHED = 64
"""Finished titles that a person remembers; the oldest is forgotten first."""


class Lives:
    """The hidden state of p persons in a accounts. Written by the world alone."""

    def __init__(self, members: Members) -> None:
        p = len(members)
        self.taste: Single = members.lasting.copy()  # (p, d)
        self.satisfaction = np.zeros(p, np.float32)  # remembered enjoyment, less the usual
        self.active: Bools = np.zeros(len(members.joined), bool)  # (a,)
        self.joined: Bools = np.zeros(len(members.joined), bool)  # (a,) once and for all
        self.reminded = np.zeros(p, np.float32)  # messages that are remembered
        self.opted_out: Bools = np.zeros(p, bool)  # of messages
        self.attended = np.zeros(members.lasting.shape, np.float32)  # (p, d) traits of the tiles attended to today
        self.finished = np.full((p, FINISHED), -1, np.int32)
        self._finished_at = np.zeros(p, np.int64)  # how many were finished
        self.until = np.zeros(p, np.int64)  # ms, when the last play ends
        self.begun = np.full((p, BEGUN), -1, np.int32)  # titles, the latest first
        self.begun_episode = np.zeros((p, BEGUN), np.int16)
        self.begun_position = np.zeros((p, BEGUN), np.float32)  # seconds
        self.begun_at = np.zeros((p, BEGUN), np.int64)  # ms

    def has_finished(self, person: Numbers | Ints, title: Numbers) -> Bools:
        """(k,) whether persons remember having finished titles."""
        known: Bools = np.zeros(len(title), bool)
        for at in range(0, len(title), 1 << 16):
            part = slice(at, at + (1 << 16))
            known[part] = (self.finished[person[part]] == title[part, None]).any(1)
        return known

    def finish(self, person: Numbers, title: Numbers) -> None:
        """Persons, none twice, have finished titles."""
        self.finished[person, self._finished_at[person] % FINISHED] = title
        self._finished_at[person] += 1

    def begin(self, person: Numbers, title: Numbers, episode: Ints, position: Single, at: Ints) -> None:
        """Persons, none twice, leave titles unfinished: they come first among what is begun."""
        self.drop(person, title)
        for column, value in zip(self._columns, (title, episode, position, at), strict=True):
            column[person, 1:] = column[person, :-1]
            column[person, 0] = value

    def drop(self, person: Numbers, title: Numbers) -> None:
        """Titles are no longer begun by persons, none twice: the others move up."""
        gone = self.begun[person] == title[:, None]
        order = np.argsort(gone, axis=1, kind="stable")
        self.begun[person] = np.where(gone, -1, self.begun[person])
        for column in self._columns:
            column[person] = np.take_along_axis(column[person], order, 1)

    @property
    def _columns(self) -> tuple[NDArray[Any], ...]:
        """What is known of the titles begun, each (p, BEGUN)."""
        return self.begun, self.begun_episode, self.begun_position, self.begun_at

    def to_go_on_with(self, person: Numbers, at: Ints, forget: float) -> Ints:
        """(k,) which of the begun titles a person would go on with at a moment, -1 for none. forget: days."""
        age = at[:, None] - self.begun_at[person]  # below 0: it is still running, in another session
        alive = (self.begun[person] >= 0) & (age >= 0) & (age <= forget * DAY)
        return np.where(alive.any(1), np.argmax(alive, 1), -1)

    def remember(self, person: Numbers, enjoyment: Floats, staying: Staying) -> None:
        """A session of each person, none twice, has ended with so much enjoyment."""
        felt = np.clip(enjoyment - staying.usual, -3, 3)
        self.satisfaction[person] += (staying.memory * (felt - self.satisfaction[person])).astype(np.float32)

    def rate(self, members: Members, staying: Staying) -> Single:
        """(p,) sessions a day, as satisfied as they are now; 0 where the account is not active."""
        wish = members.rate * np.exp(staying.pull * np.clip(self.satisfaction, -2, 2))
        rates: Single = np.where(self.active[members.account], wish, 0).astype(np.float32)
        return rates
