"""What a protocol hands over: what models may learn from, what they are told of members, and what is looked for.

m: members asked, n: titles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from playbill.evaluation.dataset import Dataset
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.slate import Bools, Floats, Numbers

MOST = 10_000
"""Members asked at most: their standard error is small enough, and asking takes time with their number."""


@dataclass(frozen=True)
class Questions:
    """One question to each of m members: which of `titles` that are not `seen` are `wanted`?"""

    asked: Histories  # (m,) what a model is told
    seen: sparse.csr_array  # (m, n) bool: never offered
    wanted: sparse.csr_array  # (m, n) bool, at least one each, none of them seen
    titles: Bools  # (n,) what may be offered
    groups: Mapping[str, Bools] = field(default_factory=dict)  # (m,) members who are looked at on their own, too

    def __len__(self) -> int:
        return len(self.asked)

    @property
    def held(self) -> NDArray[np.int64]:
        """(m,) how many titles are wanted."""
        return np.diff(self.wanted.indptr).astype(np.int64)

    def take(self, members: NDArray[np.int64]) -> Questions:
        """Only these members, in this order."""
        groups = {name: those[members] for name, those in self.groups.items()}
        asked = self.asked.take(members)
        return Questions(asked, self.seen[members], self.wanted[members], self.titles, groups)


@dataclass(frozen=True)
class Trial:
    """One training and all that is asked after it. Questions of one name in several trials are one result."""

    train: Interactions
    questions: Mapping[str, Questions]
    validation: Trial | None = None  # what settings are chosen on; shares no wanted title with `questions`

    @property
    def now(self) -> int:
        """The moment of the last thing learned from, ms."""
        return int(self.train.at.max(initial=0))


def flags(member: NDArray[np.int64], title: Numbers, shape: tuple[int, int]) -> sparse.csr_array:
    """(m, n) bool, true at these places; a place named twice counts once."""
    out = sparse.csr_array((np.ones(len(title), bool), (member, title)), shape=shape)
    out.sum_duplicates()
    out.data[:] = True
    return out


def places_of(data: Dataset, members: NDArray[np.int64]) -> NDArray[np.int64]:
    """(profiles,) the place of each profile among `members`, -1 for the others."""
    places = np.full(len(data.profiles), -1, np.int64)
    places[members] = np.arange(len(members))
    return places


def told(
    data: Dataset, events: NDArray[np.int64], members: NDArray[np.int64], weight: Floats | None = None,
    fresh: Bools | None = None,
) -> Histories:  # fmt: skip
    """The histories of members, given as profiles: some events of theirs, each oldest first.

    weight, fresh: (e,) of `events`; by default 1 and not.
    """
    weight = np.ones(len(events)) if weight is None else weight
    fresh = np.zeros(len(events), bool) if fresh is None else fresh
    member = places_of(data, members)[data.profile[events]]
    order = np.lexsort((data.moments[events], member))
    start = np.searchsorted(member[order], np.arange(len(members) + 1)).astype(np.int64)
    events = events[order]
    return Histories(start, data.title[events], weight[order], data.moments[events], fresh[order])


def asking(
    data: Dataset, members: NDArray[np.int64], asked: Histories, seen: NDArray[np.int64], wanted: NDArray[np.int64],
    titles: Bools, groups: Mapping[str, Bools] | None = None,
) -> Questions:  # fmt: skip
    """Questions to members from the events they have seen and those that are wanted; without members who want nothing.

    Wanted titles that may not be offered are left out.
    """
    places, shape = places_of(data, members), (len(members), len(data.catalog))
    wanted = wanted[titles[data.title[wanted]]]
    seen_flags, wanted_flags = (
        flags(places[data.profile[events]], data.title[events], shape) for events in (seen, wanted)
    )
    questions = Questions(asked, seen_flags, wanted_flags, titles, groups or {})
    some = np.flatnonzero(questions.held)
    return questions if len(some) == len(members) else questions.take(some)


def at_most(members: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    """At most so many of some profiles, drawn, ascending."""
    if len(members) <= most:
        return members
    return np.sort(np.random.default_rng(seed).choice(members, most, replace=False))


def offered(data: Dataset, events: NDArray[np.int64]) -> Bools:
    """(n,) the titles of some events."""
    return np.bincount(data.title[events], minlength=len(data.catalog)) > 0
